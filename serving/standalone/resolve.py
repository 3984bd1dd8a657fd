"""Who is who in files of people, without a home, contracts or a night.

files → roles of their columns → people ─ matcher ─→ one row per record with its customer_id
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from serving.standalone.column_roles import ColumnMap, map_columns, read_role_options
from serving.standalone.model_file import read_model_file, write_model_file
from serving.standalone.read_people import list_doubled, open_files, read_people
from serving.standalone.role_names import BY_NAME
from serving.standalone.write import require_target, write_rows
from transforms.engine import as_frame
from transforms.identity.customer_ids import RULES, with_new_id
from transforms.matching.match import Match, match_people
from transforms.matching.model.guards import LIKENESS
from transforms.matching.settings import MatchSettings
from warehouse.contracts.settings import Settings
from warehouse.errors import C360Error, UsageError
from warehouse.identity.gates import FEW
from warehouse.landing.formats.any_table import TableFile
from warehouse.types.roles import IDENTIFIERS

RECORD = ["source", "record"]
ALONE = "alone"
MOST_SHOWN = 12
"""Names of columns left out that a message names."""
Say = Callable[[str], None]


@dataclass(frozen=True)
class ResolveOptions:
    """What `c360 resolve` is asked to do."""

    files: Sequence[Path]
    out: Path
    roles: Sequence[str] = ()
    ids: Sequence[str] = ()
    link_only: bool = False
    threshold: float = MatchSettings.threshold
    region: str = "HK"
    edges: Path | None = None
    model: Path | None = None
    save_model: Path | None = None
    settings: MatchSettings = field(default_factory=MatchSettings)


class NothingFoundError(C360Error):
    """The files hold no record."""


def resolve_files(options: ResolveOptions, say: Say, warn: Say) -> None:
    """Find out who is who and write it.

    Args:
        options: what to do.
        say: told each step.
        warn: told what a person should know; never a value.

    Raises:
        UsageError, DeliveryError, MatchError, ModelError: see their messages.
        NothingFoundError: there is no record.
    """
    start = time.monotonic()
    require_options(options)
    model = read_model_file(options.model, warn) if options.model else None
    people = read_files(options, say, warn)
    say(f"matching {people.height:,} records")
    settings = replace(options.settings, threshold=options.threshold)
    match = match_people(people, settings=settings, model=model, link_only=options.link_only)
    for warning in match.warnings:
        warn(warning)
    say("writing")
    result = build_result(people.select(RECORD), match)
    if doubt := doubt_likeness(people, result):
        warn(doubt)
    write_rows(result, options.out)
    if options.edges:
        write_rows(match.edges, options.edges)
    if options.save_model:
        write_model_file(match.model, options.save_model)
    warn(summarise(result, time.monotonic() - start))


def require_options(options: ResolveOptions) -> None:
    """Raise UsageError for what cannot be done, before any work is done for it."""
    if not 0 < options.threshold < 1:
        raise UsageError("--threshold is a probability between 0 and 1, as 0.5")
    targets = {"--out": options.out, "--edges": options.edges, "--save-model": options.save_model}
    given = {option: path for option, path in targets.items() if path is not None}
    for option, path in given.items():
        require_target(option, path, options.files, is_table=option != "--save-model")
    places = [path.resolve() for path in given.values()]
    if len(set(places)) < len(places):
        raise UsageError("--out, --edges and --save-model must be different files")


def read_files(options: ResolveOptions, say: Say, warn: Say) -> pl.DataFrame:
    """The people of all files.

    Raises:
        NothingFoundError: there are none.
    """
    for name in list_doubled(options.files):
        warn(f"{name} is given twice: its records are counted as those of two sources")
    say("looking at the files")
    asked = [text.rpartition("=")[0].rpartition(":")[2] for text in options.roles]
    files = open_files(options.files, [*asked, *options.ids, *BY_NAME])
    for source, file in files.items():
        for note in file.notes:
            warn(f"{source}: {note}")
    if not any(file.places for file in files.values()):
        raise NothingFoundError("no file holds a record; nothing is written")
    maps = map_columns(files, read_role_options(options.roles, options.ids, files))
    if not options.roles:
        for source, mapped in maps.items():
            warn(show_guess(source, files[source], mapped))
    say("reading")
    people = read_people(files, maps, options.region, warn)
    if not people.height:
        raise NothingFoundError("no file holds a record that can be read; nothing is written")
    return people


def show_guess(source: str, file: TableFile, mapped: ColumnMap) -> str:
    """What was taken for what, where nobody said it."""
    role_of = {column: role for role, columns in mapped.roles.items() for column in columns}
    if not role_of:
        return f"{source}: no column is called as any role is; its records stay alone. Say --role {source}:column=role"
    left = [column for column in file.places if column not in mapped.columns]
    used = ", ".join(c if c == role else f"{c} as {role}" for c, role in role_of.items())
    rest = ", ".join(left[:MOST_SHOWN]) + (f" and {len(left) - MOST_SHOWN} more" if len(left) > MOST_SHOWN else "")
    return f"{source}: taken by their names: {used}" + (f"; left out: {rest}" if left else "")


def build_result(records: pl.DataFrame, match: Match) -> pl.DataFrame:
    """source, record, customer_id, score and rule of each record, in the order of `records`.

    customer_id is made of the first record of the cluster by source and id, so that the order of rows changes nothing.
    score is the probability of the surest pair that ties the record to another of its customer, rule what speaks for
    it in that pair. A record alone has no score and the rule `alone`; one that only its group as a whole ties has the
    rule `likeness` and no score either.
    """
    first = match.clusters.sort(RECORD).unique("cluster", keep="first", maintain_order=True)
    named: pl.LazyFrame = with_new_id(as_frame(first.lazy()), "customer_id", RECORD).to_native()
    names = named.select("cluster", "customer_id").collect()
    size = match.clusters.group_by("cluster").len("size")
    found = (
        records.join(match.clusters, on=RECORD, how="left", maintain_order="left")
        .join(names, on="cluster", how="left", maintain_order="left")
        .join(size, on="cluster", how="left", maintain_order="left")
        .join(list_ties(match.edges), on=RECORD, how="left", maintain_order="left")
    )
    is_alone = pl.col("size") == 1
    rule = pl.when(is_alone).then(pl.lit(ALONE)).otherwise(pl.col("rule").fill_null("likeness"))
    return found.select(*RECORD, "customer_id", score=pl.when(~is_alone).then("score"), rule=rule)


def list_ties(edges: pl.DataFrame) -> pl.DataFrame:
    """Per record, probability and rule of the surest pair within its customer; of equally sure ones the best rule."""
    joined = edges.filter(pl.col("is_joined"))
    ends = [
        joined.select("rule", score="probability", source=f"{end}_source", record=f"{end}_record")
        for end in ("left", "right")
    ]
    order = pl.col("rule").replace_strict({rule: i for i, rule in enumerate(RULES)}, default=len(RULES))
    both = pl.concat(ends).with_columns(order=order)
    best = both.sort("score", "order", descending=[True, False], maintain_order=True)
    return best.unique(RECORD, keep="first", maintain_order=True).select(*RECORD, "score", "rule")


def doubt_likeness(people: pl.DataFrame, result: pl.DataFrame) -> str:
    """What to say where likeness alone holds more customers together than the gate of a night lets pass; else empty."""
    columns = [pl.col(c).is_not_null() for c in IDENTIFIERS if c in people.columns]
    known = people.select(*RECORD, known=pl.any_horizontal(*columns, pl.lit(False)))
    size = pl.col("known").sum()
    by_customer = result.join(known, on=RECORD).group_by("customer_id")
    sizes = by_customer.agg(is_doubtful=(pl.col("rule") == LIKENESS).all() & (size > 1))
    count, share = int(sizes["is_doubtful"].sum()), Settings.max_likeness_share
    if count <= max(FEW, share * sizes.height):
        return ""
    return (
        f"{count:,} of {sizes.height:,} customers, more than {share:.0%}, are held together by likeness alone, although"
        " their records have emails, phones or other identifiers and agree in none: look at some of them, and whether a"
        " column has the wrong role"
    )


def summarise(result: pl.DataFrame, seconds: float) -> str:
    """What was found, as one line."""
    sizes = result.group_by("customer_id").len()["len"]
    largest = int(sizes.max())  # type: ignore[arg-type]
    several = int((sizes > 1).sum())
    return (
        f"{result.height:,} records are {len(sizes):,} customers, {several:,} of them with several records,"
        f" the largest with {largest:,}; {seconds:.1f} s"
    )


def print_line(text: str) -> None:
    """One message on stderr, on a line of its own."""
    print(text, file=sys.stderr, flush=True)
