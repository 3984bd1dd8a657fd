"""`c360 feature`: what is declared, and one feature in full – definition, lineage, distribution and an example.

Only counts and quantiles are told of it, and the value of one customer by its id; no value that is text.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb

from serving.query import open_home
from transforms.profile.windows import open_windows
from warehouse.contracts.features import THREAD, Condition, Feature, find_features
from warehouse.contracts.lineage import find_sources, made_of
from warehouse.contracts.lint.problem import suggest
from warehouse.contracts.load import read_contracts, read_features
from warehouse.contracts.model import Contracts
from warehouse.contracts.settings import read_settings
from warehouse.duck import columns_of, fetch_row, quote
from warehouse.errors import UsageError
from warehouse.features.sql import default_sql, event_sql, source_columns, window_sql


def list_all(contracts: Path) -> str:
    """The features that hold for a folder, one a line: name and meaning."""
    features = read_features(contracts)
    width = max((len(f.name) for f in features), default=0)
    lines = [f"{len(features)} features of {find_features(contracts)}", ""]
    return "\n".join([*lines, *(f"{f.name:<{width}}  {f.description}" for f in features)])


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
    where = " and ".join(map(describe, feature.where))
    window = f"the {feature.days} days before" if feature.days else "all that came before"
    return [
        f"{feature.name}   {feature.description}",
        f"  is          {feature.aggregate}" + (f" of {feature.column}" if feature.column else ""),
        f"  from        {feature.kind}" + (f", where {where}" if where else ""),
        f"  window      {window}",
        f"  otherwise   {'null' if feature.default is None else feature.default}",
        f"  type        {feature.type}",
        f"  purposes    {', '.join(feature.purposes) or 'none: nobody but the owner'}",
    ]


def describe(condition: Condition) -> str:
    """A condition as written."""
    return f"{condition.column} {condition.operator} {', '.join(map(str, condition.values))}"


def show_lineage(feature: Feature, contracts: Contracts) -> list[str]:
    """Which columns of which contracts feed it, by their roles."""
    keys = ["*.parent_id", "*.event_id"] if THREAD in feature.columns else []
    found = find_sources(contracts.sources, [*made_of(feature), *keys], feature.kind)
    fed = [f"  {source.name}.{column.name}  as {column.role}" for source, column in found]
    return ["fed by", *(fed or [f"  no contract: none is of kind {feature.kind}"])]


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
    yield from show_example(con, feature, timezone)


def show_example(con: duckdb.DuckDBPyConnection, feature: Feature, timezone: str) -> Iterator[str]:
    """The first customer by id whose value is not the default, and what it was counted of; no value that is text."""
    name = quote(feature.name)
    usual = f"{name} IS DISTINCT FROM {default_sql(feature, 'NULL')}"
    query = f"SELECT customer_id, {name}, as_of FROM customer_feature WHERE {usual} ORDER BY customer_id LIMIT 1"
    for who, value, as_of in con.execute(query).fetchall():
        until = open_windows(as_of, timezone).until
        events, first, last = fetch_row(
            con,
            "SELECT count(*), min(e.occurred_at)::DATE, max(e.occurred_at)::DATE FROM"
            f" (SELECT customer_id, {source_columns([feature])} FROM customer_event) AS e,"
            " (SELECT ?::VARCHAR AS customer_id, ?::TIMESTAMP AS label_time) AS l WHERE e.customer_id = l.customer_id"
            f" AND e.occurred_at < l.label_time AND {event_sql(feature)} AND {window_sql(feature)}",
            [who, until],
        )
        told = f"{value:,.2f}" if isinstance(value, float) else str(value) if isinstance(value, int) else "not shown"
        yield f"example: {who} at the end of {as_of}: {told}; of {events} events, {first} to {last}"
