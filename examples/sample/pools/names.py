"""Names of people who do not exist: characters with their Hong Kong and Pinyin spellings, drawn at random.

Each table is one string, so that it can be read and added to. Frequencies are rough: they only have to make common
surnames common, as "Chan" and "Wong" are in Hong Kong.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

# traditional, simplified, Hong Kong government spelling, Pinyin, weight
_SURNAMES = """
陳 陈 Chan Chen 103|黃 黄 Wong Huang 74|李 李 Lee Li 64
林 林 Lam Lin 47|張 张 Cheung Zhang 45|梁 梁 Leung Liang 42
吳 吴 Ng Wu 33|劉 刘 Lau Liu 32|王 王 Wong Wang 25
何 何 Ho He 24|鄭 郑 Cheng Zheng 22|周 周 Chow Zhou 19
葉 叶 Yip Ye 18|蔡 蔡 Choi Cai 17|郭 郭 Kwok Guo 16
許 许 Hui Xu 15|楊 杨 Yeung Yang 15|謝 谢 Tse Xie 13
羅 罗 Law Luo 13|馮 冯 Fung Feng 12|鄧 邓 Tang Deng 12
曾 曾 Tsang Zeng 11|胡 胡 Wu Hu 9|蘇 苏 So Su 9
馬 马 Ma Ma 8|朱 朱 Chu Zhu 8|余 余 Yu Yu 8
潘 潘 Poon Pan 8|盧 卢 Lo Lu 7|譚 谭 Tam Tan 7
方 方 Fong Fang 6|唐 唐 Tong Tang 6|關 关 Kwan Guan 6
袁 袁 Yuen Yuan 6|彭 彭 Pang Peng 5|鍾 钟 Chung Zhong 5
溫 温 Wan Wen 4|歐陽 欧阳 Au-Yeung Ouyang 2|司徒 司徒 Szeto Situ 2
"""

# traditional, simplified, Hong Kong spelling, Pinyin, who it is given to: m, f or n (both)
_GIVEN = """
文 文 Man Wen n|明 明 Ming Ming m|家 家 Ka Jia n|偉 伟 Wai Wei m
強 强 Keung Qiang m|志 志 Chi Zhi m|國 国 Kwok Guo m
華 华 Wah Hua n|榮 荣 Wing Rong m|俊 俊 Chun Jun m|傑 杰 Kit Jie m
浩 浩 Ho Hao m|健 健 Kin Jian m|德 德 Tak De m
永 永 Wing Yong n|祥 祥 Cheung Xiang m|輝 辉 Fai Hui m|龍 龙 Lung Long m
澤 泽 Chak Ze m|軒 轩 Hin Xuan m|朗 朗 Long Lang m
詠 咏 Wing Yong f|欣 欣 Yan Xin f|怡 怡 Yi Yi f|美 美 Mei Mei f
慧 慧 Wai Hui f|玲 玲 Ling Ling f|芳 芳 Fong Fang f
雅 雅 Nga Ya f|婷 婷 Ting Ting f|敏 敏 Man Min f|珊 珊 Shan Shan f
琪 琪 Ki Qi f|穎 颖 Wing Ying f|嘉 嘉 Ka Jia n
思 思 Sze Si f|晴 晴 Ching Qing f|淑 淑 Suk Shu f|儀 仪 Yee Yi f
蓮 莲 Lin Lian f|麗 丽 Lai Li f|鳳 凤 Fung Feng f
子 子 Tsz Zi n|曉 晓 Hiu Xiao n|凱 凯 Hoi Kai n|卓 卓 Cheuk Zhuo n
信 信 Shun Xin m|安 安 On An n|樂 乐 Lok Le n
天 天 Tin Tian n|恩 恩 Yan En n|澄 澄 Ching Cheng n|悅 悦 Yuet Yue f
遠 远 Yuen Yuan m|承 承 Shing Cheng m|柏 柏 Pak Bai m
"""

_WESTERN = {
    "m": "Peter John David Michael Kelvin Jason Eric Alan Raymond Tony Henry Victor Marcus Leo Ivan Gary Felix",
    "f": "Mary Amy Karen Wendy Grace Joyce Fiona Carmen Winnie Vivian Janice Sandy Phoebe Iris Queenie Cherry",
}
_ABROAD = {
    "m": "Raj Arjun Thomas Oliver Bikash Jun Carlos Hiroshi",
    "f": "Priya Anita Charlotte Sunita Maricel Rosa Yuki Hannah",
    "surname": "Gurung Sharma Mehta Walker Bennett Santos Delacruz Tanaka Rai O'Neill",
}


@dataclass(frozen=True)
class Name:
    """A person's name in the writings a silo may hold."""

    chinese: str
    """Surname and given name in the person's own characters; empty for a name without any."""
    simplified: str
    surname: str
    given: str
    """Romanised, syllables apart: Tai Man."""
    western: str
    """A western given name, or empty."""


def parse_rows(table: str) -> list[list[str]]:
    """Rows of a table written as lines of `a b c|d e f`."""
    return [row.split() for line in table.split("\n") if line for row in line.split("|")]


SURNAMES = parse_rows(_SURNAMES)
GIVEN = parse_rows(_GIVEN)
_WEIGHTS = [int(row[4]) for row in SURNAMES]


def draw_name(rng: Random, gender: str, region: str, surname: int | None = None) -> Name:
    """A name for a gender (m, f) and region (HK, MO, CN or XX); `surname` is a row of SURNAMES to share."""
    if region == "XX":
        return Name("", "", rng.choice(_ABROAD["surname"].split()), rng.choice(_ABROAD[gender].split()), "")
    last = SURNAMES[draw_surname(rng) if surname is None else surname]
    pool = [row for row in GIVEN if row[4] in {gender, "n"}]
    first = rng.sample(pool, 1 if rng.random() < 0.08 else 2)
    script, spelling = (1, 3) if region == "CN" else (0, 2)
    western = rng.choice(_WESTERN[gender].split()) if region != "CN" and rng.random() < 0.3 else ""
    return Name(
        chinese=last[script] + "".join(row[script] for row in first),
        simplified=last[1] + "".join(row[1] for row in first),
        surname=last[spelling],
        given=" ".join(row[spelling] for row in first),
        western=western,
    )


def draw_surname(rng: Random) -> int:
    """A row of SURNAMES, common ones more often."""
    return rng.choices(range(len(SURNAMES)), _WEIGHTS)[0]


def write_name(name: Name, rng: Random, chinese_share: float) -> str:
    """The name as one of its writings: 陳大文, CHAN Tai Man Peter, "Chan, Tai-man", Peter Chan and so on."""
    if name.chinese and rng.random() < chinese_share:
        return name.simplified if rng.random() < 0.05 else name.chinese
    return rng.choice(list_spellings(name))


def list_spellings(name: Name) -> list[str]:
    """The Latin writings of a name, the usual ones more than once."""
    hyphenated = name.given.replace(" ", "-").capitalize()
    full = f"{name.surname.upper()} {name.given}"
    spellings = [
        full,
        full,
        f"{name.surname} {name.given}",
        f"{name.surname}, {hyphenated}",
        f"{name.given} {name.surname}",
    ]
    if name.western:
        spellings += [
            f"{full} {name.western}",
            f"{name.western} {name.surname}",
            f"{name.western} {name.given} {name.surname}",
        ]
    return spellings
