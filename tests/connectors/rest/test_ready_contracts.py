"""The contracts of examples/apis, against the shapes that each service documents, with faults, and over nights."""

import json
import re
from datetime import timedelta
from urllib.parse import quote

import pytest

from tests.worlds.api_replies import RECORDS, SERVICES, make_api
from tests.worlds.http_world import LOGIN, SECRET, pull, running
from tests.worlds.world import AS_OF, World, find_secret
from warehouse import ROOT
from warehouse.checks import GateClosed
from warehouse.connectors.seam import PullError
from warehouse.contracts.load import read_contracts

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


@pytest.fixture
def world(tmp_path, checker, monkeypatch):
    """A shop whose data lies with all five."""
    api, known = make_api()
    world = World.found(tmp_path, checker, [])
    (world.contracts / "purposes.yaml").unlink()
    with running(api):
        place(world.contracts, api.url)
        for service in SERVICES:
            login = f"https://{quote(LOGIN.user, safe='')}:{quote(SECRET, safe='')}@"
            monkeypatch.setenv(f"AIRFLOW_CONN_{service.upper()}", login)
        yield world, api, known


def test_nights_pull_five_services_and_their_state_moves_with_what_is_published(world):
    world, api, known = world
    report = world.night()
    assert (report["status"], {p["source"]: p["rows"] for p in report["pulls"]}) == (
        "published", {name: len(make()) for name, make in RECORDS.items()}
    )  # fmt: skip
    net = "SELECT source, sum(amount)::DOUBLE FROM customer_event WHERE event_type IN ('sale', 'refund') GROUP BY ALL ORDER BY 1"
    assert world.ask(net) == [("charges", 110.0), ("orders", 150.0), ("refunds", -15.0)]
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
    known["mastodon_posts"].pop(0)
    api.asked.clear()
    world.night(NEXT)
    asked = {path: query for path, query in reversed(api.asked)}
    assert asked["/api/v2/incremental/tickets/cursor.json"]["start_time"] == "1772704200"  # ten minutes before
    assert asked["/v1/charges"]["created[gte]"] == str(1772359200 + 4 * 86400 - 8 * 86400)
    assert asked["/admin/api/2026-10/orders.json"]["updated_at_min"] == "2026-03-05T09:50:00Z"
    assert world.ask(net)[0] == ("charges", 150.0)
    assert world.books("tickets") == [(2, 1, 0, 1)]  # the last one of before came again
    assert world.ask("SELECT count(*) FROM customer_event WHERE source = 'mastodon_posts'") == [(4,)]  # deleted is gone
    assert world.home.require_current().read_manifest()["pulls"]["tickets"]["since"] == "2026-03-06T10:00:00+00:00"
