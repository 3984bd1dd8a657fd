"""Names of people: how they are shown, and a key for equality.

The key makes order, case, accents and punctuation of Latin names equal; Chinese characters stay as they are written
(traditional and simplified differ). Comparing spellings and scripts is the work of name matching, not of this key.
"""

from __future__ import annotations

import html
import re
import unicodedata
from functools import lru_cache

import polars as pl

from transforms.names.characters import COMPOUND_SURNAMES
from transforms.values.per_distinct import map_distinct
from transforms.values.texts import fix_mojibake, fold_width

HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
LATIN_TITLES = {"mr", "mrs", "ms", "miss", "mister", "mdm", "madam", "madame", "dr", "prof", "professor", "sir", "rev"}
TITLE = "|".join(sorted(LATIN_TITLES, key=len, reverse=True))
LATIN_TITLE = re.compile(rf"^\(?(?:{TITLE})\b[.)]*[\s,]+|[\s,]+\(?(?:{TITLE})[.)]*$", re.IGNORECASE)
HAN_TITLE = re.compile(
    "(?<=.)(?:先生|小姐|女士|太太|夫人|師奶|醫生|医生|博士|教授|老師|老师|律師|律师|經理|经理|師傅|师傅)$"
)
HAN_SHORT_TITLE = re.compile("^.[生太總总]$|^阿.$")
"""陳生, 陳太, 陳總: Mr, Mrs, boss Chan; 阿文: what friends call somebody."""
IS_HAN = re.compile(f"[{HAN}]")
TOKEN = re.compile(rf"[{HAN}]+|[^\W_{HAN}]+")
HAN_GAP = re.compile(rf"(?<=[{HAN}])[\s·・‧]+(?=[{HAN}])")
STROKES = str.maketrans("đĐ", "dD")
"""Letters whose stroke is no mark that can be taken off; names are written without it as well."""
APOSTROPHES = re.compile("['’‘`´ʼ]")

HAN_NAME = re.compile(rf"[{HAN}]+(?:[\s·・‧]*[{HAN}]+)*")
BRACKETS = re.compile(r"[()\[\]{}/|]+")
LETTER = re.compile(rf"[^\W\d_{HAN}]")

# A name made of these words alone names nobody.
NOBODY = {
    "na", "no", "name", "unknown", "none", "null", "nil", "nan", "test", "testing", "tester", "user", "guest",
    "customer", "client", "member", "visitor", "anonymous", "anon", "dummy", "demo", "sample", "tba", "tbc",
    "tbd", "xxx", "abc", "asdf", "undefined", "missing", "deleted", "account", "walk", "in", "walkin", "cash",
    "sale", "不詳", "不详", "未知", "無", "无", "沒有", "没有", "無名", "无名", "無名氏", "无名氏", "測試",
    "测试", "顧客", "顾客", "客人", "客戶", "客户", "會員", "会员", "匿名", "散客", "某某",
}  # fmt: skip


def name_shown(s: pl.Series) -> pl.Series:
    """A name in NFKC, mojibake and entities repaired, without titles around a full name. Null: empty.

    A title beside a surname alone stays (陳生, Mr Chan): it is all the name there is.
    """
    return map_distinct(s, show_name)


def name_key(s: pl.Series) -> pl.Series:
    """Match key: `CHAN Tai-man, Peter` and `Mr Peter Chan Tai Man` are both `chan man peter tai`.

    Null: the name says nothing (n/a, test, 陳生, Mr Chan, an initial, characters lost on the way).
    """
    return map_distinct(s, key_name)


@lru_cache(maxsize=65536)
def show_name(text: str) -> str:
    """One name as it is shown; empty if nothing is there."""
    name, before = fold_name(text), ""
    while name != before:
        before, name = name, strip_title(name)
    return name


def fold_name(text: str) -> str:
    """One name repaired and folded, titles and all."""
    name, before = text, ""
    while name != before:
        before, name = name, fold_width(fix_mojibake(html.unescape(name))).strip(' ,;"')
    return name


def strip_title(name: str) -> str:
    """A name without one title before or after it, unless only a surname would be left."""
    bare = HAN_TITLE.sub("", LATIN_TITLE.sub("", name, count=1)).strip(' ,;"')
    return name if is_surname_only(bare) else bare


def is_surname_only(bare: str) -> bool:
    """True if a name without its title is one word, one character or a surname of two characters."""
    tokens = TOKEN.findall(HAN_GAP.sub("", bare))
    if len(tokens) != 1:
        return not tokens
    return not IS_HAN.match(tokens[0]) or len(tokens[0]) == 1 or tokens[0] in COMPOUND_SURNAMES


@lru_cache(maxsize=65536)
def key_name(text: str) -> str | None:
    """Match key of one name, a key that is its own key (a title may come to its end only by the sorting)."""
    before, key = text, fold_order(text)
    while key is not None and key != before:
        before, key = key, fold_order(key)
    return key


def fold_order(text: str) -> str | None:
    """The words of a name in order of the alphabet, then its Chinese characters as they follow; None if nobody's."""
    name = show_name(text)
    tokens = TOKEN.findall(fold_accents(APOSTROPHES.sub("", name).casefold()))
    latin = [t for t in tokens if not IS_HAN.match(t)]
    words = sorted(t for t in latin if t not in LATIN_TITLES)
    han = show_name("".join(t for t in tokens if IS_HAN.match(t)))
    is_titled = len(words) < len(latin) or HAN_TITLE.search(han) or HAN_SHORT_TITLE.match(han)
    kept = [*words, han] if han else words
    if "\ufffd" in name or (is_titled and len(kept) < 2) or is_empty(kept):
        return None
    return " ".join(kept)


def is_empty(tokens: list[str]) -> bool:
    """True if the words of a name tell nobody from anybody."""
    words = [t for t in tokens if len(t) > 1 and not t.isnumeric()]
    return not words or all(t in NOBODY for t in words)


def fold_accents(text: str) -> str:
    """Latin letters without their accents; Hangul and kana whole again."""
    if text.isascii():
        return text
    bare = re.sub("[\u0300-\u036f]", "", unicodedata.normalize("NFKD", text)).translate(STROKES)
    return unicodedata.normalize("NFKC", bare)


def chinese_name(s: pl.Series) -> pl.Series:
    """The part of a shown name in Chinese characters. Null: none, or characters that name nobody."""
    return map_distinct(s, find_chinese)


def english_name(s: pl.Series) -> pl.Series:
    """The part of a shown name in other letters, in their order. Null: none.

    One word beside Chinese characters (陳大文 Peter) is a given name, not a whole one, and so null.
    """
    return map_distinct(s, find_english)


def find_chinese(name: str) -> str | None:
    """The longest run of Chinese characters of one name, if it has more than a surname's one."""
    runs = ["".join(TOKEN.findall(run)) for run in HAN_NAME.findall(name)]
    longest = show_name(max(runs, key=len, default=""))
    return longest if len(longest) > 1 and not is_empty([longest]) else None


def find_english(name: str) -> str | None:
    """What is left of one name without Chinese characters, if it is a name."""
    rest = BRACKETS.sub(" ", HAN_NAME.sub(" ", name))
    words = TOKEN.findall(rest)
    is_part = len(words) < 2 and HAN_NAME.search(name)
    if is_part or not LETTER.search(rest) or is_empty([word.casefold() for word in words]):
        return None
    return show_name(" ".join(rest.split()))
