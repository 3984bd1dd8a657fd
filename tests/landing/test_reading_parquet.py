"""Parquet deliveries are read in their own types."""

import gzip
import io
from datetime import datetime
from decimal import Decimal

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.worlds.reading_world import Read, source_of
from warehouse import ROOT
from warehouse.landing.files import DeliveryError
from warehouse.landing.formats import read_delivery
from warehouse.landing.formats.batch import Reading
from warehouse.landing.formats.columnar import parquet as parquet_files

DATA = ROOT.parent / "shared" / "data"
TABLE = {
    "id": [1, 2, None],
    "price": [Decimal("1.10"), None, Decimal("3.30")],
    "sold_at": [datetime(2025, 1, 2, 3, 4)] * 3,
    "buyer": [{"name": "Ann", "card": "x"}, {"name": None, "card": "y"}, None],
    "secret": ["a", "b", "c"],
}
SOURCE = source_of("sold_at", "buyer.name", "price", "id", form="parquet")


def parquet(table, **options):
    body = io.BytesIO()
    pq.write_table(pa.table(table), body, **options)
    return body.getvalue()


def read(folder, body, source=SOURCE):
    result = Read(folder, body, source)
    result.require_balance()
    return result


def test_declared_columns_keep_their_types_and_paths(tmp_path):
    result = read(tmp_path, parquet(TABLE))
    assert result.frame.schema == {
        "_record": pl.Int64,
        "sold_at": pl.Datetime("us"),
        "buyer.name": pl.String,
        "price": pl.Decimal(3, 2),
        "id": pl.Int64,
    }
    assert result.frame["buyer.name"].to_list() == ["Ann", None, None]
    assert result.frame["price"].to_list() == TABLE["price"]
    assert result.reading.undeclared == {"buyer.card": 3, "secret": 3}
    assert (result.faults, result.reading.missing) == ([], [])


def test_record_numbers_go_on_over_row_groups_and_batches(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet_files, "BATCH_ROWS", 4)
    result = read(tmp_path, parquet({"id": list(range(25))}, row_group_size=10), source_of("id", form="parquet"))
    assert result.rows == [(number + 1, number) for number in range(25)]
    assert len(result.batches) > 3


def test_a_renamed_column_is_found_regardless_of_case_and_said(tmp_path):
    result = read(tmp_path, parquet({"ID": [1]}), source_of("id", "name", form="parquet"))
    assert result.rows == [(1, 1, None)]
    assert (result.reading.missing, result.reading.notes) == (["name"], ["column 'id' is called 'ID' in the file"])


def test_a_dictionary_column_is_text(tmp_path):
    table = {"id": pa.array(["a", "b", "a"]).dictionary_encode()}
    assert read(tmp_path, parquet(table), source_of("id", form="parquet")).frame["id"].dtype == pl.String


def test_no_rows_are_no_records(tmp_path):
    result = read(tmp_path, parquet({"id": pa.array([], pa.int64())}), source_of("id", form="parquet"))
    assert (result.rows, result.reading.physical_count) == ([], 0)


def test_a_packed_file_is_unpacked(tmp_path):
    assert len(read(tmp_path, gzip.compress(parquet(TABLE))).rows) == 3


@pytest.mark.parametrize("damage", ["cut", "no parquet", "page"])
def test_a_damaged_file_is_refused(tmp_path, damage):
    body = bytearray(parquet({"id": list(range(5000)), "name": ["x"] * 5000}, use_dictionary=False))
    if damage == "page":
        body[4:600] = bytes(596)
    bad = {"cut": body[:-10], "no parquet": b"id,name\n1,2\n", "page": body}[damage]
    with pytest.raises(DeliveryError, match="it is not a Parquet file, or is damaged"):
        read(tmp_path, bytes(bad), source_of("id", form="parquet"))


def test_a_file_with_none_of_the_columns_is_refused(tmp_path):
    with pytest.raises(DeliveryError, match="none of the declared columns"):
        read(tmp_path, parquet({"x": [1]}))


def test_a_real_file_is_read_whole():
    path = DATA / "uci_online_retail" / "online_retail.parquet"
    if not path.is_file():
        pytest.skip(f"{path} is not here")
    reading = Reading()
    names = pq.ParquetFile(path).schema_arrow.names
    batches = list(read_delivery(path, path.name, source_of(*names, form="parquet"), reading))
    assert pl.concat([batch.rows for batch in batches]).drop("_record").equals(pl.read_parquet(path))
    assert reading.physical_count == 541_909
