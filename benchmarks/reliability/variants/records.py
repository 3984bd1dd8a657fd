"""CSV as tills and exports break it: stray quotes, other line ends, texts of several lines, padded ids.

Each record is its own, whole or in quarantine by name; none is swallowed, none made of two.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.reliability.outcome import Outcome
from benchmarks.reliability.variants.judge import LOUD, RIGHT, SILENT, Variant, judge, open_checks, take_in
from tests.worlds.world import column, key

COLUMNS = [
    key("line", "event_id"), column("member", "account_id"), column("name"), column("note"),
    column("amount", "amount", "number", required=True), column("sold_on", "occurred_at", "date", required=True),
]  # fmt: skip
SHOP = {"name": "shop", "kind": "transactions", "mode": "append", "path": "shop*.csv", "columns": COLUMNS}
QUERY = "SELECT line, member, name, note, CAST(amount AS DOUBLE), CAST(sold_on AS VARCHAR) FROM raw.shop ORDER BY ALL"
HEAD = ("line", "member", "name", "note", "amount", "sold_on")
NAMES = ("Ann Lee", "陳大文", "WONG Mei", "José", "Müller")
DELIMITERS, ENDS = ",;\t|", ("\n", "\r\n", "\r", "\n\r")
Record = tuple[str, str, str, str, float, str]
TEXTS = (
    "Flat 3\nBlock B", 'she said "no"', "red, blue; green", "one\n\ntwo", "9,5\n10,6", "L1,M1,x\nL2,M2,y", "a|b\tc",
)  # fmt: skip
"""What may stand in a quoted field, and is one."""
PADS = (" ", "\t", "\xa0", "\u200b", "\ufeff", "\u3000", "\u2009", "\x0b", "\u2060", "\x1f")


def make_records(chance: random.Random, count: int) -> list[Record]:
    """Records of a till."""
    return [
        (
            f"L{n:04}", f"M{n % 7}", chance.choice(NAMES), chance.choice(["ok", "good", "thanks"]), n + 0.5,
            f"2026-03-{n % 9 + 1:02}",
        )
        for n in range(count)
    ]  # fmt: skip


def quote_field(value: str, delimiter: str, *, always: bool = False) -> str:
    """A field as RFC 4180 says."""
    if always or any(sign in value for sign in (delimiter, '"', "\n", "\r")):
        return '"' + value.replace('"', '""') + '"'
    return value


def write_line(record: Sequence[object], delimiter: str, *, always: bool = False) -> str:
    """One line."""
    return delimiter.join(quote_field(str(value), delimiter, always=always) for value in record)


def deliver(name: str, text: str, expected: Sequence[Record] | str) -> Variant:
    """A delivery of one file."""
    return Variant(name, {"shop.csv": text.encode()}, SHOP, expected, QUERY)


def end_lines(chance: random.Random) -> Iterator[Variant]:
    """All line ends, alone and mixed, the last line with and without its own, blank lines between."""
    for delimiter in DELIMITERS:
        for name, ends in {**{repr(end): [end] for end in ENDS}, "mixed": ["\n", "\r\n"]}.items():
            for last in (True, False):
                records = make_records(chance, 12)
                lines = [delimiter.join(HEAD), *(write_line(record, delimiter) for record in records)]
                text = "".join(line + ends[n % len(ends)] for n, line in enumerate(lines))
                text = text if last else text.rstrip("\r\n")
                yield deliver(f"line ends {name}, {delimiter!r}, last {last}", text, records)


def break_quotes(chance: random.Random) -> Iterator[Variant]:
    """One to four stray quotes, at the start, in the middle or at the end of fields."""
    for number in range(120):
        delimiter, end = chance.choice(DELIMITERS), chance.choice(["\n", "\r\n"])
        records = make_records(chance, chance.choice([4, 12, 40]))
        always = chance.random() < 0.3
        lines = [write_line(record, delimiter, always=always) for record in records]
        damaged = chance.sample(range(len(lines)), chance.randint(1, min(4, len(lines))))
        for line in damaged:
            fields = lines[line].split(delimiter)
            place = chance.randrange(len(fields))
            at = chance.choice([0, len(fields[place]) // 2, len(fields[place])])
            fields[place] = fields[place][:at] + '"' + fields[place][at:]
            lines[line] = delimiter.join(fields)
        text = end.join([delimiter.join(HEAD), *lines, ""])
        yield deliver(f"stray quotes {number}", text, records)


def span_lines(chance: random.Random) -> Iterator[Variant]:
    """Texts of several lines, and with quotes and delimiters in them, beside others."""
    for delimiter in DELIMITERS:
        for end in ("\n", "\r\n"):
            for text in TEXTS:
                records = make_records(chance, 8)
                records[3] = (*records[3][:3], text.replace("\n", end), *records[3][4:])
                records[6] = (*records[6][:3], text.replace("\n", end), *records[6][4:])
                lines = [write_line(record, delimiter) for record in records]
                yield deliver(f"text {text!r}, {delimiter!r}", end.join([delimiter.join(HEAD), *lines, ""]), records)


def pad_keys(chance: random.Random) -> Iterator[Variant]:
    """Ids with blanks and unseen signs before and behind them."""
    for pad in PADS:
        for write in (lambda v, p: p + v, lambda v, p: v + p, lambda v, p: p + v + p + p):
            records = make_records(chance, 6)
            padded = [(write(r[0], pad), write(r[1], pad), *r[2:]) for r in records]
            lines = [write_line(record, ",") for record in padded]
            yield deliver(f"ids padded with {pad!a}", "\n".join([",".join(HEAD), *lines, ""]), records)


def break_lines(chance: random.Random) -> Iterator[Variant]:
    """A NUL, a BOM, another line end or a lost field within one line: that record is in quarantine, or whole."""
    for sign in ("\0", "\ufeff", "\r", "\x85", "\f", "\u2028", "\x1e", "\x1a"):
        for line in (0, 3, 7):
            records = make_records(chance, 8)
            lines = [write_line(record, ",") for record in records]
            lines[line] = sign + lines[line] if sign == "\ufeff" else lines[line].replace(",M", f"{sign},M", 1)
            yield deliver(f"{sign!a} in line {line}", "\n".join([",".join(HEAD), *lines, ""]), records)
    for end in ("\r", "\x85", "\f", ""):
        records = make_records(chance, 8)
        lines = [write_line(record, ",") for record in records]
        lines[2:4] = [lines[2] + end + lines[3]]
        yield deliver(
            f"two records glued by {end!a}", "\n".join([",".join(HEAD), *lines, ""]), records[:2] + records[4:]
        )
        glued = [",".join(HEAD) + end + lines[0], *lines[1:], ""]
        yield deliver(f"header glued by {end!a}", "\n".join(glued), LOUD)


KINDS: Mapping[str, Callable[[random.Random], Iterator[Variant]]] = {
    "line ends": end_lines,
    "stray quotes": break_quotes,
    "texts of several lines": span_lines,
    "padded ids": pad_keys,
    "signs that break a line": break_lines,
}
MUST_BE_READ = ("line ends", "texts of several lines", "padded ids")


def without_quotes(record: Sequence[object]) -> tuple[object, ...]:
    """A record without the quotes that are its own fault."""
    return tuple(value.replace('"', "") if isinstance(value, str) else value for value in record)


def bare(variant: Variant) -> Variant:
    """The same, and the rows that must come of it without quotes."""
    wanted = variant.expected
    return variant if isinstance(wanted, str) else replace(variant, expected=[without_quotes(row) for row in wanted])


def split_files(folder: Path) -> list[Outcome]:
    """A night's loading of each delivery."""
    outcomes = []
    with open_checks() as checker:
        for kind, make in KINDS.items():
            outcome = Outcome(f"CSV with {kind}", "each record right or in quarantine; none swallowed or glued")
            verdicts = []
            for number, variant in enumerate(make(random.Random(kind))):
                rows, quarantined = take_in(variant, folder / f"{kind} {number}", checker)
                told = None if rows is None else [without_quotes(row) for row in rows]
                verdict = judge(bare(variant), told, quarantined)
                verdicts.append(verdict)
                is_wrong = verdict == SILENT or (kind in MUST_BE_READ and verdict != RIGHT)
                outcome.add(variant.name, [verdict] if is_wrong else [])
            outcome.notes.append(f"{verdicts.count(LOUD)} loud")
            outcomes.append(outcome)
    return outcomes
