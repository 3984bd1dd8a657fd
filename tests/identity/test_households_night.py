"""Households in whole nights: published, shown, kept under one id, and seen by no purpose that does not name them."""

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from serving.cli.report import show_report
from serving.customer import show_customer, show_past
from serving.recommender.export import ExportOptions, export_recommender
from serving.recommender.permission import choose_columns
from tests.exports.test_export_purposes import COLUMNS, ROWS, list_texts, read
from tests.exports.test_export_purposes import HEAD as SALES_HEAD
from tests.worlds.world import AS_OF, SOURCES, World, column
from warehouse.contracts.load import read_contracts
from warehouse.duck import open_database
from warehouse.profile.households import publish_households

pytestmark = pytest.mark.slow

NEXT = AS_OF + timedelta(days=1)
PURPOSES = {
    "service": {"description": "Answer", "relations": ["household"]},
    "personalisation": {"description": "Recommend", "pseudonymised": True},
}
HEAD = "no,name,phone,email,birth_date,district,address\n"
FLAT = '"Flat B, 12/F, 8 Kam Fung Street"'
OFFICE = '"12/F, 9 Wing Sau Road"'
TAI_MAN = f"C1,CHAN Tai Man,+852 9123 4567,tai.man@example.com,1980-05-17,Sha Tin,{FLAT}\n"
SIU_MING = f"C2,陳小明,+852 6123 4567,siu.ming@example.com,1982-01-09,Sha Tin,{FLAT}\n"
WONG_MEI = f"C3,WONG Mei,+852 5123 4567,mei@example.com,1991-02-03,Sha Tin,{FLAT}\n"
KA_YAN = f"C4,CHAN Ka Yan,,ka.yan@example.com,2007-11-30,Sha Tin,{FLAT}\n"
MOVED = KA_YAN.replace(FLAT, '"Flat H, 3/F, 77 Hoi Yuet Street"')
OTHERS = "".join(f"S{n},Ann Lee{n},,staff{n}@example.com,19{60 + n}-01-0{n},Sha Tin,{OFFICE}\n" for n in range(1, 10))
UNKNOWN = "C5,Peter Ho,,peter.ho@example.com,1977-07-07,,\n"


def open_all(*columns: dict) -> list[dict]:
    """Columns that name every purpose."""
    named = {"property": "c360.purposes", "value": list(PURPOSES)}
    return [c | {"customProperties": [*c.get("customProperties", []), named]} for c in columns]


@pytest.fixture(scope="module")
def home(tmp_path_factory, checker):
    """Four in one flat, nine at one office, one of whom nothing is known; every column is open to every purpose."""
    world = World.found(tmp_path_factory.mktemp("households"), checker, ["fx_rates"])
    world.write_yaml("purposes.yaml", {"purposes": PURPOSES})
    world.declare("crm", columns=open_all(*SOURCES["crm"]["columns"], column("address", "address")))
    world.declare("sales", columns=open_all(*COLUMNS))
    world.deliver_all()
    world.deliver("crm.csv", HEAD + TAI_MAN + SIU_MING + WONG_MEI + KA_YAN + OTHERS + UNKNOWN)
    bought = [row.replace("ACC0x,who0@", "A1,tai.man@").replace("ACC1x,who1@", "A2,siu.ming@") for row in ROWS]
    world.deliver("sales.csv", [SALES_HEAD, *bought])
    world.night()
    return world


def by_account(world: World, query: str) -> dict[str, tuple]:
    """Account of the register → row of a query that begins with the customer_id."""
    found = {row[0]: row[1:] for row in world.ask(query)}
    rows = world.ask("SELECT account_id, customer_id FROM customer_identity WHERE source = 'crm'")
    return {account: found[customer] for account, customer in rows if customer in found}


MEMBERS = "SELECT customer_id, household_id, household_size, rule FROM customer_household"
PROFILES = "SELECT customer_id, household_id, household_size FROM customer_profile"


def test_a_night_publishes_who_shares_a_home(home):
    members = by_account(home, MEMBERS)
    assert {account: row[1:] for account, row in members.items()} == {
        "C1": (4, "address and surname"), "C2": (4, "address and surname"), "C3": (4, "address"),
        "C4": (4, "address and surname"),
    }  # fmt: skip
    assert len({row[0] for row in members.values()}) == 1
    profiles = by_account(home, PROFILES)
    assert {account: profiles[account] for account in members} == {a: row[:2] for a, row in members.items()}
    assert (profiles["S1"], profiles["C5"]) == ((None, 1), (None, None))
    generation = home.home.require_current()
    published = pl.read_parquet(generation.folder / "parquet" / "customer_household.parquet")
    assert published.height == generation.read_manifest()["published"]["main.customer_household"] == 4


def test_the_report_counts_them_and_what_too_many_share(home):
    text = show_report(home.report)
    assert "households: 1 of 4 customers\n  shared by over 8 customers, and so no home" in text
    assert "addresses 1, phones 0" in text
    assert "Kam Fung" not in text


def test_the_desk_sees_the_others_by_id(home):
    ids = dict(home.ask("SELECT account_id, customer_id FROM customer_identity WHERE source = 'crm'"))
    shown = show_customer(home.home.root, "C1")
    household = shown[shown.index("  household") : shown.index("  account ")]
    assert ", of 4 customers; the others:" in household
    assert {who for who in ids if ids[who] in household} == {"C2", "C3", "C4"}
    assert "household" not in show_customer(home.home.root, "C5")
    assert ", of 4 customers" in show_past(home.home.root, "C1", AS_OF)


def export(world: World, out: Path, purpose: str) -> Path:
    days = {"validation_from": date(2026, 2, 14), "test_from": date(2026, 2, 15), "features_as_of": AS_OF}
    export_recommender(ExportOptions(world.home.root, world.contracts, out, purpose=purpose, **days))
    return out


def test_no_purpose_that_does_not_name_it_gets_any_of_it(home, tmp_path):
    served = export(home, tmp_path / "service", "service")
    assert sorted(read(served, "customers_train")["household_size"].drop_nulls()) == [1] * 9 + [4] * 4
    named = home.ask("SELECT DISTINCT household_id FROM customer_household")[0][0]
    assert [place for place, text in list_texts(served).items() if named in text] == []
    other = list_texts(export(home, tmp_path / "personalisation", "personalisation"))
    card = other.pop("card.html")  # it says what is never in an export, by the names of columns
    assert "Never in it: " in card
    assert "household_size" not in card
    assert named not in card
    assert [place for place, text in other.items() if "household" in text or named in text] == []
    assert "order_count" in other["customers_train.parquet, decoded"]
    owners = choose_columns(read_contracts(home.contracts), None)
    assert "order_count" in owners
    assert not {"household_id", "household_size"} & set(owners)


def test_who_moves_or_is_gone_leaves_and_the_others_keep_their_id(home, tmp_path):
    world = home.copy(tmp_path / "world")
    before = by_account(world, MEMBERS)
    world.deliver("crm_2026-03-11.csv", HEAD + TAI_MAN + SIU_MING + MOVED + OTHERS + UNKNOWN)
    world.night(NEXT)
    after = by_account(world, MEMBERS)
    assert set(after) == {"C1", "C2"}
    assert {row[:2] for row in after.values()} == {(before["C1"][0], 2)}
    assert by_account(world, PROFILES)["C4"] == (None, 1)
    past = "SELECT customer_id, household_size FROM customer_profile_as_of(DATE '2026-03-10')"
    assert by_account(world, past)["C4"] == (4,)


def test_a_home_of_before_there_were_households_goes_on(home, tmp_path):
    world = home.copy(tmp_path / "world")
    path = world.home.require_current().workings
    path.parent.chmod(0o700)
    path.chmod(0o600)
    with open_database(path) as con:
        due = con.execute(f"{MEMBERS} ORDER BY ALL").fetchall()
        con.execute("DROP TABLE main.customer_household")
        con.execute("DROP TABLE profile.household_count")
        publish_households(con, 8)
        assert con.execute(f"{MEMBERS} ORDER BY ALL").fetchall() == due
