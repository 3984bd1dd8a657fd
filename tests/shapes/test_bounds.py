"""What one delivery may come to: so many columns, so many times its packed size; more is refused, at little cost."""

import gzip
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import duckdb
import polars as pl
import psutil  # type: ignore[import-untyped]
import pytest

from tests.worlds.reading_world import source_of
from tests.worlds.workbook_world import write_workbook
from tests.worlds.world import AS_OF, SALES, SALES_HEAD, World
from warehouse.checks import GateClosed
from warehouse.landing.formats.batch import USUAL, Bounds
from warehouse.landing.land import Landed, LoadHistory, begin_file, land_files

COLUMNS, RECORDS = 100_000, 500_000
REPEATED = b"id,name\n" + b"7,Chan Tai Man\n" * RECORDS
"""Half a million records that gzip to some kilobytes."""


def land(path: Path, form: str, bounds: Bounds = USUAL) -> tuple[list[str], int]:
    """What was refused, and the rows that were landed."""
    source = source_of("id")
    source = replace(source, location=replace(source.location, format=form))
    with duckdb.connect() as con:
        landed = Landed("shop")
        land_files(begin_file(con, source, LoadHistory(), "", bounds), [path], LoadHistory(), landed, path.parent / "s")
        return landed.problems, con.execute("SELECT count(*) FROM landed").fetchall()[0][0]


def write_wide(path: Path, form: str, count: int) -> None:
    """Two records of so many columns."""
    names = ["id", *(f"c{n}" for n in range(count - 1))]
    if form == "csv":
        path.write_text(",".join(names) + "\n" + (",".join(["1"] * count) + "\n") * 2)
    elif form == "parquet":
        pl.DataFrame([names, names], orient="row", schema=dict.fromkeys(names, pl.String)).write_parquet(path)
    else:
        path.write_bytes(write_workbook({"A": [names, ["1"] * count]}))


def test_a_file_of_a_hundred_thousand_columns_is_refused_by_name(tmp_path):
    write_wide(tmp_path / "day.csv", "csv", COLUMNS)
    before, begun = psutil.Process().memory_info().rss, time.process_time()
    (problem,), rows = land(tmp_path / "day.csv", "csv")
    assert "it has 100,000 columns, and at most 10,000 are read" in problem
    assert "raise max_columns in settings.yaml" in problem
    assert rows == 0
    assert time.process_time() - begun < 5
    assert psutil.Process().memory_info().rss - before < 200e6


@pytest.mark.parametrize("form", ["csv", "parquet", "xlsx"])
def test_the_bound_of_columns_holds_for_every_table(tmp_path, form):
    path = tmp_path / f"day.{form}"
    write_wide(path, form, 12)
    assert land(path, form, Bounds(max_columns=12))[0] == []
    (problem,), _ = land(path, form, Bounds(max_columns=11))
    assert "it has 12 columns, and at most 11 are read" in problem


@pytest.mark.parametrize("form", ["gzip", "zip"])
def test_ten_kilobytes_of_half_a_million_records_are_refused_by_name(tmp_path, form):
    path = tmp_path / "day.csv.gz"
    if form == "gzip":
        path.write_bytes(gzip.compress(REPEATED))
    else:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("day.csv", REPEATED)
    assert path.stat().st_size < 30_000
    before, begun = psutil.Process().memory_info().rss, time.process_time()
    (problem,), rows = land(path, "csv")
    assert "it unpacks to more than 100 times its size" in problem
    assert "raise max_unpack_ratio in settings.yaml" in problem
    assert rows == 0
    assert time.process_time() - begun < 3
    assert psutil.Process().memory_info().rss - before < 100e6
    assert land(path, "csv", Bounds(max_unpack_ratio=10_000)) == ([], RECORDS)


def test_what_is_small_unpacked_is_read_however_well_it_is_packed(tmp_path):
    path = tmp_path / "day.csv.gz"
    path.write_bytes(gzip.compress(REPEATED[:900_000]))
    problems, rows = land(path, "csv")
    assert (problems, rows > 50_000) == ([], True)


def test_a_night_goes_by_its_settings(tmp_path, checker):
    world = World.found(tmp_path, checker, ["sales", "fx_rates"])
    world.write_yaml("settings.yaml", {"max_columns": 7})
    world.deliver("sales.csv", [SALES_HEAD, *SALES])
    with pytest.raises(GateClosed, match=r"it has 8 columns, and at most 7 are read"):
        world.run_to("load", AS_OF)
