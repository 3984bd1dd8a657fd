"""Vietnamese names: which names are, and which of their words is the surname.

A name is surname, middle and given name (Nguyễn Văn An), abroad also turned round (An Nguyen). Few surnames are shared
by nearly all, and the middle names Văn and Thị by most men and women: it is the other words that tell people apart.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from rapidfuzz.distance import OSA

COMMON = {
    "nguyen": 0.35, "tran": 0.109, "le": 0.089, "pham": 0.06, "hoang": 0.026, "huynh": 0.025, "phan": 0.028,
    "vu": 0.025, "vo": 0.024, "dang": 0.021, "bui": 0.02, "do": 0.015, "ho": 0.013, "ngo": 0.013, "duong": 0.01,
    "ly": 0.005,
}  # fmt: skip
"""Share of Vietnamese people by surname, rounded, without tone marks. https://en.wikipedia.org/wiki/Vietnamese_name"""
OTHERS = {
    "dinh", "trinh", "truong", "doan", "dao", "lam", "mai", "to", "cao", "luong", "chau", "ta", "ha", "luu",
    "phung", "kieu", "quach", "thai", "trieu", "la", "mac", "nghiem", "tong", "tang", "thach", "vuong", "bach",
    "chu", "giang", "hua", "khuc", "luc", "lu", "ma", "ninh", "nhan", "tieu", "ton", "tu", "dam", "dong",
    "han", "hong", "khuong", "lai", "lieu", "tiet", "trang", "quan", "ong", "au", "chung", "chuong", "diep",
    "khong", "lac", "nhu", "than", "vien",
}  # fmt: skip
GIVEN = {
    "ai", "an", "anh", "bac", "bach", "bang", "bao", "bich", "bien", "binh", "cam", "canh", "cat", "chau", "chi",
    "chien", "chinh", "chung", "chuong", "cong", "cuc", "cuong", "dai", "dam", "dan", "dang", "danh", "dao", "dat",
    "diem", "dien", "diep", "dieu", "dinh", "doan", "dong", "duc", "dung", "duong", "duy", "duyen", "gia", "giang",
    "giao", "giap", "ha", "hai", "han", "hang", "hanh", "hao", "hau", "hien", "hiep", "hieu", "ho", "hoa", "hoai",
    "hoan", "hoang", "hoc", "hoi", "hong", "hop", "huan", "hue", "hung", "huong", "huu", "huy", "huyen", "huynh",
    "kha", "khai", "khang", "khanh", "khiem", "khoa", "khoi", "khue", "khuong", "kien", "kiet", "kieu", "kim", "ky",
    "lam", "lan", "lanh", "lap", "le", "lien", "lieu", "linh", "loan", "loc", "loi", "long", "luan", "luat", "luc",
    "luong", "luu", "luyen", "ly", "mai", "man", "manh", "mau", "men", "minh", "mui", "muoi", "my", "nam", "nga",
    "ngan", "nghi", "nghia", "ngoc", "ngon", "nguyen", "nguyet", "nha", "nham", "nhan", "nhat", "nhi", "nhien", "nho",
    "nhu", "nhuan", "nhung", "ninh", "nu", "oanh", "phan", "phat", "phi", "phong", "phu", "phuc", "phung", "phuoc",
    "phuong", "quan", "quang", "que", "quoc", "quy", "quyen", "quyet", "quynh", "sam", "san", "sang", "sau", "sen",
    "sinh", "so", "son", "su", "suong", "sy", "ta", "tai", "tam", "tan", "tao", "thach", "thai", "tham", "than",
    "thang", "thanh", "thao", "thap", "the", "thi", "thien", "thiep", "thiet", "thinh", "tho", "thoa", "thoai",
    "thom", "thong", "thu", "thuan", "thuc", "thue", "thuong", "thuy", "thuyen", "tien", "tin", "tinh", "to", "toai",
    "toan", "toi", "trac", "tram", "tran", "trang", "tri", "trieu", "trinh", "trong", "tru", "truc", "trung",
    "truong", "tu", "tuan", "tue", "tung", "tuoi", "tuong", "tuy", "tuyen", "tuyet", "ung", "uy", "uyen", "van",
    "vang", "ve", "vi", "vien", "viet", "vinh", "vo", "vu", "vui", "vuong", "vy", "xuan", "xuyen", "y", "yen",
}  # fmt: skip
"""Words that are usual in given names, without marks: a slip that makes one of another may be another name."""
RARE = 0.002
"""Share of a surname of OTHERS."""
CHINESE = "ho"
"""The only one of COMMON that is as common in Hong Kong."""
PARTICLES = frozenset({"le", "do", "la"})
"""Surnames that stand before a surname elsewhere."""
MARKER, MALE = "thi", "van"
"""Middle names of women and of men. Van is also a particle, and a syllable in Macau."""
FIRST_BITS, FIRST_BITS_LONG = 2.0, 5.0
"""A surname is first rather than last by so much: in names of two words, and of more."""
BIT_COST, MOST_BITS = 0.04, 5.0
"""Likeliness that a bit takes; bits by which a surname at the one end rules out one at the other."""
MOST_WORDS, LONGEST = 6, 8
SLIP_FROM = 4
"""Letters of a surname in which a slip is looked for."""
SYLLABLE = re.compile(
    r"(?:ngh(?=[eiy])|gh(?=[eiy])|k(?=[eiy])|qu|gi(?=[aeou])|g(?=[aiou])|ng(?=[aou])|c(?=[aou])|"
    r"[knpt]h|tr|ch|[bdhlmnprstvx])?"
    r"(?:(?:a|e|i|o|u|y|ie|ye|oa|oe|oo|ua|ue|uo|uy|uye)(?:ng|[cmnpt])|(?:a|e|i|y|oa|ue|uy)(?:ch|nh)|"
    r"[aeiouy]|ia|ua|oa|oe|ue|uo|uy|uya|[ae]o|[aeiu]u|[aou]i|[au]y|oa[ioy]|ua[uy]|oeo|uo[iu]|ieu|yeu)"
)
"""Onset, and rhyme with or without a final consonant, in letters without marks."""
LETTERS = re.compile("[abcdeghiklmnopqrstuvxy]+")
TONES, MARKS = frozenset("\u0300\u0301\u0303\u0309\u0323"), frozenset("\u0302\u0306\u031b")
"""Combining tone marks; circumflex, breve and horn, which make other vowels."""
OWN = frozenset("\u0309\u0323\u031b")
"""Hook above, dot below and horn: next to no other language of names has them."""


@lru_cache(maxsize=65536)
def is_vietnamese_syllable(word: str) -> bool:
    """True if a folded word is spelt as a Vietnamese syllable without its marks."""
    return len(word) > 1 and SYLLABLE.fullmatch(word) is not None


@lru_cache(maxsize=65536)
def has_vietnamese_letters(text: str) -> bool:
    """True if a text has letters that are Vietnamese: with hook, dot below or horn, or with two marks (ễ)."""
    if text.isascii():
        return False
    marks: list[str] = []
    for char in unicodedata.normalize("NFD", text):
        if not unicodedata.combining(char):
            marks = []
        elif char in OWN or (marks and char in TONES and marks[-1] in MARKS):
            return True
        else:
            marks.append(char)
    return False


def share_vietnamese(surname: str) -> float:
    """Share of Vietnamese people with a folded surname; 0 for what is none."""
    return COMMON.get(surname) or (RARE if surname in OTHERS else 0.0)


def find_vietnamese(words: Sequence[str], odd: frozenset[str], *, is_marked: bool) -> list[tuple[int, float]]:
    """Places of what may be the surname of a Vietnamese name, with their likeliness; none if the name is of others.

    Args:
        words: folded words but for Western given names, in order, initials among them.
        odd: those of them that are no Chinese syllables.
        is_marked: the name was written with Vietnamese letters.
    """
    full = [word for word in words if len(word) > 1]
    if not 2 <= len(full) <= MOST_WORDS or not all(LETTERS.fullmatch(w) and len(w) <= LONGEST for w in full):
        return []
    ends = [place for place in (0, len(words) - 1) if len(words[place]) > 1]
    shares = {place: share_vietnamese(words[place]) or share_mistyped(words, place, odd) for place in ends}
    shown = {place: share for place, share in shares.items() if share and is_shown(words, place, odd, is_marked)}
    if shown.get(0) and len(words) > 2 and (words[1] == MARKER or (words[1] == MALE and words[0] in COMMON)):
        return [(0, 1.0)]
    first = FIRST_BITS_LONG if len(words) > 2 else FIRST_BITS
    bits = {place: math.log2(share) + (first if place == 0 else 0.0) for place, share in shown.items()}
    best = max(bits.values(), default=0.0)
    return [(place, 1.0 - BIT_COST * (best - own)) for place, own in bits.items() if best - own <= MOST_BITS]


def is_shown(words: Sequence[str], place: int, odd: frozenset[str], is_marked: bool) -> bool:
    """Do the words show that the name is Vietnamese, if its surname is at this place?

    A surname that is hardly Chinese is enough, and one of two other words may be mistyped; but not beside Le and Do,
    which are particles elsewhere. Beside Ho or Lam has to be a word that only Vietnamese has.
    """
    surname = words[place]
    others = [word for number, word in enumerate(words) if number != place and len(word) > 1]
    wrong = sum(not is_vietnamese_syllable(word) for word in others)
    only = [word for word in others if word in odd and is_vietnamese_syllable(word)]
    telling = [word for word in only if word != MALE]
    has_marker = place == 0 and words[1] == MARKER and len(words) > 2
    is_own = surname in COMMON and surname != CHINESE
    is_before = is_own and others[0] != MALE and is_vietnamese_syllable(others[0])
    may_slip = len(others) > 1 and (is_marked or has_marker or (place == 0 and (telling or is_before)))
    if surname not in PARTICLES and (is_own or surname in odd):
        return wrong <= (1 if len(others) > 1 else 0)
    if wrong:
        return wrong == 1 and bool(may_slip)
    return bool(is_marked or has_marker or telling or (place == 0 and (only or (is_own and len(others) > 1))))


def share_mistyped(words: Sequence[str], place: int, odd: frozenset[str]) -> float:
    """Share of the surname that a word is with one slip, where all other words are Vietnamese; else 0.

    What is a name itself (Huong beside Duong) may be one only before a middle name, and if no other is.
    """
    word = words[place]
    others = [own for number, own in enumerate(words) if number != place and len(own) > 1]
    if word not in odd or not any(own in odd for own in others) or not all(map(is_vietnamese_syllable, others)):
        return 0.0
    is_before = place == 0 and len(words) > 2 and words[1] in {MARKER, MALE} and not share_vietnamese(words[-1])
    if (word in GIVEN or share_vietnamese(word)) and not is_before:
        return 0.0
    long = [surname for surname in (*COMMON, *OTHERS) if len(surname) >= SLIP_FROM]
    near = [surname for surname in long if OSA.distance(word, surname, score_cutoff=1) <= 1]
    return max(map(share_vietnamese, near), default=0.0)
