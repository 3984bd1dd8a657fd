"""Files are the same deliveries wherever they lie: in a folder here, in an object store, on an SFTP server."""

import os
import subprocess
import sys
from datetime import timedelta
from urllib.parse import quote

import pytest

from serving.cli.report import show_report, show_status
from tests.worlds.world import AS_OF, World, column, find_secret, key
from warehouse.connectors.pull import pull_source, read_record
from warehouse.connectors.seam import PullError
from warehouse.contracts.load import read_contracts
from warehouse.contracts.model import ContractError
from warehouse.duck import open_database
from warehouse.night import begin_step, pull_and_land

NEXT = AS_OF + timedelta(days=1)
PASSWORD = "Hund+Katze-77"
SALES = [
    key("line", "event_id"), column("customer", "account_id"), column("email", "email"),
    column("amount", "amount", "number", required=True, physicalType="DECIMAL(18,2)"),
    column("sold_at", "occurred_at", "timestamp", required=True),
]  # fmt: skip
HEAD = "line,customer,email,amount,sold_at,hobby\n"


class Folder:
    """A drop folder of this machine."""

    def __init__(self, root):
        self.root = root

    def put(self, name, body):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)

    def remove(self, name):
        (self.root / name).unlink()


@pytest.fixture
def s3_place(store, monkeypatch):
    """A bucket, and what a contract says of it."""
    monkeypatch.setenv("AIRFLOW_CONN_S3", "aws://AKIA:Hund%2BKatze-77@/?region_name=us-east-1")
    return store, {"type": "s3", "location": f"s3://{store.bucket}/out/", "endpointUrl": store.url}


@pytest.fixture
def sftp_place(sftp, monkeypatch):
    """An SFTP server, and what a contract says of it."""
    extra = quote(sftp.host_key, safe="")
    monkeypatch.setenv("AIRFLOW_CONN_SFTP", f"sftp://shop:Hund%2BKatze-77@127.0.0.1/?host_key={extra}")
    return sftp, {"type": "sftp", "location": f"sftp://127.0.0.1:{sftp.port}/out/"}


@pytest.fixture
def local_place(tmp_path):
    """A folder, and what a contract says of it."""
    return Folder(tmp_path / "drop"), {"type": "local", "path": f"{tmp_path}/drop/out/"}


@pytest.fixture(params=["local", "s3", "sftp"])
def place(request):
    """Each of them in turn."""
    return request.getfixturevalue(f"{request.param}_place")


def declare(world, server, name="shop_sales", mode="merge", pattern="*.csv", columns=None, **custom):
    """A contract of the files below out/."""
    from tests.worlds.file_servers import contract_of

    server = {k: v + pattern if k in {"path", "location"} else v for k, v in server.items()}
    if server["type"] != "local":
        custom["connection"] = server["type"]
    if server["type"] == "sftp" and "marker" not in custom:
        custom.setdefault("settle", "PT2S")
    contract = contract_of(server, name, mode, columns or SALES, "transactions", **custom)
    world.write_yaml(f"{name}.odcs.yaml", contract)


def land(world, name="shop_sales"):
    """Names of what a run lands, of what it knows, and of what waits."""
    run = begin_step(world.home, world.contracts, AS_OF)
    landed = pull_and_land(run, name)
    with open_database(run.source_file(name), read_only=True) as con:
        waiting = [n for (n,) in con.execute("SELECT name FROM waiting ORDER BY ALL").fetchall()]
        rows = con.execute("SELECT name, physical_count FROM delivery ORDER BY sequence").fetchall()
    assert [n for n, _ in rows] == landed.new
    assert not (run.pulled(name) / "files").exists()  # what is not declared is not kept
    assert landed.problems == []
    return landed.new, waiting


def make_old(server, *names):
    """Files of disks were written long ago, so that nobody waits for them."""
    for name in names:
        if hasattr(server, "root"):
            os.utime(server.root / name, (1.7e9, 1.7e9))


TREE = {
    "orders-10.csv": "a", "orders-2.csv": "b", "2026/03/01/orders.csv": "c", "2026/03/02/orders.csv": "d",
    "orders-2026-03-20.csv": "e", "half.csv.part": "f", ".hidden.csv": "g", "notes.txt": "h", ".tmp/x.csv": "i",
    "_temporary/0/y.csv": "j", "wei\N{LATIN SMALL LETTER SHARP S} 1+1.csv": "k",
}  # fmt: skip


def test_the_same_files_are_the_same_deliveries(place, tmp_path):
    server, said = place
    for name, body in TREE.items():
        server.put(f"out/{name}", f"{HEAD}{body},c,,1,2026-03-01,\n".encode())
    make_old(server, *(f"out/{name}" for name in TREE))
    world = World.found(tmp_path, None, [])
    declare(world, said, pattern="**/*.csv")
    names = ["2026/03/01/orders.csv", "2026/03/02/orders.csv", "orders-2.csv", "orders-10.csv", "wei\xdf 1+1.csv"]
    assert land(world) == (names, ["orders-2026-03-20.csv"])
    declare(world, said)
    assert land(world) == (names[2:], ["orders-2026-03-20.csv"])


@pytest.mark.parametrize("marker", [".done", "_SUCCESS"])
def test_a_file_without_its_marker_waits(place, tmp_path, marker):
    server, said = place
    world = World.found(tmp_path, None, [])
    declare(world, said, pattern="**", marker=marker)
    for name in ("1/a.csv", "2/b.csv"):
        server.put(f"out/{name}", f"{HEAD}{name},c,,1,2026-03-01,\n".encode())
    server.put("out/1/a.csv.done" if marker == ".done" else "out/1/_SUCCESS", b"")
    assert land(world) == (["1/a.csv"], ["2/b.csv"])


def test_files_of_a_drop_folder_that_grow_wait_where_that_is_asked_for(tmp_path, monkeypatch):
    folder = Folder(tmp_path / "drop")
    world = World.found(tmp_path, None, [])
    declare(world, {"type": "local", "path": f"{folder.root}/out/"}, settle="PT2S")
    for name in ("a", "b"):
        folder.put(f"out/{name}.csv", HEAD.encode())
    monkeypatch.setattr("time.sleep", lambda _: folder.put("out/b.csv", f"{HEAD}1,c,,1,2026-03-01,\n".encode()))
    assert land(world) == (["a.csv"], ["b.csv"])


def sales(world):
    return world.ask("SELECT source, event_id, amount::DOUBLE FROM customer_event ORDER BY ALL")


@pytest.mark.slow
def test_nights_publish_what_is_new_with_its_state(s3_place, sftp_place, tmp_path, checker):
    world = World.found(tmp_path, checker, [])
    line = "{},c1,chan@example.com,{},2026-03-01,chess\n"
    for server, said in (s3_place, sftp_place):
        declare(world, said, said["type"])
        server.put("out/1.csv", (HEAD + line.format("s1", "10.10")).encode())
        server.put("out/2.csv", (HEAD + line.format("s2", "20.20")).encode())
    make_old(sftp_place[0], "out/1.csv", "out/2.csv")
    world.night()
    assert sales(world) == [(kind, *sale) for kind in ("s3", "sftp") for sale in (("s1", 10.1), ("s2", 20.2))]
    before = world.home.require_current().read_manifest()["pulls"]
    assert [len(before[kind]["seen"]) for kind in ("s3", "sftp")] == [2, 2]

    for server, _ in (s3_place, sftp_place):
        server.put("out/1.csv", (HEAD + line.format("s1", "11.11")).encode())  # changed
    run = begin_step(world.home, world.contracts, NEXT)
    for kind in ("s3", "sftp"):
        pull_source(run, kind)
        assert read_record(run, kind)["files"] == 1
    assert world.home.require_current().read_manifest()["pulls"] == before  # a run that ends here has pulled nothing
    world.night(NEXT)
    assert sales(world) == [(kind, *sale) for kind in ("s3", "sftp") for sale in (("s1", 11.11), ("s2", 20.2))]
    for kind in ("s3", "sftp"):
        assert world.books(kind) == [(1, 1, 0, 0)]  # what had not changed did not come again
        assert f"pulled of {kind}: 1 files (0.0 MB)" in show_report(world.report)
        assert f"{kind}: known up to" in show_status(world.home.root)
    assert find_secret(world.home.root, PASSWORD) == find_secret(world.home.root, "chess") == set()
    world.require_balance()


KILLED = """
import os, signal, sys, time
from datetime import date
from pathlib import Path
from warehouse.connectors.pull import pull_source, read_record
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
    print(bool(read_record(run, "shop_sales")), len(list((run.pulled("shop_sales") / "files").glob("*.csv"))))
"""


def test_a_pull_that_is_killed_at_any_moment_is_as_if_it_had_not_been(s3_place, tmp_path):
    store, said = s3_place
    world = World.found(tmp_path, None, [])
    declare(world, said)
    for n in range(12):
        store.put(f"out/{n}.csv", f"{HEAD}s{n},c,,1,2026-03-01,\n".encode())
    places = [str(world.home.root), str(world.contracts), AS_OF.isoformat()]
    ended = subprocess.run([sys.executable, "-c", KILLED, *places], check=True, capture_output=True, text=True).stdout
    whole, *killed = ended.splitlines()
    assert (whole, len(killed)) == ("True 12", 20)
    assert {line for line in killed if line.startswith("True")} <= {"True 12"}
    assert len(set(killed)) > 2  # some had a part of the files
    assert land(world) == ([f"{n}.csv" for n in range(12)], [])


def test_what_no_file_can_be_called_is_named(s3_place, tmp_path):
    store, said = s3_place
    world = World.found(tmp_path, None, [])
    declare(world, said, pattern="**")
    store.put("out/a", b"1\n")
    store.put("out/a/b", b"1\n")
    with pytest.raises(PullError, match="a/b lies where another name has a folder"):
        land(world)
    store.remove("out/a")
    store.put(f"out/{'x' * 240}", b"1\n")
    with pytest.raises(PullError, match="no file can be called 'xxx"):
        land(world)


def test_where_nothing_is_yet_it_is_said(s3_place, tmp_path):
    store, said = s3_place
    world = World.found(tmp_path, None, [])
    declare(world, said)
    run = begin_step(world.home, world.contracts, AS_OF)
    [problem] = pull_and_land(run, "shop_sales").problems
    assert f"no file matches s3://{store.bucket}/out/*.csv" in problem
    assert read_record(run, "shop_sales")["files"] == 0


@pytest.mark.parametrize(
    ("server", "custom", "said"),
    [
        ({"type": "s3", "location": "gs://b00/x.csv"}, {}, "write s3://"),
        ({"type": "s3", "location": "s3://b00/out/"}, {}, "let it end with a file"),
        ({"type": "s3", "location": "s3://b00/a/../x.csv"}, {}, "no empty folders"),
        ({"type": "custom", "location": "https://b00/x.csv"}, {}, "write gs://"),
        ({"type": "azure", "location": "az://b00/x.csv"}, {}, "account.blob.core.windows.net"),
        ({"type": "sftp", "location": "sftp://shop@host/x.csv"}, {}, "the user belongs to the connection"),
        ({"type": "sftp", "location": "sftp://shop:geheim@host/x.csv"}, {}, "holds no password"),
        ({"type": "sftp", "location": "sftp://host/x.csv"}, {"settle": "5 minutes"}, "write a duration from PT2S"),
        ({"type": "sftp", "location": "sftp://host/x.csv"}, {"marker": "a/b"}, "write what the marker's name ends"),
        ({"type": "sftp", "location": "sftp://host/x.csv"}, {"cursor": "id"}, "c360.cursor of files"),
        ({"type": "s3", "location": "s3://b00/x.csv"}, {"settle": "PT5S"}, "an object is complete"),
    ],
)
def test_a_contract_that_cannot_be_followed_is_refused(tmp_path, server, custom, said):
    world = World.found(tmp_path, None, [])
    declare(world, server, pattern="", **custom)
    with pytest.raises(ContractError, match=said) as caught:
        read_contracts(world.contracts)
    assert "geheim" not in str(caught.value)
