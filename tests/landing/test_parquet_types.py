"""Every type of a Parquet file is read right, or its column is refused by name; a panic is reported like any error."""

import io
import json
import uuid
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from serving.cli import main as cli
from tests.landing.test_reading_parquet import parquet
from tests.worlds.listening import web_server
from tests.worlds.reading_world import Read, source_of
from tests.worlds.world import RATES, SALES, SALES_HEAD
from warehouse.checks import GateClosed
from warehouse.cleaning import clean as cleaning
from warehouse.errors import PanicError, describe_error, without_panic
from warehouse.landing.files import DeliveryError
from warehouse.landing.formats.columnar import parquet as parquet_files

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
BAD_TEXT = pa.Array.from_buffers(
    pa.string(), 2, [None, pa.py_buffer(b"\0\0\0\0\x02\0\0\0\x04\0\0\0"), pa.py_buffer(b"\xe9\xe9ab")]
)
UUIDS = pa.ExtensionArray.from_storage(pa.uuid(), pa.array([uuid.UUID(int=5).bytes, None], pa.binary(16)))
READ = {
    "half": (pa.array([1.5, None], pa.float16()), 1.5),
    "decimal": (pa.array([Decimal("1.50"), None], pa.decimal128(38, 10)), Decimal("1.50")),
    "short decimal256": (pa.array([Decimal("1.50"), None], pa.decimal256(20, 2)), Decimal("1.50")),
    "bytes": (pa.array(["陳".encode(), None], pa.binary()), "陳"),
    "large bytes": (pa.array([b"ab", None], pa.large_binary()), "ab"),
    "bytes of a view": (pa.array([b"ab", None], pa.binary_view()), "ab"),
    "bytes of a length": (pa.array([b"abcd", None], pa.binary(4)), "abcd"),
    "dictionary of bytes": (pa.array([b"a", None], pa.binary()).dictionary_encode(), "a"),
    "dictionary of numbers": (pa.array([5, None]).dictionary_encode(), 5),
    "view": (pa.array(["é", None], pa.string_view()), "é"),
    "uuid": (UUIDS, "00000000-0000-0000-0000-000000000005"),
    "nanoseconds with a zone": (pa.array([NOON, None], pa.timestamp("ns", "Asia/Hong_Kong")), NOON),
    "offset": (pa.array([NOON, None], pa.timestamp("us", "+08:00")), NOON),
    "milliseconds": (pa.array([date(2026, 3, 1), None], pa.date64()), date(2026, 3, 1)),
    "time": (pa.array([time(10), None], pa.time64("ns")), time(10)),
    "nothing": (pa.nulls(2), None),
    "list": (pa.array([[["a"]], None], pa.list_(pa.list_(pa.string()))), [["a"]]),
    "map": (pa.array([[("a", 1)], None], pa.map_(pa.string(), pa.int64())), {"a": 1}),
}
REFUSED = {
    "decimal256": (pa.array([Decimal(1), None], pa.decimal256(60, 10)), r"'name' is decimal256\(60, 10\).* at most 38"),
    "bytes": (pa.array([b"\xe9x", None], pa.binary()), "'name' is binary, and not all of its bytes are text in UTF-8"),
    "dictionary": (pa.array([b"\xe9"] * 2).dictionary_encode(), "'name' is dictionary, and not all of its bytes"),
    "text": (BAD_TEXT, "'name' is string, and not all of its bytes are UTF-8"),
    "list of text": (
        pa.ListArray.from_arrays(pa.array([0, 1, 2], pa.int32()), BAD_TEXT),
        "'name' is list, which cannot",
    ),
    "zone": (pa.array([NOON, None], pa.timestamp("us", "Foo/Bar")), r"'name' is timestamp\[us, tz=Foo/Bar\]"),
    "duration": (pa.array([timedelta(1), None]), r"'name' is duration\[us\], which cannot be read; have it written"),
    "struct": (pa.array([{"zq@example.hk": b"x"}] * 2), "'name' is struct, which cannot be read"),
}
NAMES = source_of("id", "name", form="parquet")


@pytest.mark.parametrize("kind", READ)
def test_a_type_is_read(tmp_path, kind):
    array, value = READ[kind]
    result = Read(tmp_path, parquet({"id": [1, 2], "name": array}), NAMES)
    assert result.values == [(1, value), (2, None)]


@pytest.mark.parametrize("kind", REFUSED)
def test_a_type_is_refused_by_the_name_of_its_column(tmp_path, kind, capfd):
    array, message = REFUSED[kind]
    with pytest.raises(DeliveryError, match=rf"source shop, delivery day\.csv: its column {message}") as error:
        Read(tmp_path, parquet({"id": [1, 2], "name": array}), NAMES)
    assert "zq@" not in str(error.value)
    assert capfd.readouterr().err == ""


def test_a_column_that_is_there_twice_is_refused(tmp_path):
    body = io.BytesIO()
    pq.write_table(pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["id", "id"]), body)
    with pytest.raises(DeliveryError, match="the column 'id' 2 times"):
        Read(tmp_path, body.getvalue(), NAMES)


def test_a_file_of_empty_row_groups_has_no_records(tmp_path):
    body = io.BytesIO()
    table = pa.table({"id": pa.array([], pa.int64()), "name": pa.array([], pa.string())})
    with pq.ParquetWriter(body, table.schema) as writer:
        writer.write_table(table)
        writer.write_table(table)
    assert Read(tmp_path, body.getvalue(), NAMES).reading.physical_count == 0


def panic(*_):
    raise pl.exceptions.PanicException("called unwrap on tai.man@example.com")


def test_a_panic_while_reading_refuses_the_delivery(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet_files, "to_series", panic)
    with pytest.raises(DeliveryError, match=r"delivery day\.csv: its values cannot be read; have it written") as error:
        Read(tmp_path, parquet({"id": [1], "name": ["x"]}), NAMES)
    assert "tai.man" not in str(error.value)


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_only_a_panic_becomes_an_exception(stop):
    with pytest.raises(stop), without_panic():
        raise stop
    with pytest.raises(PanicError) as error, without_panic():
        panic()
    assert "tai.man" not in describe_error(error.value)
    assert "PanicException in " in str(error.value)


def test_a_panic_in_a_step_leaves_a_report_and_an_alert_without_its_text(sales, monkeypatch):
    monkeypatch.setattr(cleaning, "clean_rows", panic)
    sales.deliver("sales_2.csv", [SALES_HEAD, SALES[0].replace("L1", "L9")])
    with web_server() as (address, told):
        sales.write_yaml("settings.yaml", {"alert_webhook": address})
        with pytest.raises(PanicError):
            sales.night()
    assert (sales.report["status"], sales.generation) == ("failed", 1)
    assert [(alert["kind"], alert["error"]) for alert in told] == [("failed", "PanicError")]
    assert "tai.man" not in json.dumps(sales.report) + json.dumps(told)


def test_an_interruption_is_no_failure_of_the_night(sales, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(cleaning, "clean_rows", stop)
    reports = len(list(sales.home.reports.glob("*.json")))
    sales.deliver("sales_2.csv", [SALES_HEAD, SALES[0].replace("L1", "L9")])
    with pytest.raises(KeyboardInterrupt):
        sales.night()
    assert len(list(sales.home.reports.glob("*.json"))) == reports


def test_a_panic_at_the_command_line_is_one_message(monkeypatch, capsys):
    monkeypatch.setattr(cli, "app", lambda **_: panic())
    with pytest.raises(SystemExit, match="1"):
        cli.main()
    said = capsys.readouterr().err
    assert said.startswith("c360: PanicException in ")
    assert "tai.man" not in said


def test_an_odd_column_closes_the_gate_by_name(sales):
    path = "odd*.parquet"
    sales.declare("sales", path=path)
    names = SALES_HEAD.strip().split(",")
    columns = dict(zip(names, map(list, zip(*(line.strip().split(",") for line in SALES), strict=True)), strict=True))
    columns["amount"] = pa.array(map(Decimal, columns["amount"]), pa.decimal256(60, 10))
    sales.deliver("odd.parquet", parquet(columns))
    sales.deliver("fx.csv", RATES)
    with pytest.raises(GateClosed, match=r"sales, delivery odd\.parquet: its column 'amount' is decimal256"):
        sales.night()
    assert sales.report["status"] == "closed"
