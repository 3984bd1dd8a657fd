"""What changed between two generations: customers by their fate, columns by how many customers they changed of.

It holds counts and averages, no customer's value.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb
import narwhals as nw
import polars as pl

from serving.query import print_relation, require_format
from transforms.identity.customer_ids import build_churn
from warehouse.duck import columns_of, literal, quote
from warehouse.home.generations import describe_generations, find_generation
from warehouse.home.layout import Home

PROFILE = "main.customer_profile"
FATES = ("kept", "new", "gone", "merged", "split")
NUMBER = ("INT", "DOUBLE", "DECIMAL", "FLOAT")


def print_generations(home: Path, form: str) -> None:
    """Print the generations of a home, the newest first."""
    require_format(form)
    rows = describe_generations(Home(home))
    if not rows:
        Home(home).require_current()
    with duckdb.connect() as con:
        con.register("generation", pl.DataFrame(rows))
        print_relation(con.sql("FROM generation"), form, sys.stdout)


def print_difference(home: Path, older: int, newer: int, form: str) -> None:
    """Print how two generations differ, customers first.

    Raises:
        HomeError: one of them is not there.
    """
    require_format(form)
    place = Home(home)
    ends = [find_generation(place, number) for number in (older, newer)]
    with duckdb.connect() as con:
        for name, generation in zip(("older", "newer"), ends, strict=True):
            con.execute(f"ATTACH {literal(str(generation.database))} AS {name} (READ_ONLY)")
        print_relation(compare_customers(con), form, sys.stdout)
        print_relation(compare_columns(con), form, sys.stdout)


def compare_customers(con: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyRelation:
    """Fate and customers: what became of the older generation's customers, by their accounts."""
    before, after = (nw.from_native(con.table(f"{name}.main.customer_identity")) for name in ("older", "newer"))
    con.register("churn", build_churn(before, after).to_native())
    order = ", ".join(f"({literal(fate)}, {place})" for place, fate in enumerate(FATES))
    return con.sql(
        f"SELECT fate, count(churn.customer_id) AS customers FROM (VALUES {order}) AS known(fate, place)"
        " LEFT JOIN churn USING (fate) GROUP BY fate, place ORDER BY place"
    )


def compare_columns(con: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyRelation:
    """Columns of the profile that both have, those first that changed of the most customers with one id in both.

    column_name, changed, share (of those customers), mean_before, mean_after (of numbers).
    """
    types = [columns_of(con, f"{name}.{PROFILE}") for name in ("older", "newer")]
    parts = []
    for name in [name for name in types[0] if name in types[1] and name != "customer_id"]:
        column = quote(name)
        is_number = all(any(kind in side[name] for kind in NUMBER) for side in types)
        before, after = (f"avg({side}.{column})" if is_number else "CAST(NULL AS DOUBLE)" for side in "on")
        parts.append(
            f"SELECT {literal(name)} AS column_name,"
            f" count(*) FILTER (o.{column} IS DISTINCT FROM n.{column}) AS changed,"
            f" round(changed / greatest(count(*), 1), 4) AS share,"
            f" round({before}, 4) AS mean_before, round({after}, 4) AS mean_after"
            f" FROM older.{PROFILE} AS o JOIN newer.{PROFILE} AS n USING (customer_id)"
        )
    return con.sql(f"FROM ({' UNION ALL '.join(parts)}) WHERE changed > 0 ORDER BY changed DESC, column_name")
