"""Casts of delivered values: every accepted spelling, every refused one, against Python's own datetime and decimal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse.contracts.model import Column
from warehouse.types import build_cast, infer_format, is_mistyped, sql_type, to_strptime

HONG_KONG = "Asia/Hong_Kong"
MISTYPED = "mistyped"


def column(kind: str, form: str | None = None, physical: str | None = None) -> Column:
    return Column("a.b \"c'", ("a",), kind, format=form, physical_type=physical)


@pytest.fixture(scope="module", params=["UTC", "America/New_York", "Pacific/Chatham"])
def connection(request: pytest.FixtureRequest) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection for each of three session time zones; results must not depend on it."""
    with duckdb.connect(config={"threads": 1}) as opened:
        opened.execute(f"SET TimeZone = '{request.param}'")
        yield opened


@pytest.fixture(scope="module")
def plain() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as opened:
        opened.execute("SET TimeZone = 'America/New_York'")
        yield opened


def cast(
    connection: duckdb.DuckDBPyConnection,
    declared: Column,
    values: list[str | None],
    zone: str = HONG_KONG,
    habit: Any = None,
) -> list[Any]:
    """What texts become: a value, None, or MISTYPED; both expressions are asked, over one column of them all."""
    cast = build_cast(declared, "text", zone, habit)
    wrong = is_mistyped(declared, "text", f"({cast})")
    name = declared.name.replace('"', '""')
    table = f'(SELECT unnest(?::VARCHAR[]) AS "{name}")'
    rows = connection.execute(f"SELECT {cast}, {wrong} FROM {table}", [values]).fetchall()
    assert all(value is None for value, is_wrong in rows if is_wrong)
    assert all(isinstance(is_wrong, bool) for _, is_wrong in rows)
    return [MISTYPED if is_wrong else value for value, is_wrong in rows]


def cast_native(connection: duckdb.DuckDBPyConnection, declared: Column, literal: str, zone: str = HONG_KONG) -> Any:
    name = declared.name.replace('"', '""')
    known = connection.execute(f"SELECT typeof({literal})").fetchall()[0][0]
    found = []
    for delivered in ("native", known):  # told apart by SQL, and by whoever knows the type
        cast = build_cast(declared, delivered, zone)
        wrong = is_mistyped(declared, delivered, f"({cast})")
        row = connection.execute(f'SELECT {cast}, {wrong} FROM (SELECT {literal} AS "{name}")').fetchall()[0]
        found.append(MISTYPED if row[1] else row[0])
    assert found[0] == found[1]
    return found[0]


def utc(local: datetime, zone: str) -> datetime:
    """The oracle: of a doubled hour the later one, of a missing hour the offset before."""
    aware = local.replace(tzinfo=ZoneInfo(zone))
    later = local.replace(tzinfo=ZoneInfo(zone), fold=1)
    is_missing = aware.utcoffset() < later.utcoffset()  # type: ignore[operator]
    return (aware if is_missing else later).astimezone(UTC).replace(tzinfo=None)


INTEGERS: dict[str | None, Any] = {
    "0": 0,
    "42": 42,
    "-7": -7,
    "+5": 5,
    " 42 ": 42,
    "\t42\n": 42,
    "\u00a042\u3000": 42,
    "3.0": 3,
    "3.": 3,
    "-3.00": -3,
    "1,234": 1234,
    "-12,345,678": -12345678,
    "1,234.0": 1234,
    "００１２": 12,
    "－５": -5,
    "9223372036854775807": 2**63 - 1,
    "9007199254740993.0": 9007199254740993,
    "": None,
    "  ": None,
    None: None,
    "1,23": MISTYPED,
    "12,34": MISTYPED,
    "1,2345": MISTYPED,
    "3.5": MISTYPED,
    "1e3": MISTYPED,
    "0x10": MISTYPED,
    "1_000": MISTYPED,
    "9223372036854775808": MISTYPED,
    "1e400": MISTYPED,
    "inf": MISTYPED,
    "nan": MISTYPED,
    "twelve": MISTYPED,
    "--5": MISTYPED,
    "1 2": MISTYPED,
    "HK$5": MISTYPED,
    "2026-01-01": MISTYPED,
    "-": MISTYPED,
}
MONEY: dict[str | None, Any] = {
    "0": "0.00",
    "12.5": "12.50",
    "-12.345": "-12.35",
    "12.344999": "12.34",
    ".5": "0.50",
    "5.": "5.00",
    "1e3": "1000.00",
    "1.5E-1": "0.15",
    "HK$1,234.50": "1234.50",
    "HKD 1,234.50": "1234.50",
    "1,234.50 HKD": "1234.50",
    "$ 5": "5.00",
    "-$5": "-5.00",
    "$-5": "-5.00",
    "US$5": "5.00",
    "€5.10": "5.10",
    "5.10€": "5.10",
    "￥１，２３４": "1234.00",
    "12元": "12.00",
    "(12.00)": "-12.00",
    "(HK$12.00)": "-12.00",
    "HK$(12.00)": "-12.00",
    "12.00-": "-12.00",
    "12- HKD": "-12.00",
    "hkd 5": "5.00",
    "$5 USD": "5.00",
    "1HKD2": MISTYPED,
    "5 HKD USD": MISTYPED,
    "（12）": "-12.00",
    "": None,
    " ": None,
    None: None,
    "1,23": MISTYPED,
    "12,5": MISTYPED,
    "1.234,50": MISTYPED,
    "--5": MISTYPED,
    "-(5)": MISTYPED,
    "-$-5": MISTYPED,
    "(5": MISTYPED,
    "5)": MISTYPED,
    "-5-": MISTYPED,
    "INV123": MISTYPED,
    "ABC 12": MISTYPED,
    "5 apples": MISTYPED,
    "HKD": MISTYPED,
    "1e400": MISTYPED,
    "inf": MISTYPED,
    "-Infinity": MISTYPED,
    "NaN": MISTYPED,
    "1e17": MISTYPED,
    "1_000": MISTYPED,
    "99999999999999999.99": MISTYPED,
    "$": MISTYPED,
    "()": MISTYPED,
    "12 34": MISTYPED,
    "50%": MISTYPED,
    ".": MISTYPED,
}
BOOLEANS: dict[str | None, Any] = {
    **dict.fromkeys(["true", "TRUE", "Yes", "y", "1", "是", " true ", "１", "t"], True),
    **dict.fromkeys(["false", "False", "no", "N", "0", "否", "f"], False),
    "": None,
    None: None,
    "2": MISTYPED,
    "maybe": MISTYPED,
    "1.0": MISTYPED,
}
STRINGS: dict[str | None, Any] = {
    " a ": " a ",
    "陳": "陳",
    "": None,
    "  ": None,
    "\u3000": None,
    "\u00a0\t": None,
    None: None,
    "nan": "nan",
    "0": "0",
    "\u00a0x": "\u00a0x",
    "é": "é",
    "😀": "😀",
    '="00123"': "00123",
    "'00123": "00123",
    "'+85291234567": "+85291234567",
    "'=00123": "00123",
    "'A-17": "A-17",
    "'t Hooft": "'t Hooft",
    "'quoted'": "'quoted'",
    "'12' pipe": "'12' pipe",
    "=1+2": "=1+2",
}
LISTS: dict[str | None, Any] = {
    "[1, 2]": "[1, 2]",
    ' ["a"] ': '["a"]',
    "[]": "[]",
    "": None,
    '{"a": 1}': MISTYPED,
    "[1,": MISTYPED,
    "a;b": MISTYPED,
    "5": MISTYPED,
}
DAYS: dict[str | None, Any] = {
    "2026-02-28": date(2026, 2, 28),
    " 2026-02-28 ": date(2026, 2, 28),
    "２０２６-02-28": date(2026, 2, 28),
    "2024-02-29": date(2024, 2, 29),
    "2026-02-28T23:30:00+08:00": date(2026, 2, 28),
    "2026-02-28T23:30:00Z": date(2026, 2, 28),
    "2026-02-28 10:15": date(2026, 2, 28),
    "2026/2/8": date(2026, 2, 8),
    "8-Feb-2026": date(2026, 2, 8),
    "08-FEBRUARY-2026": date(2026, 2, 8),
    "8 Feb 2026": date(2026, 2, 8),
    "": None,
    None: None,
    "2026-02-30": MISTYPED,
    "2023-02-29": MISTYPED,
    "0000-00-00": MISTYPED,
    "2026-13-01": MISTYPED,
    "20260228": MISTYPED,
    "42": MISTYPED,
    "45000.5": MISTYPED,
    "infinity": MISTYPED,
    "epoch": MISTYPED,
    "today": MISTYPED,
    "1/2/2026": MISTYPED,
    "28/02/2026": MISTYPED,
    "28/02/26": MISTYPED,
    "26-02-28": MISTYPED,
    "2026-02": MISTYPED,
    "2026-02-28T25:00:00": MISTYPED,
    "-2026-02-28": MISTYPED,
    "12026-02-28": MISTYPED,
    "2026-02-28 BC": MISTYPED,
    "x": MISTYPED,
    "31-Feb-2026": MISTYPED,
}
NOON = datetime(2026, 2, 28, 12, 0)
MOMENTS: dict[str | None, Any] = {
    **dict.fromkeys(
        [
            "2026-02-28 20:00:00",
            "2026-02-28T20:00:00",
            "2026-02-28 20:00",
            "2026-02-28T20:00:00.000",
            "2026-02-28 20:00:00,0",
            "2026-02-28T12:00:00Z",
            "2026-02-28T12:00:00z",
            "2026-02-28t12:00:00Z",
            "2026-02-28 12:00Z",
            "2026-02-28T20:00:00+08:00",
            "2026-02-28T20:00:00+0800",
            "2026-02-28T20:00:00+08",
            "2026-02-28 20:00:00 +08:00",
            "2026-02-28T02:00:00 -10:00",
            "20260228T120000Z",
            "20260228T200000",
            "20260228T200000+0800",
            "2026/02/28 20:00",
            "2026/2/28 20:00:00",
            "28-Feb-2026 20:00",
            "28-Feb-2026 8:00 PM",
            " 2026-02-28 20:00:00 ",
            "２０２６－０２－２８ ２０：００",
        ],
        NOON,
    ),
    "2026-02-28": datetime(2026, 2, 27, 16),
    "2026-02-28T20:00:00.123456789": NOON.replace(microsecond=123456),
    "2026-02-28 24:00": datetime(2026, 2, 28, 16),
    "": None,
    " ": None,
    None: None,
    "2026-02-30 10:00": MISTYPED,
    "2026-02-28 25:00": MISTYPED,
    "2026-02-28T10": MISTYPED,
    "2026-02-28 20:00 Paris": MISTYPED,
    "2026-02-28T20:00:00+99:00": MISTYPED,
    "1772280000": MISTYPED,
    "28/02/2026 20:00": MISTYPED,
    "infinity": MISTYPED,
    "now": MISTYPED,
}


def check(connection: duckdb.DuckDBPyConnection, declared: Column, table: dict[str | None, Any], **more: Any) -> None:
    found = dict(zip(table, cast(connection, declared, list(table), **more), strict=True))
    assert found == table


def test_integers(connection: duckdb.DuckDBPyConnection) -> None:
    check(connection, column("integer"), INTEGERS)


def test_decimals(connection: duckdb.DuckDBPyConnection) -> None:
    table = {k: Decimal(v) if v not in (None, MISTYPED) else v for k, v in MONEY.items()}
    check(connection, column("number", physical="DECIMAL(18,2)"), table)


def test_doubles(connection: duckdb.DuckDBPyConnection) -> None:
    check(
        connection,
        column("number"),
        {
            "1e17": 1e17,
            "1e400": MISTYPED,
            "-1e400": MISTYPED,
            "inf": MISTYPED,
            "nan": MISTYPED,
            "HK$1,234.50": 1234.5,
            "9" * 400: MISTYPED,
            ".5": 0.5,
        },
    )


def test_booleans(connection: duckdb.DuckDBPyConnection) -> None:
    check(connection, column("boolean"), BOOLEANS)


def test_strings(connection: duckdb.DuckDBPyConnection) -> None:
    check(connection, column("string"), STRINGS)


def test_lists(connection: duckdb.DuckDBPyConnection) -> None:
    check(connection, column("array"), LISTS)


def test_days(connection: duckdb.DuckDBPyConnection) -> None:
    check(connection, column("date"), DAYS)


def test_moments(connection: duckdb.DuckDBPyConnection) -> None:
    check(connection, column("timestamp"), MOMENTS)


def test_times(connection: duckdb.DuckDBPyConnection) -> None:
    check(
        connection,
        column("time"),
        {"10:05": time(10, 5), "9:05:06.5": time(9, 5, 6, 500000), "25:00": MISTYPED, "10": MISTYPED},
    )
    check(connection, column("time", "h:mm a"), {"3:05 PM": time(15, 5), "3:05PM": MISTYPED, "15:05": time(15, 5)})


@pytest.mark.parametrize(
    ("form", "text", "expected"),
    [
        ("dd/MM/yyyy", "28/02/2026", date(2026, 2, 28)),
        ("dd/MM/yyyy", "8/2/2026", date(2026, 2, 8)),
        ("dd/MM/yyyy", "2026-02-28", date(2026, 2, 28)),
        ("dd/MM/yyyy", "28/02/26", MISTYPED),
        ("dd/MM/yyyy", "31/02/1980", MISTYPED),
        ("dd/MM/yyyy", "02/28/2026", MISTYPED),
        ("MM/dd/yyyy", "02/03/2026", date(2026, 2, 3)),
        ("dd/MM/yy", "28/02/26", date(2026, 2, 28)),
        ("dd/MM/yy", "28/02/70", date(1970, 2, 28)),
        ("yyyyMMdd", "20260228", date(2026, 2, 28)),
        ("yyyyMMdd", "2026112", MISTYPED),
        ("yyyyMMdd", "20260231", MISTYPED),
        ("yyyy-dd-MM", "2026-03-02", date(2026, 2, 3)),
        ("yyyy-dd-MM", "2026-02-28", MISTYPED),
        ("yyyy'年'M'月'd'日'", "2026年2月8日", date(2026, 2, 8)),
        ("yyyy/MM/dd", "2026.02.28", MISTYPED),
        ("d MMM yyyy", "8 feb 2026", date(2026, 2, 8)),
        ("EEE, d MMMM yyyy", "Sun, 8 February 2026", date(2026, 2, 8)),
        ("yyyy-MM-dd'T'HH:mm:ssXXX", "2026-02-28T01:00:00+08:00", date(2026, 2, 28)),
        ("yyyy-MM-dd'T'HH:mm:ssXXX", "2026-02-28T23:00:00Z", date(2026, 2, 28)),
    ],
)
def test_declared_days(plain: duckdb.DuckDBPyConnection, form: str, text: str, expected: Any) -> None:
    assert cast(plain, column("date", form), [text, f"  {text}"]) == [expected, expected]


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("dd/MM/yyyy HH:mm", "28/02/2026 20:00"),
        ("M/d/yyyy h:mm a", "2/28/2026 8:00 pm"),
        ("yyyyMMddHHmmss", "20260228200000"),
        ("yyyy-MM-dd'T'HH:mm:ssXXX", "2026-02-28T20:00:00+08:00"),
        ("yyyy-MM-dd'T'HH:mm:ssXXX", "2026-02-28T12:00:00Z"),
        ("yyyy-MM-dd HH:mm:ss Z", "2026-02-28 07:00:00 -0500"),
        ("dd.MM.yyyy HH:mm:ss.SSS", "28.02.2026 20:00:00.000"),
        ("EEE MMM dd HH:mm:ss Z yyyy", "Sat Feb 28 12:00:00 +0000 2026"),
        ("dd/MM/yyyy HH:mm VV", "28/02/2026 07:00 America/New_York"),
        ("dd/MM/yyyy HH:mm", "2026-02-28T12:00:00Z"),
        ("yyyy-MM-dd HH:mm:ss.SSSSSSSSS", "2026-02-28 20:00:00.000000000"),
    ],
)
def test_declared_moments(connection: duckdb.DuckDBPyConnection, form: str, text: str) -> None:
    assert cast(connection, column("timestamp", form), [text]) == [NOON]


def test_order_of_day_and_month(plain: duckdb.DuckDBPyConnection) -> None:
    texts: list[str | None] = ["3/4/2026", "03-04-2026", "3.4.2026", "13/1/2026", "1/13/2026", "3/4/26"]
    april, march = date(2026, 4, 3), date(2026, 3, 4)
    day_first = [april, april, april, date(2026, 1, 13), MISTYPED, MISTYPED]
    month_first = [march, march, march, MISTYPED, date(2026, 1, 13), MISTYPED]
    assert cast(plain, column("date"), texts, habit="dmy") == day_first
    assert cast(plain, column("date"), texts, habit="mdy") == month_first
    assert cast(plain, column("timestamp"), ["1/2/2026 8:00 PM"], habit="mdy") == [datetime(2026, 1, 2, 12)]
    assert cast(plain, column("timestamp"), ["1/2/2026 20:00:30"], habit="dmy") == [datetime(2026, 2, 1, 12, 0, 30)]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["1/2/2026", "13/2/2026", None], "dmy"),
        (["1/2/2026", "2/13/2026 10:00"], "mdy"),
        (["1/2/2026", "2/1/2026"], None),
        (["13/2/2026", "2/13/2026"], None),
        (["99/2/2026", "2026-13-13", ""], None),
        ([], None),
    ],
)
def test_date_order_is_found(plain: duckdb.DuckDBPyConnection, texts: list[str | None], expected: str | None) -> None:
    plain.execute('CREATE OR REPLACE TABLE "the delivery" AS SELECT unnest(?::VARCHAR[]) AS "a day"', [texts])
    assert infer_format(plain, "the delivery", Column("a day", ("a day",), "date")) == expected
    assert infer_format(plain, "the delivery", Column("a day", ("a day",), "date", format="dd/MM/yyyy")) is None


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["12,5", "3", None], "comma"),
        (["1.234,567", "€ 12"], "comma"),
        (["1,2345"], "comma"),
        (["12.5", "1,234"], "point"),
        (["1,234.567"], "point"),
        (["1,234", "1.234", "12"], None),
        (["12,5", "12.5"], None),
        (["n/a", ""], None),
        ([], None),
    ],
)
def test_decimal_mark_is_found(plain: duckdb.DuckDBPyConnection, texts: list[str | None], expected: str | None) -> None:
    plain.execute('CREATE OR REPLACE TABLE "the delivery" AS SELECT unnest(?::VARCHAR[]) AS "Betrag"', [texts])
    for kind in ("number", "integer"):
        assert infer_format(plain, "the delivery", Column("Betrag", ("Betrag",), kind)) == expected


def test_decimal_commas(plain: duckdb.DuckDBPyConnection) -> None:
    texts = ["12,50", "1.234,5", "1.234", "-0,5", "€ 7,00", "(3,25)", "12.50", "1,2,3", "n/a"]
    values: list[Any] = [12.5, 1234.5, 1234, -0.5, 7, -3.25, MISTYPED, MISTYPED, MISTYPED]
    assert cast(plain, column("number"), texts, habit="comma") == values
    assert cast(plain, column("integer"), ["1.234", "7", "1,234"], habit="comma") == [1234, 7, MISTYPED]


@pytest.mark.parametrize("physical", ["BIGINT", "INTEGER", "int64", "INT"])
def test_unix_times_only_where_the_source_says_so(plain: duckdb.DuckDBPyConnection, physical: str) -> None:
    seconds = int(NOON.replace(tzinfo=UTC).timestamp())
    texts: list[str | None] = [str(seconds), str(seconds * 1000), "-1", "9" * 30]
    found = cast(plain, column("timestamp", physical=physical), texts)
    assert found == [NOON, NOON, datetime(1969, 12, 31, 23, 59, 59), MISTYPED]
    assert cast(plain, column("timestamp", physical="VARCHAR"), texts) == [MISTYPED] * 4
    assert cast(plain, column("date", physical=physical), texts) == [MISTYPED] * 4


@pytest.mark.parametrize(
    "zone", ["Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC", HONG_KONG]
)
def test_every_half_hour_of_a_year_with_its_changes_of_clock(connection: duckdb.DuckDBPyConnection, zone: str) -> None:
    locals_ = [datetime(2026, 1, 1) + timedelta(minutes=30) * i for i in range(365 * 48)]
    found = cast(connection, column("timestamp"), [moment.isoformat() for moment in locals_], zone)
    assert found == [utc(moment, zone) for moment in locals_]


@settings(max_examples=100, deadline=None)
@given(
    moment=st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1)),
    minutes=st.integers(-14 * 60, 14 * 60),
    zone=st.sampled_from([HONG_KONG, "Europe/London", "America/New_York"]),
)
def test_iso_round_trip(plain: duckdb.DuckDBPyConnection, moment: datetime, minutes: int, zone: str) -> None:
    sign, hours, rest = "-" if minutes < 0 else "+", abs(minutes) // 60, abs(minutes) % 60
    aware = f"{moment.isoformat()}{sign}{hours:02}:{rest:02}"
    expected = [moment - timedelta(minutes=minutes), utc(moment, zone)]
    assert cast(plain, column("timestamp"), [aware, moment.isoformat(" ")], zone) == expected


@settings(max_examples=100, deadline=None)
@given(day=st.dates(date(1000, 1, 1)), form=st.sampled_from(["dd/MM/yyyy", "yyyyMMdd", "d-M-yyyy", "yyyy MM dd"]))
def test_declared_day_round_trip(plain: duckdb.DuckDBPyConnection, day: date, form: str) -> None:
    spelt = {"yyyy": f"{day.year:04}", "MM": f"{day.month:02}", "dd": f"{day.day:02}"}
    text = form
    for letters, value in spelt.items():
        text = text.replace(letters, value)
    text = text.replace("M", str(day.month)).replace("d", str(day.day))
    assert cast(plain, column("date", form), [text]) == [day]


@settings(max_examples=100, deadline=None)
@given(number=st.decimals(Decimal("-1e15"), Decimal("1e15"), allow_nan=False, places=3), style=st.sampled_from("pgmbc"))
def test_amount_round_trip(plain: duckdb.DuckDBPyConnection, number: Decimal, style: str) -> None:
    size = f"{abs(number):,}"
    minus = "-" if number < 0 else ""
    text = {
        "p": f"{number:f}",
        "g": minus + size,
        "m": f"HK${size}{minus}",
        "b": f"({size})" if minus else size,
        "c": f"{minus}USD {size}",
    }[style]
    expected = number.quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert cast(plain, column("number", physical="DECIMAL(18,2)"), [text]) == [expected]


@settings(max_examples=25, deadline=None)
@given(texts=st.lists(st.text(max_size=12) | st.from_regex(r"[-+(]?[0-9/:., TZ]{1,12}", fullmatch=True), max_size=99))
def test_no_text_raises(plain: duckdb.DuckDBPyConnection, texts: list[str]) -> None:
    given_ = [text.replace("\0", "").encode("utf-8", "ignore").decode() for text in texts]
    for kind in ("string", "integer", "number", "boolean", "date", "timestamp", "time", "array", "object"):
        cast(plain, column(kind, physical="BIGINT"), list(given_), habit="dmy")


NATIVE: list[tuple[str, str, Any]] = [
    ("string", "12346.0::DOUBLE", "12346"),
    ("string", "1e20::DOUBLE", "100000000000000000000"),
    ("string", "1.5::FLOAT", "1.5"),
    ("string", "'nan'::DOUBLE", None),
    ("string", "10000000000000000::BIGINT", "10000000000000000"),
    ("string", "1.50::DECIMAL(9,2)", "1.50"),
    ("string", "true", "true"),
    ("string", "{'a': [1, 2]}", '{"a":[1,2]}'),
    ("string", "[1, 2]", "[1,2]"),
    ("string", "MAP {'k': 1}", '{"k":1}'),
    ("string", "DATE '2026-02-28'", "2026-02-28"),
    ("string", "TIMESTAMPTZ '2026-02-28 20:00:00+08'", "2026-02-28 12:00:00+00"),
    ("string", "' a '", " a "),
    ("string", "NULL", None),
    ("integer", "5::TINYINT", 5),
    ("integer", "3.0::DOUBLE", 3),
    ("integer", "3.5::DOUBLE", MISTYPED),
    ("integer", "3.00::DECIMAL(9,2)", 3),
    ("integer", "'7'", 7),
    ("integer", "'x'", MISTYPED),
    ("integer", "1e30::DOUBLE", MISTYPED),
    ("integer", "true", MISTYPED),
    ("integer", "18446744073709551615::UBIGINT", MISTYPED),
    ("integer", "'nan'::DOUBLE", None),
    ("number", "1.5::DOUBLE", 1.5),
    ("number", "'inf'::DOUBLE", MISTYPED),
    ("number", "'nan'::DOUBLE", None),
    ("number", "1.25::DECIMAL(9,2)", 1.25),
    ("number", "7::BIGINT", 7.0),
    ("number", "'HK$5'", 5.0),
    ("number", "DATE '2026-01-01'", MISTYPED),
    ("boolean", "true", True),
    ("boolean", "0::BIGINT", False),
    ("boolean", "1.0::DOUBLE", True),
    ("boolean", "2", MISTYPED),
    ("date", "DATE '2026-02-28'", date(2026, 2, 28)),
    ("date", "TIMESTAMP '2026-02-28 23:00:00'", date(2026, 2, 28)),
    ("date", "TIMESTAMPTZ '2026-02-28 20:00:00Z'", date(2026, 3, 1)),
    ("date", "'infinity'::DATE", MISTYPED),
    ("date", "20260228", MISTYPED),
    ("date", "'2026-02-28'", date(2026, 2, 28)),
    ("timestamp", "TIMESTAMP '2026-02-28 20:00:00'", NOON),
    ("timestamp", "TIMESTAMPTZ '2026-02-28 20:00:00+08'", NOON),
    ("timestamp", "TIMESTAMP_NS '2026-02-28 20:00:00'", NOON),
    ("timestamp", "TIMESTAMP_S '2026-02-28 20:00:00'", NOON),
    ("timestamp", "DATE '2026-02-28'", datetime(2026, 2, 27, 16)),
    ("timestamp", "'2026-02-28T12:00:00Z'", NOON),
    ("timestamp", "'infinity'::TIMESTAMP", MISTYPED),
    ("timestamp", "'infinity'::TIMESTAMPTZ", MISTYPED),
    ("timestamp", "TIMESTAMP '290000-01-01'", MISTYPED),
    ("timestamp", "1772280000::BIGINT", MISTYPED),
    ("time", "TIME '10:05'", time(10, 5)),
    ("array", "[1, 2]", "[1,2]"),
    ("array", "{'a': 1}", MISTYPED),
    ("object", "{'a': 1}", '{"a":1}'),
    ("array", "'[1]'", "[1]"),
    ("string", "'x'::ENUM ('x', 'y')", "x"),
]


@pytest.mark.parametrize(("kind", "literal", "expected"), NATIVE)
def test_native(connection: duckdb.DuckDBPyConnection, kind: str, literal: str, expected: Any) -> None:
    assert cast_native(connection, column(kind), literal) == expected


def test_native_unix_time_and_compact_day(plain: duckdb.DuckDBPyConnection) -> None:
    assert cast_native(plain, column("timestamp", physical="BIGINT"), "1772280000::BIGINT") == NOON
    assert cast_native(plain, column("date", "yyyyMMdd"), "20260228::BIGINT") == date(2026, 2, 28)
    assert cast_native(plain, column("timestamp", "yyyy-dd-MM"), "TIMESTAMP '2026-02-28 20:00:00'") == NOON


@pytest.mark.parametrize(
    ("kind", "physical", "expected"),
    [
        ("number", None, "DOUBLE"),
        ("number", "DECIMAL(18,2)", "DECIMAL(18,2)"),
        ("number", "decimal(5, 2)", "DECIMAL(18,2)"),
        ("number", "NUMERIC(38,10)", "DECIMAL(38,10)"),
        ("number", "DECIMAL", "DECIMAL(18,4)"),
        ("number", "double", "DOUBLE"),
        ("number", "DECIMAL(50,60)", "DECIMAL(38,38)"),
        ("integer", "DECIMAL(9,0)", "BIGINT"),
        ("object", None, "VARCHAR"),
        ("timestamp", "TIMESTAMPTZ", "TIMESTAMP"),
    ],
)
def test_sql_types(plain: duckdb.DuckDBPyConnection, kind: str, physical: str | None, expected: str) -> None:
    declared = column(kind, physical=physical)
    assert sql_type(declared) == expected
    name = declared.name.replace('"', '""')
    for delivered in ("text", "native"):
        query = f'SELECT typeof({build_cast(declared, delivered, HONG_KONG)}) FROM (SELECT NULL::VARCHAR AS "{name}")'
        assert plain.execute(query).fetchall() == [(expected,)]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("yyyy-MM-dd HH:mm:ss", "%Y-%m-%d %H:%M:%S"),
        ("dd/MM/yy", "%d/%m/%y"),
        ("yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "%Y-%m-%dT%H:%M:%S.%f%z"),
        ("d MMM uuuu h:mm a", "%d %b %Y %I:%M %p"),
        ("EEEE d MMMM", "%A %d %B"),
        ("hh 'o''clock' ''", "%I o'clock '"),
        ("yyyy%MM", "%Y%%%m"),
    ],
)
def test_patterns(pattern: str, expected: str) -> None:
    assert to_strptime(pattern) == expected


@pytest.mark.parametrize(
    ("pattern", "named"),
    [
        ("yyyy-QQ", "'QQ'"),
        ("YYYY-MM-dd", "'YYYY'"),
        ("yyyy-MM-dd[ HH:mm]", "'\\['"),
        ("yyyy'T", "quote"),
        (" ", "empty"),
        ("kk:mm", "'kk'"),
        ("yyyyy", "'yyyyy'"),
    ],
)
def test_pattern_that_cannot_be_read_is_named(pattern: str, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        to_strptime(pattern)


def test_habit_is_a_known_word() -> None:
    with pytest.raises(ValueError, match="say dmy, mdy, comma, point or nothing"):
        build_cast(column("date"), "text", HONG_KONG, "ymd")
