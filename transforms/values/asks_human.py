"""Does a customer ask, in a message, for a human instead of a machine?"""

from __future__ import annotations

import re
from collections.abc import Sequence

HUMAN_ZH = (
    "(?:真人(?!秀|真事|版|騷|show|快打|一樣|cs|圖書)|活人|專人|专人|真嘅人|"
    "(?<![加出減减扣冇])人工(?![智費费成島岛湖草色香調调牙受流呼心關关製制合培養养降雨味增]))"
)
DESK_ZH = (
    "客服(?:人員|人员|主任|專員|专员|代表|同事)?|客戶服務(?:員|主任|專員|代表)?|客户服务(?:员|主任|专员|代表)?|"
    "接線生|接线生|職員|职员|專員|专员"
)
SERVER_ZH = f"{DESK_ZH}|同事|經理|经理|主任|主管|上司|負責人|負責同事"
STAFF_EN = (
    r"(?:(?:an?|the|your|ur)\s+)?(?:(?:live|real|human|actual)\s+)?(?:person|human|agent|operator|supervisor|manager|staff|"
    r"customer service|cs)(?![a-z])"
)
"""Staff, named in English within a Chinese sentence."""
STAFF_ZH = f"(?:{HUMAN_ZH}|{SERVER_ZH}|人)"
LINKS_ZH = "(?:去|到|返|番|返去|翻|個|个|位|一個|一位|一个|俾|畀|我|給|给|至|的|嘅|你哋|你們|你们){0,3}"
TALK_ZH = "(?:講|讲|傾|谈|談|說|说|聊|對話|对话|溝通|沟通|通話|通话)"
BOT_ZH = "(?:機械人|機器人|机器人|電腦|电脑|bot|ai|auto ?reply|自動回覆|自动回复)"
MOVE_ZH = "(?:轉接|转接|接駁|接驳|轉駁|转驳|駁|驳|轉線|转线|轉介|转介|轉|转|接返|transfer|connect)"
SEEK_ZH = "(?:搵|揾|找|見|见|聯絡|联络|联系|聯繫|要|叫|call)"
END_ZH = r"(?=\s*(?:$|[\s!！?？。.,，~]|唔該|please|pls|呀|啊|啦|喇|吖|謝|谢|傾|講|嚟|來))"
ANSWER_ZH = "(?:覆|回覆|回复|答|理|應|幫(?!忙)|帮(?!忙)|跟進|跟进|處理|处理|聯絡|联络|联系|打|call|講|讲|傾|谈|談)"
"""Words around whom somebody asks for: be put through, look for, nothing more after it, what staff do."""
ASKS_ZH = (
    "(?:轉|转|接駁|接|駁|搵|揾|找|要|換|换|叫|俾|畀|给|給|轉介|安排|聯絡|联系|聯繫|需要|等)" + LINKS_ZH + HUMAN_ZH,
    f"(?:轉|转|搵|揾|找|叫|派|安排|請|请|要){LINKS_ZH}(?:{SERVER_ZH})(?:直接|盡快|快啲|過嚟|來|嚟|俾我|同我|跟我)?"
    "(?:覆|回覆|回复|聯絡|联系|打|致電|跟進|跟进|處理|处理|幫|帮|解答|聽|接聽|接听)",
    f"(?:同|跟|和|與|与){LINKS_ZH}{STAFF_ZH}(?:客服|客戶服務|職員)?(?:直接)?{TALK_ZH}",
    "(?:有冇|有無|有沒有|有没有|冇|沒有|没有|搵唔到|找不到|打唔到|可唔可以|可以|能不能|幾時有|希望有|想)"
    + LINKS_ZH
    + HUMAN_ZH,
    HUMAN_ZH + "(?:客服|服務|服务|客戶服務|座席|坐席|接聽|接听|支援|對話|对话|專員)?"
    r"(?:呀|啊|啦|喇|吖|please|pls|，?(?:唔該|謝謝)|在嗎|在吗|喺度嗎)?[\s!！?？。.~]*$",
    f"{MOVE_ZH}\\s*{LINKS_ZH}\\s*(?:{DESK_ZH}|人手|{STAFF_EN})",
    f"{SEEK_ZH}{LINKS_ZH}\\s*(?:{SERVER_ZH}|{STAFF_EN})(?:{END_ZH}|\\s*(?:同我|聽|听|出[嚟來]|接))",
    rf"^\W*(?:{SERVER_ZH})(?:\s|唔該|please|pls|呀|啊|啦|喇|吖|[!！?？。.~])*$",
    f"(?:同|跟|和|與|与|to|with){LINKS_ZH}\\s*(?:{STAFF_EN}\\s*{TALK_ZH}|{HUMAN_ZH})",
    "(?:要|想|轉|转|請|请|唔該|可以|可唔可以|麻煩)?人手(?:處理|处理|跟進|跟进|客服|服務|服务|覆|回覆|接聽|幫)",
    f"(?:有冇|有無|有沒有|有没有)人(?:可以|肯|識)?(?:{ANSWER_ZH}|呀|啊|在|喺度|[\\s?？!！]*$)",
    f"(?:有冇|有無|有沒有|有没有)\\s*(?:{DESK_ZH}|{STAFF_EN})\\s*(?:可以|同我|覆|呀|啊|在|喺度|[\\s?？!！]*$)",
    f"(?:冇|無|沒有|没有|没)人(?:肯)?{ANSWER_ZH}(?:過|下)?我",
    f"(?:搵|揾|找|派|叫|安排|請|请)(?:返|到|番)?(?:個|个|一個|位)?人(?:嚟|來|来|去|同我|跟我){{0,2}}{ANSWER_ZH}",
    "(?:可唔可以|可否|可以|能不能|請|请|唔該|麻煩|想)(?:你哋|你們|你)?(?:直接)?(?:打(?:個|返)?(?:電話|电话)?|call)(?:俾|畀|給|给|返)?我",
    f"(?:唔想|唔要|唔好|不要|不想|別|别|咪)再?(?:用|同|跟|和|俾|讓|让)?.{{0,3}}{BOT_ZH}",
)
"""Ways to ask: be put through, be answered by staff, talk with one, is there one, the bare word, no machine."""
NOT_ZH = re.compile(
    "(?:唔使|唔駛|唔洗|唔需要|唔想|唔要|唔好|唔係|不用|不需要|毋須|毋需|無需|无需|無須|无须|不必|不想|不要|不是|冇需要|未需要|"
    r"別|别|咪|勿|係咪|暫時唔)[^，。！？,.!?；;\n]{0,4}$|(?<!點解)(?<!为什么)(?<!為什麼)[唔不毋未]$"
)
PAST_ZH = re.compile(
    "(?:客服|職員|服務|服务)?(?:傾|講|談|聊|對話|覆|跟進|處理)?(?:咗|左|了|過|过|之後|之后|完|後|先知|好好|態度|态度|我咗|"
    "幫|帮|話|教|好有|好快|都)"
)

ADJECTIVE = (
    r"(?:(?:live|real|actual|human|proper|customer|support|service|care|bank|senior|breathing|living|another|"
    r"different)\s+)"
)
SURE = (
    rf"(?:(?:an?|the|your|some|any)\s+)?(?:{ADJECTIVE}{{0,3}}(?:humans?|human being|agents?|representatives?|reps?|"
    r"operators?)|(?:live|real|actual|human)\s+(?:person|people|one|being|support|service))\b"
)
"""Nobody but a human of the service."""
PERSON = (
    rf"(?:(?:an?|the|your|some|any|one of your)\s+)?{ADJECTIVE}{{0,3}}(?:humans?|human being|persons?|people|agents?|"
    r"representatives?|reps?|operators?|someone|somebody|anyone|managers?|supervisors?|boss|advis[oe]rs?|csr|"
    r"staff(?:\s+member)?|member of staff|(?:\w+ )?team|associate|specialist|team member|teller|banker)\b"
)
"""Whom one may want to talk to."""
TALK = r"(?:speak|talk|chat|deal|communicate)(?:\s+(?:directly|now|live))?\s+(?:to|with)"
MOVE = (
    r"(?:connect|transfer|escalate|forward|route|pass|switch|redirect|put|hand)\s+(?:me|us|this|it|my \w+)"
    r"(?:\s+(?:over|through|on|across|back))?\s+(?:to|with)"
)
WISH = (
    "(?:want|need|like|prefer|require|give me|get me|get|reach|contact|have|find|is there|are there|where is|send me|"
    "looking for|request|requesting)"
)
CHIEF = r"(?:(?:an?|the|your|some|any|my)\s+)?(?:supervisors?|managers?|operators?|customer (?:service|support|care))\b"
CALL = r"(?:call|ring|phone|help|assist|contact|reply|respond|answer|get back|reach out|talk|speak)\b"
ASKS_EN = (
    rf"(?:{TALK}|{MOVE}|(?:connect|transfer|escalate)(?:ed)? (?:to|with))\s+{PERSON}",
    rf"{WISH}\s+(?:to\s+(?:reach|get|have|contact)\s+)?{SURE}",
    rf"(?:want|need|get me|give me|send me|request|demand|call|looking for|where is)\s+{CHIEF}",
    rf"(?:connect|transfer|put|pass)\s+(?:me|us)\s+(?:\w+\s+)?(?:to|with)\s+{CHIEF}",
    r"(?:can|could|will|would|please have|pls have|have|need|want|please let)\s+(?:an?\s+)?"
    rf"(?:(?:real|live|actual)\s+)?(?:person|human|someone|somebody|anyone|supervisor|manager|agent|member of staff)\s+"
    rf"(?:please\s+)?(?:to\s+)?{CALL}",
    r"(?:person|human|someone|somebody) on the (?:phone|line)",
    rf"(?:get|have|ask) (?:someone|somebody|anyone) to {CALL}",
    r"(?:someone|somebody|anyone|person|human) (?:that |who |whom )?i (?:can|could|may) (?:speak|talk)",
    rf"^\W*(?:{SURE}|{CHIEF})(?:\s+(?:please|pls|plz|now|asap|help|support|chat))*\W*$",
    rf"{SURE}\s+(?:please|pls|plz|now)\b",
    r"(?:don't|dont|do not) want (?:an? |the |your |this |any )?(?:bot|chatbot|robot|machine|ai)\b",
    r"(?:stop|no more)\s+(?:[\w']+\s+){0,3}"
    r"(?:bot|bots|robots?|auto(?:mated|matic)? ?(?:repl\w+|respon\w+|messages?|answers?))\b",
    r"(?:don't|dont|do not|not|stop)\s+(?:want\s+)?(?:to\s+)?(?:talk|talking|speak|speaking|chat|chatting)\s+"
    r"(?:to|with)\s+(?:an?\s+|the\s+|this\s+)?(?:bot|chatbot|robot|machine|computer|ai)\b",
)
"""Ways to ask: talk with or be put through, want one, the bare word, no machine."""
NOT_EN = re.compile(
    r"(?:(?<!why )\b(?:don't|dont|do not|didn't|did not|doesn't|does not|wouldn't|not|needn't|without)"
    r"(?!\s+(?:know|see|understand|mind|even|let))|\bno (?:need|longer)|\binstead of|\brather than|\bhad|\btold|"
    r"\basked|\bgot|\bmanaged|\b(?:was|were|am) able|\bafter|\bbefore|\bunless|\bnice|\bgreat|\bgood|"
    r"\blovely|\bpleasure)"
    r"(?:\s+[\w'’]+){0,3}\s*$"
)
LIKELY = re.compile(
    f"真人|活人|專人|专人|真嘅人|人工|人手|[個个有冇無没沒搵揾找派叫排請请]人|沒有人|[打俾畀返給给]我|電話俾|call我|{SERVER_ZH}|"
    f"{BOT_ZH}|(?:同|跟|和|與|与).{{0,8}}{TALK_ZH}|"
    r"human|person|people|agent|rep\b|reps\b|representative|operator|someone|somebody|anyone|manager|supervisor|boss|advis|"
    r"\bcsr?\b|staff|associate|specialist|member|teller|banker|robot|machine|computer|\bbots?\b|auto|"
    r"customer (?:service|support|care)"
)
"""What every way has in it: most texts need no closer look."""
BREAKS = re.compile(r"[,.;!?，。；！？\n]")
ZH, EN = (re.compile("|".join(f"(?:{p})" for p in patterns)) for patterns in (ASKS_ZH, ASKS_EN))


def asks_for_human(texts: Sequence[str | None]) -> list[bool]:
    """One answer per text; false where there is no text.

    Who says that none is needed, tells what one did or praises one does not ask; who cannot reach one does.
    """
    return [_asks(text) if text else False for text in texts]


def _asks(text: str) -> bool:
    """True if any place in the text asks."""
    folded = text.lower().replace("’", "'")
    if not LIKELY.search(folded):
        return False
    ways = ((ZH, NOT_ZH), (EN, NOT_EN))
    return any(_is_wish(folded, found, denied) for way, denied in ways for found in way.finditer(folded))


def _is_wish(text: str, found: re.Match[str], denied: re.Pattern[str]) -> bool:
    """True unless words before it deny it, or words after it tell that it has been."""
    before = BREAKS.split(text[max(0, found.start() - 60) : found.start()])[-1]
    return not denied.search(before) and not PAST_ZH.match(text, found.end())
