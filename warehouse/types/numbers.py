"""Numbers and truth values as people and programs write them, in SQL expressions of DuckDB."""

from __future__ import annotations

from dataclasses import dataclass

from warehouse.types.currencies import DOTTED, NARROW_SIGNS, WIDE_SIGNS, fits, match_fitting, match_marks, name_in_sql
from warehouse.types.sql_text import bind, tidy

TRUE, FALSE = "(?i)true|yes|y|t|1|是", "(?i)false|no|n|f|0|否"
SEPARATORS = {"comma": ",", "point": ".", "blank": " ", "apostrophe": "'", "none": ""}
"""What may stand between thousands, by the word that a contract says in c360.thousands."""
DECIMAL_SIGNS = {"comma": ",", "point": "."}
MINUSES = "−–—‒‐﹣⁻"
APOSTROPHES = "’‘ʼ＇´`′"
THIN = "\u00a0\u202f\u2009\u2007\u2008\u200a\u2006\u2005\u2004\u2003\u2002\t"
UNSEEN = "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff\u00ad"
"""Signs without a width, which direct or join the letters around them."""
FOREIGN = "currency:"
"""How a fault of a row begins that names an amount in another currency than the row's."""
MARK = "¤"
"""What stands for a currency, once it has been looked at."""
OTHER_SIGNS = r"[^0-9.,''+()\- ]+"
"""What belongs to no number: a currency, or a reason not to read it."""
ROUND = "[.,]-{1,2}"
"""No decimals, as the Swiss and the Germans write them: `12.-`, `12,--`."""
CREDIT, DEBIT = "CR|C|H|HABEN|貸|贷", "DR|D|S|SOLL|借"
"""What banks write behind an amount."""
NEGATIVE = {"plus": DEBIT, "minus": CREDIT}
"""By c360.credit: what makes an amount negative."""
SIGN_LETTERS = rf"(?i)([0-9.) ])({CREDIT}|{DEBIT})\.?$"


@dataclass(frozen=True)
class NumberStyle:
    """How a column writes its numbers."""

    decimal: str = "point"
    """Of DECIMAL_SIGNS."""
    thousands: str | None = None
    """Of SEPARATORS; None: any but the decimal sign."""
    credit: str | None = None
    """Of NEGATIVE; None: an amount with CR or DR behind is not read."""

    @property
    def sign(self) -> str:
        """The decimal sign as a character."""
        return DECIMAL_SIGNS[self.decimal]

    @property
    def grouped(self) -> str:
        """A regular expression of whole numbers with their thousands apart; `1,23` might be a decimal: it is none."""
        if self.thousands is not None:
            signs = [SEPARATORS[self.thousands]]
        else:
            signs = [sign for sign in (",", ".", " ", "'") if sign != self.sign]
        # The last is how India groups: twos, and a three at the end, at which the number can be told.
        ways = [rf"\d{{1,3}}(?:[{s}]\d{{3}})+|\d{{1,2}}(?:[{s}]\d{{2}})+[{s}]\d{{3}}" for s in signs if s]
        return "|".join(ways).replace("'", "''")

    @property
    def whole(self) -> str:
        """A regular expression of whole numbers."""
        return rf"(?:{self.grouped}|\d+)" if self.grouped else r"\d+"


POINTED = NumberStyle()


def cast_integer(text: str, style: NumberStyle = POINTED) -> str:
    """Whole numbers: with a sign, `3.0`, `1,234`, full-width digits; NULL for fractions and what BIGINT cannot hold."""
    sign = f"[{style.sign}]"
    shape = rf"[+-]?(?:{style.whole})(?:{sign}0*)?-?"
    minus = "CASE WHEN contains(x, '-') THEN '-' ELSE '' END"
    digits = rf"{minus} || regexp_replace(regexp_replace(x, '{sign}0*-?$', ''), '[^0-9]', '', 'g')"
    is_signed_twice = "regexp_matches(x, '^[+-].*-$')"
    rare = f"CASE WHEN regexp_full_match(x, '{shape}') AND NOT {is_signed_twice} THEN try_cast({digits} AS BIGINT) END"
    quick = rf"WHEN regexp_full_match({text}, '[+-]?\d+(\.0*)?') THEN try_cast({text} AS BIGINT)"
    first = quick if style.sign == "." else ""
    return f"CASE WHEN {text} IS NULL OR {text} = '' THEN NULL {first} ELSE {bind('x', plain(text), rare)} END"


def cast_number(text: str, target: str, style: NumberStyle = POINTED) -> str:
    """Numbers: also with an exponent, a currency around, a minus behind or brackets for it; infinity is no number."""
    sign = f"[{style.sign}]"
    number = rf"(?:\d+{sign}?\d*|{sign}\d+)"
    exponent = rf"[+-]?{number}[eE][+-]?\d{{1,4}}"
    power = to_number(f"replace(x, '{style.sign}', '.')", target)
    rare = (
        f"CASE WHEN regexp_full_match(x, '{exponent}') THEN {power}"
        f" WHEN {has_known_marks('x', style)} THEN {cast_marked('x', target, style)} END"
    )
    quick = f"regexp_full_match({text}, '[+-]?{number}')"
    pointed = text if style.sign == "." else f"replace({text}, ',', '.')"
    return (
        f"CASE WHEN {text} IS NULL OR {text} = '' THEN NULL WHEN {quick} THEN {to_number(pointed, target)}"
        f" ELSE {bind('x', plain(text), rare)} END"
    )


def cast_marked(text: str, target: str, style: NumberStyle) -> str:
    """Plain text as a number, whose currency is known; a mark may stand around it, never within."""
    sign, gap = f"[{style.sign}]", f"[ {MARK}]*"
    amount = rf"(?:(?:{style.whole})(?:{sign}\d*|{ROUND})?|{sign}\d+)"
    shape = rf"{gap}(?:[+-]?{gap}{amount}|{amount}{gap}-|\({gap}{amount}{gap}\)){gap}"
    minus = "regexp_matches(y, '[-(]')"
    signed = f"CASE WHEN {minus} THEN '-' ELSE '' END"
    if style.credit is not None:  # a letter for the sign excludes another sign
        letters = f"upper(regexp_extract({text}, '{SIGN_LETTERS}', 2))"
        is_negative = f"regexp_full_match({letters}, '{NEGATIVE[style.credit]}')"
        signed = (
            f"CASE WHEN {letters} = '' THEN {signed} WHEN {minus} THEN NULL WHEN {is_negative} THEN '-' ELSE '' END"
        )
    digits = f"{signed} || replace(regexp_replace(y, '[^0-9{style.sign}]', '', 'g'), '{style.sign}', '.')"
    inner = bind("y", "regexp_replace(z, '[.,]-+', '')", to_number(digits, target))
    marked = f"regexp_replace({without_letters(text, style)}, '{OTHER_SIGNS}', '{MARK}', 'g')"
    return bind("z", marked, f"CASE WHEN regexp_full_match(z, '{shape}') THEN {inner} END")


def without_letters(text: str, style: NumberStyle) -> str:
    """Plain text without CR or DR behind, where the contract says what they mean."""
    return rf"regexp_replace({text}, '{SIGN_LETTERS}', '\1')" if style.credit else text


def has_known_marks(text: str, style: NumberStyle) -> str:
    """SQL: is all that is no part of the number a currency, and no more than one?"""
    marks, known = list_marks(text, style), match_marks()
    both_ways = f"regexp_matches(m[1] || '=' || m[2] || '=' || m[1], '(^|=)({match_fitting()})(=|$)')"
    is_one = f"len(m) < 2 OR (len(m) = 2 AND (m[1] = m[2] OR {both_ways}))"
    return bind("m", marks, f"len(list_filter(m, lambda k: NOT regexp_full_match(k, '{known}'))) = 0 AND ({is_one})")


def is_foreign(text: str, currency: str, style: NumberStyle = POINTED) -> str:
    """An SQL boolean: the cell names a currency that the row's (an SQL expression) is not; false if it names none."""
    is_mark = f"regexp_full_match(k, '{match_marks()}')"
    apart = f"lambda k: {is_mark} AND NOT coalesce({fits('k', name_in_sql(currency))}, false)"
    return (
        f"CASE WHEN {has_marks(text)} IS NOT TRUE THEN false"
        f" ELSE len(list_filter({list_marks(plain(text), style)}, {apart})) > 0 END"
    )


def cell_currency(text: str, style: NumberStyle = POINTED) -> str:
    """SQL: the currency that a cell names beside its number; NULL if it names none, or `$`, which is that of many."""
    named = f"list_filter(list_transform({list_marks(plain(text), style)}, lambda k: {name_in_sql('k')}), lambda k: "
    known = rf"regexp_full_match(k, '[A-Z]{{3}}') AND regexp_full_match(k, '{match_marks()}')"
    return f"CASE WHEN {has_marks(text)} THEN ({named}{known}))[1] END"


def has_marks(text: str) -> str:
    """SQL: does anything but a number stand in the cell?"""
    return f"NOT regexp_full_match({text}, '[-+0-9., ()]*')"


def list_marks(text: str, style: NumberStyle) -> str:
    """SQL: what stands around the number of a plain text, in capitals."""
    return f"list_transform(regexp_extract_all({without_letters(text, style)}, '{OTHER_SIGNS}'), lambda k: upper(k))"


def plain(text: str) -> str:
    """Text with the signs that many programs write in another way made plain, without a spreadsheet's guards.

    `'-5` is -5 and `="12"` is 12, as they stand in a sheet.
    """
    wide = MINUSES + APOSTROPHES + THIN + WIDE_SIGNS + UNSEEN
    narrow = "-" * len(MINUSES) + "''" * len(APOSTROPHES) + " " * len(THIN) + NARROW_SIGNS
    slow = f"trim(translate({tidy(text)}, '{wide}', '{narrow}'))"
    bare = f"CASE WHEN regexp_full_match({text}, '[!-_a-~]([ -~]*[!-~])?') THEN {text} ELSE {slow} END"
    # Each step is taken only where it finds something, as replacing takes ten times as long as looking.
    unguarded = r"CASE WHEN regexp_matches(g, '^[''=\"]') THEN regexp_replace(g, '^''?=?\"?(.*?)\"?$', '\1') ELSE g END"
    pointless = rf"regexp_replace(d, '(?i)(^|[^a-z])({DOTTED})\.', '\1\2', 'g')"
    short = f"CASE WHEN regexp_matches(d, '[A-Za-z]\\.') THEN {pointless} ELSE d END"
    return bind("d", bind("g", bare, unguarded), short)


def to_number(text: str, target: str) -> str:
    """Plain digits as a number; a DOUBLE overflows to infinity, which is no value."""
    value = f"try_cast({text} AS {target})"
    return f"nullif(nullif({value}, 'inf'::DOUBLE), '-inf'::DOUBLE)" if target == "DOUBLE" else value


def cast_boolean(text: str) -> str:
    """Truth values, in English and Chinese, and 1 and 0."""
    # no IN: DuckDB makes joins of long lists, and those compute what CASE would leave alone
    cases = [
        f"WHEN regexp_full_match({value}, '{words}') THEN {truth}"
        for value in (text, tidy(text))
        for words, truth in ((TRUE, "true"), (FALSE, "false"))
    ]
    return f"CASE WHEN {text} IS NULL OR {text} = '' THEN NULL {' '.join(cases)} END"
