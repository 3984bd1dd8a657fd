"""Does a text look like what people of a region write, word by word? It tells the right reading of bytes from others.

A word has letters of one alphabet, accents that occur together in one language, capitals where words have them, and
signs where signs stand. Bytes read by a wrong table hardly ever give that, even in a file of one row.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

from warehouse.landing.formats.common_han import COMMON

LATIN, HAN, KANA, HANGUL, CYRILLIC, GREEK = "Latin", "Chinese", "Japanese", "Korean", "Cyrillic", "Greek"
SCRIPTS = {
    "CJK": HAN, "HIRAGANA": KANA, "KATAKANA": KANA, "HALFWIDTH": KANA, "HANGUL": HANGUL, "LATIN": LATIN,
    "FULLWIDTH": LATIN, "CYRILLIC": CYRILLIC, "GREEK": GREEK, "HEBREW": "Hebrew", "ARABIC": "Arabic", "THAI": "Thai",
}  # fmt: skip
"""By the first word of a letter's name in Unicode."""
FOREIGN_LATIN = "Latin with such accents"
EAST = frozenset({HAN, KANA, HANGUL})
CASED = frozenset({CYRILLIC, GREEK})
ALONE = frozenset({CYRILLIC, GREEK, "Hebrew", "Arabic"})
"""Scripts in which a word of one letter is rather a sign read by a wrong table."""
WRITTEN = {
    HAN: "CN HK JP KR MO MY SG TW", KANA: "JP", HANGUL: "KR", GREEK: "CY GR", "Hebrew": "IL", "Thai": "TH",
    CYRILLIC: "BG BY KG KZ MD ME MK MN RS RU TJ UA UZ",
    "Arabic": "AE BH DZ EG IL IQ IR JO KW LB LY MA OM PK PS QA SA SD SY TN YE",
}  # fmt: skip
"""By script, the regions in which it is usual; Latin is everywhere."""
WESTERN = tuple(
    map(
        frozenset,
        (
            "äöüßé", "àâæçéèêëîïôœùûüÿ", "áéíóúüñçªº", "àçéèíïóòúü", "àèéìîòóù", "áâãàçéêíóôõúü", "áéèëêïíóöüç",
            "æøåéêóòôäöü", "åäöéüà", "áéíóú",
        ),
    )
)  # fmt: skip
"""Letters that are not ASCII of German, French, Spanish, Catalan, Italian, Portuguese, Dutch, Danish and Norwegian,
Swedish and Finnish, Irish; usual in every region."""
LOCAL = {
    "PL": "ąćęłńóśźż", "CZ": "áčďéěíňóřšťúůýž", "SK": "áäčďéíĺľňóôŕšťúýž", "HU": "áéíóöőúüű", "RO": "ăâîșțşţ",
    "SI": "čšžćđ", "HR": "čćđšž", "BA": "čćđšž", "RS": "čćđšž", "ME": "čćđšž", "TR": "çğıöşüâîû", "AZ": "çğıöşüə",
    "LT": "ąčęėįšųūž", "LV": "āčēģīķļņōŗšūž", "EE": "äõöüšž", "IS": "áðéíóúýþæö", "FO": "áðíóúýæø",
    "VN": "àáâãèéêìíòóôõùúýăđĩũơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ",
}  # fmt: skip
"""By region, the letters of its own language."""
TOKEN = re.compile(r'[^\s,;|"<>{}\[\]=/\\@()*+&!?:#%~^]+')
RUN = re.compile(r"(?:[^\W\d_²³¹¼½¾]|[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0e31\u0e34-\u0e4e])+")
"""Letters, and the marks that stand on them."""
EDGES = "“”„«»‹›‚…–—•·"
SEEN_WORDS = 4000
ODD = 0.02
"""So many of the words may be odd, in a text of fifty and more."""
RARE = ((4, 0), (10, 1), (20, 2))
"""Of fewer Chinese characters than the first number, so many may be rare; of more, three in ten."""


@dataclass
class Look:
    """What the words of a text that are not ASCII look like."""

    words: int = 0
    odd: int = 0
    """Words that nobody writes."""
    foreign: set[str] = field(default_factory=set)
    """Alphabets that are not usual in the region."""
    signs: int = 0
    """Signs of no alphabet, as “ and €."""
    han: int = 0
    """Chinese characters."""
    rare: int = 0
    """Those that are not common."""

    @property
    def is_plausible(self) -> bool:
        """May people have written it?"""
        allowed = next((rare for count, rare in RARE if self.han < count), 3 * self.han // 10)
        return self.odd <= ODD * self.words and self.rare <= allowed

    @property
    def is_rare_alone(self) -> bool:
        """Is nothing wrong with it but some rare characters, not more than half?"""
        return not self.odd and not self.foreign and 0 < 2 * self.rare <= self.han


def look_at(text: str, region: str) -> Look:
    """What a text looks like to people of a region (ISO 3166-1; "" for any)."""
    look = Look()
    for token in dict.fromkeys(TOKEN.findall(text)[:SEEN_WORDS]):
        if token.isascii():
            continue
        look.words += 1
        signs = [place for place, char in enumerate(token) if not is_letter(char)]
        is_odd = any(is_odd_sign(token, place) for place in signs)
        look.signs += len(signs)
        scripts: set[str] = set()
        for run in RUN.findall(token):
            found = read_scripts(run, region) if not run.isascii() else frozenset()
            is_odd |= found is None
            scripts |= found or frozenset()
        look.odd += is_odd
        look.foreign |= {script for script in scripts if not is_written(script, region)}
        count_han(token, look, is_japanese=KANA in scripts or region == "JP")
    return look


def is_written(script: str, region: str) -> bool:
    """Is an alphabet usual in a region?"""
    return not region or script == LATIN or region in WRITTEN.get(script, "").split()


def is_letter(char: str) -> bool:
    """Is it ASCII, or part of a word?"""
    return char < "\x80" or RUN.match(char) is not None


@lru_cache(maxsize=1 << 16)
def script_of(char: str) -> str | None:
    """The alphabet of a letter; None for one that nobody here knows."""
    return SCRIPTS.get(unicodedata.name(char, "").split(" ")[0].split("-")[0])


def read_scripts(run: str, region: str) -> frozenset[str] | None:
    """The alphabet of a word, or of the Chinese and Japanese characters of one; None if nobody would write it."""
    letters = [char for char in run if unicodedata.category(char)[0] != "M"]
    scripts = {script_of(char) for char in letters}
    if None in scripts or not letters or letters[0] != run[0]:
        return None
    known = frozenset(script for script in scripts if script)
    if LATIN in known and known != {LATIN}:
        return known - {LATIN} if known - {LATIN} <= EAST and is_labelled(run) else None
    if known == {LATIN}:
        return read_latin(run, region)
    if len(known) > 1 and (not known <= EAST or {HANGUL, KANA} <= known):
        return None
    return None if (known & CASED and has_odd_case(run)) or (known & ALONE and len(run) == 1) else known


def is_labelled(run: str) -> bool:
    """Do only capitals of ASCII stand beside Chinese characters, as in VIP客戶 and A座?"""
    latin = [script_of(char) == LATIN for char in run]
    beside = [pair[0] if left else pair[1] for pair, (left, right) in zip(pairwise(run), pairwise(latin), strict=True)
              if left != right]  # fmt: skip
    accented = any(char > "\x7f" for char, is_latin in zip(run, latin, strict=True) if is_latin)
    return not accented and not any(char.islower() for char in beside)


def read_latin(run: str, region: str) -> frozenset[str] | None:
    """LATIN if the accents of a word occur together in a language that is usual, FOREIGN_LATIN if in another one."""
    accented = {char for char in run.lower() if char > "\x7f" and char != "\u0307"}
    if has_odd_case(run):
        return None
    if any(accented <= letters for letters in WESTERN):
        is_full = sum(char > "\x7f" for char in run) > max(2, 0.6 * len(run))
        return None if is_full else frozenset({LATIN})
    if accented <= set(LOCAL.get(region, "")):
        return frozenset({LATIN})
    is_known = any(accented <= set(letters) for letters in LOCAL.values())
    return frozenset({LATIN if not region else FOREIGN_LATIN}) if is_known else None


def has_odd_case(run: str) -> bool:
    """Does a letter that is not ASCII stand as a capital behind a small one, or as a small one among capitals?"""
    letters = [char for char in run if char.isalpha() and char not in "ßªº"]
    for place, (one, other) in enumerate(pairwise(letters)):
        if one < "\x80" and other < "\x80":
            continue
        if one.islower() and other.isupper():
            return True
        if place and letters[place - 1].isupper() and one.isupper() and other.islower():
            return True
    return False


def count_han(token: str, look: Look, *, is_japanese: bool) -> None:
    """Count the Chinese characters of a word, and those that are rare."""
    for char in token:
        if script_of(char) == HAN:
            look.han += 1
            look.rare += not (is_first_level(char) if is_japanese else char in COMMON)


@lru_cache(maxsize=1 << 14)
def is_first_level(char: str) -> bool:
    """Is a character of the first level of JIS X 0208, of those that are used in Japanese?"""
    try:
        code = char.encode("euc_jp")
    except UnicodeError:
        return False
    return len(code) == 2 and code[0] <= 0xCF


def is_odd_sign(token: str, place: int) -> bool:
    """Is a sign that is not ASCII where no such sign stands?"""
    char = token[place]
    left, right = token[place - 1 : place] or " ", token[place + 1 : place + 2] or " "
    if "\u3000" <= char <= "\u303f" or "\uff00" <= char <= "\uffef" or char in "・ー":
        return len(token) > 1 and not char.isdigit() and not any(script_of(other) in EAST for other in token)
    for signs, is_wrong in (
        ("’´", not ((left.isalpha() and right.isalpha()) or (char == "’" and left in "sS"))),
        ("‘", left.isalnum() or not right.isalnum()),
        (EDGES, left.isalnum() and right.isalnum() and not (left.isdigit() and right.isdigit() and char in "–—")),
        ("€£¥¢", left.isalpha() or right.isalpha()),
        ("°", left.isalpha() and left not in "nN"),
        ("²³", left not in "mM"),
        ("½¼¾", len(token) > 1 and not left.isdigit()),
        ("×", not (left.isdigit() or right.isdigit())),
        ("±", not right.isdigit()),
        ("№", left.isalpha()),
        ("ªº", not (left.isdigit() or left in "nN.")),
        ("¿¡", left.isalnum() or not right.isupper()),
        ("®™©", right.isalnum()),
        ("§", left.isalnum() or right.isalpha()),
    ):
        if char in signs:
            return is_wrong
    return True


def list_foreign(looks: Iterable[Look]) -> str:
    """The alphabets that are not usual, for people to read."""
    return ", ".join(sorted({script for look in looks for script in look.foreign}))
