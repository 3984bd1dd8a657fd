"""Rows in quarantine are taken in again: each counts once, and the books balance."""

import json
from dataclasses import asdict
from datetime import timedelta

import pytest
import yaml

from tests.worlds.world import AS_OF, CRM_HEAD, MONEY, RATES, SALES, SALES_HEAD, SOURCES, WONG, World, column
from warehouse.checks import GateClosed
from warehouse.landing.replay_choice import Choice, ReplayError

pytestmark = pytest.mark.slow

SALE = "L5,R4,A1,tai.man@example.com,1,7.00,HKD,2026-03-09 10:00\n"


def replay(world: World, as_of=AS_OF, **choice):
    """A replay, after which the books balance."""
    report = world.night(as_of, replay=asdict(Choice(**choice)))
    world.require_balance()
    return {(n["source"], n["outcome"]): n["records"] for n in report["replayed"]}


def listed(world: World, source: str = "sales", line: int = 1, **changes):
    """The first row in quarantine of a source, with mended values, as a file of rows gives it."""
    delivery, record, row = world.ask(
        "SELECT delivery_id, record, row FROM quarantine.record WHERE source = ? ORDER BY ALL", source
    )[0]
    row = json.dumps(json.loads(row) | changes)
    return {"source": source, "delivery": delivery[:12], "record": record, "row": row, "line": line}


def amounts(world: World):
    """Amount and time of the sale that the tests are about."""
    return world.ask("SELECT amount, occurred_at::VARCHAR FROM customer_event WHERE event_id LIKE '%L5%'")


def columns_of_sales(**changes):
    """The columns of sales, some of them declared otherwise."""
    return [changes.get(c["name"], c) for c in SOURCES["sales"]["columns"]]


def deliver(world: World, *rows: str, name: str = "sales_2.csv") -> World:
    """Deliver sales, and a last one that is known already, and run a night."""
    world.deliver(name, [SALES_HEAD, *rows, SALES[0]])
    world.night()
    return world


@pytest.fixture(scope="session")
def first_bad(first_sales, tmp_path_factory):
    """The first record of a delivery is in quarantine, since its amount is a word."""
    return deliver(first_sales.copy(tmp_path_factory.mktemp("bad")), SALE.replace("7.00", "seven"))


@pytest.fixture
def bad(first_bad, tmp_path):
    """A copy of it."""
    return first_bad.copy(tmp_path)


class TestTheContractIsMended:
    def test_a_type_then_reads_what_was_delivered(self, sales):
        deliver(sales, SALE.replace("2026-03-09 10:00", "2026/09/03 10h00"))
        assert sales.books("sales") == [(2, 0, 1, 1)]
        form = {"format": "yyyy/dd/MM HH'h'mm"}
        written = column("sold_at", "occurred_at", "timestamp", required=True, logicalTypeOptions=form)
        sales.declare("sales", columns=columns_of_sales(sold_at=written))
        assert replay(sales, source="sales") == {("sales", "loaded"): 1}
        assert amounts(sales) == [(7, "2026-03-09 02:00:00")]
        assert sales.books("sales", 2) == [(2, 1, 0, 1)]

    @pytest.mark.slow
    def test_a_rule_that_is_gone_keeps_the_time_of_the_row(self, sales):
        sold = column("amount", "amount", "number", required=True, logicalTypeOptions={"maximum": 200}, **MONEY)
        deliver(sales, SALE)
        sales.declare("sales", columns=columns_of_sales(amount=sold))
        deliver(sales, SALE.replace("L5", "L6").replace("7.00", "700.05"), name="sales_3.csv")
        assert sales.quarantined("sales") == [("sales_3.csv", 1, "range:amount")]
        sales.declare("sales")
        assert replay(sales) == {("sales", "loaded"): 1}
        assert amounts(sales) == [(7, "2026-03-09 02:00:00")]
        found = sales.ask("SELECT amount::VARCHAR, occurred_at::VARCHAR FROM customer_event WHERE event_id LIKE '%L6%'")
        assert found == [("700.0500", "2026-03-09 02:00:00")]

    @pytest.mark.slow
    def test_a_rate_that_came_lets_a_row_in(self, sales):
        deliver(sales, SALE.replace("HKD", "USD"))
        assert sales.quarantined("sales") == [("sales_2.csv", 1, "no_rate:currency")]
        assert replay(sales) == {("sales", "quarantined"): 1}
        sales.deliver("fx.csv", RATES + "USD,2020-01-01,7.8\n")
        sales.night()
        assert replay(sales) == {("sales", "loaded"): 1}
        assert amounts(sales) == [(7, "2026-03-09 02:00:00")]

    @pytest.mark.slow
    def test_numbers_are_read_as_their_delivery_writes_them(self, sales):
        sales.declare("sales", columns=columns_of_sales(amount=column("amount", "amount", "number", **MONEY)))
        rows = [SALE.replace("7.00", '"1.234,50"'), SALE.replace("L5", "L6").replace("7.00", '"2,25"')]
        timeless = rows[1].replace("L6", "L7").replace("2026-03-09 10:00", "")
        sales.deliver("sales_2.csv", [SALES_HEAD, rows[0], timeless, rows[1].replace(",1,", ",one,")])
        sales.night()
        assert [q[1:] for q in sales.quarantined("sales")] == [(2, "required:sold_at"), (3, "type:quantity")]
        for mend in ({"sold_at": "2026-03-09 10:00"}, {"quantity": "1"}):
            assert replay(sales, rows=[listed(sales, **mend)]) == {("sales", "loaded"): 1}
        found = sales.ask(
            "SELECT event_id, amount::VARCHAR FROM customer_event WHERE amount IN (1234.5, 2.25) ORDER BY 1"
        )
        assert found == [("L5", "1234.5000"), ("L6", "2.2500"), ("L7", "2.2500")]
        assert sales.ask("SELECT DISTINCT sold_at::VARCHAR FROM raw.sales WHERE line >= 'L5'") == [
            ("2026-03-09 02:00:00",)
        ]


class TestTheRowIsMended:
    def test_it_counts_as_the_record_that_it_is(self, bad):
        assert replay(bad, rows=[listed(bad, amount="7.00")]) == {("sales", "loaded"): 1}
        assert amounts(bad) == [(7, "2026-03-09 02:00:00")]
        assert bad.books("sales", 2) == [(2, 1, 0, 1)]
        assert bad.books("sales") == []
        assert bad.quarantined("sales") == []
        origin = "SELECT d.name, r._record FROM raw.sales AS r JOIN governance.delivery AS d"
        assert bad.ask(f"{origin} ON delivery_id = _delivery_id WHERE line = 'L5'") == [("sales_2.csv", 1)]
        log = bad.ask("SELECT rule, outcome, is_mended, generation FROM governance.replay")
        assert log == [("type:amount", "loaded", True, bad.generation)]

    def test_it_is_the_same_as_if_it_had_been_right_at_once(self, bad, first_sales, tmp_path):
        replay(bad, rows=[listed(bad, amount="7.00")])
        right = first_sales.copy(tmp_path / "right")
        right.deliver("sales_2.csv", [SALES_HEAD, SALE, SALES[0]])
        right.night()
        bytes_of_the_file = {
            "customer_event": "delivery_id", "customer_profile_provenance": "delivery_id",
            "raw.sales": "_delivery_id, _generation",
        }  # fmt: skip
        for table, other in bytes_of_the_file.items():
            query = f"SELECT * EXCLUDE ({other}) FROM {table} ORDER BY ALL"
            assert bad.ask(query) == right.ask(query), table
        profile = "SELECT * FROM customer_profile ORDER BY ALL"
        assert bad.ask(profile) == right.ask(profile)

    def test_one_that_fails_again_stays_once_for_what_is_wrong_now(self, bad):
        assert replay(bad, rows=[listed(bad, amount="7.00", quantity="one")]) == {("sales", "quarantined"): 1}
        assert bad.quarantined("sales") == [("sales_2.csv", 1, "type:quantity")]
        assert bad.books("sales", 2) == [(2, 0, 1, 1)]
        assert amounts(bad) == []

    @pytest.mark.slow
    def test_only_those_of_the_list(self, sales):
        deliver(sales, SALE.replace("7.00", "seven"), SALE.replace("L5", "L6").replace("7.00", "six"))
        assert replay(sales, rows=[listed(sales, amount="7.00")]) == {("sales", "loaded"): 1}
        assert sales.quarantined("sales") == [("sales_2.csv", 2, "type:amount")]

    @pytest.mark.slow
    def test_a_record_that_could_not_be_read_waits_for_its_row(self, sales):
        deliver(sales, SALE.replace("7.00", "seven"), f"{SALE.strip()},too,many\n")
        assert replay(sales) == {("sales", "left"): 1, ("sales", "quarantined"): 1}
        delivery = sales.ask("SELECT delivery_id FROM quarantine.record WHERE record = 2")[0][0]
        row = dict(zip(SALES_HEAD.strip().split(","), SALE.strip().split(","), strict=True))
        entry = {"source": "sales", "delivery": delivery[:12], "record": 2, "row": json.dumps(row), "line": 1}
        assert replay(sales, rows=[entry]) == {("sales", "loaded"): 1}
        assert amounts(sales) == [(7, "2026-03-09 02:00:00")]

    @pytest.mark.parametrize(
        "changes",
        [{"record": 9}, {"delivery": "0" * 12}, {"delivery": "0" * 64}, {"row": "[]"}, {"row": '{"colour": 1}'}],
    )
    def test_a_row_that_is_not_there_or_is_none_is_refused(self, bad, changes):
        entry, number = listed(bad, amount="7.00"), bad.generation
        with pytest.raises(ReplayError, match="line 1: sales") as error:
            replay(bad, rows=[entry | changes])
        assert "seven" not in str(error.value)
        assert bad.generation == number

    def test_a_row_listed_twice_is_refused(self, bad):
        with pytest.raises(ReplayError, match="line 2"):
            replay(bad, rows=[listed(bad, amount="7.00"), listed(bad, line=2, amount="8.00")])


class TestARowCountsOnce:
    def test_replayed_twice(self, bad):
        entry = listed(bad, amount="7.00")
        replay(bad, rows=[entry])
        with pytest.raises(ReplayError, match="no such record"):
            replay(bad, rows=[entry])
        assert replay(bad) == {}
        assert len(amounts(bad)) == 1

    def test_a_duplicate_of_what_was_loaded_since(self, bad):
        deliver(bad, SALE, name="sales_3.csv")
        assert replay(bad, rows=[listed(bad, amount="7.00")]) == {("sales", "duplicate"): 1}
        assert bad.books("sales", 2) == [(2, 0, 0, 2)]
        assert amounts(bad) == [(7, "2026-03-09 02:00:00")]

    def test_another_content_of_a_key_that_is_loaded(self, bad):
        deliver(bad, SALE, name="sales.fixed.csv")
        assert replay(bad, rows=[listed(bad, amount="8.00")]) == {("sales", "quarantined"): 1}
        assert bad.quarantined("sales") == [("sales_2.csv", 1, "duplicate_key")]
        assert amounts(bad) == [(7, "2026-03-09 02:00:00")]

    @pytest.mark.slow
    def test_the_older_of_a_series_takes_the_place_of_the_newer(self, bad):
        deliver(bad, SALE.replace("7.00", "8.00"), name="sales_3.csv")
        assert replay(bad, rows=[listed(bad, amount="7.00")]) == {("sales", "loaded"): 1}
        assert bad.quarantined("sales") == [("sales_3.csv", 1, "duplicate_key")]
        assert amounts(bad) == [(7, "2026-03-09 02:00:00")]

    @pytest.mark.slow
    def test_what_is_unique_stays_unique(self, sales):
        sales.declare("sales", columns=columns_of_sales(receipt=column("receipt", "parent_id", unique=True)))
        sales.deliver("sales_2.csv", [SALES_HEAD, SALE, SALE.replace("L5", "L6")])
        sales.night()
        assert sales.quarantined("sales") == [("sales_2.csv", 2, "unique:receipt")]
        assert replay(sales) == {("sales", "quarantined"): 1}
        assert sales.quarantined("sales") == [("sales_2.csv", 2, "unique:receipt")]

    @pytest.mark.slow
    def test_equal_rows_without_a_key_are_two(self, sales):
        keyless = columns_of_sales(line=column("line", "event_id"))
        sales.declare("sales", columns=keyless, custom={"key": "content"})
        sales.deliver("sales_2.csv", [SALES_HEAD, SALE, SALE.replace("7.00", "seven"), SALE.replace("7.00", "six")])
        sales.night()
        assert replay(sales, rows=[listed(sales, amount="7.00")]) == {("sales", "loaded"): 1}
        assert replay(sales, rows=[listed(sales, amount="7.00")]) == {("sales", "loaded"): 1}
        assert sales.ask("SELECT count(*), count(DISTINCT _key) FROM raw.sales WHERE line = 'L5'") == [(3, 3)]
        assert sales.books("sales", 2) == [(3, 3, 0, 0)]


@pytest.mark.slow
class TestOtherModes:
    @pytest.fixture
    def tickets(self, tmp_path, checker):
        world = World.found(tmp_path, checker, ["tickets", "fx_rates"])
        world.deliver("fx.csv", RATES)
        return world

    @staticmethod
    def ticket(status: str, at: str = "2026-03-06T02:00:00Z") -> dict:
        user = {"id": "U1", "email": "a@example.com"}
        return {"id": "T1", "user": user, "text": "where?", "status": status, "at": at, "solved_at": None}

    def test_a_merged_row_counts_unless_a_later_one_does(self, tickets):
        tickets.declare("tickets", custom={"maxUnknownShare": 1.0})  # one, two and three are no words of a desk
        for night, (name, at) in enumerate([("one", "soon"), ("two", "2026-03-06T02:00:00Z"), ("three", "soon")]):
            tickets.deliver(
                f"tickets-{name}.jsonl",
                [self.ticket(name, at), self.ticket("", at) | {"id": "T2", "at": "2026-03-05T02:00:00Z"}],
            )
            tickets.night(AS_OF + timedelta(days=night))
        first = listed(tickets, "tickets", at="2026-03-06T02:00:00Z")
        names = dict(tickets.ask("SELECT name, delivery_id[:12] FROM delivery WHERE source = 'tickets'"))
        rows = {name: first | {"delivery": names[f"tickets-{name}.jsonl"]} for name in ("one", "three")}
        for name, row in rows.items():
            row["row"] = json.dumps(json.loads(first["row"]) | {"status": name})
        as_of = AS_OF + timedelta(days=2)
        assert replay(tickets, as_of, rows=[rows["one"]]) == {("tickets", "quarantined"): 1}
        assert tickets.ask("SELECT status FROM customer_event WHERE event_id LIKE '%T1%'") == [("two",)]
        assert ("tickets-one.jsonl", 1, "superseded") in tickets.quarantined("tickets")
        assert replay(tickets, as_of, rows=[rows["three"]]) == {("tickets", "loaded"): 1}
        assert tickets.ask("SELECT status FROM customer_event WHERE event_id LIKE '%T1%'") == [("three",)]
        assert replay(tickets, as_of) == {}  # what is superseded is no fault

    def test_a_picture_is_completed_and_an_older_one_left(self, published):
        late = WONG.replace("C2", "C3").replace("mei@", "ann@")
        published.deliver("crm_1.csv", [CRM_HEAD, WONG, late.replace("C3", "")])
        published.night()
        row = listed(published, "crm", no="C3")
        published.deliver("crm_2.csv", [CRM_HEAD, WONG, late.replace("C3", "").replace("Mei", "May")])
        published.night()
        assert replay(published, rows=[row]) == {("crm", "left"): 1}
        newest = published.ask("SELECT delivery_id FROM delivery WHERE name = 'crm_2.csv'")[0][0]
        assert replay(published, rows=[row | {"delivery": newest}]) == {("crm", "loaded"): 1}
        assert published.ask("SELECT no FROM raw.crm ORDER BY no") == [("C2",), ("C3",)]
        assert published.ask("SELECT count(*) FROM customer_identity WHERE source = 'crm'") == [(2,)]
        again = [row | {"delivery": newest}]
        with pytest.raises(ReplayError):
            replay(published, rows=again)

    def test_a_row_of_the_same_key_in_the_picture_counts_first(self, published):
        published.deliver("crm_1.csv", [CRM_HEAD, WONG, WONG.replace("Mei", "May").replace("C2", "")])
        published.night()
        assert replay(published, rows=[listed(published, "crm", no="C2")]) == {("crm", "quarantined"): 1}
        assert published.quarantined("crm") == [("crm_1.csv", 2, "duplicate_key")]


class TestTheNight:
    @pytest.mark.slow
    def test_lands_nothing_new(self, bad):
        bad.deliver("sales_3.csv", [SALES_HEAD, SALE.replace("L5", "L7")])
        assert replay(bad, rows=[listed(bad, amount="7.00")]) == {("sales", "loaded"): 1}
        assert bad.ask("SELECT count(*) FROM delivery WHERE name = 'sales_3.csv'") == [(0,)]
        bad.night()
        assert bad.books("sales") == [(1, 1, 0, 0)]

    @pytest.mark.slow
    def test_no_share_of_a_few_rows_closes_the_gate(self, sales):
        good = [SALE.replace("L5", f"L{n}") for n in range(10, 60)]
        faulty = [SALE.replace("7.00", "seven"), SALE.replace("L5", "L6").replace("7.00", "six")]
        sales.deliver("sales_2.csv", [SALES_HEAD, *faulty, *good])
        sales.declare("sales", custom={"maxQuarantineShare": 0.05})
        sales.night()
        left = listed(sales, line=2) | {"record": 2}
        found = replay(sales, rows=[listed(sales, amount="7.00"), left])
        assert found == {("sales", "loaded"): 1, ("sales", "quarantined"): 1}

    def test_a_row_that_a_critical_query_refuses_closes_the_gate(self, bad):
        document = bad.contracts / "sales.odcs.yaml"
        rule = {"type": "sql", "query": "SELECT count(*) FROM ${table} WHERE amount > 500", "mustBe": 0,
                "severity": "error", "name": "dear", "dimension": "accuracy"}  # fmt: skip
        contract = yaml.safe_load(document.read_text("utf-8"))
        contract["schema"][0]["quality"].append(rule)
        bad.write_yaml("sales.odcs.yaml", contract)
        with pytest.raises(GateClosed, match="dear"):
            replay(bad, rows=[listed(bad, amount="700.00")])
        assert bad.generation == 2
