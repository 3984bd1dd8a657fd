"""Consents outlive a rollback: who withdrew stays out of everything that goes out, whichever generation is served."""

import json
import random
import shutil
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import duckdb
import polars as pl
import pytest
import yaml
from typer.testing import CliRunner

from serving.cli.features import write_features
from serving.cli.main import app
from serving.recommender.export import ExportOptions, export_recommender
from tests.worlds.world import SOURCES, World, column
from transforms.clean.consents import CONSENT, pick_with_kept
from transforms.engine import as_frame
from warehouse.duck import append_rows, store_rows
from warehouse.features.labels import Labels
from warehouse.home import consent_ledger as consents
from warehouse.home.consent_ledger import (
    ConsentError,
    find_ledger,
    keep_consents,
    keep_granted,
    ledger_file,
    mend_ledger,
)
from warehouse.home.generations import roll_back
from warehouse.home.layout import DATABASE, WORKINGS, Generation, Home, point_to
from warehouse.home.verify import digest_of, sha256_of
from warehouse.publish import publish as publishing

pytestmark = pytest.mark.slow

HEAD = "customer,purpose,decision,at\n"
FIRST = [
    "C0,personalisation,granted,2026-01-05 10:00\n",
    "C1,personalisation,withdrawn,2026-01-05 10:00\n",
    "C2,personalisation,granted,2026-01-05 10:00\n",
    "C2b,personalisation,withdrawn,2026-01-01 10:00\n",
    "C3,personalisation,withdrawn,2026-01-05 10:00\n",
    "C3b,personalisation,granted,2026-01-01 10:00\n",
    "C4,personalisation,granted,2026-01-05 10:00\n",
    "C5,personalisation,granted,2026-01-05 10:00\n",
    "C6,personalisation,granted,2026-01-05 10:00\n",
    "C6,ai_service,granted,2026-01-05 10:00\n",
]
SECOND = [
    "C0,personalisation,withdrawn,2026-03-10 09:00\n",
    "C5,personalisation,withdrawn,2026-01-05 10:00\n",  # at the same moment as the yes
    "C4b,personalisation,withdrawn,2026-02-01 10:00\n",  # another account of the same person
    "C1,personalisation,granted,2026-03-09 10:00\n",
    "C6,ai_service,withdrawn,2026-02-02 10:00\n",
    "C2,no_ai,granted,2026-02-02 10:00\n",  # a yes that restricts
]
PEOPLE = ["C0", "C1", "C2", "C2b", "C3", "C3b", "C4", "C4b", "C5", "C6", "C7"]
NAMES = [
    "Alder Moss",
    "Birch Lane",
    "Cedar Hill",
    "Dogwood Fell",
    "Elm Brook",
    "Ficus Bay",
    "Ginkgo Peak",
    "Hazel Dale",
]
UNTIL = datetime(2026, 3, 10, 16)


def make_crm() -> str:
    lines = []
    for account in PEOPLE:
        n = int(account[1])
        lines.append(f"{account},{NAMES[n]},+852 9{n}31 77{n}8,one{n}@solo{n}.hk,196{n}-0{n + 1}-1{n},Sha Tin\n")
    return "no,name,phone,email,birth_date,district\n" + "".join(lines)


def make_sales() -> str:
    lines = [
        f"L{n}-{k},R{n}-{k},A{n},one{n}@solo{n}.hk,1,{10 + k}.00,HKD,2026-0{1 + k // 3}-1{k} 10:00,I{k}\n"
        for n in range(8)
        for k in range(6)
    ]
    return "line,receipt,account,email,quantity,amount,currency,sold_at,item\n" + "".join(lines)


@pytest.fixture(scope="module")
def one_night(tmp_path_factory, checker):
    """Eight people, three of whom have two accounts; night 1 knows the first answers."""
    world = World.found(tmp_path_factory.mktemp("consents"), checker, ["crm", "sales", "consent", "fx_rates"])
    columns = deepcopy([*SOURCES["sales"]["columns"], column("item", "item_id")])
    for each in columns:
        each.setdefault("customProperties", []).append({"property": "c360.purposes", "value": ["personalisation"]})
    world.declare("sales", columns=columns)
    purposes = {"personalisation": {"description": "Recommend", "consent": "personalisation"}}
    world.write_yaml("purposes.yaml", {"purposes": purposes | {"service": {"description": "Answer"}}})
    world.deliver("crm1.csv", make_crm())
    world.deliver("sales1.csv", make_sales())
    world.deliver("fx.csv", "currency,valid_from,rate_to_hkd\nHKD,2020-01-01,1\n")
    world.deliver("consent1.csv", [HEAD, *FIRST])
    world.night()
    return world


@pytest.fixture(scope="module")
def two_nights(one_night, tmp_path_factory):
    """And night 2 knows who withdrew since."""
    world = one_night.copy(tmp_path_factory.mktemp("two"))
    world.deliver("consent2.csv", [HEAD, *SECOND])
    world.night()
    return world


@pytest.fixture
def world(two_nights, tmp_path):
    return two_nights.copy(tmp_path / "world")


def exported(world: World) -> set[str]:
    """Accounts of the register (their first letters) whose customers the export holds."""
    out = world.root / "out"
    export_recommender(ExportOptions(world.home.root, world.contracts, out))
    who = set(pl.read_parquet(out / "parquet" / "customers_train.parquet")["customer_id"])
    named = world.ask(
        "SELECT customer_id, min(left(account_id, 2)) FROM customer_identity WHERE source = 'crm' GROUP BY 1"
    )
    return {account for customer, account in named if customer in who}


def stands(world: World) -> dict[str, bool]:
    """What customer_consent says of personalisation."""
    rows = world.ask(
        "SELECT min(left(i.account_id, 2)), any_value(is_granted) FROM customer_consent JOIN customer_identity AS i"
        " USING (customer_id) WHERE purpose = 'personalisation' AND i.source = 'crm' GROUP BY customer_id"
    )
    return dict(rows)


def modes(world: World) -> dict[str, tuple]:
    rows = world.ask(
        "SELECT min(left(i.account_id, 2)), any_value(is_ai_opted_out), any_value(service_mode) FROM customer_profile"
        " JOIN customer_identity AS i USING (customer_id) WHERE i.source = 'crm' GROUP BY customer_id"
    )
    return {account: (flag, mode) for account, flag, mode in rows}


class TestNights:
    def test_without_a_rollback_the_last_answer_counts_as_ever(self, one_night, two_nights):
        assert exported(one_night) == {"C0", "C2", "C4", "C5", "C6"}
        assert exported(two_nights) == {"C1", "C2", "C6"}  # C1 granted later

    def test_after_a_rollback_nobody_who_withdrew_goes_out(self, world, tmp_path):
        roll_back(world.home, 1)
        assert exported(world) == {"C2", "C6"}  # nor C1, whose yes came with what was taken back
        roll_back(world.home, 2)
        assert exported(world) == {"C1", "C2", "C6"}
        roll_back(world.home)
        assert exported(world) == {"C2", "C6"}

    def test_features_for_a_purpose_leave_them_out_too(self, world, tmp_path):
        roll_back(world.home, 1)
        rows = world.ask(
            "SELECT customer_id, min(left(account_id, 2)) FROM customer_identity WHERE source = 'crm' GROUP BY 1"
        )
        who = {customer: account for customer, account in rows} | {"nobody": "x"}
        pl.DataFrame({"customer_id": list(who), "at": UNTIL}).write_parquet(tmp_path / "labels.parquet")
        out = tmp_path / "out.parquet"

        def ask(purpose):
            said = write_features(
                world.home.root, world.contracts, Labels(tmp_path / "labels.parquet"), out, "occurrence", purpose
            )
            return said, {who[c] for c in pl.read_parquet(out)["customer_id"]}

        said, there = ask("personalisation")
        assert there == {"C2", "C6"}
        assert said.endswith(
            "left out: 7 labels; a customer goes out for personalisation who has consented to personalisation"
        )
        assert ask("service")[1] == ask(None)[1] == set(who.values())

    @pytest.mark.parametrize("is_gone", [True, False])
    def test_nor_after_the_night_that_follows(self, world, is_gone):
        roll_back(world.home, 1)
        if is_gone:
            (world.data / "consent2.csv").unlink()
        assert world.night()["status"] == "published"
        due = {"C0": False, "C1": not is_gone, "C2": True, "C3": False, "C4": False, "C5": False, "C6": True}
        assert stands(world) == due
        assert exported(world) == {account for account, is_granted in due.items() if is_granted}
        assert {a for a, (flag, _) in modes(world).items() if flag} == {"C2", "C6"}
        assert {mode for flag, mode in modes(world).values() if flag} == {"human"}
        if (
            is_gone
        ):  # the following nights keep them too, where all is cleaned anew; a rollback of these changes nothing
            assert world.night(full=True)["status"] == "published"
            assert stands(world) == due
            assert world.night()["status"] == "unchanged"
            roll_back(world.home, 1)
            assert exported(world) == {"C2", "C6"}

    def test_a_later_yes_counts_again(self, world):
        roll_back(world.home, 1)
        (world.data / "consent2.csv").unlink()
        world.deliver("consent3.csv", [HEAD, "C0,personalisation,granted,2026-03-10 10:00\n"])
        world.night()
        assert exported(world) == {"C0", "C2", "C6"}

    def test_a_retired_source_leaves_its_withdrawals(self, world):
        path = world.contracts / "consent.odcs.yaml"
        path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text("utf-8")) | {"status": "retired"}), "utf-8")
        world.night()
        stood = stands(world)
        assert {a for a, is_granted in stood.items() if is_granted} == set()
        assert {a for a, is_granted in stood.items() if not is_granted} == {"C0", "C3", "C4", "C5"}
        assert modes(world)["C6"] == (True, "human")


class TestLedger:
    def test_is_for_the_owner_alone(self, world):
        path = ledger_file(world.home)
        assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
        assert [p.name for p in path.parent.iterdir()] == [path.name]

    def test_that_is_missing_or_damaged_stops_what_goes_out_until_the_next_night(self, world):
        roll_back(world.home, 1)
        path = ledger_file(world.home)
        whole = path.read_bytes()
        for damage in (None, b"", whole[: len(whole) // 2], forge(path), b"PAR1" * 9):
            path.unlink(missing_ok=True)
            if damage is not None:
                path.write_bytes(damage)
            with pytest.raises(ConsentError, match=r"consents\.parquet is .* c360 run; until then nothing goes out"):
                exported(world)
            told = CliRunner().invoke(app, ["verify", "--home", str(world.home.root)])
            assert (told.exit_code, str(path) in told.stdout) == (1, True)
        mend_ledger(world.home)
        assert exported(world) == {"C2", "C6"}
        assert CliRunner().invoke(app, ["verify", "--home", str(world.home.root)]).exit_code == 0

    def test_the_next_night_writes_it_again_from_the_newest_generation(self, world):
        roll_back(world.home, 1)
        (world.data / "consent2.csv").unlink()
        ledger_file(world.home).unlink()
        world.night()
        assert exported(world) == {"C2", "C6"}

    def test_of_an_earlier_night_is_no_ledger(self, one_night, world):
        shutil.copyfile(ledger_file(one_night.home), ledger_file(world.home))
        with pytest.raises(ConsentError, match="is not what generation 2 wrote"):
            exported(world)

    def test_written_by_a_night_that_was_killed_before_it_was_served_counts(self, one_night, tmp_path, monkeypatch):
        world = one_night.copy(tmp_path)
        world.deliver("consent2.csv", [HEAD, *SECOND])
        with monkeypatch.context() as patch:
            patch.setattr(publishing, "point_to", lambda *_: (_ for _ in ()).throw(OSError("the power")))
            with pytest.raises(OSError, match="the power"):
                world.night()
        assert world.generation == 1
        assert exported(world) == {"C2", "C6"}
        (world.data / "consent2.csv").unlink()
        assert world.night()["status"] == "published"
        assert exported(world) == {"C2", "C6"}

    def test_of_a_home_of_an_earlier_program_is_its_newest_generation(self, world):
        shutil.rmtree(ledger_file(world.home).parent)
        for number in (1, 2):
            forget_ledger(world.home, number)
        assert exported(world) == {"C1", "C2", "C6"}
        roll_back(world.home, 1)
        assert exported(world) == {"C2", "C6"}
        (world.data / "consent2.csv").unlink()
        world.night(full=True)
        assert exported(world) == {"C2", "C6"}
        assert find_ledger(world.home)


def forge(path: Path) -> bytes:
    """A ledger that lost one withdrawal, and says that it is whole."""
    forged = path.with_name("forged")
    with duckdb.connect() as con:
        told = con.execute(f"SELECT decode(key), decode(value) FROM parquet_kv_metadata('{path}')").fetchall()
        said = ", ".join(f"{key}: '{value}'" for key, value in told)
        rows = f"FROM '{path}' WHERE NOT (account_id = 'C4b' AND NOT is_granted)"
        con.execute(f"COPY ({rows}) TO '{forged}' (FORMAT parquet, KV_METADATA {{{said}}})")
    body = forged.read_bytes()
    forged.unlink()
    return body


def forget_ledger(home: Home, number: int) -> None:
    """Make a generation one of a program that wrote no ledger."""
    folder = home.generations / str(number)
    path = folder / "manifest.json"
    for each in folder.iterdir():
        each.chmod(0o755)
    manifest = json.loads(path.read_text("utf-8"))
    del manifest["consents"]
    with duckdb.connect(str(folder / WORKINGS)) as con:
        con.execute("DROP TABLE clean.consent_kept")
    manifest["tables"].pop("clean.consent_kept")
    manifest["files"][WORKINGS] = sha256_of(folder / WORKINGS)
    manifest["digest"] = digest_of(manifest)
    path.write_text(json.dumps(manifest), "utf-8")


T0 = datetime(2026, 1, 1)
ACCOUNTS = {"a": "Ada", "a2": "Ada", "b": "Bo", "b2": "Bo", "c": "Cy", "gone": None}


@dataclass(frozen=True)
class Answer:
    account: str
    purpose: str
    is_granted: bool
    decided_at: datetime


def make_answers(draw: random.Random, count: int) -> list[Answer]:
    times = [T0 + timedelta(hours=n) for n in range(6)]
    return [
        Answer(draw.choice(list(ACCOUNTS)), draw.choice(["tips", "no_ai"]), draw.random() < 0.5, draw.choice(times))
        for _ in range(count)
    ]


def to_frame(answers: list[Answer]) -> pl.DataFrame:
    rows = [("crm", a.account, a.purpose, a.is_granted, a.decided_at, "d", n) for n, a in enumerate(answers)]
    return pl.DataFrame(rows, schema=CONSENT, orient="row")


IDENTITY = pl.DataFrame(
    {
        "source": "crm",
        "account_id": [a for a, c in ACCOUNTS.items() if c],
        "customer_id": [c for c in ACCOUNTS.values() if c],
    }
)


def last_of(answers: list[Answer], customer: str, purpose: str) -> bool | None:
    """The last answer of a customer; at the same moment the no."""
    mine = [a for a in answers if ACCOUNTS[a.account] == customer and a.purpose == purpose]
    return max(mine, key=lambda a: (a.decided_at, not a.is_granted)).is_granted if mine else None


@pytest.mark.parametrize("seed", range(60))
def test_a_kept_answer_restricts_and_never_opens(seed):
    draw = random.Random(seed)
    own, kept = make_answers(draw, draw.randrange(8)), make_answers(draw, draw.randrange(8))
    until = T0 + timedelta(hours=draw.choice([3, 9]))
    found = (
        pick_with_kept(*(as_frame(f.lazy()) for f in (to_frame(own), to_frame(kept), IDENTITY)), until, {"no_ai"})
        .to_native()
        .collect()
    )
    stood = {(r["customer_id"], r["purpose"]): r["is_granted"] for r in found.iter_rows(named=True)}
    assert len(stood) == found.height
    counted = [a for a in own if a.decided_at < until]
    for customer in ("Ada", "Bo", "Cy"):
        for purpose, restricting in (("tips", False), ("no_ai", True)):
            mine, both = (last_of(answers, customer, purpose) for answers in (counted, counted + kept))
            due = both if both is restricting else mine
            at_once = {a.is_granted for a in counted + kept if (ACCOUNTS[a.account], a.purpose) == (customer, purpose)}
            if purpose == "tips" or len(at_once) < 2:
                assert stood.get((customer, purpose)) == due
    con = duckdb.connect()
    frames = {"own_answer": to_frame(own), "kept_answer": to_frame(kept), "identity": IDENTITY}
    for name, frame in frames.items():
        store_rows(con, name, frame)
    again = pick_with_kept(*(as_frame(con.table(n)) for n in frames), until, {"no_ai"}).to_native().pl()
    assert again.select(sorted(again.columns)).sort(pl.all()).equals(found.select(sorted(found.columns)).sort(pl.all()))


class SmallHome:
    """A home whose generations hold consents and identities alone, for many nights."""

    def __init__(self, root: Path) -> None:
        self.home, self.served = Home(root), 0

    def night(self, new: list[Answer], until: datetime = T0 + timedelta(days=9)) -> None:
        """A night that loads some answers more than its parent holds."""
        number = self.home.next_number()
        folder = self.home.generations / str(number)
        folder.mkdir(parents=True)
        if self.served:
            shutil.copyfile(self.generation.workings, folder / DATABASE)
        parent = self.generation if self.served else None
        sources = [SimpleNamespace(name="consent")]
        run = SimpleNamespace(
            home=self.home,
            parent=self.served or None,
            contracts=SimpleNamespace(sources=sources),
            find_parent=lambda: parent,
        )
        mend_ledger(self.home)
        with duckdb.connect(str(folder / DATABASE)) as con:
            con.execute("CREATE SCHEMA IF NOT EXISTS clean")
            if not self.served:
                store_rows(con, "clean.consent", to_frame([]).with_columns(origin=pl.lit("consent")))
            append_rows(con, "clean.consent", to_frame(new).with_columns(origin=pl.lit("consent")))
            store_rows(con, "customer_identity", IDENTITY)
            keep_consents(con, run.home, run.find_parent(), [s.name for s in run.contracts.sources], until)
            stand = consents.stand_of(con, until, {"no_ai"}).to_native()
            con.execute(f"CREATE OR REPLACE TABLE customer_consent AS {stand.sql_query()}")
        digest = consents.write_ledger(self.home, number, folder / DATABASE)
        (folder / "manifest.json").write_text(json.dumps({"as_of": "2026-01-01", "consents": digest}))
        self.serve(number)

    def serve(self, number: int) -> None:
        point_to(self.home, number)
        self.served = number

    @property
    def generation(self) -> Generation:
        return Generation(self.served, self.home.generations / str(self.served))

    def granted(self) -> set[str]:
        with duckdb.connect(str(self.generation.workings), read_only=True) as con:
            return {row[0] for row in keep_granted(con, self.home, "Tips").to_native().fetchall()}


@pytest.mark.parametrize("seed", range(12))
def test_no_history_of_nights_and_rollbacks_revives_what_was_withdrawn(tmp_path, seed):
    draw, small = random.Random(seed), SmallHome(tmp_path)
    ever: list[Answer] = []
    own: dict[int, list[Answer]] = {0: []}
    is_straight = True
    for _ in range(8):
        if len(own) > 1 and draw.random() < 0.35:
            small.serve(draw.choice([n for n in own if n]))
            is_straight = False
        else:
            new, before = make_answers(draw, draw.randrange(4)), small.served
            small.night(new)
            own[small.served] = own[before] + new
            ever += new
        said = {who for who in ("Ada", "Bo", "Cy") if last_of(ever, who, "tips")}
        loaded = {who for who in ("Ada", "Bo", "Cy") if last_of(own[small.served], who, "tips")}
        assert small.granted() == said & loaded
        assert not is_straight or small.granted() == said


def test_a_withdrawal_after_the_day_of_the_night_that_follows_counts(tmp_path):
    """The line goes on from a day before it was given, as a backfill after a rollback does."""
    small, until = SmallHome(tmp_path), T0 + timedelta(hours=1)
    given = Answer("a", "tips", True, T0)
    small.night([given], until)
    withdrawn = Answer("a2", "tips", False, T0 + timedelta(hours=5))
    small.night([withdrawn])
    for delivered in ([], [withdrawn]):
        small.serve(1)
        small.night(delivered, until)
        assert small.granted() == set()
        with duckdb.connect(str(small.generation.workings), read_only=True) as con:
            assert con.execute("SELECT is_granted FROM customer_consent").fetchall() == [(False,)]


def test_a_flipped_bit_of_the_ledger_is_found_or_harmless(tmp_path):
    """Also where it is what the file's footer says of its rows, by which a reader may leave some out."""
    small, draw = SmallHome(tmp_path), random.Random(4)
    small.night([Answer(a, "tips", True, T0) for a in ACCOUNTS])
    small.night([Answer("b", "tips", False, T0 + timedelta(hours=1)), Answer("c", "no_ai", True, T0)])
    small.serve(1)
    path = ledger_file(small.home)
    whole, found = path.read_bytes(), 0
    for place in draw.sample(range(len(whole)), 80):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << draw.randrange(8)
        path.write_bytes(damaged)
        try:
            assert small.granted() == {"Ada", "Cy"}
        except ConsentError:
            found += 1
    assert found > 25
