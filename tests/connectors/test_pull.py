"""A night that pulls: what is pulled is landed, and its state moves with what is published, never before."""

import subprocess
import sys
from datetime import timedelta

import pytest

from tests.worlds.world import AS_OF, World, column, find_secret, key

pytest.importorskip("adbc_driver_postgresql", reason="the driver of PostgreSQL is not installed")

from serving.cli.report import show_report, show_status
from warehouse.checks import GateClosed
from warehouse.connectors.pull import pull_source, read_record, read_states
from warehouse.connectors.seam import PullError, PullFault
from warehouse.contracts.load import read_contracts
from warehouse.night import begin_step

pytestmark = pytest.mark.slow

NEXT = AS_OF + timedelta(days=1)
PASSWORD = "Hund+Katze-77"
CUSTOMERS = [key("no", "account_id"), column("name", "full_name"), column("email", "email")]
SALES = [
    key("line", "event_id"), column("customer", "account_id"),
    column("amount", "amount", "number", required=True, physicalType="DECIMAL(18,2)"),
    column("sold_at", "occurred_at", "timestamp", required=True),
]  # fmt: skip
TABLES = (
    "CREATE TABLE shop_customers (no text, name text, email text, hobby text)",
    "CREATE TABLE shop_sales (line text PRIMARY KEY, customer text, amount numeric(18,2), sold_at timestamptz)",
    "INSERT INTO shop_customers VALUES ('c1', 'Chan Tai Man', 'chan@example.com', 'chess'),"
    " ('c2', 'Wong Mei', 'wong@example.com', 'chess')",
    "INSERT INTO shop_sales VALUES ('s1', 'c1', 10.10, '2026-03-01'), ('s2', 'c2', 20.20, '2026-03-02')",
)


def declare(world, server, most_quarantined: float = 1.0) -> None:
    server.declare(world, "shop_customers", "customers", "snapshot", CUSTOMERS, connection="shop")
    contract = server.contract("shop_sales", "transactions", "merge", SALES, connection="shop", cursor="xmin")
    for entry in contract["customProperties"]:
        if entry["property"] == "c360.maxQuarantineShare":
            entry["value"] = most_quarantined
    world.write_yaml("shop_sales.odcs.yaml", contract)


@pytest.fixture
def shop(server, tmp_path, checker, monkeypatch):
    """Customers and sales in a database, and the contracts of both; nothing was run yet."""
    server.run(*TABLES)
    world = World.found(tmp_path, checker, [])
    declare(world, server)
    monkeypatch.setenv("AIRFLOW_CONN_SHOP", "postgresql://postgres:Hund%2BKatze-77@")
    return world


def sales(world) -> list:
    return world.ask("SELECT event_id, amount::DOUBLE FROM customer_event WHERE source = 'shop_sales' ORDER BY ALL")


def pulls(world) -> dict:
    return {pull["source"]: pull for pull in world.report["pulls"]}


def test_nights_pull_what_is_new_and_publish_it_with_its_state(shop, server):
    report = shop.night()
    assert (report["status"], pulls(shop)["shop_sales"]["rows"]) == ("published", 2)
    assert sales(shop) == [("s1", 10.1), ("s2", 20.2)]
    assert shop.home.require_current().read_manifest()["pulls"].keys() == {"shop_customers", "shop_sales"}
    assert find_secret(shop.root, PASSWORD) == find_secret(shop.root, "chess") == set()  # neither is ours to keep
    assert shop.night()["status"] == "unchanged"

    server.run(
        "INSERT INTO shop_sales VALUES ('s3', 'c1', NULL, '2026-03-03')",
        "UPDATE shop_sales SET amount = 11.11 WHERE line = 's1'",
        "DELETE FROM shop_customers WHERE no = 'c2'",
    )
    before = shop.home.require_current().read_manifest()["pulls"]
    declare(shop, server, most_quarantined=0.1)
    with pytest.raises(GateClosed, match="shop_sales"):
        shop.night(NEXT)
    assert shop.home.require_current().read_manifest()["pulls"] == before

    server.run("UPDATE shop_sales SET amount = 30.30 WHERE line = 's3'")
    shop.night(NEXT)
    assert sales(shop) == [("s1", 11.11), ("s2", 20.2), ("s3", 30.3)]
    assert shop.books("shop_sales") == [(2, 2, 0, 0)]  # what had not changed did not come again
    assert shop.ask("SELECT full_name FROM customer_profile WHERE full_name IS NOT NULL") == [("Chan Tai Man",)]
    assert "pulled of shop_sales: 2 rows" in show_report(shop.report)
    assert "shop_sales: known up to" in show_status(shop.home.root)
    shop.require_balance()


class TestPull:
    """Pulling alone, in a run that goes no further."""

    def test_a_source_is_pulled_with_all_of_its_database_once(self, shop, server):
        run = begin_step(shop.home, shop.contracts, AS_OF)
        pull_source(run, "shop_sales")
        server.run("INSERT INTO shop_customers VALUES ('c3')", "INSERT INTO shop_sales VALUES ('s3')")
        pull_source(run, "shop_customers")  # there already, and of the same moment
        assert [read_record(run, name)["rows"] for name in ("shop_customers", "shop_sales")] == [2, 2]
        [path] = run.pulled("shop_sales").glob("*.parquet")
        assert (path.name, path.stat().st_mode & 0o777) == ("shop_sales-000000001.parquet", 0o400)

    def test_what_breaks_off_leaves_nothing_of_any_table(self, shop, server):
        server.run("DROP TABLE shop_sales")
        run = begin_step(shop.home, shop.contracts, AS_OF)
        with pytest.raises(PullError, match=r"source shop_sales .*no such table"):
            pull_source(run, "shop_customers")
        assert [path for path in (run.folder / "pulled").rglob("*") if not path.name.endswith(".lock")] == []
        assert read_states(run) == {}

    def test_a_connection_that_nobody_knows_is_named_with_the_cure(self, shop, monkeypatch):
        monkeypatch.delenv("AIRFLOW_CONN_SHOP")
        run = begin_step(shop.home, shop.contracts, AS_OF)
        with pytest.raises(PullError, match="connection 'shop' is not known: set AIRFLOW_CONN_SHOP"):
            pull_source(run, "shop_sales")

    def test_a_missing_driver_is_named_with_the_cure(self, shop, monkeypatch):
        monkeypatch.setitem(sys.modules, "adbc_driver_postgresql", None)
        run = begin_step(shop.home, shop.contracts, AS_OF)
        with pytest.raises(PullError, match=r"pip install 'customer-360\[postgresql\]'"):
            pull_source(run, "shop_sales")

    def test_a_server_that_is_down_may_be_up_again(self, shop, monkeypatch):
        for path in shop.contracts.glob("shop_*.yaml"):
            path.write_text(path.read_text("utf-8").replace("port: 5432", "port: 1"), "utf-8")
        run = begin_step(shop.home, shop.contracts, AS_OF)
        with pytest.raises(PullFault, match="cannot be reached, or broke off") as caught:
            pull_source(run, "shop_sales")
        assert PASSWORD not in str(caught.value)


KILLED = """
import os, signal, sys, time
from datetime import date
from pathlib import Path
from warehouse.connectors.pull import RECORD, pull_source
from warehouse.home.layout import Home
from warehouse.night import begin_step
home, contracts, as_of = Home(Path(sys.argv[1])), Path(sys.argv[2]), date.fromisoformat(sys.argv[3])
took = 0.0
for moment in range(21):  # the first is not killed, and says how long one takes
    run, start = begin_step(home, contracts, as_of), time.monotonic()
    if not (child := os.fork()):
        pull_source(run, "shop_sales")
        os._exit(0)
    if moment:
        time.sleep(took * moment / 18)
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    took = took or time.monotonic() - start
    print(sorted(path.name for path in (run.folder / "pulled").rglob("*") if path.suffix in {".parquet", ".json"}))
"""


def test_a_pull_that_is_killed_at_any_moment_is_as_if_it_had_not_been(shop, server):
    """SIGKILL at 20 moments: what lies there is whole, and the run after it pulls each row once."""
    server.run("INSERT INTO shop_sales SELECT 'n' || n, 'c1', 1, '2026-03-03' FROM generate_series(1, 100000) AS n")
    places = [str(shop.home.root), str(shop.contracts), AS_OF.isoformat()]
    ended = subprocess.run([sys.executable, "-c", KILLED, *places], check=True, capture_output=True, text=True).stdout
    whole, *killed = ended.splitlines()
    assert whole.count("pulled.json") == 2
    assert len(killed) == 20
    assert "[]" in killed  # before the first file was whole
    assert len({*killed, whole}) > 1
    run = begin_step(shop.home, shop.contracts, AS_OF)
    pull_source(run, "shop_sales")
    assert [read_record(run, name)["rows"] for name in ("shop_customers", "shop_sales")] == [2, 100_002]
    assert list(run.home.work.iterdir()) == [run.folder]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"cursor": "sold_at"}, "a cursor misses rows that are stamped early and committed late"),
        ({"cursor": "xmin", "overlap": "PT1H"}, "the cursor xmin misses nothing"),
        ({"cursor": "xmin", "query": "SELECT 1"}, "a query has no xmin"),
        ({"overlap": "PT1H"}, "an overlap without c360.cursor"),
        ({"cursor": "sold_at", "overlap": "1 hour"}, "write a duration, as PT2H"),
        ({"connection": "postgresql://u:geheim@host/db"}, "a contract holds no password"),
        ({"dbPassword": "geheim"}, "a contract holds no password or other secret"),
        ({"delimiter": ";"}, "c360.delimiter of a database"),
    ],
)
def test_a_contract_that_would_lose_rows_or_tell_a_secret_is_refused(tmp_path, checker, change, said):
    from tests.worlds.database_world import Server
    from warehouse.contracts.model import ContractError

    world = World.found(tmp_path, checker, [])
    server = Server("postgresql:///?host=db.example.com")
    server.declare(world, "shop_sales", "transactions", "merge", SALES, **change)
    with pytest.raises(ContractError, match=said) as caught:
        read_contracts(world.contracts)
    assert "geheim" not in str(caught.value)
