"""Western given names: which are short for which, and which are common enough to be no Chinese syllables.

NICKNAMES has a full name with what it is called between two strokes; a word may stand in several (Alex, Chris, Sam).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache

NICKNAMES = """
abigail abby abbie gail / abraham abe / adelaide adele addie / adrian ade / agnes aggie / albert al bert bertie
alexander alex alec sandy xander alexandre / alexandra alex sandra alexa sasha lexi / alfred al alf alfie fred
alice ally alicia / alison allison ali ally / amanda mandy / andrew andy drew andre / angela angie angel angelina
anne ann anna annie hannah nancy nan / anthony tony antony anton antonio / antoinette toni nettie / archibald archie
arthur art artie / augustus gus august augustine / barbara barb babs barbie / bartholomew bart
beatrice bea trixie beatrix / benjamin ben benny benji / bernard bernie barney / bertram bert / bradley brad
bridget biddy bridie / calvin cal / cameron cam / carol carrie caroline carolyn carole
catherine cathy kate katie kathy katherine kathryn cath kat kitty kathleen cat / cecilia cecily celia cissy cece
charles charlie chuck chas chaz carl / charlotte lottie charlie lotte
christine chris christina tina chrissy christie kristin kristina christy
christopher chris kit topher kris kristopher / clarence clare / clara claire clare / clifford cliff
constance connie / cornelius neil con / cynthia cindy / daniel dan danny / danielle dani dannie / david dave davy
deborah deb debbie debra / dennis denny denis / derek derrick del / diana diane di dianne
dominic dom nick dominique / donald don donnie donny / dorothy dot dottie dolly dora / douglas doug
edgar ed eddie / edmund ed eddie ned edmond / edward ed eddie ned ted teddy eduardo / edwin ed eddie
eleanor ellie nell nora elena ella
elizabeth liz beth betty lizzie eliza elsie libby lisa elisabeth bess betsy lily bessie / emily em emmy millie
eric erik rick / ernest ernie / esther essie hester / eugene gene / evelyn eve evie / florence flo flora florrie
frances fran fanny francesca frankie / francis frank fran frankie francisco / franklin frank
frederick fred freddie freddy fritz / gabriel gabe / gabrielle gabby gaby / geoffrey geoff jeff
george georgie jorge / gerald gerry jerry gerard / gertrude gertie trudy / gilbert gil bert / gloria glory
gordon gord / grace gracie / gregory greg / gwendolyn gwen / harold harry hal / harriet hattie
helen nell nellie helena elena / henry harry hank hal / herbert herb bert / howard howie / hugh hughie hugo
ignatius iggy ignacio / irene rene / isaac ike / isabella bella isabel izzy belle isabelle / jacob jake
jacqueline jackie jacky / james jim jimmy jamie jem / jane janet jenny janie jean / janice jan / jason jay jase
jeffrey jeff / jennifer jenny jen jennie / jeremy jerry jez jem jeremiah / jerome jerry / jessica jess jessie
joan joanie / joanna jo joanne joann / john johnny jack jon johnnie juan / jonathan jon jonny jonathon
joseph joe joey jose jo / josephine jo josie jojo / joshua josh / joyce joy / judith judy judie / julia julie jules
julian jules / karen karin kaz / kelvin kel kelly / kenneth ken kenny / kimberly kim kimberley / kevin kev
laura laurie laurel / lawrence larry laurence lorenzo laurie / leonard leo len lenny / leslie les lesley
lillian lily lil lilian / linda lindy lynn / louis lou louie lewis luis / louise lou lulu / lucy lucille lucia
luke lucas / madeline maddy madeleine maddie / malcolm mal / marcus marc mark
margaret maggie meg peggy peg marge margie greta rita margie madge / maria mary marie mia ria maria
martha marty patty / martin marty / mary molly polly may mae / matilda tilly mattie / matthew matt matty
maureen mo / maurice morris mo / maxwell max maximilian / megan meg / melanie mel / melissa mel lissa missy
melvin mel / michael mike mick mickey micky mikey miguel / michelle shelly michele / mildred millie
miranda randy mira / mitchell mitch / mohammed mohamed muhammad mohammad mohd / montgomery monty
nathaniel nathan nate nat / natalie nat nattie / nicholas nick nicky nico nicolas / nicole nicky nikki nicola
norman norm / oliver ollie / olivia liv livvy / oscar ozzie / pamela pam / patricia pat patty trish tricia patsy
patrick pat paddy / paul paulie pablo / pauline paula polly / penelope penny / peter pete petey pedro
philip phil pip phillip / phyllis phyl / priscilla cilla prissy / rachel rae rach / raymond ray
rebecca becky becca / reginald reg reggie / richard rick dick rich ricky richie ricardo
robert bob rob bobby robbie bert roberto / roberta bobbie robbie / robin rob / roderick rod / rodney rod / roger rog
ronald ron ronnie ronny / rosemary rose rosie romy / roxanne roxy / russell russ rusty / ruth ruthie
samantha sam sammi / samuel sam sammy / sarah sally sara sadie / sebastian seb bas / sheila shelagh / shirley shirl
sidney sid sydney / simon si / solomon sol / sophia sophie sofia / stanley stan / stephanie steph stefanie stevie
stephen steve steven stevie stefan / stewart stu stuart / susan sue suzie susie suzanne susanna suzy
suzanne suzy zanne / sylvester sly / sylvia sylvie / terence terry terrence / theodore ted teddy theo
theresa terry tess teresa tessa terri tracy / thomas tom tommy tomas / timothy tim timmy / valerie val
veronica ronnie vera nica / victor vic vick / victoria vicky tori vicki vikki / vincent vince vinny vinnie
virginia ginny ginger / vivian viv vivien vivienne / walter walt wally / wendy wen / wilfred will wilf fred
william will bill billy willie willy liam / winifred winnie freddie / winston win / yvonne vonnie
zachary zach zack zac
"""

# Beyond the table: given names that else read as Chinese syllables or surnames, or are often seen in Hong Kong.
OTHER_NAMES = """
ada aaron alan allan allen alvin amy andrea anson aries ashley astrid athena audrey barry bella benson betsy bianca
bonnie boris brenda brian bruce bryan candy carmen carson cassandra cathay cherry cheryl chloe clement cliff clive
colin coco corey crystal cyrus daphne darren dean denise desmond doris duncan dylan eason edgar edith edwin elaine
elise ellen elsa elton elvis emil erica erin esmond eunice eva ethan fannie fanny felicia felix fiona gary gavin glenn
graham gigi hailey harvey hazel heidi henrietta hilary hilda iris ian ivan ivy jackson jacky jade jan jasmine jasper
jay jayden jenson jerry jess jill jocelyn jodie joel johnson jordan josie joy juno justin kara karl karson katrina kay
keith kelly ken kerry kevin kiki kimmy lara lawson leanne leo leon leona lena lina lisa lorraine lorna luna lydia
mabel mandy marco marcus mario marion marvin mavis maxine may melody mercy mia mina mimi miriam molly mona monica
morgan muriel myra nadia nancy naomi natalia ned neil nelson nigel nina noah noel noelle nora norman olga oscar owen
pansy patrick peggy percy pearl perry phoebe pinky queenie quincy queena rainbow ralph ramon ray regina rex rita rocky
roman ronan rosa ross roy ruby ryan sabrina sammi sandy sasha scott sean selina serena seth shane shannon sharon shawn
shelly sheena sherry silvia simone sonia stella stephy sunny susanna suki tammy tania tanya tara tiffany tina todd
toby tracy travis trevor una ursula vanessa vera verna veronica viola wallace warren wayne wendy wilson winky winnie
winsome yolanda yoyo yuki zoe zoey hanson henson samson tomson carman herman
"""


@lru_cache(maxsize=1)
def list_names() -> list[list[str]]:
    """Each name of the table: in full, then what it is called."""
    return [names.split() for line in NICKNAMES.strip().splitlines() for names in line.split("/")]


@lru_cache(maxsize=1)
def nickname_groups() -> Mapping[str, frozenset[int]]:
    """By word: the numbers of the names that it may stand for."""
    groups: dict[str, set[int]] = defaultdict(set)
    for number, names in enumerate(list_names()):
        for word in names:
            groups[word].add(number)
    return {word: frozenset(numbers) for word, numbers in groups.items()}


@lru_cache(maxsize=1)
def western_names() -> frozenset[str]:
    """Words that are western given names when they stand in a name."""
    return frozenset(OTHER_NAMES.split()) | nickname_groups().keys() - SYLLABLES_FIRST


SYLLABLES_FIRST = frozenset({"kit", "sue", "win", "man", "wen", "mo", "len", "hal", "con", "nan", "di", "bas", "si"})
"""Short forms that in Hong Kong are more often a Chinese syllable (傑, 蘇, 永)."""


@lru_cache(maxsize=65536)
def root_names(word: str) -> tuple[str, ...]:
    """The full names a western word may stand for, itself if there is none: ted is edward and theodore."""
    names = list_names()
    return tuple(names[n][0] for n in sorted(nickname_groups().get(word, ()))) or (word,)


def is_nickname(one: str, other: str) -> bool:
    """True if two words may stand for one western name."""
    groups = nickname_groups()
    return not groups.get(one, frozenset()).isdisjoint(groups.get(other, frozenset()))
