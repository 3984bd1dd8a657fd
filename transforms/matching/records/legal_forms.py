"""Legal forms of companies: written in many ways, and a sign that a name is the one in a register."""

from __future__ import annotations

import re

import polars as pl

FORMS = {
    "ltd": "limited", "co": "company", "inc": "incorporated", "corp": "corporation", "llc": "", "llp": "", "lp": "",
    "plc": "", "gmbh": "", "mbh": "", "ag": "", "kg": "", "ohg": "", "ug": "", "ev": "", "sa": "", "sas": "",
    "sarl": "", "sasu": "", "sl": "", "slu": "", "srl": "", "spa": "", "bv": "", "nv": "", "ab": "", "asa": "",
    "aps": "", "oyj": "", "oy": "", "pty": "proprietary", "pte": "private", "sdn": "sendirian", "bhd": "berhad",
    "pvt": "", "jsc": "", "ooo": "", "kk": "",
}  # fmt: skip
"""How a form is written short, and in full where that is a single word."""
HAN_FORMS = ("股份有限公司", "有限責任公司", "有限责任公司", "有限公司", "株式会社", "株式會社", "公司")
"""Longer ones first."""
SPACED = (("l l c", "llc"), ("l l p", "llp"), ("p l c", "plc"), ("g m b h", "gmbh"), ("s a r l", "sarl"))
"""Forms whose full stops have become blanks."""


def shorten_forms(names: pl.Expr) -> pl.Expr:
    """Folded names with their legal forms written short: acme limited is acme ltd."""
    found = names
    for spaced, short in SPACED:
        found = found.str.replace_all(rf"\b{spaced}\b", short)
    for short, full in FORMS.items():
        found = found.str.replace_all(rf"\b{full}\b", short) if full else found
    return found


def have_form(names: pl.Series) -> pl.Series:
    """True for folded names with a legal form, written short."""
    return names.str.contains(rf"(?:^| )(?:{'|'.join(FORMS)})(?: |$)|{'|'.join(HAN_FORMS)}")


def cut_forms(name: str) -> str:
    """A folded name without its legal forms."""
    rest = " ".join(word for word in name.split() if word not in FORMS)
    return re.sub("|".join(HAN_FORMS), "", rest).strip()


def is_abbreviation(short: str, long: str) -> bool:
    """True if a word begins as the other does and leaves letters of it out: trdg, mfg."""
    if len(short) < 2 or len(short) >= len(long) or short[0] != long[0]:
        return False
    letters = iter(long)
    return all(letter in letters for letter in short)
