"""The calendar: what a day is, how far it is from the lunar new year, and features of the label's day."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date, datetime, timedelta

import duckdb
import pytest
from polars.testing import assert_frame_equal

from examples.make_holidays import main
from tests.features.test_feature_night import NEXT, joined, nightly
from tests.worlds.world import AS_OF, SALES_HEAD, column, key
from transforms.profile.windows import open_windows
from warehouse import ROOT
from warehouse.profile.calendar import calendar_sql

HOLIDAYS = {
    "kind": "reference", "mode": "snapshot", "path": "holidays*.csv",
    "columns": [
        key("day", "occurred_at") | {"logicalType": "date"},
        column("kind", "category", primaryKey=True, primaryKeyPosition=2, required=True), column("name", "item_name"),
    ],
}  # fmt: skip
LIST = (
    "day,kind,name\n2026-02-17,lunar_new_year,農曆年初一\n2026-02-17,public_holiday,農曆年初一\n"
    "2026-03-12,public_holiday,Founding day\n2027-02-06,lunar_new_year,農曆年初一\n2027-12-31,public_holiday,x\n"
)
DAY = ("is_public_holiday", "to_public_holiday_days", "since_lunar_new_year_days", "to_lunar_new_year_days")


@pytest.fixture
def dated(sales):
    sales.declare("holidays", **HOLIDAYS)
    sales.deliver("holidays.csv", LIST)
    return sales


@pytest.mark.slow
def test_a_label_gets_its_own_day_and_who_did_not_move_gets_the_next(dated, tmp_path):
    """A night's features are of the day after the business date, on which what comes next begins."""
    dated.night()
    names = ", ".join(DAY)
    one = f"SELECT DISTINCT {names} FROM customer_feature"
    assert dated.ask(one) == [(False, 1, 22, 332)]
    dated.deliver("sales-3.csv", SALES_HEAD + "L9,R9,A1,tai.man@example.com,1,7.00,HKD,2026-03-11 10:05\n")
    dated.night(NEXT)
    assert dated.ask(one) == [(True, 0, 23, 331)]  # also of Wong, who bought nothing
    until = open_windows(NEXT, "Asia/Hong_Kong").until
    assert_frame_equal(
        joined(dated, tmp_path, until).drop("at").sort("customer_id"), nightly(dated), check_dtypes=False
    )
    at = [until - timedelta(microseconds=1), datetime(2019, 1, 1)]  # the last moment of the 11th; before all years
    assert joined(dated, tmp_path, at).select(DAY).rows() == [(False, 1, 22, 332), (None, None, None, None)]


def test_every_day_of_the_years_is_there_once_and_distances_are_those_of_plain_arithmetic():
    told = [(row["day"], row["kind"], row["name"]) for row in csv.DictReader(LIST.splitlines())]
    with duckdb.connect() as con:
        con.execute("CREATE TEMP TABLE holiday (day DATE, kind VARCHAR, name VARCHAR)")
        con.executemany("INSERT INTO holiday VALUES (?, ?, ?)", told)
        found = con.sql(f"FROM ({calendar_sql('Asia/Hong_Kong')}) ORDER BY day").pl().to_dicts()
    assert [row["day"] for row in found] == [date(2026, 1, 1) + timedelta(days=n) for n in range(730)]
    years = [date.fromisoformat(day) for day, kind, _ in told if kind == "lunar_new_year"]
    for row in found:
        assert row["ends_at"] - row["begins_at"] == timedelta(days=1)
        assert row["begins_at"] == datetime.combine(row["day"], datetime.min.time()) - timedelta(hours=8)
        assert row["days_to_lunar_new_year"] == min(
            ((y - row["day"]).days for y in years if y >= row["day"]), default=None
        )
        assert row["days_since_lunar_new_year"] == min(
            ((row["day"] - y).days for y in years if y <= row["day"]), default=None
        )
        assert row["is_public_holiday"] == (
            str(row["day"]) in {day for day, kind, _ in told if kind == "public_holiday"}
        )


def test_the_shipped_holidays_are_those_of_the_gazette():
    rows = list(csv.DictReader((ROOT / "contracts/reference/holidays.csv").read_text("utf-8").splitlines()))
    public = [row["day"] for row in rows if row["kind"] == "public_holiday"]
    assert [day for day in public if day.startswith("2023")] == [
        f"2023-{day}" for day in (
            "01-02", "01-23", "01-24", "01-25", "04-05", "04-07", "04-08", "04-10", "05-01", "05-26", "06-22", "07-01",
            "09-30", "10-02", "10-23", "12-25", "12-26",
        )
    ]  # fmt: skip
    assert set(Counter(day[:4] for day in public).values()) == {17, 18}  # 2015 had one more
    new_years = {row["day"] for row in rows if row["kind"] == "lunar_new_year"}
    assert {"2023-01-22", "2024-02-10", "2025-01-29", "2026-02-17"} <= new_years  # a Sunday, and no holiday, in 2023
    assert date.fromisoformat(max(public)) > AS_OF + timedelta(days=365)


def test_the_shipped_holidays_are_as_their_script_makes_them(tmp_path):
    pytest.importorskip("holidays", reason="the library holidays is needed by this script alone")
    main(tmp_path / "holidays.csv")
    assert (tmp_path / "holidays.csv").read_bytes() == (ROOT / "contracts/reference/holidays.csv").read_bytes()
