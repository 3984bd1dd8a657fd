"""Two stray quotes, or one quoted field with line breaks? Told by the lines between them.

A quoted field may span lines: an address, a ticket, even a ticket that quotes some CSV. Two stray quotes in the same
column of two records look the same, and would swallow the records between them. But then every line is a record by
itself: it has all its fields, with numbers and codes where the records around it have them. Only the lines at hand are
looked at, so that it does not matter where a block of the file ends.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from warehouse.landing.formats.text.csv_dialect import Dialect

SEEN_LINES = 200
"""Lines between two quotes that are looked at."""
MANY_FIELDS = 4
"""From so many fields on, prose does not have their number by chance."""
STRUCTURED = frozenset({"digits", "code", "mail"})


class Verdict(Enum):
    """What two quotes with line breaks between them are."""

    field = "one field with line breaks"
    records = "stray quotes in records of their own"
    unclear = "either"


@dataclass(frozen=True)
class Frame:
    """What is certain, whichever it is: the fields before the first quote and those behind the last."""

    width: int
    leading: list[str]
    trailing: list[str]

    def compare(self, fields: Sequence[str], *, is_first: bool, is_last: bool) -> tuple[int, int]:
        """Columns in which a line's fields are of the kind that is certain there, and those in which they are not.

        Of the first and the last line only what lies between the quotes is compared: the rest is itself what is
        certain.
        """
        pairs = [] if is_first else list(zip(fields, self.leading, strict=False))
        if not is_last and self.trailing:
            pairs += zip(fields[-len(self.trailing) :], self.trailing, strict=False)
        known = [(kind_of(own), kind_of(sample)) for own, sample in pairs]
        told = [(own, sample) for own, sample in known if own and sample in STRUCTURED]
        agreeing = sum(own == sample for own, sample in told)
        return agreeing, len(told) - agreeing

    def is_record(self, fields: Sequence[str], *, is_first: bool = False, is_last: bool = False) -> bool:
        """Could this line be a record by itself?"""
        is_wide = len(fields) >= self.width if is_first or is_last else len(fields) == self.width
        agreeing, other = self.compare(fields, is_first=is_first, is_last=is_last)
        return is_wide and agreeing >= other and not (is_prose(fields) and not self.has_blanks)

    @property
    def has_blanks(self) -> bool:
        """Does a blank stand behind a delimiter here, as in prose?"""
        return any(field.startswith(" ") for field in (*self.leading[1:], *self.trailing))


def judge_lines(lines: Sequence[bytes], dialect: Dialect) -> Verdict:
    """What the lines of a record are that two quotes hold together; blank lines are not among them."""
    fewest = dialect.width - 1
    if min(lines[0].count(dialect.delimiter), lines[-1].count(dialect.delimiter)) < fewest:
        return Verdict.field  # what most texts of several lines come to, and quickly
    if len(lines) > SEEN_LINES:
        lines = [*lines[: SEEN_LINES - 1], lines[-1]]
    split = [[field.value.decode("utf-8", "replace") for field in dialect.split_loosely(line)] for line in lines]
    if dialect.width == 1:
        return judge_single(split)
    first, *between, last = split
    opening = dialect.split_loosely(lines[0])
    start = next((i for i, field in enumerate(opening) if field.is_unclosed), len(first) - 1)
    end = next((i for i, field in enumerate(last) if field.count('"') % 2), 0)
    frame = Frame(dialect.width, first[:start], last[end + 1 :])
    if not (frame.is_record(first, is_first=True) and frame.is_record(last, is_last=True)):
        return Verdict.field
    likely = sum(frame.is_record(fields) for fields in between)
    if 2 * likely < len(between):
        return Verdict.field
    if 4 * likely < 3 * len(between):
        return Verdict.unclear
    return weigh(frame, first, between, last)


def weigh(frame: Frame, first: Sequence[str], between: Sequence[Sequence[str]], last: Sequence[str]) -> Verdict:
    """What lines are that each have the fields of a record: records, if the kinds of the fields say so, too."""
    if frame.width >= MANY_FIELDS:
        return Verdict.records
    agreeing = (
        frame.compare(first, is_first=True, is_last=False)[0] + frame.compare(last, is_first=False, is_last=True)[0]
    )
    agreeing += sum(frame.compare(fields, is_first=False, is_last=False)[0] for fields in between)
    quoted = {kind_of(fields[len(frame.leading)].strip('"')) for fields in (first, *between, last)}
    if not agreeing and not (len(quoted) == 1 and quoted <= STRUCTURED):
        return Verdict.field
    return judge_pairs(frame, [*between, last]) if frame.width == 2 and frame.leading else Verdict.records


def judge_pairs(frame: Frame, rows: Sequence[Sequence[str]]) -> Verdict:
    """Of a table of two columns: are the lines' first fields written as the record's own, digit for digit?

    Prose with one delimiter in each line is not rare: `1,5 kg` in a text of record 17 is no record 1. But 10 follows 9.
    """
    sample = frame.leading[0]
    if all(mask(fields[0]) == mask(sample) for fields in rows):
        return Verdict.records
    return Verdict.field if any(len(fields[0]) < len(sample) for fields in rows) else Verdict.unclear


def judge_single(split: Sequence[Sequence[str]]) -> Verdict:
    """Of a table of one column: lines that are all ids, numbers or addresses are no text."""
    kinds = {kind_of(fields[0].strip('"')) for fields in split if len(fields) == 1}
    return Verdict.records if len(kinds) == 1 and kinds <= STRUCTURED else Verdict.field


def kind_of(field: str) -> str:
    """What a field holds: digits (numbers, dates, phones), a code, mail, text, mixed; "" for nothing."""
    text = field.strip()
    if not text:
        return ""
    if re.fullmatch(r"\S+@\S+", text):
        return "mail"
    has_letter, has_digit = re.search(r"[^\W\d_]", text), re.search(r"\d", text)
    if has_digit and not has_letter:
        return "digits"
    if not has_digit:
        return "text"
    return "mixed" if re.search(r"\s", text) else "code"


def is_prose(fields: Sequence[str]) -> bool:
    """Do at least half of the delimiters have a blank behind them?"""
    return 2 * sum(field.startswith(" ") for field in fields[1:]) >= max(len(fields) - 1, 1)


def mask(field: str) -> str:
    """A field with its digits and letters blotted out."""
    return re.sub(r"[^\W\d_]", "a", re.sub(r"\d", "9", field))
