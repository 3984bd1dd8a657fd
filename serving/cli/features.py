"""Commands about features: what is declared, labels, and features as of the times of labels."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import duckdb
import typer

from serving.cli.options import CONTRACTS, HOME, ContractsOption, HomeOption, to_date
from serving.outgoing import describe_allowed, keep_allowed
from serving.query import open_home
from serving.terminal import lay_out
from transforms.profile.windows import open_windows
from warehouse.contracts.features import CALENDAR, REST, THREAD, Condition, Feature, find_features
from warehouse.contracts.lineage import find_sources, list_closed_of_feature, made_of, names_purposes
from warehouse.contracts.load import read_contracts, read_features
from warehouse.contracts.model import Contracts, Purpose
from warehouse.contracts.problem import suggest
from warehouse.contracts.purposes import require_purposes
from warehouse.contracts.settings import read_settings
from warehouse.duck import columns_of, fetch_row, quote
from warehouse.errors import UsageError
from warehouse.features.as_of_join import join_features
from warehouse.features.assignments import write_assignments
from warehouse.features.known_then import load_known
from warehouse.features.labels import Labels, load_labels, open_reader, require_writable, write_joined
from warehouse.features.leakage import require_no_leak
from warehouse.features.outcomes import write_outcomes
from warehouse.features.sql import default_sql, event_sql, source_columns, window_sql
from warehouse.home.layout import Home
from warehouse.publish.pseudonyms import store_pseudonyms
from warehouse.shown_time import show_time
from warehouse.types.roles import HOLIDAYS

commands = typer.Typer(rich_markup_mode=None)


KNOWN_BY = ("occurrence", "arrival")


@commands.command()
def labels(
    out: Annotated[Path, typer.Option(help="Where they go: .parquet or .csv.")],
    horizon: Annotated[int, typer.Option(min=1, max=3650, help="Days after a label's time that are looked at.")] = 90,
    at: Annotated[
        list[str] | None, typer.Option(help="Date, as 2026-03-31, at whose beginning labels are; may be repeated.")
    ] = None,
    campaign: Annotated[
        str | None, typer.Option(help="A campaign: a label for each who was assigned to it, treated or held out.")
    ] = None,
    contracts: ContractsOption = CONTRACTS,
    home: HomeOption = HOME,
) -> None:
    """Write labels for training: who was known at a date, and whether they bought in the days after, for how much.

    Example: c360 labels --horizon 90 --out labels.parquet
             c360 labels --horizon 30 --at 2026-03-01 --at 2026-04-01 --out labels.csv
             c360 labels --horizon 30 --campaign SUMMER --out uplift.parquet
    """
    if campaign is not None:
        if at:
            raise UsageError("--at beside --campaign: labels of a campaign are of when each was assigned; give one")
        generation = Home(home).require_current()
        typer.echo(write_assignments(generation, read_settings(contracts), horizon, campaign, out))
        return
    dates = [day for day in map(to_date, at or []) if day]
    typer.echo(write_outcomes(Home(home).require_current(), read_settings(contracts), horizon, dates, out))


@commands.command()
def features(  # noqa: PLR0913, PLR0917 – one option each
    labels: Annotated[Path, typer.Option("--for", help="Labels: a Parquet or CSV file with a customer and a time.")],
    out: Annotated[Path, typer.Option(help="Where they go with their features: .parquet or .csv.")],
    who: Annotated[
        str, typer.Option("--id", help="Column of the customer, or SOURCE+ACCOUNT columns.")
    ] = "customer_id",
    time: Annotated[str | None, typer.Option(help="Column of the time, if there are several.")] = None,
    known_by: Annotated[str, typer.Option(help="An event counts from its occurrence, or its arrival.")] = "occurrence",
    purpose: Annotated[str | None, typer.Option(help="Only features and people that this purpose may use.")] = None,
    contracts: ContractsOption = CONTRACTS,
    home: HomeOption = HOME,
) -> None:
    """Join features to labels, each as of its own time: what was strictly before, and nothing later.

    Example: c360 features --for labels.parquet --out training.parquet
             c360 features --for churn.csv --id source+account_id --time asked_at --out training.csv
    """
    names = tuple(who.split("+"))
    if len(names) > 2 or not all(names):
        raise UsageError(f"--id {who}: name one column, or two as source+account_id")
    typer.echo(write_features(home, contracts, Labels(labels, names, time), out, known_by, purpose))


@commands.command()
def feature(
    name: Annotated[str | None, typer.Argument(help="Its name; without one, all are listed.")] = None,
    contracts: ContractsOption = CONTRACTS,
    home: HomeOption = HOME,
) -> None:
    """List the features that are declared, or show one: definition, lineage, distribution, an example.

    Example: c360 feature
             c360 feature spent_90_amount
    """
    typer.echo(list_all(contracts) if name is None else show_feature(home, contracts, name))


def list_all(contracts: Path) -> str:
    """The features that hold for a folder, one a line: name and meaning."""
    features = read_features(contracts)
    lines = [f"{len(features)} features of {find_features(contracts)}", ""]
    return "\n".join([*lines, *lay_out((), [(f.name, f.description) for f in features])])


def show_feature(home: Path, contracts: Path, name: str) -> str:
    """One feature on one screen.

    Raises:
        UsageError: there is none of that name.
    """
    found = {feature.name: feature for feature in read_features(contracts)}
    if name not in found:
        raise UsageError(f"there is no feature {name!r} in {find_features(contracts)}; {suggest(name, found)}")
    feature = found[name]
    lines = [*show_definition(feature), "", *show_lineage(feature, read_contracts(contracts))]
    with open_home(home) as con:
        return "\n".join([*lines, "", *show_distribution(con, feature, read_settings(contracts).timezone)])


def show_definition(feature: Feature) -> list[str]:
    """What it means and how it is counted."""
    return [
        f"{feature.name}   {feature.description}",
        *show_counted(feature),
        f"  otherwise   {'null' if feature.default is None else feature.default}",
        f"  type        {feature.type}",
        f"  purposes    {', '.join(feature.purposes) or 'none: nobody but the owner'}",
    ]


def show_counted(feature: Feature) -> list[str]:
    """Of which events it is, and how; of a ratio, which features it divides."""
    if feature.of:
        least = "" if feature.least is None else f", where that is {feature.least:g} or more"
        return [f"  is          {feature.aggregate} of {' to '.join(part.name for part in feature.of)}{least}"]
    if feature.is_of_day:
        return [f"  is          {feature.column} of the label's day, by the published table {CALENDAR}"]
    where = " and ".join(map(describe, feature.where))
    return [
        f"  is          {feature.aggregate}" + (f" of {feature.column}" if feature.column else ""),
        f"  from        {feature.kind}" + (f", where {where}" if where else ""),
        f"  window      {f'the {feature.days} days before' if feature.days else 'all that came before'}",
    ]


def describe(condition: Condition) -> str:
    """A condition as written."""
    if condition.operator == REST:
        return f"{condition.column} is none of {', '.join(map(str, condition.values))}"
    return f"{condition.column} {condition.operator} {', '.join(map(str, condition.values))}"


def show_lineage(feature: Feature, contracts: Contracts) -> list[str]:
    """Which columns of which contracts feed it, by their roles."""
    if feature.is_of_day:
        return ["fed by", f"  the reference source {HOLIDAYS}"]
    fed = dict[str, None]()
    for part in feature.parts:
        keys = ["*.parent_id", "*.event_id"] if THREAD in part.columns else []
        found = find_sources(contracts.sources, [*made_of(part), *keys], part.kind)
        fed |= dict.fromkeys(f"  {source.name}.{column.name}  as {column.role}" for source, column in found)
    kinds = ", ".join(sorted({part.kind for part in feature.parts}))
    return ["fed by", *(fed or [f"  no contract: none is of kind {kinds}"])]


def show_distribution(con: duckdb.DuckDBPyConnection, feature: Feature, timezone: str) -> Iterator[str]:
    """Counts and quantiles over the customers of the generation that is served, and one of them."""
    name = quote(feature.name)
    if feature.name not in columns_of(con, "main.customer_feature"):
        yield "not in the generation that is served; the next night adds it: c360 run"
        return
    count, nulls, distinct = fetch_row(
        con, f"SELECT count(*), count(*) - count({name}), count(DISTINCT {name}) FROM customer_feature"
    )
    yield f"over {count:,} customers: {nulls:,} null, {distinct:,} different values"
    if feature.type in {"BIGINT", "DOUBLE"} and nulls < count:
        shares = [0, 0.25, 0.5, 0.75, 0.9, 0.99, 1]
        values = fetch_row(con, f"SELECT quantile_disc({name}, {shares}) FROM customer_feature")[0]
        yield "  " + "  ".join(f"{share:.0%} {value:,.2f}" for share, value in zip(shares, values, strict=True))
    if not feature.is_of_day:
        yield from show_example(con, feature, timezone)


def show_example(con: duckdb.DuckDBPyConnection, feature: Feature, timezone: str) -> Iterator[str]:
    """The first customer by id whose value is not the default, and what it was counted of; no value that is text."""
    name = quote(feature.name)
    usual = f"{name} IS DISTINCT FROM {default_sql(feature, 'NULL')}"
    counted = " OR ".join(f"({event_sql(part)} AND {window_sql(part)})" for part in feature.parts)
    query = f"SELECT customer_id, {name}, as_of FROM customer_feature WHERE {usual} ORDER BY customer_id LIMIT 1"
    for who, value, as_of in con.execute(query).fetchall():
        until = open_windows(as_of, timezone).until
        events, first, last = fetch_row(
            con,
            "SELECT count(*), min(e.occurred_at), max(e.occurred_at) FROM"
            f" (SELECT customer_id, {source_columns([feature])} FROM customer_event) AS e,"
            " (SELECT ?::VARCHAR AS customer_id, ?::TIMESTAMP AS label_time) AS l WHERE e.customer_id = l.customer_id"
            f" AND e.occurred_at < l.label_time AND ({counted})",
            [who, until],
        )
        seen = f", {show_time(first, timezone)} to {show_time(last, timezone)}" if events else ""
        told = f"{value:,.2f}" if isinstance(value, float) else str(value) if isinstance(value, int) else "not shown"
        yield f"example: {who} at the end of {as_of}: {told}; of {events} events{seen}"


def write_features(
    home: Path, contracts: Path, labels: Labels, out: Path, known_by: str, purpose: str | None = None
) -> str:
    """Join features to labels, audit them, write them; gives what to tell.

    Raises:
        UsageError: a word or the name of the file is not one that is known.
        FeatureError: features or labels are not as they must be.
        ConsentError: the purpose asks a consent, and nobody can say who withdrew it.
        LeakageError: the audit found a feature that knows of its label's future; nothing is written.
    """
    if known_by not in KNOWN_BY:
        raise UsageError(f"--known-by {known_by} is not known; there are: {', '.join(KNOWN_BY)}")
    require_writable(out)
    (features, closed), settings = choose_features(contracts, purpose), read_settings(contracts)
    by_arrival, asked = known_by == "arrival", find_purpose(contracts, purpose)
    conditions, is_renamed = describe_allowed(asked), asked.pseudonymised
    with open_reader(Home(home).require_current(), settings, out) as con:
        if is_renamed:
            store_pseudonyms(con, home, asked.name, "FROM main.customer_profile")
        load_labels(con, labels, settings, features, pseudonymised=is_renamed)
        left_out = leave_out(con, Home(home), asked) if conditions else 0
        if by_arrival:
            load_known(con, labels, settings.timezone)
        join_features(con, features, by_arrival=by_arrival)
        require_no_leak(con, features, by_arrival=by_arrival)
        write_joined(con, features, out, labels.who[-1] if is_renamed else None)
        lines = [tell(con, len(features), out)]
    if conditions:
        lines.append(f"left out: {left_out:,} labels; a customer goes out for {purpose} who {' and '.join(conditions)}")
    lines += [f"held back: {name}, since {purpose} may not see {', '.join(of)}" for name, of in closed.items()]
    return "\n".join(lines)


def choose_features(contracts: Path, purpose: str | None) -> tuple[tuple[Feature, ...], dict[str, list[str]]]:
    """The features that a purpose may use; all of them, the owner's, without one.

    Also those that name the purpose and read columns that do not, with these columns: they are held back.
    """
    features = read_features(contracts)
    if purpose is None:
        return features, {}
    named = [f for f in features if purpose in f.purposes]
    if not named:
        there = sorted({p for f in features for p in f.purposes})
        raise UsageError(f"--purpose {purpose} may use no feature; purposes that may: {', '.join(there) or 'none'}")
    sources = [source for source in read_contracts(contracts).sources if names_purposes(source)]
    closed = {f.name: list_closed_of_feature(sources, f, purpose) for f in named}
    chosen = tuple(f for f in named if not closed[f.name])
    if not chosen:
        columns = sorted({column for columns in closed.values() for column in columns})
        raise UsageError(f"--purpose {purpose} may use no feature: name it in c360.purposes of {', '.join(columns)}")
    return chosen, {name: columns for name, columns in closed.items() if columns}


def find_purpose(contracts: Path, name: str | None) -> Purpose:
    """A purpose as it is declared; the owner's own asks for nothing."""
    return next(
        (p for p in require_purposes(contracts) if p.name == name), Purpose(name or "", "", None, pseudonymised=False)
    )


def leave_out(con: duckdb.DuckDBPyConnection, home: Home, purpose: Purpose) -> int:
    """Take the labels of everybody who may not go out for a purpose out of label_row; gives how many these were."""
    keep_allowed(con, home, purpose)
    gone = con.execute(
        "DELETE FROM label_row WHERE customer_id IS NULL OR customer_id NOT IN (FROM allowed) RETURNING id"
    ).fetchall()
    return len(gone)


def tell(con: duckdb.DuckDBPyConnection, count: int, out: Path) -> str:
    """What was written, and how much of it is cold: of customers without an event before the label, or unknown."""
    labels, customers, unknown, cold, cold_customers = fetch_row(
        con,
        "SELECT count(*), count(DISTINCT customer_id), count(*) FILTER (customer_id IS NULL),"
        " count(*) FILTER (_known_until IS NULL), count(DISTINCT customer_id) FILTER (_known_until IS NULL)"
        " FROM label_row JOIN feature_row USING (id)",
    )
    return (
        f"{out}: {count} features of {labels:,} labels of {customers:,} customers; no leakage found\n"
        f"cold: {cold:,} labels had no event before them, {unknown:,} of these of unknown customers,"
        f" the others of {cold_customers:,}"
    )
