"""The sample world says the truth about itself, and its contracts keep to the standard."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter, defaultdict
from decimal import Decimal
from importlib.resources import files
from itertools import combinations
from pathlib import Path

import duckdb
import networkx as nx
import phonenumbers
import polars as pl
import pytest
import yaml
from jsonschema import Draft201909Validator

from examples import sample_world
from examples.sample.dirt import COUNTER_PHONE, EXPECTED
from examples.sample.people import SILOS, build_people
from examples.sample.pools.names import GIVEN, SURNAMES
from examples.sample.transactions import COLUMNS
from examples.sample.world import World
from examples.sample_world import PATTERNS, make_world
from warehouse import ROOT
from warehouse.contracts.load import read_contracts

SMALL = World(people=300, sales=3000, nights=30, seed=7)
FOLDERS = [ROOT / "contracts", *sorted(ROOT.glob("examples/*/contracts"))]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    out = tmp_path_factory.mktemp("world") / "sample"
    assert make_world(out, SMALL)
    return out


@pytest.fixture(scope="module")
def dirt(world):
    return pl.read_csv(world / "truth" / "dirt.csv")


@pytest.fixture(scope="module")
def note(world):
    return json.loads((world / "world.json").read_text("utf-8"))


def read_all(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def read_lines(path: Path) -> list[str]:
    """Raw records of a CSV or JSONL file of ours; no field of theirs holds a line feed."""
    lines = path.read_text("utf-8-sig").split("\n")
    lines = lines[1:] if path.suffix == ".csv" else lines
    return lines if lines[-1] else lines[:-1]


def read_csv(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8"))))


def bad_records(dirt: pl.DataFrame, file: str) -> set[int]:
    return set(dirt.filter(pl.col("file") == file, pl.col("expected").is_in(["quarantine", "drop"]))["record"])


def good_records(world: Path, dirt: pl.DataFrame, source: str) -> list[dict[str, object]]:
    """Records that a pipeline loads, each once."""
    rows: list[dict[str, object]] = []
    for path in sorted(world.glob(PATTERNS[source])):
        bad = bad_records(dirt, f"{path.parent.name}/{path.name}")
        rows += [row for number, row in enumerate(parse_file(path, bad), 1) if number not in bad]
    return rows


def parse_file(path: Path, bad: set[int]) -> list[dict[str, object]]:
    if path.suffix == ".parquet":
        return pl.read_parquet(path).to_dicts()
    if path.suffix == ".jsonl":
        return [{} if n in bad else json.loads(line) for n, line in enumerate(read_lines(path), 1)]
    text = path.read_text("utf-8-sig")
    delimiter = ";" if ";" in text.split("\n", maxsplit=1)[0] else ","
    names = text.split("\n", maxsplit=1)[0].split(delimiter)
    cells = [next(csv.reader(io.StringIO(line), delimiter=delimiter)) for line in read_lines(path)]
    return [dict(zip(names, row, strict=False)) for row in cells]


def test_same_seed_same_files(world, tmp_path):
    make_world(tmp_path / "again", SMALL)
    assert read_all(tmp_path / "again") == read_all(world)


def test_other_seed_other_people():
    names = [{p.name.chinese for p in build_people(World(people=100, seed=seed))} for seed in (1, 2)]
    assert len(names[0] & names[1]) < 50


def test_a_world_that_is_there_is_left_alone(world):
    before = {path: path.stat().st_mtime_ns for path in world.rglob("*")}
    assert not make_world(world, SMALL)
    assert {path: path.stat().st_mtime_ns for path in world.rglob("*")} == before


def test_a_world_of_other_size_is_made_anew(tmp_path):
    make_world(tmp_path, World(people=100, sales=1000, nights=60))
    make_world(tmp_path, World(people=100, sales=1000, nights=30))
    assert len(list(tmp_path.glob("transactions/*"))) == 30


def test_a_folder_with_something_else_is_not_touched(tmp_path, capsys):
    (tmp_path / "thesis.txt").write_text("mine")
    assert sample_world.main(["--out", str(tmp_path)]) == 2
    assert "holds no world.json" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("option", ["--people=5", "--sales=10", "--nights=2"])
def test_too_small_a_world_is_wrong_use(tmp_path, option, capsys):
    assert sample_world.main(["--out", str(tmp_path / "w"), option]) == 2
    assert option.split("=", maxsplit=1)[0] in capsys.readouterr().err


def test_every_kind_of_dirt_is_there(dirt):
    assert set(dirt["kind"]) == set(EXPECTED)


def test_counts_as_asked(world, note, dirt):
    assert len(list(world.glob(PATTERNS["transactions"]))) == SMALL.nights
    assert len(good_records(world, dirt, "transactions")) == SMALL.sales == note["sources"]["transactions"]["loaded"]
    assert pl.read_csv(world / "truth" / "people.csv").height == SMALL.people
    for source, counts in note["sources"].items():
        assert counts["loaded"] == len(good_records(world, dirt, source)), source
        assert counts["physical"] == counts["loaded"] + counts["duplicate"] + sum(counts["quarantine"].values())


def test_each_record_has_one_fate(dirt):
    outcomes = dirt.filter(pl.col("expected").is_in(["quarantine", "drop"])).group_by("file", "record").len()
    assert outcomes["len"].max() == 1


def test_quarantine_is_well_below_the_gate(world, dirt):
    bad = dirt.filter(pl.col("expected") == "quarantine").group_by("file").len()
    for file, count in bad.iter_rows():
        path = world / file
        assert count <= 0.05 * sample_world.count_records(path), file


def test_truth_has_each_account_of_the_files_once(world, dirt):
    truth = pl.read_csv(world / "truth" / "truth.csv", schema_overrides={"account_id": pl.String})
    assert truth.select("source", "account_id").is_unique().all()
    assert set(truth["person_id"]) <= set(pl.read_csv(world / "truth" / "people.csv")["person_id"])
    for source in SILOS:
        seen = {account_of(row, source) for row in good_records(world, dirt, source)} - {None}
        assert seen == set(truth.filter(pl.col("source") == source)["account_id"]), source


def account_of(row, source):
    return {
        "crm": lambda: row["customer_no"],
        "transactions": lambda: row["account"],
        "social": lambda: row["author"]["id"],
        "users": lambda: row["id"],
    }[source]()


def test_tickets_and_consent_speak_of_known_accounts(world, dirt):
    users = {row["id"] for row in good_records(world, dirt, "users")}
    register = {row["customer_no"] for row in good_records(world, dirt, "crm")}
    assert {row["requester_id"] for row in good_records(world, dirt, "tickets")} <= users
    assert {row["customer_no"] for row in good_records(world, dirt, "consent")} <= register


def test_consent_truth_is_the_latest_answer(world, dirt):
    owner = dict(pl.read_csv(world / "truth/truth.csv").filter(source="crm").select("account_id", "person_id").rows())
    latest: dict[tuple[str, str], tuple[str, str]] = {}
    for row in good_records(world, dirt, "consent"):
        key = (owner[row["customer_no"]], row["purpose"])
        latest[key] = max(latest.get(key, ("", "")), (row["at"], row["decision"]))  # "withdrawn" > "granted"
    people = pl.read_csv(world / "truth" / "people.csv")
    for person in people.to_dicts():
        for purpose in ("direct_marketing", "personalisation"):
            expected = latest.get((person["person_id"], purpose), ("", "none"))[1]
            assert person[f"consent_{purpose}"] == expected


def test_amounts_equal_plain_arithmetic(world, dirt):
    """Orders and HKD of each person, added up by hand from the files."""
    owner = dict(
        pl.read_csv(world / "truth/truth.csv").filter(source="transactions").select("account_id", "person_id").rows()
    )
    rates = read_csv(ROOT / "contracts/reference/fx_rates.csv")
    net: dict[str, Decimal] = defaultdict(Decimal)
    orders: dict[str, set[str]] = defaultdict(set)
    for row in good_records(world, dirt, "transactions"):
        if row["account"] and row["status"] != "cancelled":
            valid = [r for r in rates if r["currency"] == row["currency"] and r["valid_from"] <= row["sold_at"][:10]]
            rate = Decimal(max(valid, key=lambda r: r["valid_from"])["rate_to_hkd"])
            net[owner[row["account"]]] += row["amount"] * rate
            if row["quantity"] > 0:
                orders[owner[row["account"]]].add(row["order_no"])
    for person in read_csv(world / "truth/people.csv"):
        assert Decimal(person["net_amount"]) == net.get(person["person_id"], 0)
        assert int(person["order_count"]) == len(orders.get(person["person_id"], ()))


def test_no_order_is_wholly_returned(world, dirt):
    pieces = Counter()
    for row in good_records(world, dirt, "transactions"):
        pieces[row["order_no"]] += row["quantity"]
    assert all((count > 0) == order.startswith("S") for order, count in pieces.items())
    assert any(order.startswith("R") for order in pieces)


def test_planted_records_are_what_they_are_said_to_be(world, dirt):
    looks = {
        "truncated": lambda line: not is_json(line),
        "error_object": lambda line: set(json.loads(line)) == {"errors"},
        "stray_quote": lambda line: line.count('"') % 2 == 1,
        "future_date": lambda line: "2062-" in line,
        "shouted_email": lambda line: "@EXAMPLE." in line or "@MAIL.EXAMPLE" in line,
        "html": lambda line: "<" in line and ">" in line,
        "full_width": lambda line: any("０" <= c <= "９" for c in line),
    }
    seen = set()
    for file, record, kind, _ in dirt.filter(pl.col("kind").is_in(list(looks))).iter_rows():
        if not file.endswith(".parquet"):
            assert looks[kind](read_lines(world / file)[record - 1]), (file, record, kind)
            seen.add(kind)
    assert seen == set(looks)


def is_json(line: str) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def test_duplicates_repeat_an_earlier_record(world, dirt):
    for file in set(dirt.filter(kind="duplicate")["file"]):
        path = world / file
        lines = [str(r) for r in pl.read_parquet(path).rows()] if path.suffix == ".parquet" else read_lines(path)
        for record in dirt.filter(kind="duplicate", file=file)["record"]:
            assert lines[record - 1] in lines[: record - 1], (file, record)


def test_repeated_rows_stood_in_an_earlier_delivery(world, dirt):
    again = dirt.filter(kind="repeated_row")
    assert again.height > 0
    for file, record in again.select("file", "record").iter_rows():
        row = pl.read_parquet(world / file).row(record - 1)
        earlier = [p for p in world.glob(PATTERNS["transactions"]) if p.name < Path(file).name]
        assert any(row in pl.read_parquet(path).rows() for path in earlier)


def test_broken_sales_are_nobodys(world, dirt):
    """So the truth about people does not depend on which of two lines with one key is kept."""
    broken = dirt.filter(pl.col("file").str.starts_with("transactions"), expected="quarantine")
    for file, record in broken.select("file", "record").iter_rows():
        row = pl.read_parquet(world / file).row(record - 1, named=True)
        assert not any(row[name] for name in ("account", "buyer_name", "buyer_phone", "buyer_email"))


def test_identifiers_look_real_and_are_nobodys():
    people = build_people(World(people=400))
    for number in [COUNTER_PHONE, *(phone for person in people for phone in person.phones)]:
        assert phonenumbers.is_valid_number(phonenumbers.parse(f"+{number}")), number
    assert all(email.split("@")[1].removeprefix("mail.").startswith("example.") for p in people for email in p.emails)
    for person in people:
        values = [35, 33, *map(int, person.national_id[2:8])]
        check = 10 if person.national_id[9] == "A" else int(person.national_id[9])
        assert (sum(w * v for w, v in zip(range(9, 1, -1), values, strict=True)) + check) % 11 == 0


def test_tables_of_names_are_whole():
    assert {len(row) for row in SURNAMES} == {len(row) for row in GIVEN} == {5}
    assert all(len(row[0]) == len(row[1]) for row in SURNAMES + GIVEN)
    assert {row[4] for row in GIVEN} == {"m", "f", "n"}


def test_exact_keys_find_most_pairs_but_not_all(world, dirt):
    truth = pl.read_csv(world / "truth/truth.csv", schema_overrides={"account_id": pl.String})
    owner = {(source, account): person for source, account, person in truth.rows()}
    holders = defaultdict(set)
    for source in SILOS:
        for row in good_records(world, dirt, source):
            if account := account_of(row, source):
                for key in keys_of(row, source):
                    holders[key].add((source, account))
    graph = nx.Graph()
    graph.add_nodes_from(owner)
    for accounts in holders.values():
        if len(accounts) <= 8:
            graph.add_edges_from(combinations(sorted(accounts), 2))
    found = {pair for group in nx.connected_components(graph) for pair in combinations(sorted(group), 2)}
    true = {(a, b) for a, b in combinations(sorted(owner), 2) if owner[a] == owner[b]}
    assert 0.6 < len(found & true) / len(true) < 0.97
    assert len(found & true) / len(found) > 0.85


def keys_of(row, source):
    author = row.get("author", row)
    email = author.get("email") or author.get("buyer_email")
    phone = author.get("phone") or author.get("buyer_phone") or ""
    digits = "".join(c for c in str(phone) if "0" <= c <= "9")[-8:]
    return ([email.strip().lower()] if email else []) + ([digits] if len(digits) == 8 else [])


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_contracts_keep_to_the_standard(folder):
    schema = json.loads((files("open_data_contract_standard") / "schema.json").read_text("utf-8"))
    validator = Draft201909Validator(schema)
    for path in folder.glob("*.odcs.yaml"):
        assert not [e.json_path for e in validator.iter_errors(yaml.safe_load(path.read_text("utf-8")))], path.name


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_contracts_keep_to_our_rules(folder):
    contracts = read_contracts(folder)
    assert contracts.sources
    assert all(source.key or source.has_content_key for source in contracts.sources)


def test_tickets_mean_accounts_of_users():
    assert read_contracts(ROOT / "contracts").source("tickets").account_source == "users"


def test_contracts_declare_what_the_world_delivers(world, dirt):
    """All columns of all sources, but for the one that must be left out."""
    for source in read_contracts(ROOT / "contracts").sources:
        if source.name not in PATTERNS:
            continue
        delivered = {path for row in good_records(world, dirt, source.name) for path in leaves(row)}
        declared = {column.name for column in source.columns}
        assert delivered - declared == ({"client"} if source.name == "social" else set())
        assert declared <= delivered
    assert set(COLUMNS) == {c.name for c in read_contracts(ROOT / "contracts").source("transactions").columns}


def leaves(value, above=""):
    if not isinstance(value, dict):
        return {above}
    return {leaf for name, inner in value.items() for leaf in leaves(inner, f"{above}.{name}".removeprefix("."))}


def test_sql_rules_hold_on_the_good_records(world, dirt):
    """Every `type: sql` rule of the sample's contracts runs, on what a pipeline would load."""
    with duckdb.connect() as con:
        lines = pl.DataFrame(good_records(world, dirt, "transactions"))
        con.register("good", lines.select("quantity", "amount", "status"))
        for rule in read_contracts(ROOT / "contracts").source("transactions").quality:
            if rule.type == "sql":
                (value,) = con.execute((rule.query or "").replace("${table}", "good")).fetchone()
                assert value == 0 if "mustBe" in rule.bounds else value < rule.bounds["mustBeLessThan"]
