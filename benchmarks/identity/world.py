"""hk_world, a company's silos with their truth: accounts as a night of the product makes them of the deliveries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import polars as pl

from benchmarks.identity.runs import Task
from benchmarks.identity.scores import Score, count_pairs, score
from benchmarks.identity.sets import DATA
from transforms.identity.people import KEYED, SHOWN, build_people
from warehouse.home.layout import Home
from warehouse.night import run_night

NAME = "hk_world"
FOLDER = DATA / NAME
AS_OF = date(2025, 12, 31)


@dataclass(frozen=True)
class WorldScore:
    """How well customers agree with the truth of hk_world."""

    pairs: Score
    decidable: float
    """Recall of the pairs that hang together by evidence which is one person's alone."""
    merged_traps: int
    """Groups of different people, made to be mistaken for each other, of whom two or more became one."""
    traps: int


def publish_world(home: Path) -> float:
    """Run the night; gives the seconds that finding out who is who took in it."""
    report = run_night(Home(home), FOLDER / "contracts", AS_OF)
    seconds = report["seconds"]
    assert isinstance(seconds, dict)
    return float(seconds["identify"])


def read_task(home: Path, limit: float) -> Task:
    """The accounts of the current generation as the night's matcher takes them, a list of values per role.

    Peers take one value of a role: they get the one seen most often. An account that is not in the truth (a guest's)
    has null there.
    """
    with duckdb.connect(str(database(home)), read_only=True) as con:
        accounts = con.sql("SELECT DISTINCT source, account_id FROM clean.account").pl()
        values = con.sql("SELECT * FROM clean.attribute").pl()
    truth = read_truth().select("source", "record", truth="person_id")
    people = build_people(accounts, values).join(truth, on=["source", "record"], how="left").sort("source", "record")
    labels = people.select("source", "record", "truth")
    single = labels.join(pick_common(values), on=["source", "record"], how="left", maintain_order="left")
    return Task(NAME, people, single, limit=limit)


def pick_common(values: pl.DataFrame) -> pl.DataFrame:
    """source, record, and for each role the value that the account shows most often."""
    value = pl.when(pl.col("attribute").is_in(KEYED)).then("key").otherwise("value")
    known = values.filter(pl.col("attribute").is_in((*KEYED, *SHOWN))).with_columns(value=value).drop_nulls("value")
    seen = known.group_by("source", "account_id", "attribute", "value").agg(pl.col("seen_count").sum())
    first = seen.sort("seen_count", "value", descending=[True, False]).unique(
        ["source", "account_id", "attribute"], keep="first", maintain_order=True
    )
    wide = first.pivot(on="attribute", index=["source", "account_id"], values="value")
    return wide.rename({"account_id": "record"})


def read_customers(home: Path, people: pl.DataFrame) -> pl.Series:
    """Per account the customer that the night published it as."""
    with duckdb.connect(str(database(home)), read_only=True) as con:
        found = con.sql("SELECT source, account_id AS record, customer_id AS cluster FROM customer_identity").pl()
    labels = people.select("source", "record")
    return labels.join(found, on=["source", "record"], how="left", maintain_order="left")["cluster"]


def database(home: Path) -> Path:
    """The file of the current generation."""
    return Home(home).require_current().workings


def read_truth() -> pl.DataFrame:
    """source, record, person_id, evidence of every account that belongs to somebody."""
    return pl.read_csv(FOLDER / "truth.csv", infer_schema=False).rename({"account_id": "record"})


def number_lines(accounts: pl.DataFrame) -> pl.DataFrame:
    """Accounts under their line in the truth instead of their ids, which are people's: 2 is the first account."""
    lines = read_truth().with_row_index("line", offset=2).select("source", "record", "line")
    numbered = accounts.join(lines, on=["source", "record"])
    return numbered.with_columns(source=pl.lit("line"), record="line").drop("line")


def read_traps() -> pl.DataFrame:
    """trap, person_id: which people are in which group that must not become one."""
    people = pl.read_csv(FOLDER / "truth_people.csv", infer_schema=False).drop_nulls("traps")
    return people.select("person_id", trap=pl.col("traps").str.split(" ")).explode("trap")


def score_world(people: pl.DataFrame, clusters: pl.Series) -> WorldScore:
    """Score the accounts of the truth; one that has no cluster is alone."""
    found = people.select("source", "record", cluster=clusters.cast(pl.String)).drop_nulls()
    rows = read_truth().join(found, on=["source", "record"], how="left").with_row_index("row")
    rows = rows.with_columns(pl.col("cluster").fill_null(pl.concat_str(pl.lit("alone "), "row")))
    decidable = count_pairs(rows, "evidence", "cluster") / max(1, count_pairs(rows, "evidence"))
    traps = read_traps()
    mixed = rows.join(traps, on="person_id").group_by("trap", "cluster").agg(pl.col("person_id").n_unique())
    merged = mixed.filter(pl.col("person_id") > 1)["trap"].n_unique()
    return WorldScore(score(rows["person_id"], rows["cluster"]), decidable, merged, traps["trap"].n_unique())
