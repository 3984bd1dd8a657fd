"""Short values with few meanings: gender, language, national id, handle and birth date, each as a match key."""

from __future__ import annotations

import re
from datetime import date
from urllib.parse import parse_qs, unquote, urlsplit

import polars as pl

from transforms.values.per_distinct import map_distinct
from transforms.values.placeholders import find_placeholder
from transforms.values.texts import fold_width
from warehouse.types.vocabularies import GENDERS

GENDER_KEYS = {word: gender for gender, words in GENDERS.items() for word in words.split()}

LANGUAGES = {
    "zh-Hant": "tc cht zht zhtc chinesetraditional traditionalchinese traditional "
    "繁體中文 繁体中文 繁體 繁体 繁中 正體中文 中文繁體 中文繁体",
    "zh-Hans": "sc chs zhs zhsc chinesesimplified simplifiedchinese simplified "
    "簡體中文 简体中文 簡體 简体 簡中 简中 中文簡體 中文简体",
    "zh-HK": "chinesehongkong hongkongchinese 中文香港 繁體中文香港",
    "zh-TW": "chinesetaiwan taiwanesechinese 中文台灣 繁體中文台灣 繁體中文臺灣",
    "zh-CN": "cn chinesechina chinesemainland 中文中国 简体中文中国",
    "zh": "chi zho chinese c chn 中文 中 漢語 汉语 华语 華語 國語文",
    "yue": "cantonese canton can 廣東話 广东话 粵語 粤语 廣州話 广州话 白話",
    "cmn": "mandarin putonghua pth 普通話 普通话 國語 国语 官話",
    "en": "eng english e 英文 英語 英语",
    "ja": "jpn japanese jp 日文 日語 日语 日本語",
    "ko": "kor korean kr 韓文 韓語 韩语 한국어",
    "fr": "fra fre french 法文 法語 法语 français",
    "de": "deu ger german 德文 德語 德语 deutsch",
    "es": "spa spanish 西班牙文 西班牙語 español",
    "pt": "por portuguese 葡文 葡萄牙文 葡語 português",
    "fil": "tgl tl tagalog filipino 菲律賓語 他加祿語",
    "id": "ind indonesian bahasaindonesia 印尼文 印尼語 印尼话",
    "th": "tha thai 泰文 泰語 ไทย",
    "vi": "vie vietnamese 越南文 越南語",
    "hi": "hin hindi 印地語",
    "ur": "urd urdu 烏爾都語",
    "ne": "nep nepali 尼泊爾語",
}  # fmt: skip
LANGUAGE_KEYS = {
    word: tag for tag, words in LANGUAGES.items() for word in (tag.replace("-", "").lower(), *words.split())
}
ISO_639_1 = (
    "aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el "
    "en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it "
    "iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt "
    "my nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm "
    "sn so sq sr ss st su sv sw ta te tg th ti tk tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh "
    "zu "
)
TAG = re.compile(r"([a-z]{2,3})(?:-(yue|cmn))?(?:-([a-z]{4}))?(?:-([a-z]{2}|\d{3}))?(?:[.@].*)?", re.IGNORECASE)
SCRIPTS = {"CN": "Hans", "HK": "Hant", "MO": "Hant", "SG": "Hans", "TW": "Hant"}
"""Where Chinese is written, and how."""

HKID_SHAPE = re.compile(r"([A-Z]{1,2})(\d{6})\(([0-9A])\)")
MAINLAND_ID = re.compile(r"\d{17}[0-9X]")
ROUNDED = re.compile(r"\d(?:\.\d+)?E\+?\d+")
PROFILE = re.compile(r"^(?:https?://|www\.|m\.)?[\w.-]+\.[a-z]{2,}/", re.IGNORECASE)
SECTIONS = {"in", "user", "users", "u", "people", "profile", "channel", "c", "add", "intent"}
HANDLE = re.compile(r"[^\s@/<>(),;]{1,64}")

DEFAULT_DATES = [date(1899, 12, 30), date(1899, 12, 31), date(1900, 1, 1), date(1901, 1, 1), date(1970, 1, 1)]
"""What a spreadsheet, a database and a Unix clock say for no date; too few are born on these days to lose much."""


def gender_key(s: pl.Series) -> pl.Series:
    """female, male or other, from a letter, word, title or ISO 5218 code in English, Chinese or a European tongue.

    Null: not said, not known.
    """
    return map_distinct(s, key_gender)


def language_key(s: pl.Series) -> pl.Series:
    """BCP 47 tag (RFC 5646) of a language, in its usual case: zh-HK, zh-Hant, yue, en.

    Chinese keeps its place or script, for they say which characters to write; other languages lose their place (en-AU
    is en), for it says where a telephone was bought. Null: not a language.
    """
    return map_distinct(s, key_language)


def national_id_key(s: pl.Series) -> pl.Series:
    """Letters and digits of a national id in capitals, at least five. Null: short, masked, damaged or a placeholder.

    The check digit must be right where the shape leaves no doubt: A123456(3) of Hong Kong, 18 digits of the mainland.
    Without brackets A1234563 may be a passport of India or Australia as well and is kept as it is.
    """
    return map_distinct(s, key_national_id)


def handle_key(s: pl.Series) -> pl.Series:
    """A handle without @ and the address of its profile, case folded. Null: no handle, or one like `unknown`."""
    return map_distinct(s, key_handle)


def birth_date_key(s: pl.Series, as_of: date) -> pl.Series:
    """Birth dates of people who may live on `as_of`. Null: later, more than 120 years before, or a system's default."""
    born = s.cast(pl.Date)
    is_leap_day = (as_of.month, as_of.day) == (2, 29)
    earliest = as_of.replace(year=as_of.year - 120, day=28 if is_leap_day else as_of.day)
    is_plausible = (born >= earliest) & (born <= as_of) & ~born.is_in(DEFAULT_DATES)
    return born.zip_with(is_plausible.fill_null(False), pl.Series([None], dtype=pl.Date))


def fold_word(text: str) -> str:
    """A short value as one word without signs, blanks and case."""
    return re.sub(r"[\W_]", "", fold_width(text).casefold())


def key_gender(text: str) -> str | None:
    """One gender, or None."""
    return GENDER_KEYS.get(fold_word(text))


def key_language(text: str) -> str | None:
    """Tag of one language, or None."""
    word = fold_word(text)
    if word in LANGUAGE_KEYS:
        return LANGUAGE_KEYS[word]
    tag = TAG.fullmatch(fold_width(text).replace("_", "-"))
    if not tag:
        return None
    language = LANGUAGE_KEYS.get((tag[2] or tag[1]).lower(), tag[1].lower())
    if language == "zh":
        return write_chinese((tag[3] or "").title(), (tag[4] or "").upper())
    return language if language in LANGUAGES or f"{language} " in ISO_639_1 else None


def write_chinese(script: str, place: str) -> str:
    """The tag of Chinese by its place, or by its script where that is not the place's."""
    if place in SCRIPTS and script in {"", SCRIPTS[place]}:
        return f"zh-{place}"
    return f"zh-{script}" if script in {"Hans", "Hant"} else "zh"


def key_national_id(text: str) -> str | None:
    """Match key of one national id, or None."""
    written = fold_width(text).upper().replace(" ", "")
    key = re.sub(r"[^0-9A-Z]", "", written)
    hkid = HKID_SHAPE.fullmatch(written)
    if hkid and not is_hkid(*hkid.groups()):
        return None
    if MAINLAND_ID.fullmatch(key) and not is_mainland_id(key):
        return None
    is_damaged = ROUNDED.fullmatch(written) or re.search(r"[*?#\ufffd]|XXX", written)
    return None if is_damaged or is_empty(key) or find_placeholder(written) else key


def is_empty(key: str) -> bool:
    """True for an id that is short, without digits, of one digit (A0000000, 10000), 12345678 and its like, TEST123."""
    digits = re.sub("[^0-9]", "", key)
    is_sequence = key in "01234567890123456789" or key in "98765432109876543210"
    is_run = max(map(digits.count, digits), default=0) >= len(digits) - 1 or key == (key[:2] * len(key))[: len(key)]
    is_word = find_placeholder(re.sub("[0-9]", "", key) or "1") is not None
    return len(key) < 5 or len(set(digits)) < 2 or is_sequence or (is_run and digits == key) or is_word


def is_hkid(letters: str, digits: str, check: str) -> bool:
    """True if the check digit fits: weights 9 to 2 over two letters (blank 36, A 10) and six digits, modulo 11."""
    values = [36 if c == " " else int(c, 36) for c in letters.rjust(2) + digits]
    total = sum(weight * value for weight, value in zip(range(9, 1, -1), values, strict=True))
    return check == "0123456789A"[-total % 11]


def is_mainland_id(key: str) -> bool:
    """True if the last of 18 signs fits (GB 11643, ISO 7064 MOD 11-2); a spreadsheet makes the last three zeros."""
    total = sum(int(digit) * (2 ** (17 - place) % 11) for place, digit in enumerate(key[:17]))
    return key[17] == "10X98765432"[total % 11]


def key_handle(text: str) -> str | None:
    """Match key of one handle, or None."""
    folded = fold_width(fold_width(text).casefold()).casefold()
    handle = (read_profile(folded) if PROFILE.match(folded) else folded).lstrip("@")
    is_nobody = find_placeholder(text) or find_placeholder(handle) or handle == "nohandle"
    return None if is_nobody or not HANDLE.fullmatch(handle) else handle


def read_profile(address: str) -> str:
    """The handle in an address like https://www.instagram.com/peter/?hl=en or linkedin.com/in/peter; empty if none."""
    try:
        url = urlsplit(address if "://" in address else f"https://{address}")
    except ValueError:  # no address after all
        return ""
    if url.path.endswith(".php"):
        return parse_qs(url.query).get("id", [""])[0]
    names = [unquote(part) for part in url.path.split("/") if part]
    return next((name for name in names if name not in SECTIONS), "")
