"""What a night has written is read back whole by a new process before it is served."""

import pytest

from tests.worlds.world import AS_OF, SALES, SALES_HEAD
from warehouse.home.verify import DamageError, scan_apart
from warehouse.publish import publish
from warehouse.publish.published_files import write_published

pytestmark = pytest.mark.slow


@pytest.fixture
def apart(monkeypatch):
    """The night reads back as it does for users."""
    monkeypatch.setattr(publish, "scan_apart", scan_apart)


def damage(path) -> None:
    """Turn one byte in each block of 256 KiB: every table that has rows has some there."""
    body = bytearray(path.read_bytes())
    for place in range(3 * 4096 + 100, len(body), 256 * 1024):
        body[place] ^= 1
    path.write_bytes(body)


def test_a_night_serves_what_a_new_process_reads(sales, apart):
    sales.deliver("sales_2.csv", [SALES_HEAD, SALES[0].replace("L1,R1", "L9,R9")])
    sales.night(AS_OF)
    generation = sales.home.require_current()
    assert scan_apart(generation.folder) == {
        "workings.duckdb": generation.read_manifest()["tables"],
        "customer_360.duckdb": generation.read_manifest()["published"],
    }


@pytest.mark.parametrize("name", ["workings.duckdb", "customer_360.duckdb"])
def test_a_night_serves_nothing_that_does_not_read_back(sales, apart, monkeypatch, name):
    def write_badly(workings, *rest):
        counts = write_published(workings, *rest)
        damage(workings.with_name(name))
        return counts

    monkeypatch.setattr(publish, "write_published", write_badly)
    sales.deliver("sales_2.csv", [SALES_HEAD, SALES[0].replace("L1,R1", "L9,R9")])
    with pytest.raises(DamageError, match="read back"):
        sales.night(AS_OF)
    assert (sales.generation, sales.report["status"]) == (1, "failed")


def test_a_night_serves_nothing_of_which_a_row_is_missing(sales, apart, monkeypatch):
    seal = publish.seal
    monkeypatch.setattr(publish, "seal", lambda run: seal(run) | {"main.customer_profile": 9})
    sales.deliver("sales_2.csv", [SALES_HEAD, SALES[0].replace("L1,R1", "L9,R9")])
    with pytest.raises(DamageError, match="does not read back the same"):
        sales.night(AS_OF)
    assert sales.generation == 1
