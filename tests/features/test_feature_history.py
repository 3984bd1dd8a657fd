"""The history of features: any past night is rebuilt, by SQL, of what changed on each."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from tests.worlds.world import AS_OF, SALES_HEAD
from warehouse.contracts.features import Feature
from warehouse.duck import store_rows
from warehouse.features.history import CHANGES, NIGHTS_FILE, keep_changes, rebuild_sql, stored_sql
from warehouse.home.verify import verify
from warehouse.publish.feature_history import fold_earlier, list_dates

DAYS = "days_since_last"


def feature(name: str, aggregate: str, default: Any = None, of: tuple[Feature, ...] = ()) -> Feature:
    return Feature(name, "transactions", (), aggregate, "net_amount", None, default, (), name, of)


COUNT, SPENT, SINCE = feature("n", "count", 0), feature("spent", "sum"), feature("idle", DAYS)
IDLE_TIMES = feature("ratio", "ratio", of=(SINCE, COUNT))
FIRST, SECOND = (COUNT, SINCE, IDLE_TIMES), (COUNT, SPENT, SINCE, IDLE_TIMES)


def make_rows(draw: random.Random, people: dict[str, tuple[int, datetime | None]], until: datetime) -> pl.DataFrame:
    """customer_feature of some customers: counts, and days since a moment, as a night works them out."""
    day = timedelta(days=1) / timedelta(microseconds=1)
    rows = []
    for who, (count, seen) in people.items():
        idle = None if seen is None else (until - seen) // timedelta(microseconds=1) / day
        ratio = None if idle is None or not count else idle / count
        rows.append((who, until.date(), count, count / 3, idle, ratio))
    schema = {"customer_id": pl.String, "as_of": pl.Date, "n": pl.Int64, "spent": pl.Float64, "idle": pl.Float64,
              "ratio": pl.Float64}  # fmt: skip
    return pl.DataFrame(draw.sample(rows, len(rows)), schema=schema, orient="row")


@pytest.mark.parametrize("seed", range(4))
def test_every_night_is_rebuilt_whoever_came_went_and_came_back(seed: int, tmp_path: Path) -> None:
    """Nights apart by odd hours, some twice on a date, some quiet, definitions that change in the middle."""
    draw, until, last = random.Random(seed), datetime(2026, 3, 1, 16), None
    people: dict[str, tuple[int, datetime | None]] = {"ada": (1, until - timedelta(seconds=77777)), "bo": (0, None)}
    told, nights, sizes, quiet = {}, [], {}, set()
    with duckdb.connect() as con:
        con.execute("CREATE SCHEMA profile")
        for number in range(12):
            features = FIRST if number < 6 else SECOND
            if number and draw.random() < 0.8:
                until += timedelta(days=1, hours=draw.choice([0, 1, -1]))
            as_of = until.date()
            changes = number in {0, 6} or draw.random() < 0.6
            (quiet.discard if changes or as_of in told else quiet.add)(as_of)
            if changes:
                people[draw.choice(["ada", "bo", "cy", "di"])] = (draw.randint(0, 3), until - timedelta(microseconds=7))
                people.pop(draw.choice(["ada", "bo", "cy", "di"]), None)
            rows = make_rows(draw, people, until).select("customer_id", "as_of", *(f.name for f in features))
            store_rows(con, "featured", rows, is_temporary=True)
            keep_changes(con, features, as_of, until, None if number in {0, 6} else last, among=None)
            store_rows(con, "main.customer_feature", rows)
            place = tmp_path / f"as_of={as_of}"
            place.mkdir(exist_ok=True)
            con.execute(f"COPY (SELECT * EXCLUDE (as_of) FROM {CHANGES}) TO '{place}/changes.parquet'")
            nights = [night for night in nights if night[0] != as_of] + [(as_of, until)]
            sizes[as_of] = con.execute(f"SELECT count(*) FROM {CHANGES}").fetchall()[0][0]
            told[as_of], last = rows.sort("customer_id"), until
        pl.DataFrame(nights, schema=["as_of", "until"], orient="row").write_parquet(tmp_path / NIGHTS_FILE)
        for as_of, rows in told.items():
            found = con.sql(rebuild_sql(SECOND, f"DATE '{as_of}'", f"{tmp_path}/")).pl()
            assert found.select(rows.columns).rows() == rows.rows()
        assert not con.execute(rebuild_sql(SECOND, "DATE '2020-01-01'", f"{tmp_path}/")).fetchall()
    assert quiet
    assert {sizes[day] for day in quiet} == {0}  # days since, and their ratios, are no change
    assert "ratio" not in stored_sql(FIRST, until)


def test_nights_that_are_forgotten_are_folded_into_one(tmp_path: Path) -> None:
    days = {date(2026, 1, 1): [("ada", 1, False), ("bo", 1, False)], date(2026, 1, 5): [("bo", None, True)],
            date(2026, 2, 3): [("ada", 2, False)], date(2026, 2, 9): [("ada", 3, False)]}  # fmt: skip
    for day, rows in days.items():
        place = tmp_path / f"as_of={day}"
        place.mkdir()
        frame = pl.DataFrame(
            rows, schema={"customer_id": pl.String, "n": pl.Int64, "is_gone": pl.Boolean}, orient="row"
        )
        frame.write_parquet(place / "changes.parquet")
    with duckdb.connect() as con:
        fold_earlier(con, tmp_path, date(2026, 1, 30))
        assert list_dates(tmp_path) == list(days)  # not yet
        fold_earlier(con, tmp_path, date(2026, 2, 5))
    assert list_dates(tmp_path) == [date(2026, 2, 5), date(2026, 2, 9)]
    assert pl.read_parquet(tmp_path / "as_of=2026-02-05" / "changes.parquet").rows() == [("ada", 2, False)]


@pytest.mark.slow
def test_the_files_of_a_generation_rebuild_all_its_nights(sales: Any) -> None:
    served, folder = {}, Path("parquet/customer_feature_history")
    for number in (0, 2, 3):
        day = AS_OF + timedelta(days=number)
        if number == 2:
            sales.deliver("sales-2.csv", SALES_HEAD + f"L9,R9,A1,tai.man@example.com,1,7.00,HKD,{day} 10:05\n")
        if number:
            sales.night(day)
        generation = sales.home.require_current()
        query = f"FROM read_parquet('{generation.folder}/parquet/customer_feature.parquet') ORDER BY customer_id"
        served[day] = duckdb.sql(query).fetchall()
    assert verify(generation) == []
    assert rebuild(generation.folder / folder, *served) == list(served.values())
    files = generation.read_manifest()["files"]
    first = folder / f"as_of={AS_OF}" / "changes.parquet"
    assert first.as_posix() in files
    assert (generation.folder / first).stat().st_nlink == 3  # one file in three generations
    assert count_rows(generation.folder / folder) == {AS_OF: 2, AS_OF + timedelta(days=2): 1}  # nothing on the last
    (generation.folder / folder / f"as_of={AS_OF}").chmod(0o700)
    (generation.folder / first).with_name("more.parquet").write_bytes(b"x")
    assert generation.list_strangers() == [first.with_name("more.parquet").as_posix()]


def rebuild(folder: Path, *days: date) -> list[list[tuple[Any, ...]]]:
    """What the query beside the files gives for each day, from another place."""
    query = (
        (folder / "as_of.sql")
        .read_text()
        .replace("'as_of=", f"'{folder}/as_of=")
        .replace("'nights", f"'{folder}/nights")
    )
    found = []
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        for day in days:
            con.execute(f"SET VARIABLE day = DATE '{day}'")
            found.append(con.execute(query).fetchall())
    return found


def count_rows(folder: Path) -> dict[date, int]:
    query = (
        f"SELECT as_of, count(*) FROM read_parquet('{folder}/as_of=*/*.parquet', hive_partitioning = true) GROUP BY 1"
    )
    return {date.fromisoformat(str(day)): count for day, count in duckdb.sql(query).fetchall()}
