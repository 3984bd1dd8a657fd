"""The tables of the events as Markdown, and how they stand to the aims."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Sequence
from importlib.metadata import version

import psutil  # type: ignore[import-untyped]

from benchmarks.events.lookup import READERS
from benchmarks.events.runs import Size, Taken
from benchmarks.speed import REST, STEPS

MILLION = 1_000_000
GIB = 2**30
TITLES = {
    "c360": "`c360 run`, everything",
    "script": "DuckDB script, everything",
    "pandas": "pandas, everything",
    "PySpark": "PySpark `local[2]`, everything",
    "night": "`c360 run`, the night after: 1 % more",
}
FASTER = {"pandas": 3.0, "PySpark": 5.0}
"""How many times faster than a peer a full build is to be."""

ABOUT = """# Millions of events

`make bench only=events` makes worlds of 1, 3, 10 and 30 million events (lines of receipts, posts, support cases; one
customer for every 30), and runs `c360 run` on them and, on the same files, a DuckDB script, pandas and PySpark, each
in an environment of its own (`make peers`). `sizes="1 3"` measures these sizes, in millions, and leaves the lines of
others, which are kept in `docs/measured/events/`; a size without a line was not measured. Then comes the night after,
which brings 1 % more. Peers compute the same profile and check, keep and explain nothing; the benchmark stops if a
number of events, a total, or any of 42 columns differs for a customer to whom both sides give the same accounts. A
program is ended after half an hour or at 12 GiB of memory; what takes below a minute is run three times, and the median
shown."""


PARTS = """`python -m benchmarks.events.parts` runs a full build of up to a million events once more, with a clock
around each part of the profile. What is made of texts is made once for each different text, and these worlds have few:
for other texts see how many a second are read below."""


def tell(sizes: Sequence[Size], plot: str) -> str:
    """The whole part of the documentation."""
    parts = [
        ABOUT,
        describe_machine(sizes),
        show_programs(sizes),
        f"![Time of a night against the size of the history]({plot})",
        show_steps(sizes),
        show_parts(sizes),
        show_lookups(sizes),
        "## Events: against the aims",
        show_aims(sizes),
        "\n".join(f"- {note}" for size in sizes for note in size.notes),
    ]
    return "\n\n".join(parts)


def describe_machine(sizes: Sequence[Size]) -> str:
    """What it ran on."""
    memory = psutil.virtual_memory().total / GIB
    loads = ", ".join(f"{size.load:.1f}" for size in sizes)
    versions = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "polars", "great-expectations"))
    python = platform.python_version()
    return f"{os.cpu_count()} cores, {memory:.0f} GiB; Python {python}, {versions}; load at each start: {loads}."


def show_table(head: Sequence[str], rows: Sequence[Sequence[str]], words: int) -> str:
    """A Markdown table; the first columns hold words, the others figures."""
    marks = "|" + "---|" * words + "---:|" * (len(head) - words)
    return "\n".join([f"| {' | '.join(head)} |", marks, *(f"| {' | '.join(row)} |" for row in rows)])


def show_programs(sizes: Sequence[Size]) -> str:
    """What every program took."""
    head = (
        "program",
        "million events",
        "wall s",
        "processor s",
        "peak memory GiB",
        "`c360` takes, times",
        "by processor",
    )
    rows = []
    for name, title in TITLES.items():
        for size in sizes:
            if name in size.programs:
                rows.append((title, f"{size.events / MILLION:g}", *show_taken(size.programs[name], size, name)))
    return show_table(head, rows, 1)


def show_taken(taken: Taken, size: Size, name: str) -> tuple[str, ...]:
    """A program's figures; what stopped it stands in their place."""
    if taken.note:
        return taken.note, "", "", "", ""
    figures = f"{taken.wall:.1f}", f"{taken.cpu:.1f}", f"{taken.peak / GIB:.2f}"
    full = size.programs["c360"]
    if name == "c360":
        return *figures, "", ""
    if name == "night":
        return *figures, *(f"{part:.2f} of everything" for part in (taken.wall / full.wall, taken.cpu / full.cpu))
    return *figures, f"{full.wall / taken.wall:.2f}", f"{full.cpu / taken.cpu:.2f}"


def show_steps(sizes: Sequence[Size]) -> str:
    """Where c360's time goes; the checks run in a process of their own, beside the landing."""
    runs = [(size, name) for name in ("c360", "night") for size in sizes if name in size.programs]
    head = ["seconds by step", *(f"{'full' if n == 'c360' else 'night'}, {s.events / MILLION:g} M" for s, n in runs)]
    taken = [size.programs[name] for size, name in runs]
    rows = [[step, *(f"{t.seconds.get(step, 0):.1f}" for t in taken)] for step in STEPS]
    inside = [sum(s for step, s in t.seconds.items() if step != "check") for t in taken]
    rows.append([REST, *(f"{t.wall - i:.1f}" for t, i in zip(taken, inside, strict=True))])
    rows.append(["whole command", *(f"{t.wall:.1f}" for t in taken)])
    rows.append(["processor s of Great Expectations' process", *(f"{t.checks_cpu:.1f}" for t in taken)])
    rows.append(["its share of all processor time", *(f"{share_of_checks(t):.0%}" for t in taken)])
    return show_table(head, rows, 1)


def show_parts(sizes: Sequence[Size]) -> str:
    """What the parts of a full build take for each million events."""
    clocked = [size for size in sizes if size.parts]
    head = ("part of a full build", *(f"processor s a million events, at {s.events / MILLION:g} M" for s in clocked))
    titles = dict.fromkeys(title for size in clocked for title in size.parts)
    rows = [[t, *(f"{s.parts.get(t, 0) * MILLION / s.events:.2f}" for s in clocked)] for t in titles]
    return f"{PARTS}\n\n{show_table(head, rows, 1)}" if rows else PARTS


def share_of_checks(taken: Taken) -> float:
    """Share of the processor time that Great Expectations took, its import included."""
    return taken.checks_cpu / taken.cpu


def show_lookups(sizes: Sequence[Size]) -> str:
    """Point look-ups within one connection."""
    head = ("look-up of a customer's row", "p50 ms", "p95 ms", "look-ups a second, all together")
    rows = [
        (
            f"{size.lookups['profiles']:,.0f} profiles, readers: {n}",
            *(f"{size.lookups[f'{k}_{n}']:.1f}" for k in ("p50", "p95", "rate")),
        )
        for size in sizes
        if size.lookups
        for n in (1, READERS)
    ]
    return show_table(head, rows, 1)


def show_aims(sizes: Sequence[Size]) -> str:
    """Every aim with what was reached."""
    words = {True: "yes", False: "**no**", None: "not comparable"}
    rows = [(aim, reached, words[holds]) for size in sizes for aim, reached, holds in judge(size)]
    return show_table(("aim", "reached", "holds?"), rows, 3)


def judge(size: Size) -> Iterator[tuple[str, str, bool | None]]:
    """The aims of a size: what is asked, what was reached, whether it holds; None where nothing can be said."""
    at, full, night = f"{size.events / MILLION:g} million", size.programs["c360"], size.programs.get("night")
    script = size.programs.get("script")
    if script and not script.note:
        yield f"{at}: at most 3 times the script", f"{full.wall / script.wall:.1f}", full.wall <= 3 * script.wall
    for name, times in FASTER.items():
        peer = size.programs.get(name)
        if peer and peer.wall:
            reached = peer.note or f"{peer.wall / full.wall:.2f}"
            # Ended for its memory, its time says nothing.
            holds = None if "memory" in peer.note else peer.wall >= times * full.wall
            yield f"{at}: {times:g} times faster than {name}", reached, holds
    if night and size.events >= 10 * MILLION:
        share = night.wall / full.wall
        yield f"{at}: a night with 1 % new takes a tenth", f"{share:.2f}", share <= 0.1
    ours = {"full build": full, **({"night": night} if night else {})}
    for title, taken in ours.items():
        yield (
            f"{at}: checks at most 15 % of the {title}",
            f"{share_of_checks(taken):.0%}",
            share_of_checks(taken) <= 0.15,
        )
    peak = max(taken.peak for taken in ours.values())
    yield f"{at}: memory below 4 GB", f"{peak / 1e9:.2f} GB", peak < 4e9
    if not size.lookups:
        return
    p50 = size.lookups["p50_1"]
    yield f"{at}: look-up p50 below 5 ms", f"{p50:.1f} ms", p50 < 5
    alone, together = size.lookups["rate_1"], size.lookups[f"rate_{READERS}"]
    yield (
        f"{at}: {READERS} readers together as fast as one",
        f"{together / alone:.2f} times its look-ups a second",
        together >= alone,
    )
