"""The tables of identity resolution as Markdown, what falls short of the aims, and their place in the documentation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.identity.names import NameScore
from benchmarks.identity.runs import Run
from benchmarks.identity.scores import Score
from benchmarks.identity.speed import WAYS, Connected
from benchmarks.identity.strangers import Tally
from benchmarks.identity.world import WorldScore

PART = "bench-identity"
OURS = "customer-360"
MIB = 2**20
TEXT = {"set", "matcher", "part", "graph", "way", "aim", "reached", "holds?"}
"""Columns that hold words."""


@dataclass(frozen=True)
class Row:
    """One matcher on one set."""

    name: str
    records: int
    run: Run
    score: Score | None = None
    best: float | None = None
    """F1 at the threshold that the truth chose, where a matcher gives its probabilities."""
    world: WorldScore | None = None
    """On hk_world only."""

    @property
    def is_ours(self) -> bool:
        """True for the product, false for what it is measured against."""
        return self.run.matcher.title.startswith(OURS)


@dataclass
class Findings:
    """All that was measured in one run."""

    rows: list[Row] = field(default_factory=list)
    names: Sequence[NameScore] = ()
    connected: Sequence[Connected] = ()
    tallies: list[Tally] = field(default_factory=list)
    examples: list[str] = field(default_factory=list)
    """Lines about pairs that ours had wrong, by record id."""
    skipped: list[str] = field(default_factory=list)


def show_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; columns of text are set to the left, figures to the right."""
    marks = "".join("---|" if c in TEXT else "---:|" for c in columns)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (columns, *rows)).replace("\n", f"\n|{marks}\n", 1)


def show_accuracy(rows: Sequence[Row]) -> str:
    """Every matcher on every set."""
    columns = (
        "set",
        "records",
        "matcher",
        "precision",
        "recall",
        "F1",
        "best F1",
        "exact clusters",
        "seconds",
        "memory MiB",
    )
    return show_table(columns, [(row.name, f"{row.records:,}", *show_row(row)) for row in rows])


def show_row(row: Row) -> list[str]:
    """The cells of a row after its set; what kept a matcher from an answer stands where its figures would."""
    if row.score is None:
        return [row.run.matcher.title, row.run.note, *[""] * 6]
    found = row.score
    cells = [f"{v:.4f}" for v in (found.precision, found.recall, found.f1)]
    best = "" if row.best is None else f"{row.best:.4f}"
    return [row.run.matcher.title, *cells, best, f"{found.exact:.4f}", *show_cost(row.run)]


def show_cost(run: Run) -> list[str]:
    """Seconds and MiB of a run."""
    if run.taken is None:
        return ["", ""]
    return [f"{run.taken.wall_seconds:.1f}", f"{run.taken.peak_bytes / MIB:,.0f}" if run.taken.peak_bytes else ""]


def show_world(rows: Sequence[Row]) -> str:
    """The second table of hk_world."""
    columns = ("set", "matcher", "recall of decidable pairs", "trap groups merged")
    cells = []
    for row in rows:
        if row.world:
            merged = f"{row.world.merged_traps} of {row.world.traps}"
            cells.append((row.name, row.run.matcher.title, f"{row.world.decidable:.4f}", merged))
    return show_table(columns, cells)


def show_names(found: Sequence[NameScore]) -> str:
    """Names across scripts."""
    columns = (
        "set",
        "part",
        "pairs",
        "top 1 of the pool",
        "ceiling",
        "top 1 where decidable",
        "AUC",
        "AUC, spelt names",
    )
    cells = [
        ("hk_name_pairs", s.half, f"{s.pairs:,}", *map("{:.4f}".format, (s.top, s.ceiling, s.decidable, *s.areas)))
        for s in found
    ]
    return show_table(columns, cells)


def show_connected(found: Sequence[Connected], edges: int) -> str:
    """Connected components."""
    cells = []
    for c in found:
        taken = (f"{c.taken.wall_seconds:.1f}", f"{c.taken.peak_bytes / MIB:,.0f}") if c.taken else (c.note, "")
        cells.append((f"{edges:,} edges", WAYS[c.way], *taken))
    return show_table(("graph", "way", "seconds", "memory MiB"), cells)


def show_tallies(found: Sequence[Tally]) -> str:
    """Tables of people of whom nobody, or few, stand twice."""
    columns = (
        "set",
        "copies",
        "matcher",
        "tables",
        "no answer",
        "tables with a wrong merge",
        "people merged",
        "copies found",
    )
    cells = [
        (
            t.part,
            f"{t.share:.0%}",
            t.matcher.title,
            f"{t.tables}",
            f"{t.failed}",
            f"{t.wrong}",
            f"{t.merged:,} of {t.people:,}",
            f"{t.found:,} of {t.copies:,}" if t.copies else "",
        )
        for t in found
    ]
    return show_table(columns, cells)


def show_findings(found: Findings, edges: int) -> list[str]:
    """Every part that was run, as a paragraph of its own."""
    parts = [show_accuracy(found.rows)] if found.rows else []
    if any(row.world for row in found.rows):
        parts.append(show_world(found.rows))
    parts += [show_tallies(found.tallies)] if found.tallies else []
    parts += [show_names(found.names)] if found.names else []
    parts += [show_connected(found.connected, edges)] if found.connected else []
    parts += ["\n".join(f"- not run: {line}" for line in found.skipped)] if found.skipped else []
    return parts


def write_into(path: Path, text: str, part: str = PART) -> None:
    """Replace what stands between a part's markers in a document, or add it at its end with the markers.

    Raises:
        ValueError: one marker is there without the other.
    """
    begin, end = f"<!-- {part}: begin -->", f"<!-- {part}: end -->"
    block = f"{begin}\n{text.strip()}\n{end}\n"
    old = path.read_text("utf-8") if path.exists() else ""
    if (begin in old) != (end in old):
        raise ValueError(f"{path.name} holds one of the markers {begin} and {end} without the other; restore both")
    if begin in old:
        before, rest = old.split(begin, 1)
        new = before + block + rest.split(end, 1)[1].lstrip("\n")
    else:
        new = old.rstrip("\n") + "\n\n" * bool(old) + block
    path.write_text(new, "utf-8")
