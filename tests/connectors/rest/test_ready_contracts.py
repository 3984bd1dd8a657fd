"""The contracts of examples/apis, against the shapes that each service documents, with faults, and over nights."""

import json
import re
from collections import Counter
from datetime import timedelta
from urllib.parse import quote

import duckdb
import polars as pl
import pytest

from tests.worlds.api_replies import RECORDS, SERVICES, make_api
from tests.worlds.http_world import LOGIN, SECRET, pull, running
from tests.worlds.world import AS_OF, World, find_secret
from warehouse import ROOT
from warehouse.checks import GateClosed
from warehouse.cleaning.clean import clean_rows
from warehouse.connectors.seam import PullError
from warehouse.contracts.load import read_contracts
from warehouse.contracts.settings import Settings
from warehouse.landing.land import Landed, LoadHistory, begin_file, land_files

NEXT = AS_OF + timedelta(days=1)
APIS = ROOT / "examples" / "apis"


def place(folder, url: str, services=SERVICES) -> None:
    """The contracts of the services, at another address and without their pace."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in [p for service in services for p in (APIS / service / "contracts").glob("*.yaml")]:
        text = re.sub(
            r"https://(example\.(zendesk|myshopify)\.com|api\.\w+\.com|mastodon\.example)", url, path.read_text("utf-8")
        )
        (folder / path.name).write_text(re.sub(r"perMinute: \d+", "perMinute: 60000", text), "utf-8")


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """All five services at one address, their records, and their contracts."""
    folder = tmp_path_factory.mktemp("apis") / "contracts"
    api, known = make_api()
    with running(api):
        place(folder, api.url)
        yield api, known, read_contracts(folder)


@pytest.fixture
def api(shop):
    shop[0].asked.clear()
    shop[0].tokens.clear()
    yield shop[0]
    shop[0].faults, shop[0].change = {}, lambda body: body


@pytest.mark.parametrize("name", RECORDS)
def test_faults_on_the_way_leave_the_same_bytes(shop, api, name, tmp_path):
    source = shop[2].source(name)
    whole, fetched = pull(source, tmp_path)
    pages = [json.loads(line) for line in whole.splitlines()]
    assert len(pages) > 1
    assert fetched.row_count == len(RECORDS[name]())
    assert SECRET.encode() not in whole
    api.asked.clear()
    api.headers, api.faults = {"Retry-After": "0"}, {1: "429", 2: "500", 4: "repeat", 5: "half"}
    if source.location.api.request.auth.by == "oauth2":
        api.faults[6] = "stale"
    assert pull(source, tmp_path)[0] == whole
    assert len(api.asked) >= len(pages) + 4


@pytest.mark.parametrize("name", RECORDS)
def test_a_service_that_answers_otherwise_than_before_is_loud(shop, api, name, tmp_path):
    api.change = lambda body: {"results": body if isinstance(body, list) else list(body.values())}
    with pytest.raises(
        PullError, match=f"source {name} .*(no records where c360.records says|no number at|no record has)"
    ):
        pull(shop[2].source(name), tmp_path)


EVENTS = {
    "tickets": ({"ticket": 5}, 0), "charges": ({"sale": 4, "cancelled": 1}, 110), "refunds": ({"refund": 3}, -15),
    "orders": ({"sale": 10}, 150), "mastodon_posts": ({"post": 5}, 0), "x_posts": ({"post": 5}, 0),
}  # fmt: skip
"""By source, its events by type, and what they come to."""


@pytest.mark.parametrize("name", RECORDS)
def test_every_record_is_what_its_contract_says(shop, api, name, tmp_path):
    source = shop[2].source(name)
    pull(source, tmp_path)
    with duckdb.connect() as con:
        land_files(
            begin_file(con, source, LoadHistory()),
            [tmp_path / f"{name}.jsonl"],
            LoadHistory(),
            Landed(name),
            tmp_path / "s",
        )
        assert con.execute("FROM landing_problem UNION ALL SELECT rule, row FROM quarantine").fetchall() == []
        assert con.execute("SELECT count(*) FROM missing_column").fetchall() == [(0,)]
        assert con.execute("SELECT count(*) FROM landed WHERE len(_mistyped) > 0").fetchall() == [(0,)]
        rows = con.sql("SELECT * EXCLUDE (_mistyped, _row) FROM landed ORDER BY _record").pl()
    if name not in EVENTS:
        assert rows.height == len(RECORDS[name]())
        return
    rows = rows.with_columns(_key=pl.format("k{}", "_record"), seen_at=pl.lit(None, pl.Datetime("us")))
    rates = pl.DataFrame(schema={"currency": pl.String, "valid_from": pl.Date, "rate": pl.Float64})
    events = clean_rows(rows, source, Settings(), rates, ["event"])["event"]
    counting = events.filter(pl.col("event_type") != "cancelled")
    assert (Counter(events["event_type"]), float(counting["amount"].fill_null(0).sum())) == EVENTS[name]
    assert events["account_id"].null_count() == 0


@pytest.fixture
def world(tmp_path, checker, monkeypatch):
    """A shop whose data lies with two of them."""
    api, known = make_api()
    world = World.found(tmp_path, checker, [])
    (world.contracts / "purposes.yaml").unlink()
    with running(api):
        place(world.contracts, api.url, ("zendesk", "stripe"))
        for service in ("zendesk", "stripe"):
            login = f"https://{quote(LOGIN.user, safe='')}:{quote(SECRET, safe='')}@"
            monkeypatch.setenv(f"AIRFLOW_CONN_{service.upper()}", login)
        yield world, api, known


@pytest.mark.slow
def test_nights_pull_two_services_and_their_state_moves_with_what_is_published(world):
    world, api, known = world
    refunds = [known["refunds"].pop() for _ in range(3)]  # a shop that has refunded nothing yet
    report = world.night()
    assert (report["status"], {p["source"]: p["rows"] for p in report["pulls"]}) == (
        "published", {"users": 5, "tickets": 5, "charges": 5, "refunds": 0}
    )  # fmt: skip
    counting = "FROM customer_event WHERE event_type IN ('sale', 'refund')"
    net = f"SELECT source, sum(amount)::DOUBLE {counting} GROUP BY ALL ORDER BY 1"
    assert world.ask(net) == [("charges", 110.0)]
    assert world.ask("SELECT count(*), count(DISTINCT account_id) FROM customer_event WHERE source = 'tickets'") == [
        (4, 3)
    ]
    assert find_secret(world.root, SECRET) == find_secret(world.root, "geheim") == set()
    before = world.home.require_current().read_manifest()["pulls"]
    assert before["tickets"]["since"] == "2026-03-05T10:00:00+00:00"

    known["charges"][4].pop("amount_captured")  # of one in five: the gate closes, and no state moves
    known["tickets"].append(known["tickets"][0] | {"id": 99, "updated_at": "2026-03-06T10:00:00Z"})
    with pytest.raises(GateClosed, match="charges"):
        world.night(NEXT)
    assert world.home.require_current().read_manifest()["pulls"] == before

    known["charges"][4]["amount_captured"] = 9000
    known["refunds"] += refunds
    api.asked.clear()
    world.night(NEXT)
    asked = {path: query for path, query in reversed(api.asked)}
    assert asked["/api/v2/incremental/tickets/cursor.json"]["start_time"] == "1772704200"  # ten minutes before
    assert asked["/v1/charges"]["created[gte]"] == str(1772359200 + 4 * 86400 - 8 * 86400)
    assert world.ask(net) == [("charges", 150.0), ("refunds", -15.0)]
    assert world.books("tickets") == [(2, 1, 0, 1)]  # the last one of before came again
    assert world.home.require_current().read_manifest()["pulls"]["tickets"]["since"] == "2026-03-06T10:00:00+00:00"
