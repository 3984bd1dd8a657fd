"""What landing makes of generated files, night after night: quicker than whole nights, with the same readers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.reliability.outcome import Outcome
from benchmarks.reliability.variants.judge import LOUD, RIGHT, SILENT
from tests.worlds.reading_world import source_of
from warehouse.contracts.model import Source
from warehouse.landing.format_history import FormatHistory, Written
from warehouse.landing.land import Landed, LoadHistory, begin_file, land_files

SOURCE = source_of("id")


@dataclass(frozen=True)
class Nights:
    """The deliveries of some nights to one source, and what its rows mean."""

    name: str
    files: Sequence[Mapping[str, bytes]]
    """One mapping a night, by name of the file."""
    expected: Mapping[str, tuple[Any, ...]]
    """By id of a row, its other values."""
    source: Source = SOURCE
    region: str = "HK"


@dataclass
class Taken:
    """What became of the deliveries."""

    rows: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    """Problems, warnings and rules of quarantine; they are what makes a night loud."""


def take_in(nights: Nights, folder: Path) -> Taken:
    """Land the deliveries, each night knowing how those before it were written."""
    taken, history = Taken(), FormatHistory()
    for number, files in enumerate(nights.files):
        place = folder / str(number)
        place.mkdir(parents=True)
        for name, body in files.items():
            (place / name).write_bytes(body)
        with duckdb.connect() as con:
            known, landed = LoadHistory(formats=history), Landed(nights.source.name)
            writer = begin_file(con, nights.source, known, nights.region)
            land_files(writer, [place / name for name in files], known, landed, place / "snapshots")
            history = read_night(con, nights.source, taken, history)
    return taken


def read_night(con: duckdb.DuckDBPyConnection, source: Source, taken: Taken, history: FormatHistory) -> FormatHistory:
    """Add a night's rows and words; gives how the source's files are written up to now."""
    names = ", ".join(f'"{column.name}"' for column in source.columns)
    for is_read, row_id, *values in con.execute(f"SELECT len(_mistyped) = 0, {names} FROM landed").fetchall():
        if is_read:
            taken.rows[row_id] = tuple(values)
        else:
            taken.said.append("quarantine")
    for query in (
        "SELECT message FROM landing_problem", "SELECT message FROM landing_warning", "SELECT rule FROM quarantine",
        "SELECT 'changed' FROM inferred_format WHERE was IS NOT NULL",
    ):  # fmt: skip
        taken.said += [said for (said,) in con.execute(query).fetchall()]
    found = con.execute(
        "SELECT name, aspect, coalesce(column_name, ''), tally, written FROM inferred_format JOIN delivery"
        " USING (delivery_id) ORDER BY sequence, column_name"
    ).fetchall()
    return FormatHistory((*history.deliveries, *(Written(*row) for row in found)))


def judge(nights: Nights, taken: Taken) -> str:
    """RIGHT: every row is there as it was meant; LOUD: something was said; SILENT: a row is wrong, or gone, unsaid."""
    if taken.rows == nights.expected:
        return RIGHT
    return LOUD if taken.said else SILENT


def judge_all(every: Iterable[Nights], folder: Path, outcome: Outcome) -> list[Outcome]:
    """Land all, and count those that are wrong in silence."""
    counts: Counter[str] = Counter()
    for number, nights in enumerate(every):
        verdict = judge(nights, take_in(nights, folder / str(number)))
        counts[verdict] += 1
        outcome.add(nights.name, [] if verdict in {RIGHT, LOUD} else [verdict])
    outcome.notes.append(f"{counts[RIGHT]} were right, {counts[LOUD]} loud")
    return [outcome]
