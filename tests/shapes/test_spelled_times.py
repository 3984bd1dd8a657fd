"""Dates with words in them, dates that are numbers, and times that clocks leave out, from a file to landed rows."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.worlds.landed_world import make_column, make_source
from warehouse.landing.land import Landed, LoadHistory, begin_file, land_files
from warehouse.types.spelled_times import MONTHS, spell_minguo, spell_plainly

NOON = datetime(2026, 11, 1, 12, 30)
PLAIN = {
    "Sun Nov 01 12:30:00 +0000 2026": "2026-11-01 12:30:00+0000",
    "Sun Nov  1 12:30:00 2026": "2026-11-01 12:30:00",
    "Sun, 01 Nov 2026 12:30:00 GMT": "2026-11-01 12:30:00Z",
    "1 Nov 2026 12:30:00 +0800": "2026-11-01 12:30:00+0800",
    "2026-11-01 12:30:00 UTC": "2026-11-01 12:30:00Z",
    "2026-11-01T12:30:00+01:00[Europe/Berlin]": "2026-11-01 12:30:00+01:00",
    "2026-11-01 12:30:00.123456789 +0100 CET": "2026-11-01 12:30:00.123456+0100",
    "2026-11-01 12.30.00": "2026-11-01 12:30:00",
    "Nov 1, 2026": "2026-11-01",
    "November 1st, 2026 at 12:30 p.m.": "2026-11-01 12:30:00",
    "01. November 2026": "2026-11-01",
    "1. März 2026 12:30 Uhr": "2026-03-01 12:30:00",
    "1er février 2026": "2026-02-01",
    "3 de octubre de 2026": "2026-10-03",
    "2026年11月1日": "2026-11-01",
    "2026年11月1日 12:30": "2026-11-01 12:30:00",
    "2026年11月01日 12时30分05秒": "2026-11-01 12:30:05",
    "2026年11月1日下午3時5分": "2026-11-01 15:05:00",
    "2026/11/1 上午12:30": "2026-11-01 00:30:00",
    "2026/11/1 下午12:30": "2026-11-01 12:30:00",
    "2026/11/1 午後3:05": "2026-11-01 15:05:00",
    "2026년 11월 1일 오후 3:05": "2026-11-01 15:05:00",
    "民國115年11月1日": "2026-11-01",
    "民國115/11/01 上午 9:05": "2026-11-01 09:05:00",
    "令和元年5月1日": "2019-05-01",
}
UNCLEAR = [
    "2026-11-01T12:30:00[Europe/Berlin]", "2026-11-01 12:30:00 CST", "2026-11-01 12:30 Paris", "31-Feb-2026",
    "115年11月1日", "2026/11/1 晚上12:30", "2026/11/1 下午15:05", "2026/11/1 上午0:30", "11/1/26 a", "Novembre", "x",
]  # fmt: skip


@pytest.mark.parametrize("text", PLAIN)
def test_what_can_be_read_in_one_way_is_written_plainly(text: str) -> None:
    assert spell_plainly(text) == PLAIN[text]


@pytest.mark.parametrize("text", UNCLEAR)
def test_what_is_unclear_or_impossible_is_left_alone(text: str) -> None:
    assert spell_plainly(text) is None


@given(
    moment=st.datetimes(datetime(1912, 1, 1), datetime(2100, 1, 1)).map(lambda m: m.replace(microsecond=0)),
    month=st.sampled_from(sorted(MONTHS)),
)
@settings(max_examples=100, deadline=None)
def test_every_month_of_every_language_in_every_order(moment: datetime, month: str) -> None:
    moment = moment.replace(day=min(moment.day, 28), month=MONTHS[month])
    clock = f"{moment:%H:%M:%S}"
    expected = f"{moment:%Y-%m-%d %H:%M:%S}"
    for name in (month, month.upper(), month.title()):
        assert spell_plainly(f"{moment.day} {name} {moment.year} {clock}") == expected
        assert spell_plainly(f"{name} {moment.day}, {moment.year}, {clock}") == expected
    half = f"{'上午' if moment.hour < 12 else '下午'}{(moment.hour - 1) % 12 + 1}:{moment:%M:%S}"
    assert spell_plainly(f"{moment.year}年{moment.month}月{moment.day}日 {half}") == expected
    if moment.year >= 1921:
        assert spell_minguo(f"{moment.year - 1911}/{moment.month}/{moment.day} {clock}") == expected


def land(folder: Path, texts: list[str], zone: str = "Europe/Berlin", **column: object) -> tuple[list, list]:
    """Landed moments, and rule and message of each warning."""
    kind = str(column.pop("type", "timestamp"))
    source = make_source(make_column("at", kind, **column), timezone=zone)
    file = folder / "day.csv"
    file.write_text("at\n" + "".join(f'"{text}"\n' for text in texts), "utf-8")
    with duckdb.connect() as con:
        writer = begin_file(con, source, LoadHistory())
        land_files(writer, [file], LoadHistory(), Landed("shop"), folder / "snapshots")
        rows = con.execute("SELECT landed.at FROM landed ORDER BY _record").fetchall()
        warnings = con.execute("SELECT rule, message, failed_count FROM landing_warning").fetchall()
    return [row[0] for row in rows], warnings


def test_words_and_plain_dates_stand_beside_each_other(tmp_path: Path) -> None:
    texts = [
        "Sun Nov 01 12:30:00 +0000 2026",
        "2026年11月1日 13:30",
        "2026-11-01 13:30",
        "1.11.2026, 13:30 Uhr",
        "13.11.2026",
    ]
    found, _ = land(tmp_path, texts)
    assert found == [NOON, NOON, NOON, NOON, datetime(2026, 11, 12, 23)]


@pytest.mark.parametrize(
    ("epoch", "texts"),
    [
        ("any", ["1793536200" + "0" * digits for digits in (0, 3, 6, 9)]),
        ("any", ["1793536200.0", "1.7935362E9", "1.7935362E+12"]),
        ("seconds", ["1793536200"]),
        ("milliseconds", ["1793536200000"]),
        ("microseconds", ["1793536200000000"]),
        ("nanoseconds", ["1793536200000000000"]),
        ("excel", ["46327.5625"]),
        ("minguo", ["115/11/01 13:30:00", "115-11-1 13:30", "115.11.01 下午1:30"]),
    ],
)  # fmt: skip
def test_counted_times_are_read_where_they_are_declared(tmp_path: Path, epoch: str, texts: list[str]) -> None:
    found, warnings = land(tmp_path, texts, epoch=epoch)
    assert (found, warnings) == ([NOON] * len(texts), [])


def test_days_of_a_spreadsheet_are_dates(tmp_path: Path) -> None:
    found, _ = land(tmp_path, ["46327", "46327.99", "60", "1e9", "2026-11-01"], type="date", epoch="excel")
    assert found == [NOON.date(), NOON.date(), None, None, NOON.date()]


@pytest.mark.parametrize(
    ("text", "cure"),
    [
        ("1793536200", "c360.epoch: any"),
        ("1793536200000", "c360.epoch: any"),
        ("46327.5625", "c360.epoch: excel"),
        ("20261101", "logicalTypeOptions.format, as yyyyMMdd"),
        ("12/31/25 11:59 PM", "logicalTypeOptions.format, as M/d/yy h:mm a"),
        ("31-Dec-25", "logicalTypeOptions.format, as M/d/yy h:mm a"),
        ("115/11/01", "c360.epoch: minguo"),
    ],
)
def test_what_needs_a_declaration_says_which(tmp_path: Path, text: str, cure: str) -> None:
    found, warnings = land(tmp_path, [text, "2026-11-01", "soon"])
    assert found == [None, datetime(2026, 10, 31, 23), None]
    ((rule, message, count),) = warnings
    assert (rule, count) == ("unread_dates:at", 1)
    assert cure in message
    assert text not in message


def test_times_that_clocks_leave_out_or_repeat_are_counted(tmp_path: Path) -> None:
    texts = ["2026-03-29 01:59", "2026-03-29 02:30", "2026-03-29 03:00", "2026-10-25 02:30", "2026-10-25 03:00"]
    _, warnings = land(tmp_path, texts)
    assert [(rule, count) for rule, _, count in warnings] == [("clock_change:at", 2)]
    assert "1 times do not exist" in warnings[0][1]
    assert "1 times come twice" in warnings[0][1]
    assert land(tmp_path, [f"{text}+01:00" for text in texts])[1] == []
    assert land(tmp_path, texts, "Asia/Hong_Kong")[1] == []


@pytest.mark.parametrize("literal", ["'UTC'", "'Z'", "'GMT'", " 'UTC'"])
def test_a_literal_zone_in_a_pattern_means_it(tmp_path: Path, literal: str) -> None:
    text = "2026-11-01 12:30:00" + literal.replace("'", "")
    assert land(tmp_path, [text], format=f"yyyy-MM-dd HH:mm:ss{literal}")[0] == [NOON]
    assert land(tmp_path, ["12:30 o'UTC 01/11/2026"], format="HH:mm 'o''UTC' dd/MM/yyyy")[0] == [
        datetime(2026, 11, 1, 11, 30)
    ]
