"""The text of a row in quarantine: moments as people of the business read them, and as a replay reads them again."""

import json
from dataclasses import replace
from datetime import datetime

import duckdb
import pytest

from expectations.quarantine import row_text
from tests.worlds.reading_world import source_of
from warehouse.contracts.model import Column
from warehouse.types.times import Written, cast_timestamp

SHOP = replace(source_of("id"), columns=(Column("at", ("at",), "timestamp"), Column("day", ("day",), "date")))
NOON = datetime(2026, 7, 1, 12, 30, 0, 5)


@pytest.mark.parametrize(
    ("zone", "written"),
    [
        ("Asia/Hong_Kong", "2026-07-01 20:30:00.000005+08:00"),
        ("America/New_York", "2026-07-01 08:30:00.000005-04:00"),
        ("America/St_Johns", "2026-07-01 10:00:00.000005-02:30"),
        ("UTC", "2026-07-01 12:30:00.000005+00:00"),
    ],
)
def test_moments_are_in_the_business_zone_and_read_again(zone, written):
    with duckdb.connect() as con:
        con.execute("CREATE TABLE landed AS SELECT $at AS at, DATE '2026-07-01' AS day", {"at": NOON})
        ((text,),) = con.execute(f"SELECT {row_text(SHOP, zone)} FROM landed").fetchall()
        assert json.loads(text) == {"at": written, "day": "2026-07-01"}
        again = cast_timestamp("$text", Written(), "Asia/Tokyo")
        assert con.execute(f"SELECT {again}", {"text": written}).fetchall() == [(NOON,)]


def test_no_moment_is_no_text():
    with duckdb.connect() as con:
        query = f"SELECT {row_text(SHOP, 'Asia/Hong_Kong')} FROM (SELECT NULL::TIMESTAMP AS at, NULL::DATE AS day)"
        assert json.loads(con.execute(query).fetchall()[0][0]) == {"at": None, "day": None}
