"""Whole nights on a tiny company: what is delivered is counted once, and what is published stays whole."""

import hashlib
import json
import subprocess
import sys
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, ClassVar

import pytest

from tests.worlds.world import (
    AS_OF,
    CHAN,
    CONSENT_HEAD,
    CONSENTS,
    CRM_HEAD,
    SALES,
    SALES_HEAD,
    SOURCES,
    TICKETS,
    WONG,
    column,
    find_secret,
    list_tree,
)
from warehouse.checks import GateClosed
from warehouse.cleaning import clean as cleaning
from warehouse.contracts.model import ContractError
from warehouse.features.history import FOLDER, NIGHTS_FILE, REBUILD
from warehouse.features.nightly import list_tables
from warehouse.home.layout import HomeError
from warehouse.home.lock import hold_lock
from warehouse.home.verify import verify
from warehouse.profile import build as building

pytestmark = pytest.mark.slow

NEXT = AS_OF + timedelta(days=1)
NEW_SALE = "L5,R4,A1,tai.man@example.com,1,7.00,HKD,2026-03-09 10:00\n"


def test_a_first_night_publishes_and_its_books_balance(first_night):
    assert first_night.generation == 1
    first_night.require_balance()
    sources = first_night.ask("SELECT source, physical_count, loaded_count FROM delivery ORDER BY source")
    assert sources == [
        ("consent", 2, 2), ("crm", 2, 2), ("fx_rates", 2, 2), ("posts", 3, 3), ("sales", 4, 4), ("tickets", 1, 1),
    ]  # fmt: skip


def test_four_accounts_of_one_person_become_one_profile(first_night):
    rows = first_night.ask(
        "SELECT email, source_count, order_count, net_amount, post_count, ticket_count FROM customer_profile"
        " ORDER BY email"
    )
    assert rows == [
        ("mei@example.com", 2, 1, Decimal("11.00"), 0, 0),
        ("tai.man@example.com", 4, 1, Decimal("100.00"), 2, 1),
        (None, 1, 0, Decimal("0.00"), 1, 0),
    ]


def test_profiles_joined_by_groups_of_customers_are_those_joined_at_once(world, first_night, monkeypatch):
    monkeypatch.setattr(building, "CUSTOMERS", 1)  # three customers: four groups, of which one at least has nobody
    world.night()
    profiles = "FROM customer_profile ORDER BY customer_id"
    assert world.ask(profiles) == first_night.ask(profiles)


def test_every_event_belongs_to_a_record_of_a_delivery(first_night):
    assert first_night.ask("SELECT count(*) FROM customer_event") == [(8,)]
    assert (
        first_night.ask(
            "FROM customer_event AS e ANTI JOIN delivery AS d"
            " ON d.source = e.source AND d.delivery_id = e.delivery_id AND e.record BETWEEN 1 AND d.physical_count"
        )
        == []
    )


def test_profiles_add_up_to_events(first_night):
    events = first_night.ask(
        "SELECT customer_id, count(DISTINCT parent_id) FILTER (event_type = 'sale'),"
        " coalesce(sum(net_amount), 0)::DECIMAL(18,2), count(*) FILTER (kind = 'social'),"
        " count(*) FILTER (kind = 'support') FROM customer_event GROUP BY ALL ORDER BY ALL"
    )
    columns = "customer_id, order_count, net_amount, post_count, ticket_count"
    assert first_night.ask(f"SELECT {columns} FROM customer_profile ORDER BY ALL") == events


def test_a_second_run_with_nothing_new_changes_nothing(published):
    before = list_tree(published.home.generations)
    report = published.night()
    assert (report["status"], report["generation"], published.generation) == ("unchanged", 1, 1)
    assert list_tree(published.home.generations) == before


def test_a_run_with_nothing_new_leaves_the_page_of_the_checks(published):
    page = published.home.root / "data_docs" / "index.html"
    before = page.read_bytes()
    assert published.night()["status"] == "unchanged"
    assert page.read_bytes() == before


def test_the_same_bytes_under_another_name_load_nothing(sales):
    (sales.data / "sales_again.csv").write_bytes((sales.data / "sales.csv").read_bytes())
    assert sales.night()["status"] == "unchanged"
    assert sales.ask("SELECT name FROM delivery WHERE source = 'sales'") == [("sales.csv",)]


def test_new_bytes_under_an_old_name_are_a_redelivery_and_say_so(sales):
    sales.deliver("sales.csv", [SALES_HEAD, *SALES, NEW_SALE])
    report = sales.night()
    assert sales.books("sales") == [(5, 1, 0, 4)]
    assert sales.ask("SELECT is_redelivery FROM delivery WHERE source = 'sales' ORDER BY generation") == [
        (False,),
        (True,),
    ]
    assert [n["delivery"] for n in report["notes"] if "re-delivery" in n["note"]] == ["sales.csv"]


def test_rows_that_another_file_has_too_count_once(sales):
    sales.deliver("sales_2.csv", [SALES_HEAD, *SALES[2:], NEW_SALE])
    sales.deliver("sales_3.csv", [SALES_HEAD, NEW_SALE, SALES[0]])
    sales.run_to("identify")
    assert sorted(sales.books("sales")) == [(2, 0, 0, 2), (3, 1, 0, 2)]
    assert sales.ask("SELECT count(*), sum(net_amount) FROM customer_event") == [(5, Decimal("118.0000"))]
    sales.require_balance()


def test_a_snapshot_replaces_the_picture(published):
    published.deliver("crm.csv", CRM_HEAD + CHAN.replace("Sha Tin", "Tai Po"))
    published.run_to("profile")
    assert published.ask('SELECT "no", district FROM raw.crm') == [("C1", "Tai Po")]
    assert published.ask("SELECT count(*) FROM customer_identity WHERE source = 'crm'") == [(1,)]
    assert published.ask("SELECT district FROM customer_profile WHERE email = 'tai.man@example.com'") == [("Tai Po",)]
    assert published.ask("SELECT full_name FROM customer_profile WHERE email = 'mei@example.com'") == [(None,)]


def test_a_merge_corrects_by_key(published):
    solved = {**TICKETS[0], "status": "solved", "solved_at": "2026-03-06T05:00:00Z"}
    other = {**TICKETS[0], "id": "T2"}
    published.deliver("tickets_2.jsonl", [solved, other])
    published.run_to("profile")
    assert published.books("tickets") == [(2, 2, 0, 0)]
    tickets = "SELECT ticket_count, open_ticket_count, median_solve_hours FROM customer_profile WHERE ticket_count > 0"
    assert published.ask(tickets) == [(2, 1, 3.0)]


def test_an_append_with_a_known_key_and_other_content_is_set_aside(sales):
    sales.deliver("sales_2.csv", [SALES_HEAD, SALES[0].replace("100.00", "900.00"), NEW_SALE])
    sales.deliver("sales_3.csv", [SALES_HEAD, NEW_SALE.replace("7.00", "8.00")])
    sales.run_to("identify")
    assert sales.quarantined("sales") == [("sales_2.csv", 1, "duplicate_key"), ("sales_3.csv", 1, "duplicate_key")]
    assert sales.ask("SELECT sum(net_amount) FROM customer_event") == [(Decimal("118.0000"),)]
    sales.require_balance()


def test_a_row_with_two_faults_of_taking_in_is_counted_once(sales):
    sales.deliver("sales_2.csv", [SALES_HEAD, SALES[0].replace("HKD", "XXX"), NEW_SALE.replace("HKD", "XXX")])
    sales.run_to("load")
    assert sales.books("sales") == [(2, 0, 2, 0)]
    assert {rule for _, _, rule in sales.quarantined("sales")} <= {"duplicate_key", "no_rate:currency"}
    sales.require_balance()


def test_too_many_rows_set_aside_while_taking_in_close_the_gate(sales):
    sales.declare("sales", custom={"maxQuarantineShare": 0.05})
    sales.deliver("sales_2.csv", [SALES_HEAD, SALES[0].replace("100.00", "900.00"), NEW_SALE])
    with pytest.raises(GateClosed, match=r"sales\.quarantine_share: sales_2\.csv: 2 records.* 1 quarantined"):
        sales.night()
    assert sales.generation == 1


def test_a_snapshot_that_does_not_change_is_judged_by_its_own_faults(published):
    published.declare("crm", custom={"maxQuarantineShare": 0.3})
    rows = [CRM_HEAD, CHAN, WONG, CHAN.replace("C1", "C3"), CHAN.replace("C1", "")]
    for night in range(3):
        published.deliver(f"crm_2026-03-{11 + night}.csv", rows)
        published.run_to("load", AS_OF + timedelta(days=1 + night))
        assert published.books("crm") == [(4, 3, 1, 0)]
    published.require_balance()


def test_equal_lines_without_a_key_stay_and_delivered_again_do_not_count(published):
    twice = "C1,personalisation,granted,2026-02-01 10:00\n"
    published.deliver("consent_2.csv", [CONSENT_HEAD, twice, twice])
    published.run_to("load")
    assert published.books("consent") == [(2, 2, 0, 0)]
    published.deliver("consent_3.csv", [CONSENT_HEAD, twice, *CONSENTS, twice, twice])
    published.run_to("load")
    assert published.books("consent") == [(5, 1, 0, 4)]
    published.require_balance()


def test_a_new_business_date_moves_the_windows(sales):
    sales.night(date(2026, 6, 15))
    assert sales.generation == 2
    rows = sales.ask(
        "SELECT as_of, order_count, order_90_count, order_365_count, recency_days FROM customer_profile"
        " WHERE order_count > 0 ORDER BY recency_days"
    )
    day = date(2026, 6, 15)
    assert rows == [(day, 1, 0, 1, 106), (day, 1, 0, 1, 134)]


def test_an_earlier_business_date_is_refused(sales):
    with pytest.raises(HomeError, match=f"--as-of 2026-03-09 lies before {AS_OF}"):
        sales.night(date(2026, 3, 9))
    assert sales.generation == 1


def test_customer_ids_last_and_a_merge_leaves_an_alias(published):
    accounts = "SELECT source, account_id, customer_id FROM customer_identity ORDER BY ALL"
    before = published.ask(accounts)
    published.deliver("crm.csv", CRM_HEAD + "C0,Lee Ka Fai,,fai@example.com,,\n" + WONG + CHAN)
    published.run_to("identify", NEXT)
    assert set(before) < set(published.ask(accounts))
    published.deliver("crm.csv", CRM_HEAD + CHAN + CHAN.replace("C1", "C2").replace("tai.man@", "mei@"))
    published.run_to("identify", NEXT + timedelta(days=1))
    after = dict(published.ask("SELECT source || account_id, customer_id FROM customer_identity"))
    assert after["crmC1"] == after["crmC2"] == after["salesA2"]
    assert after["crmC1"] in {customer for _, _, customer in before}
    merged = {customer for source, account, customer in before if account in {"C1", "C2"}} - {after["crmC1"]}
    assert published.ask("SELECT customer_id, merged_into FROM identity.customer WHERE merged_into IS NOT NULL") == [
        (merged.pop(), after["crmC1"])
    ]


def test_a_closed_gate_leaves_the_generation_and_a_mended_delivery_publishes(sales):
    before = list_tree(sales.home.generations)
    sales.declare("sales", custom={"maxQuarantineShare": 0.05})
    sales.deliver("sales_2.csv", [SALES_HEAD, NEW_SALE.replace("7.00", "seven"), NEW_SALE])
    said = r"sales: quarantine_share: sales_2\.csv: 2 records, 1 accepted, 1 quarantined"
    with pytest.raises(GateClosed, match=said):
        sales.night()
    assert sales.report["status"] == "closed"
    assert (sales.generation, list_tree(sales.home.generations)) == (1, before)
    sales.deliver("sales_2.csv", [SALES_HEAD, NEW_SALE])
    assert sales.night()["status"] == "published"
    assert sales.books("sales") == [(1, 1, 0, 0)]
    assert sales.ask("SELECT count(*) FROM quarantine.record") == [(0,)]


def test_every_closed_gate_of_a_night_is_named(published):
    published.deliver("posts_2.jsonl", [])
    published.deliver("consent_2.csv", CONSENT_HEAD)
    with pytest.raises(GateClosed) as closed:
        published.night()
    assert "posts: row_count:posts" in str(closed.value)
    assert "consent: row_count:consent" in str(closed.value)


def test_a_held_lock_names_its_holder(sales):
    with hold_lock(sales.home, "20260310T020000"), pytest.raises(HomeError, match=r"run 20260310T020000 \(process"):
        sales.night()
    assert sales.night()["status"] == "unchanged"


def test_a_reader_keeps_its_generation_while_another_is_published(sales):
    query = "SELECT count(*), sum(net_amount) FROM customer_event"
    code = (
        "import sys\nfrom pathlib import Path\nfrom warehouse.duck import open_published\n"
        "con = open_published(Path(sys.argv[1]))\n"
        "for line in sys.stdin:\n    print(con.execute(line).fetchall(), flush=True)\n"
    )
    command = [sys.executable, "-c", code, str(sales.home.pointer / "customer_360.duckdb")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdin
        assert reader.stdout
        reader.stdin.write(f"{query}\n")
        reader.stdin.flush()
        before = reader.stdout.readline()
        sales.deliver("sales_2.csv", [SALES_HEAD, NEW_SALE])
        sales.night()
        assert reader.communicate(f"{query}\n")[0] == before == "[(4, Decimal('111.0000'))]\n"
    assert sales.ask(query) == [(5, Decimal("118.0000"))]


def test_a_fault_in_the_middle_of_a_step_is_reported_without_its_text(sales, monkeypatch):
    def fail(*_):
        raise ValueError("could not convert 'tai.man@example.com'")

    monkeypatch.setattr(cleaning, "clean_rows", fail)
    sales.deliver("sales_2.csv", [SALES_HEAD, NEW_SALE])
    with pytest.raises(ValueError, match="could not convert"):
        sales.night()
    assert (sales.report["status"], sales.generation) == ("failed", 1)
    assert sales.report["error"].startswith("ValueError in ")
    assert "example.com" not in json.dumps(sales.report)
    monkeypatch.undo()
    assert sales.night()["status"] == "published"


class TestChangedContract:
    """A contract may change between nights: what is loaded follows it, and the same rows stay the same rows."""

    COLUMNS: ClassVar[list[dict[str, Any]]] = SOURCES["sales"]["columns"]

    def deliver_again(self, sales, *, extra=""):
        head, *lines = [SALES_HEAD, *SALES, NEW_SALE]
        more = [line.replace("\n", f"{extra and ','}\n") for line in lines]
        sales.deliver("sales_2.csv", [head.replace("\n", f"{extra}\n"), *more])

    def test_rows_delivered_again_are_known_with_a_new_empty_column(self, sales):
        sales.declare("sales", columns=[*self.COLUMNS, column("shop", "channel")])
        self.deliver_again(sales, extra=",shop")
        sales.run_to("load")
        assert sales.books("sales") == [(5, 1, 0, 4)]

    def test_rows_delivered_again_are_known_with_another_type_and_order(self, sales):
        number = column("quantity", "quantity", "number", required=True)
        sales.declare("sales", columns=[number, *(c for c in self.COLUMNS if c["name"] != "quantity")])
        self.deliver_again(sales)
        sales.run_to("identify")
        assert sales.books("sales") == [(5, 1, 0, 4)]
        assert sales.ask("SELECT sum(quantity) FROM customer_event") == [(4.0,)]

    def test_a_column_that_is_no_longer_declared_is_no_longer_stored(self, sales):
        assert find_secret(sales.home.generations, "tai.man@example.com")
        sales.declare("sales", columns=[c for c in self.COLUMNS if c["name"] != "email"])
        self.deliver_again(sales)
        sales.night()
        assert sales.books("sales") == [(5, 1, 0, 4)]
        assert find_secret(sales.home.generations / "2", "tai.man@example.com") == set()

    def test_equal_lines_without_a_key_stay_known(self, sales):
        sales.declare("crm")
        sales.declare("consent")
        twice = "C1,personalisation,granted,2026-02-01 10:00\n"
        sales.deliver("consent.csv", [CONSENT_HEAD, *CONSENTS, twice, twice])
        sales.run_to("load")
        ignored = [{"property": "c360.drift", "value": "ignore"}]
        columns = [*SOURCES["consent"]["columns"], column("notice", customProperties=ignored)]
        sales.declare("consent", columns=columns)
        sales.deliver("consent_2.csv", [CONSENT_HEAD, twice, CONSENTS[0], twice, twice])
        sales.run_to("load")
        assert sales.books("consent") == [(4, 1, 0, 3)]

    def test_a_type_that_loaded_rows_do_not_fit_is_refused_with_its_cure(self, sales):
        receipt = column("receipt", "parent_id", "integer")
        sales.declare("sales", columns=[receipt, *(c for c in self.COLUMNS if c["name"] != "receipt")])
        with pytest.raises(ContractError, match=r"sales\.odcs\.yaml: column 'receipt' is BIGINT now"):
            sales.night()
        assert (sales.generation, sales.report["status"]) == (1, "failed")


class TestManifest:
    def test_names_what_was_built_from_what(self, first_night):
        generation = first_night.home.require_current()
        manifest = generation.read_manifest()
        assert (manifest["generation"], manifest["parent"], manifest["as_of"]) == (1, None, "2026-03-10")
        assert manifest["files"] == {
            name: hashlib.sha256((generation.folder / name).read_bytes()).hexdigest()
            for name in list_tree(generation.folder).keys() - {"manifest.json"}
        }
        for source, body in manifest["contracts"].items():
            path = first_night.contracts / f"{source}.odcs.yaml"
            assert body["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
        assert manifest["tables"]["main.customer_profile"] == 3

    def test_files_are_read_only_and_nothing_else_is_there(self, first_night):
        modes = {name: mode for name, (mode, _) in list_tree(first_night.home.require_current().folder).items()}
        tables = {table.name for table in list_tables(first_night.contracts)} - {"customer_event"}
        names = (
            "customer_360.duckdb", "identity_model.json", "manifest.json", "report.html", "report.json",
            "workings.duckdb", *(f"parquet/{name}.parquet" for name in tables),
            *(f"parquet/{FOLDER}/{name}" for name in (NIGHTS_FILE, REBUILD, f"as_of={AS_OF}/changes.parquet")),
        )  # fmt: skip
        assert modes == dict.fromkeys(names, 0o400)
        assert list(first_night.home.work.iterdir()) == []

    def test_a_generation_as_it_was_published_verifies(self, first_night):
        assert verify(first_night.home.require_current()) == []

    def test_a_flipped_byte_is_found(self, sales):
        generation = sales.home.require_current()
        body = bytearray(generation.database.read_bytes())
        body[len(body) // 2] ^= 1
        generation.database.chmod(0o644)
        generation.database.write_bytes(body)
        assert verify(generation) == [f"{generation.database}: its bytes have changed since it was published"]

    def test_a_missing_file_is_found(self, sales):
        generation = sales.home.require_current()
        (generation.folder / "report.json").unlink()
        assert verify(generation) == [f"{generation.folder / 'report.json'}: is missing"]

    @pytest.mark.parametrize("change", [{"as_of": "2026-03-11"}, {"tables": {}}, {"files": {}}])
    def test_a_changed_manifest_is_found(self, sales, change):
        generation = sales.home.require_current()
        path = generation.folder / "manifest.json"
        path.chmod(0o644)
        path.write_text(json.dumps(generation.read_manifest() | change))
        assert any("manifest.json: has changed" in fault for fault in verify(generation))

    def test_a_manifest_that_is_no_json_is_found(self, sales):
        generation = sales.home.require_current()
        (generation.folder / "manifest.json").chmod(0o644)
        (generation.folder / "manifest.json").write_text("{")
        assert verify(generation) == [f"{generation.folder / 'manifest.json'}: cannot be read (JSONDecodeError)"]


class TestSecrets:
    """What no contract declares is stored nowhere; what a bad row holds is in quarantine and nowhere else."""

    UNDECLARED, BAD, CONTROL = "A123456(7)", "4024-0071-BAD", "plain-control"

    @pytest.fixture
    def planted(self, published):
        secret, bad = self.UNDECLARED, self.BAD
        head = SALES_HEAD.strip() + ",id_card\n"
        published.deliver(
            "sales_2.csv",
            [
                head,
                f"L6,R5,{self.CONTROL},c@example.com,1,7.00,HKD,2026-03-09 10:00,{secret}\n",
                f"L7,R5,{bad}1,c@example.com,{bad}2,7.00,HKD,{bad}3,{secret}\n",
                f"L8,R5,A1,c@example.com,1,7.00,{bad}4,2026-03-09 10:00,{secret}\n",
                f"L1,{bad}5,A1,c@example.com,1,7.00,HKD,2026-03-09 10:00,{secret}\n",
                f"L9,R5,A1,c@example.com,1,7.00,HKD,2026-03-09 10:00,{secret},{secret}\n",
            ],
        )
        published.deliver("sales_3.csv", [SALES_HEAD, f"L10,{bad}6,A1\n", f'L11,"{bad}7,A1,,1,1,HKD,\n'])
        published.deliver(
            "posts_2.jsonl",
            [
                {"id": "P9", "at": "2026-03-09T10:00:00Z", "text": "x", "author": {"handle": "@z", "card": secret}},
                {"id": "P8", "at": f"{bad}8", "text": f"{bad}9", "author": {"handle": "@z"}},
                f'{{"id": "{secret}"\n',
            ],
        )
        published.deliver("tickets_2.jsonl", [f"{bad}10\n", *TICKETS])
        return published

    def test_of_undeclared_columns_and_bad_rows_stay_out(self, planted):
        planted.night()
        planted.require_balance()
        database = "generations/2/workings.duckdb"
        control = find_secret(planted.home.root, self.CONTROL)
        assert {f"{database}:raw.sales.account", f"{database}:clean.account.account_id"} <= control
        assert find_secret(planted.home.root, self.UNDECLARED) == set()
        assert find_secret(planted.home.root, self.BAD) == {f"{database}:quarantine.record.row"}
        assert planted.ask("SELECT count(*) FROM quarantine.record WHERE contains(row, ?)", self.BAD) == [(7,)]

    def test_stay_out_of_what_a_closed_gate_leaves(self, planted):
        planted.deliver("crm_2.csv.gz", b"\x1f\x8b\x08 cut off " + self.UNDECLARED.encode())
        planted.declare("crm", path="crm*", format="csv")
        with pytest.raises(GateClosed, match=r"crm_2\.csv\.gz: the gzip data is damaged"):
            planted.night()
        assert find_secret(planted.home.root, self.UNDECLARED) == set()
        left = find_secret(planted.home.root, self.BAD)
        assert left
        assert all(place.startswith("work/") and ".duckdb:" in place for place in left)
