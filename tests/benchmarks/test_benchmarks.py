"""The benchmark measures what it says, and would notice two sides that do not agree. No time is tested."""

import json
import sys
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
import pytest

from benchmarks.agreement import DisagreementError, compare_online_retail
from benchmarks.measure import CommandError, measure
from benchmarks.peers.script import run_script
from examples.sample.world import World
from examples.sample_world import make_world
from warehouse import ROOT

PARENT = "import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}], check=True)"
CHILD = "import time; block = bytearray(300 * 2**20); time.sleep(1)"


def test_memory_of_a_child_counts(tmp_path):
    found = measure([sys.executable, "-c", PARENT.format(child=CHILD)], tmp_path)
    assert found.peak_bytes > 300 * 2**20
    assert found.wall_seconds > 1


def test_a_command_that_fails_stops_the_benchmark(tmp_path):
    with pytest.raises(CommandError, match="status 3"):
        measure([sys.executable, "-c", "raise SystemExit(3)"], tmp_path)


@pytest.fixture
def retail(tmp_path) -> Path:
    """What the script makes of a sale, a gift, a return, a cancelled order and a line that is nobody's."""
    lines = [
        ("500001", "A1", 2.0, datetime(2011, 11, 30, 23, 59), 1.25, 7.0),
        ("500001", "A2", 1.0, datetime(2011, 11, 30, 23, 59), 0.0, 7.0),
        ("C500002", "A1", -1.0, datetime(2011, 12, 9, 12, 0), 1.25, 7.0),
        ("C500003", "A1", -3.0, datetime(2011, 6, 1, 12, 0), 2.0, 8.0),
        ("500004", "A1", 1.0, datetime(2011, 6, 1, 12, 0), 2.0, None),
    ]
    columns = ["InvoiceNo", "StockCode", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID"]
    frame = pl.DataFrame(lines, schema=columns, orient="row")
    text = pl.lit("x", pl.String)
    frame.with_columns(Description=text, Country=text).write_parquet(tmp_path / "lines.parquet")
    out = tmp_path / "script.duckdb"
    run_script("online_retail", str(tmp_path / "lines.parquet"), str(out), "2011-12-09", "Europe/London")
    return out


def test_script_of_retail_counts_by_hand(retail):
    with duckdb.connect(str(retail), read_only=True) as con:
        rows = con.execute(
            "SELECT customer_id, order_count, cancelled_order_count, net_amount, net_30_amount, recency_days,"
            " order_30_count FROM customer_profile ORDER BY ALL"
        ).fetchall()
    assert rows == [
        ("C7", 1, 1, Decimal("1.25"), Decimal("1.25"), 9, 1),
        ("C8", 0, 1, Decimal("-6"), Decimal(0), None, 0),
    ]


@pytest.fixture
def published(tmp_path, retail) -> Path:
    """A file like a generation's, with what the script found."""
    path = tmp_path / "published.duckdb"
    with duckdb.connect(str(path)) as con:
        con.execute(f"ATTACH '{retail}' AS script (READ_ONLY)")
        con.execute("CREATE TABLE customer_profile AS FROM script.customer_profile")
        con.execute("CREATE TABLE customer_identity AS FROM script.identity")
    return path


def test_equal_sides_agree(published, retail):
    assert compare_online_retail(published, retail)[0].startswith("2 customers agree")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("UPDATE customer_profile SET net_amount = net_amount + 0.01 WHERE customer_id = 'C7'", r"net_amount \(1 cust"),
        ("UPDATE customer_profile SET last_order_at = NULL", r"last_order_at \(1 cust"),
        ("DELETE FROM customer_profile WHERE customer_id = 'C8'", r"order_count \(1 cust"),
    ],
)
def test_one_wrong_customer_stops_the_benchmark(published, retail, change, told):
    with duckdb.connect(str(published)) as con:
        con.execute(change)
    with pytest.raises(DisagreementError, match=told):
        compare_online_retail(published, retail)


def test_script_of_the_sample_world_loads_what_is_to_be_loaded(tmp_path):
    data, out = tmp_path / "var" / "sample", tmp_path / "script.duckdb"
    make_world(data, World(people=150, sales=2500, nights=31))
    (tmp_path / "contracts").symlink_to(ROOT / "contracts")
    run_script("sample_world", str(data), str(out), "2026-06-30", "Asia/Hong_Kong")
    with duckdb.connect(str(out), read_only=True) as con:
        found = dict(con.execute("SELECT kind, count(*) FROM event GROUP BY kind").fetchall())
        accounts = con.execute("SELECT count(*), count(DISTINCT (source, account_id)) FROM identity").fetchall()[0]
        profiles = con.execute("SELECT count(*), count(DISTINCT customer_id) FROM customer_profile").fetchall()[0]
    loaded = {name: s["loaded"] for name, s in json.loads((data / "world.json").read_text("utf-8"))["sources"].items()}
    assert found == {"transactions": loaded["transactions"], "social": loaded["social"], "support": loaded["tickets"]}
    assert accounts[0] == accounts[1] > profiles[0] == profiles[1]
