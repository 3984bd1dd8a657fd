"""Chinese surnames: which there are, how they are spelt, and how common each is in Hong Kong.

Shares are rounded from common knowledge (ten surnames make up half of the city); they only say what is common enough to
be weak evidence. A caller may give the frequencies of its own data instead, see `similarity`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache

from transforms.names.characters import COMPOUND_SURNAMES, fold_character, read_character, read_characters

SHARES = {
    "陳": 0.096, "黃": 0.062, "李": 0.058, "梁": 0.043, "張": 0.042, "林": 0.038, "劉": 0.034, "吳": 0.030,
    "何": 0.030, "王": 0.025, "鄭": 0.024, "楊": 0.024, "葉": 0.018, "鄧": 0.018, "周": 0.018, "郭": 0.017,
    "曾": 0.016, "蔡": 0.016, "馮": 0.014, "謝": 0.014, "許": 0.013, "羅": 0.013, "徐": 0.012, "余": 0.011,
    "朱": 0.010, "盧": 0.010, "潘": 0.009, "蘇": 0.009, "麥": 0.009, "胡": 0.009, "譚": 0.008, "鍾": 0.008,
    "趙": 0.008, "彭": 0.006, "關": 0.006, "江": 0.006, "袁": 0.006, "洪": 0.006, "莫": 0.006, "蕭": 0.006,
    "鄺": 0.005, "廖": 0.005, "區": 0.005, "方": 0.005, "歐陽": 0.002, "司徒": 0.002,
}  # fmt: skip
OTHERS = (
    "丁丘于上万伍侯俞倪傅冼冯凌刁利包卓占卞古史司吉呂商喬唐嚴夏姚姜姬婁孔孟季孫宋容寧尤尹屈岑岳左巢巫常康庄廉"
    "柯柳柴查施时易晏曹朴杜束桂梅樊樓歐步殷毛汪汲沈沙洗浦涂游湛湯溫滕潭焦熊燕牛狄班甄甘田申畢白皮盛盤石祝祁祖秦"
    "程禤童竺符管簡米粘紀紐練繆翁翟聶聞耿肖胥舒艾花范苗茅荊莊華萬葛董蒙蒲蔣薛藍蘭虞衛裘褚覃解言詹計談諸谷貝賀賈"
    "賴路車辛連遲邊邱邵邢郎郝鄒酈金鈕銀錢閔閻阮陶陸雷霍靳韋韓項顏饒馬駱高魏魯鮑麻龍龐龔戴任佘仇單成明宗房黎文顧鍾"
)
LEAST_BEARERS = 0.1
"""Share of a spelling's bearers from which a surname is one that it stands for."""
RARE = 0.002
"""Share of a surname of OTHERS."""
UNKNOWN = 0.0005
"""Share of any other surname, western ones included: about what Smith is in an English-speaking city of millions."""
WESTERN_SHARES = {
    "smith": 0.010, "johnson": 0.008, "williams": 0.007, "brown": 0.006, "jones": 0.006, "garcia": 0.005,
    "miller": 0.005, "davis": 0.005, "taylor": 0.004, "wilson": 0.004, "santos": 0.004, "singh": 0.006, "khan": 0.005,
    "kim": 0.006, "nguyen": 0.006, "cruz": 0.004, "reyes": 0.004, "kumar": 0.004, "white": 0.003, "martin": 0.003,
}  # fmt: skip
SPELT_LIKE_OTHERS = {
    "宇文", "尉遲", "尉迟", "皇甫", "公孫", "公孙", "鍾離", "钟离", "夏侯", "東方", "东方", "令狐",
}  # fmt: skip
"""Compound surnames that in Latin letters are far more often a surname and a syllable: Yu Man, Wong Fu."""
# How one surname is spelt abroad: Hokkien, Teochew and Hakka of Singapore, Malaysia, the Philippines.
ABROAD = {
    "陳": "tan", "林": "lim", "黃": "ng wee oei ooi", "王": "ong heng", "李": "lie", "吳": "goh go", "張": "teo chong",
    "蔡": "chua cua", "劉": "low lau", "楊": "yeo yong young", "許": "koh khor co", "鄭": "tay teh",
    "葉": "yap", "何": "hoe", "謝": "chia cheah", "周": "chew", "洪": "ang", "郭": "kuok quek kwek", "曾": "chan",
    "沈": "sim",
    "徐": "chee",    "胡": "oh", "呂": "loo", "黎": "lai", "潘": "phua", "鄧": "teng", "余": "ee eu",
}  # fmt: skip


@lru_cache(maxsize=1)
def surname_shares() -> Mapping[str, float]:
    """Share of people by surname, as folded characters."""
    rare = {fold_character(c): RARE for c in OTHERS}
    compounds = {"".join(map(fold_character, c)): RARE / 2 for c in COMPOUND_SURNAMES}
    return rare | compounds | {"".join(map(fold_character, c)): share for c, share in SHARES.items()}


@lru_cache(maxsize=1)
def spelling_shares() -> Mapping[str, float]:
    """Share of people by surname as it is spelt, in Hong Kong, in Pinyin or abroad."""
    shares: dict[str, float] = defaultdict(float)
    for surname, share in surname_shares().items():
        readings = read_characters(surname)
        for spelling in readings.government | readings.mandarin:
            shares[spelling] += share
    for surname, spellings in ABROAD.items():
        for spelling in spellings.split():
            shares[spelling] = max(shares[spelling], surname_shares()[fold_character(surname)])
    return dict(shares)


@lru_cache(maxsize=1)
def spelt_surnames() -> Mapping[str, frozenset[str]]:
    """By spelling, in Hong Kong or in Pinyin: the Chinese surnames (folded) that people of that spelling bear.

    One that few of them bear is left out: Chan and Tam are two names, though 湛 may be spelt either way.
    """
    found: dict[str, set[str]] = defaultdict(set)
    for surname, share in surname_shares().items():
        readings = read_characters(surname)
        for spelling in readings.government | readings.mandarin:
            if share >= LEAST_BEARERS * spelling_shares()[spelling]:
                found[spelling].add(surname)
    return {spelling: frozenset(surnames) for spelling, surnames in found.items()}


@lru_cache(maxsize=65536)
def surname_share(surname: str) -> float:
    """Share of people with this surname, a folded Chinese one or Latin letters; of the unknown, UNKNOWN."""
    shares = spelling_shares() if surname.isascii() else surname_shares()
    return shares.get(surname, 0.0) or WESTERN_SHARES.get(surname, UNKNOWN)


def is_surname_spelling(word: str) -> bool:
    """True if a Latin word is how some Chinese surname is spelt, a compound with its hyphen."""
    return word in spelling_shares()


@lru_cache(maxsize=1)
def compound_spellings() -> Mapping[str, str]:
    """Compound surnames written in one word (auyeung, szeto, ouyang), as they are with a hyphen."""
    joined: dict[str, str] = {}
    for compound in COMPOUND_SURNAMES - SPELT_LIKE_OTHERS:
        first, second = (read_character(c) for c in compound)
        for one, other in ((first.government, second.government), (first.mandarin, second.mandarin)):
            joined |= {a + b: f"{a}-{b}" for a in sorted(one) for b in sorted(other)}
    return joined | {"seto": "se-to", "szeto": "sze-to"}


@lru_cache(maxsize=1)
def surnames_abroad() -> Mapping[str, frozenset[str]]:
    """By spelling: the Chinese surnames (folded) that families from South-East Asia spell so."""
    found: dict[str, set[str]] = defaultdict(set)
    for surname, spellings in ABROAD.items():
        for spelling in spellings.split():
            found[spelling].add(fold_character(surname))
    return {spelling: frozenset(surnames) for spelling, surnames in found.items()}
