"""A night cleans and folds what is new alone, and comes to what doing everything anew comes to."""

from datetime import date, timedelta
from random import Random

import pytest

from tests.loading.test_retired import retire
from tests.worlds.world import AS_OF, CHAN, CONSENT_HEAD, CRM_HEAD, RATES, SALES_HEAD, column, key
from warehouse.cleaning import clean as cleaning
from warehouse.cleaning import observations
from warehouse.profile import build as building

pytestmark = pytest.mark.slow

NEXT = AS_OF + timedelta(days=1)
DAILY = [
    key("currency", "currency"),
    column("valid_from", "occurred_at", "date", primaryKey=True, primaryKeyPosition=2, required=True),
    column("rate_to_hkd", "amount", "number"),
]
"""Rates of many days: SOURCES has one a currency."""


def all_rows(world):
    """Every row that cleaning and building came to, by table, in an order of their own."""
    tables = world.ask(
        "SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE schema_name IN ('clean', 'profile', 'main')"
        " AND table_name NOT IN ('event_gone', 'event_version', 'event_since', 'changed_account',"
        " 'customer_identity_history') ORDER BY ALL"
    )
    own = {"clean.event": " EXCLUDE (generation)"}
    return {name: world.ask(f"SELECT *{own.get(name, '')} FROM {name} ORDER BY ALL") for (name,) in tables}


def require_same_as_full(world, as_of=NEXT):
    """Doing everything anew changes no row."""
    before = all_rows(world)
    world.run_to("profile", as_of, full=True)
    after = all_rows(world)
    assert before.keys() == after.keys()
    assert [name for name, rows in before.items() if rows != after[name]] == []


def recleaned(world):
    """Events that the last night cleaned, by source and id."""
    return world.ask("SELECT source, event_id FROM clean.event WHERE generation = ? ORDER BY ALL", world.generation)


def test_a_line_more_of_a_known_receipt(published):
    published.deliver(
        "sales-2.csv", SALES_HEAD + "L9,R1,A1,tai.man@example.com,1,7.00,HKD,2026-03-01 10:05\n"
        "L10,R9,A7,new@example.com,1,3.00,HKD,2026-03-11 09:00\n",
    )  # fmt: skip
    published.run_to("profile", NEXT)
    assert recleaned(published) == [("sales", "L10"), ("sales", "L9")]
    assert published.ask("SELECT line_count, net_amount FROM profile.account_order WHERE order_id = 'R1'") == [
        (3, 157.5)
    ]
    require_same_as_full(published)


def test_a_ticket_that_is_closed_and_one_that_turns_out_to_be_somebody_elses(published):
    late = {"id": "T2", "user": {"id": "U2", "email": "mei@example.com"}, "text": "and mine?", "status": "open",
            "at": "2026-03-09T02:00:00Z", "solved_at": None}  # fmt: skip
    mine = {**late, "id": "T3", "text": "again", "at": "2026-03-10T02:00:00Z"}
    published.deliver("tickets-2026-03-10.jsonl", [late, mine])
    published.run_to("profile", NEXT)
    assert published.ask("SELECT account_id, email FROM customer_identity JOIN customer_profile USING (customer_id)"
                         " WHERE source = 'tickets' AND account_id = 'U2'") == [("U2", "mei@example.com")]  # fmt: skip
    other = {**late, "user": {"id": "U3", "email": "ka.fai@example.com"}, "status": "closed"}
    published.deliver("tickets-2026-03-11.jsonl", [other])
    published.run_to("profile", NEXT + timedelta(days=1))
    assert recleaned(published) == [("tickets", "T2"), ("tickets", "T3")]  # T3 is another of U2, who lost T2
    tickets = "profile.account_ticket JOIN profile.account_thread USING (event_source, ticket_id)"
    assert published.ask(f"SELECT account_id, ticket_id, status FROM {tickets} ORDER BY ALL") == [
        ("U1", "T1", "open"), ("U2", "T3", "open"), ("U3", "T2", "closed")]  # fmt: skip
    require_same_as_full(published, NEXT + timedelta(days=1))


@pytest.fixture
def made_anew(monkeypatch):
    """By table, the customers of whom the last night made a part, or the provenance, anew."""
    made = {}

    def spy(write):
        def work(con, table, frame, **more):
            made[table] = {row[0] for row in con.sql(frame.to_native().sql_query()).project("customer_id").fetchall()}
            return write(con, table, frame, **more)

        return work

    for name in ("renew", "with_others"):
        monkeypatch.setattr(building, name, spy(getattr(building, name)))
    return made


def list_customers(world, where="true"):
    return {row[0] for row in world.ask(f"FROM customer_identity SELECT customer_id WHERE {where}")}


def test_only_customers_who_moved_are_made_anew(published, made_anew):
    moved = list_customers(published, "source = 'sales' AND account_id = 'A2'")
    published.deliver("sales-2.csv", SALES_HEAD + "L9,R9,A2,mei@example.com,1,7.00,HKD,2026-03-11 10:05\n")
    published.run_to("profile", NEXT)
    assert {"profile.part_item", "profile.part_presence", "main.customer_profile_provenance"} < made_anew.keys()
    assert made_anew["main.customer_profile_provenance"] == made_anew["profile.part_presence"] == moved
    assert all(customers <= moved for customers in made_anew.values())
    require_same_as_full(published)
    assert made_anew["profile.part_presence"] == list_customers(published) > moved


def test_a_picture_of_members_has_their_provenance_made_anew_and_no_part_of_who_did_not_move(published, made_anew):
    published.deliver("crm.csv", CRM_HEAD + CHAN)
    published.run_to("profile", NEXT)
    assert published.ask("SELECT count(*) FROM customer_identity WHERE source = 'crm'") == [(1,)]
    assert "main.customer_profile_provenance" not in made_anew
    assert made_anew["profile.part_presence"] < list_customers(published)
    require_same_as_full(published)


def test_a_source_that_is_retired_leaves_nothing_in_what_others_keep(published):
    retire(published, "posts")
    published.deliver("sales-2.csv", SALES_HEAD + "L9,R9,A2,mei@example.com,1,7.00,HKD,2026-03-11 10:05\n")
    published.run_to("profile", NEXT)
    require_same_as_full(published)


def test_an_answer_of_nobodys_account_comes_a_night_later(empty_world):
    """The customer's message is of an account; the agent's is of none, and is known by the thread alone."""
    columns = [key("id", "event_id"), column("thread", "parent_id"), column("user", "account_id"),
               column("agent", "agent"), column("status", "status"), column("text", "text"),
               column("at", "occurred_at", "timestamp", required=True)]  # fmt: skip
    for contract in empty_world.contracts.glob("*.odcs.yaml"):
        contract.unlink()
    empty_world.declare("tickets", columns=columns, mode="append")
    said = {"thread": "T", "user": "U1", "agent": None, "status": None, "text": "?"}
    empty_world.deliver("tickets-1.jsonl", [{**said, "id": "M1", "at": "2026-03-10T01:00:00Z"}])
    empty_world.night(AS_OF)
    assert empty_world.ask(ANSWERS) == [(1, None, None)]
    answer = {**said, "id": "M2", "user": None, "agent": "Lo", "status": "solved", "at": "2026-03-10T03:30:00Z"}
    empty_world.deliver("tickets-2.jsonl", [answer])
    empty_world.night(NEXT)
    assert empty_world.ask(ANSWERS) == [(0, 2.5, 2.5)]
    require_same_as_full(empty_world)


ANSWERS = "SELECT open_ticket_count, median_first_answer_hours, median_solve_hours FROM customer_profile"


def test_a_ticket_of_nobody_else_takes_its_account_along(published):
    gone = {"id": "T1", "user": {"id": "U9", "email": "x@example.com"}, "text": "", "status": "open",
            "at": "2026-03-06T02:00:00Z", "solved_at": None}  # fmt: skip
    published.deliver("tickets-2026-03-11.jsonl", [gone])
    published.run_to("profile", NEXT)
    assert published.ask("SELECT account_id FROM clean.account WHERE source = 'tickets'") == [("U9",)]
    require_same_as_full(published)


def test_a_new_rate_prices_the_sales_it_is_for_and_no_other(published):
    published.deliver("sales-2.csv", SALES_HEAD + "L9,R9,A2,mei@example.com,1,10.00,CNY,2026-03-09 09:00\n")
    published.declare("fx_rates", columns=DAILY)
    published.run_to("profile", NEXT)
    published.deliver("fx.csv", RATES + "CNY,2026-03-08,1.2\n")
    published.run_to("profile", NEXT)
    assert recleaned(published) == [("sales", "L9")]
    orders = published.ask("SELECT order_id, net_amount FROM profile.account_order WHERE account_id = 'A2'")
    assert sorted(orders) == [("R3", 11), ("R9", 12)]
    require_same_as_full(published)


def test_what_falls_due_counts_from_its_day_on(published):
    published.deliver("sales-2.csv", SALES_HEAD + "L9,R9,A2,mei@example.com,1,10.00,HKD,2026-03-12 09:00\n")
    published.run_to("profile", NEXT, backfill_to="2026-03-12")
    assert published.ask("SELECT count(*) FROM profile.account_order WHERE order_id = 'R9'") == [(0,)]
    published.run_to("profile", date(2026, 3, 12))
    assert published.ask("SELECT count(*) FROM profile.account_order WHERE order_id = 'R9'") == [(1,)]
    require_same_as_full(published, date(2026, 3, 12))


def test_a_contract_that_changed_has_its_source_cleaned_anew_and_no_other(published):
    published.declare("sales", custom={"currency": "CNY"})
    published.deliver("sales-2.csv", SALES_HEAD + "L9,R9,A2,mei@example.com,1,10.00,,2026-03-09 09:00\n")
    published.run_to("profile", NEXT)
    assert {source for source, _ in recleaned(published)} == {"sales"}
    assert len(recleaned(published)) == 5
    require_same_as_full(published)


def test_what_is_seen_of_accounts_may_be_stored_a_batch_at_a_time(published, monkeypatch):
    stored, usual = [], cleaning.store_observed

    def store(con, as_of, settings, source, held):
        stored.append(source.name)
        usual(con, as_of, settings, source, held)

    monkeypatch.setattr(cleaning, "store_observed", store)
    monkeypatch.setattr(cleaning, "BATCH_ROWS", 1)
    monkeypatch.setattr(observations, "LEAST_MERGED", 0)
    monkeypatch.setattr(observations, "MOST_HELD", 0)
    require_same_as_full(published, AS_OF)
    # Each of the four lines, once as an account and once as an attribute; and at the end what is left: nothing.
    assert stored.count("sales") == 10


SHOP_PHONE = "2123 4567"


NAMES = [
    "Ada Byron",
    "Bela Kun",
    "Chloe Dior",
    "Dov Eden",
    "Esme Fox",
    "Finn Gray",
    "Gia Holt",
    "Hans Iversen",
    "Ida Jung",
]


def list_members(numbers):
    """Lines of the register: people whom nothing ties but the shop's own number."""
    born = [f"19{50 + 3 * n}-0{n + 1}-1{n}" for n in range(9)]
    return "".join(f"S{n},{NAMES[n]},{SHOP_PHONE},own{n}@mail{n}.example.org,{born[n]},\n" for n in numbers)


def test_a_number_that_becomes_one_of_many_goes_from_the_profiles_of_all_who_have_it(world):
    """Eight customers may share a number; the ninth takes it from those of whom nothing else is new, and back."""
    world.deliver_all()
    world.declare("crm", mode="merge")
    world.deliver("crm.csv", CRM_HEAD + list_members(range(8)))
    world.run_to("profile", AS_OF)
    shown = "SELECT count(*) FROM customer_profile WHERE phone = '+852 2123 4567'"
    assert world.ask(shown) == [(8,)]
    world.deliver("crm-2.csv", CRM_HEAD + list_members([8]))
    world.run_to("profile", NEXT)
    assert world.ask(shown) == [(0,)]
    query = "SELECT count(*) FROM customer_profile_provenance WHERE rule = 'shared by many customers' AND place = 2"
    assert world.ask(query) == [(9,)]
    require_same_as_full(world)
    moved_on = "S0,Ada Byron,6345 1237,own0@mail0.example.org,1950-01-10,\n"
    world.deliver("crm-3.csv", CRM_HEAD + moved_on)
    world.run_to("profile", NEXT + timedelta(days=1))
    assert world.ask(shown) == [(8,)]
    require_same_as_full(world, NEXT + timedelta(days=1))


def test_a_new_rate_forgets_nothing_of_a_merged_row_but_its_price(published):
    """The row of account guest is counted still, and that of A1 goes when it turns out to be A2's."""
    published.declare("fx_rates", columns=DAILY)
    published.declare("sales", mode="merge")
    sale = "{line},R9,{account},{email},1,10.00,CNY,2026-03-09 10:00\n"
    rows = sale.format(line="L9", account="A1", email="tai.man@example.com")
    rows += sale.format(line="L10", account="guest", email="")
    published.deliver("sales-2.csv", SALES_HEAD + rows)
    published.deliver("fx-1.csv", RATES)
    published.run_to("profile", NEXT)
    published.deliver("fx-2.csv", RATES + "CNY,2026-03-08,1.2\n")
    report = published.night(NEXT + timedelta(days=1))
    assert [count["records"] for count in report["placeholder_accounts"]] == [1]
    require_kept = "SELECT count(*) FROM clean.row WHERE origin = 'sales' AND record > 0"
    assert published.ask(require_kept) == [(6,)]
    published.deliver("sales-3.csv", SALES_HEAD + sale.format(line="L9", account="A2", email="mei@example.com"))
    published.run_to("profile", NEXT + timedelta(days=2))
    require_same_as_full(published, NEXT + timedelta(days=2))


@pytest.mark.parametrize("seed", range(3))
def test_a_random_history(published, seed):
    """Six nights of new, late, corrected and vanishing rows of every mode come to what one night of all comes to."""
    random = Random(seed)
    published.declare("fx_rates", columns=DAILY)
    people = [f"p{n}@example.com" for n in range(6)]

    def moment(day):
        return f"{day - timedelta(days=random.choice([0, 0, 1, 5]))} 1{random.randrange(10)}:00"

    for night in range(1, 6):
        day = AS_OF + timedelta(days=night)
        lines = [
            f"N{night}-{n},{random.choice(['R1', 'R3', f'R{night}', ''])},A{random.randrange(6)},"
            + f"{random.choice(people)},{random.choice([1, 2, -1])},5,{random.choice(['HKD', 'CNY'])},{moment(day)}\n"
            for n in range(random.randrange(4))
        ]
        if lines:
            published.deliver(f"sales-{day}.csv", [SALES_HEAD, *lines])
        tickets = [
            {"id": f"T{random.randrange(5)}", "user": {"id": f"U{random.randrange(4)}", "email": random.choice(people)},
             "text": random.choice(["a", "b"]), "status": random.choice(["open", "closed"]),
             "at": f"{day}T0{n}:00:00Z", "solved_at": random.choice([None, f"{day}T09:00:00Z"])}
            for n in range(random.randrange(4))
        ]  # fmt: skip
        if tickets:
            published.deliver(f"tickets-{day}.jsonl", list({t["id"]: t for t in tickets}.values()))
        if random.random() < 0.5:
            rows = [f"C{n},Name {n},,{random.choice(people)},1980-01-0{n},\n" for n in range(1, random.randrange(2, 6))]
            published.deliver("crm.csv", [CRM_HEAD, *rows])
        if random.random() < 0.4:
            published.deliver("fx.csv", RATES + f"CNY,{day - timedelta(days=2)},1.{night + 1}\n")
        if random.random() < 0.4:
            answer = random.choice(["granted", "withdrawn"])
            published.deliver(
                f"consent-{day}.csv", CONSENT_HEAD + f"C{random.randrange(1, 5)},ads,{answer},{moment(day)}\n"
            )
        published.run_to("profile", day)
    require_same_as_full(published, day)
