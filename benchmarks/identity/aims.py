"""What identity resolution is meant to reach, and whether a run did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks.identity.report import OURS, Findings, Row, show_table
from benchmarks.identity.runs import GENERATED
from benchmarks.identity.speed import EDGES

LEAST: Mapping[str, float] = {"FEBRL 3": 0.998, "FEBRL 4": 0.997}
"""F1 to reach on a set, besides being ahead of every peer there."""
GIB = 2**30
NOT_RUN = "not run"


def judge(found: Findings) -> str:
    """Aim by aim: what was reached, as a table."""
    rows = [*judge_sets(found.rows), *judge_world(found.rows), *judge_tallies(found)]
    rows += [*judge_names(found), *judge_speed(found)]
    return show_table(("aim", "reached", "holds?"), [(aim, text, holds) for aim, text, holds in rows])


def judge_sets(rows: Sequence[Row]) -> list[tuple[str, str, str]]:
    """Each set: ahead of every peer that gave an answer, and of the least F1."""
    judged = []
    for name in dict.fromkeys(row.name for row in rows if row.world is None and row.name != GENERATED):
        ours, peers = split(rows, name)
        if not ours:
            continue
        f1, best = f1_of(ours[0]), max((max(f1_of(p), p.best or 0) for p in peers), default=None)
        least = LEAST.get(name)
        aim = f"{name}: ahead of all peers" + (f", F1 at least {least}" if least else "")
        text = f"F1 {f1:.4f}, best peer " + (NOT_RUN if best is None else f"{best:.4f} at its best threshold")
        judged.append((aim, text, say(f1 >= (least or 0) and (best is None or f1 > best))))
    return judged


def split(rows: Sequence[Row], name: str) -> tuple[list[Row], list[Row]]:
    """The rows of a set that have a score: ours, and the others."""
    scored = [row for row in rows if row.name == name and row.score]
    return [r for r in scored if r.is_ours], [r for r in scored if not r.is_ours]


def f1_of(row: Row) -> float:
    """F1; 0 without an answer."""
    return row.score.f1 if row.score else 0.0


def judge_world(rows: Sequence[Row]) -> list[tuple[str, str, str]]:
    """hk_world, by what the night publishes if that was measured."""
    ours = [row for row in rows if row.is_ours and row.world and row.score]
    if not ours or ours[-1].world is None or ours[-1].score is None:
        return []
    world, score = ours[-1].world, ours[-1].score
    return [
        ("hk_world: precision at least 0.99", f"{score.precision:.4f}", say(score.precision >= 0.99)),
        ("hk_world: recall of decidable pairs at least 0.95", f"{world.decidable:.4f}", say(world.decidable >= 0.95)),
        ("hk_world: no trap group merged", f"{world.merged_traps} of {world.traps}", say(world.merged_traps == 0)),
    ]


def judge_tallies(found: Findings) -> list[tuple[str, str, str]]:
    """Tables of strangers and of families: nobody is merged with another, and copies are found."""
    judged = []
    for own in (t for t in found.tallies if t.matcher.title.startswith(OURS)):
        kind = f"{own.part}, {own.share:.0%} copies"
        said = f"{own.merged:,} of {own.people:,} people, in {own.wrong} of {own.tables} tables"
        judged.append((f"{kind}: nobody merged with another", said, say(own.merged == own.failed == 0)))
        if own.copies:
            share = own.found / own.copies
            judged.append((f"{kind}: at least 0.95 of the copies found", f"{share:.4f}", say(share >= 0.95)))
    return judged


def judge_names(found: Findings) -> list[tuple[str, str, str]]:
    """Names across scripts, by all pairs."""
    if not found.names:
        return []
    names = found.names[-1]
    least = min(0.95, names.ceiling)
    return [
        (f"names: top 1 at least {least:.2f}", f"{names.top:.4f}", say(names.top >= least)),
        ("names: AUC at least 0.99", f"{names.areas[0]:.4f}", say(names.areas[0] >= 0.99)),
    ]


def judge_speed(found: Findings) -> list[tuple[str, str, str]]:
    """Time beside plain Splink at a higher F1, memory, components."""
    judged = []
    for name in ("FEBRL 3", GENERATED):
        ours, peers = split(found.rows, name)
        plain = [p for p in peers if p.run.matcher.mode == "plain"]
        if ours and plain and ours[0].run.taken and plain[0].run.taken:
            mine, theirs = ours[0].run.taken.wall_seconds, plain[0].run.taken.wall_seconds
            text = f"{mine:.1f} s, Splink {theirs:.1f} s"
            holds = mine <= theirs and f1_of(ours[0]) > f1_of(plain[0])
            judged.append((f"{name}, {ours[0].records:,}: as fast as plain Splink, F1 higher", text, say(holds)))
        if ours and name != "FEBRL 3" and ours[0].run.taken:
            memory = ours[0].run.taken.peak_bytes / GIB
            judged.append((f"{name}, {ours[0].records:,}: below 4 GiB of memory", f"{memory:.2f} GiB", say(memory < 4)))
        again = [row for row in ours if row.run.matcher.mode == "again" and row.run.taken]
        if again and again[0].run.taken and ours[0].run.taken:
            share = again[0].run.taken.wall_seconds / ours[0].run.taken.wall_seconds
            judged.append(
                (f"{name}: 1 % new records in at most a tenth of the time", f"{share:.2f}", say(share <= 0.1))
            )
    for c in found.connected:
        text = f"{c.taken.wall_seconds:.1f} s" if c.taken else c.note
        judged.append(
            (
                f"components of {EDGES:,} edges below 60 s ({c.way})",
                text,
                say(c.taken is not None and c.taken.wall_seconds < 60),
            )
        )
    return judged


def say(holds: bool) -> str:
    """A verdict."""
    return "yes" if holds else "**no**"
