"""Places: how they are shown, and which of the 18 districts of Hong Kong one names."""

from __future__ import annotations

import re
from functools import lru_cache

import polars as pl

from transforms.values.per_distinct import map_distinct
from transforms.values.texts import fold_letters, fold_width

# District: its names and those of well-known neighbourhoods that lie in it (Home Affairs Department's districts).
DISTRICTS = {
    "Central and Western":
        "中西區, 中西区, Western, 西區, 西区, Central, 中環, 中环, Admiralty, 金鐘, 金钟, Sheung Wan, 上環, 上环, "
        "Sai Ying Pun, 西營盤, 西营盘, Kennedy Town, 堅尼地城, 坚尼地城, Mid-Levels, 半山, 半山區, The Peak, "
        "山頂, 山顶, Shek Tong Tsui, 石塘咀",
    "Wan Chai":
        "灣仔, 湾仔, Causeway Bay, 銅鑼灣, 铜锣湾, Happy Valley, 跑馬地, 跑马地, Tai Hang, 大坑, "
        "Jardine's Lookout, 渣甸山",
    "Eastern":
        "東區, 东区, North Point, 北角, Quarry Bay, 鰂魚涌, 鲗鱼涌, Tai Koo, 太古, 太古城, Sai Wan Ho, 西灣河, "
        "西湾河, Shau Kei Wan, 筲箕灣, 筲箕湾, Chai Wan, 柴灣, 柴湾, Fortress Hill, 炮台山, Heng Fa Chuen, "
        "杏花邨, Siu Sai Wan, 小西灣, 小西湾",
    "Southern":
        "南區, 南区, Aberdeen, 香港仔, Ap Lei Chau, 鴨脷洲, 鸭脷洲, Wong Chuk Hang, 黃竹坑, 黄竹坑, Pok Fu Lam, "
        "薄扶林, Repulse Bay, 淺水灣, 浅水湾, Stanley, 赤柱, Tin Wan, 田灣, 田湾, Shek O, 石澳, Wah Fu, 華富",
    "Yau Tsim Mong":
        "油尖旺, Mong Kok, 旺角, Tsim Sha Tsui, TST, 尖沙咀, 尖沙嘴, Yau Ma Tei, Yaumati, 油麻地, Jordan, 佐敦, "
        "Tai Kok Tsui, 大角咀, 大角嘴, Prince Edward, 太子",
    "Sham Shui Po":
        "深水埗, 深水步, Cheung Sha Wan, 長沙灣, 长沙湾, Lai Chi Kok, 荔枝角, Mei Foo, 美孚, Shek Kip Mei, "
        "石硤尾, 石硖尾, Nam Cheong, 南昌",
    "Kowloon City":
        "九龍城, 九龙城, Hung Hom, 紅磡, 红磡, To Kwa Wan, 土瓜灣, 土瓜湾, Ho Man Tin, 何文田, Kowloon Tong, "
        "九龍塘, 九龙塘, Whampoa, 黃埔, 黄埔, Kai Tak, 啟德, 启德, Ma Tau Wai, 馬頭圍, 马头围",
    "Wong Tai Sin":
        "黃大仙, 黄大仙, Diamond Hill, 鑽石山, 钻石山, San Po Kong, 新蒲崗, 新蒲岗, Tsz Wan Shan, 慈雲山, 慈云山, "
        "Choi Hung, 彩虹, Lok Fu, 樂富, 乐富, Ngau Chi Wan, 牛池灣, 牛池湾",
    "Kwun Tong":
        "觀塘, 观塘, Ngau Tau Kok, 牛頭角, 牛头角, Kowloon Bay, 九龍灣, 九龙湾, Lam Tin, 藍田, 蓝田, Yau Tong, "
        "油塘, Sau Mau Ping, 秀茂坪, Shun Lee, 順利",
    "Kwai Tsing":
        "葵青, Kwai Chung, 葵涌, Kwai Fong, 葵芳, Kwai Hing, 葵興, 葵兴, Tsing Yi, 青衣, Lai King, 荔景",
    "Tsuen Wan":
        "荃灣, 荃湾, Sham Tseng, 深井, Ma Wan, 馬灣, 马湾, Discovery Park, 愉景新城",
    "Tuen Mun":
        "屯門, 屯门, Gold Coast, 黃金海岸, Lam Tei, 藍地, Siu Hong, 兆康, So Kwun Wat, 掃管笏",
    "Yuen Long":
        "元朗, Tin Shui Wai, 天水圍, 天水围, Kam Tin, 錦田, 锦田, Hung Shui Kiu, 洪水橋, 洪水桥, Fairview Park, "
        "錦綉花園",
    "North":
        "北區, 北区, Sheung Shui, 上水, Fanling, 粉嶺, 粉岭, Sha Tau Kok, 沙頭角, 沙头角, Ta Kwu Ling, 打鼓嶺",
    "Tai Po":
        "大埔, Tai Wo, 太和, Tai Mei Tuk, 大尾篤",
    "Sha Tin":
        "沙田, Ma On Shan, 馬鞍山, 马鞍山, Tai Wai, 大圍, 大围, Fo Tan, 火炭, City One, 第一城, Shek Mun, 石門",
    "Sai Kung":
        "西貢, 西贡, Tseung Kwan O, TKO, 將軍澳, 将军澳, Hang Hau, 坑口, Po Lam, 寶琳, Tiu Keng Leng, 調景嶺, "
        "Clear Water Bay, 清水灣, 清水湾, LOHAS Park, 康城, Junk Bay",
    "Islands":
        "離島, 离岛, Tung Chung, 東涌, 东涌, Discovery Bay, 愉景灣, 愉景湾, Cheung Chau, 長洲, 长洲, "
        "Lamma Island, Lamma, 南丫島, Lantau Island, Lantau, 大嶼山, 大屿山, Mui Wo, 梅窩, Peng Chau, 坪洲, "
        "Tai O, 大澳",
}  # fmt: skip


@lru_cache(maxsize=1 << 14)
def fold_place(name: str) -> str:
    """A place's name without blanks, signs, case and the word district, so that `Sha Tin District` is `Shatin`."""
    letters = re.sub(r"[\W_]|\band\b", "", re.sub(r"\bdist(?:rict|\.|$)", "", name.casefold()))
    return letters if letters in SHORT else letters.removesuffix("區").removesuffix("区")


SHORT = {"東區", "东区", "南區", "南区", "西區", "西区", "北區", "北区"}
"""Nothing but a point of the compass is left of these without the word district."""
KEYS = {
    fold_place(name): district
    for district, names in DISTRICTS.items()
    for name in (district, *names.split(", "))
}  # fmt: skip
REGION = re.compile(
    "hongkong|hongkongisland|hk|hkisland|hki|hksar|hongkongsar|hongkongsarchina|kowloon|kln|newterritories|nt|newterritory|"
    "china|prc|(?:中國|中国)?香港(?:特別行政區|特别行政区)?|香港島|香港岛|港島|港岛|九龍|九龙|新界|中國|中国"
)
REGION_BEFORE = re.compile("^(?:(?:中國|中国)?香港(?:特別行政區|特别行政区)?(?:島|岛)?|九龍|九龙|新界)")
BETWEEN = re.compile(r"[,;/|()、\n]+|\s-\s")


def place_shown(s: pl.Series) -> pl.Series:
    """A place or its part as written, widths and blanks folded. Null: empty."""
    return map_distinct(s, fold_width)


def address_shown(s: pl.Series) -> pl.Series:
    """An address on one line, full-width letters and digits folded (full-width punctuation stays). Null: empty."""
    return map_distinct(s, fold_letters)


def district_key(s: pl.Series) -> pl.Series:
    """Official English name of the one Hong Kong district that a field names, by its own name or a neighbourhood's.

    Hong Kong and its regions may stand beside it. Null: none of the 18, several, or elsewhere (`Eastern, Kenya`).
    """
    return map_distinct(s, key_district)


def key_district(text: str) -> str | None:
    """The district one field names, or None."""
    parts = [p for p in BETWEEN.split(fold_width(text)) if fold_place(p)]
    named = [p for p in parts if not REGION.fullmatch(fold_place(p))]
    districts = {find_district(p) for p in named}
    return districts.pop() if len(districts) == 1 else None


def find_district(part: str) -> str | None:
    """The district of one name, perhaps with Hong Kong or its region before it without a comma (新界沙田區)."""
    key = fold_place(part)
    bare = REGION_BEFORE.sub("", key)
    return KEYS.get(key) or KEYS.get(bare) or KEYS.get(re.sub("(?:hongkong|hk|kowloon|kln|nt)$", "", key))
