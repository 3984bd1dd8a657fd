"""Schema drift: columns that are new, missing, renamed or retyped, in each format, by both policies; and foretold."""

import gzip
import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from expectations.drift import match_names, policy_of
from tests.serving.test_cli import c360  # noqa: F401 – a fixture
from tests.worlds.landed_world import make_column, make_key, make_source, run_night
from tests.worlds.world import AS_OF, SOURCES, World, column, find_secret
from warehouse.checks import GateClosed
from warehouse.contracts.model import Location
from warehouse.dry_run import DryRun, dry_run_delivery

pytestmark = pytest.mark.slow

SECRET = "4111-1111-1111-1111"
FORMATS = ("csv", "jsonl", "parquet")
POLICIES = ("ignore", "freeze")
STATES = ("new", "missing", "renamed", "retyped")
CASES = [f"{form}_{state}_{policy}" for form in FORMATS for state in STATES for policy in POLICIES]
RULES = {"new": "unexpected_column:memo", "missing": "missing_column:score", "renamed": "missing_column:score",
         "retyped": "column_retyped:score"}  # fmt: skip
SAID = {
    "new": "column memo is new, and left out; declare it in",
    "missing": "column score is missing; have it delivered again",
    "renamed": "column score is missing, and Score-Points is new: if it is that, say c360.alsoCalled: [Score-Points]",
    "retyped": "column score is no integer any more (12 of 12 values cannot be read)",
}
ALSO_CALLED = [{"property": "c360.alsoCalled", "value": ["Score-Points"]}]
Row = dict[str, Any]


def make_rows(state: str = "usual", start: int = 0) -> list[Row]:
    """Twelve sales whose columns are as declared, but for the one that drifted."""
    rows: list[Row] = []
    for n in range(start, start + 12):
        row = {"line": f"L{n}", "account": "A1", "amount": 10 + n, "currency": "HKD", "sold_at": "2026-03-01 10:00"}
        drifted = {"new": {"score": n, "memo": SECRET}, "missing": {}, "renamed": {"Score-Points": n},
                   "retyped": {"score": f"level {SECRET}"}}  # fmt: skip
        rows.append(row | drifted.get(state, {"score": n}))
    return rows


def write(path: Path, rows: list[Row]) -> Path:
    """Rows as a file of the format that its name says."""
    text = pl.DataFrame(rows).cast(pl.String)
    if path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    elif path.suffix == ".parquet":
        text.write_parquet(path)
    else:
        text.write_csv(path)
    return path


def declare(world: World, name: str, policy: str, **score: Any) -> None:
    """A source of reference data, which makes nights quick, with a column `score` that drifts."""
    usual = {c["name"]: c for c in SOURCES["sales"]["columns"]}
    points = column("score", kind="integer") | score
    points["customProperties"] = [*points.get("customProperties", []), {"property": "c360.drift", "value": policy}]
    columns = [usual[n] for n in ("line", "account", "amount", "currency", "sold_at")] + [points]
    form = name.partition("_")[0]
    world.declare(
        name, kind="reference", mode="append", path=f"{name}*.{form}", format=form, columns=columns,
        custom={"drift": policy},
    )  # fmt: skip


def foretell(world: World, name: str, path: Path) -> DryRun:
    return dry_run_delivery(world.contracts, name, path, AS_OF)


def broken(results: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(r["rule"], r["severity"]) for r in results if not r["is_passed"] and r["level"] != "row"]


@pytest.fixture(scope="module")
def drifting(first_sales, tmp_path_factory) -> tuple[World, dict[str, DryRun], str]:
    """A night of the ignored cases, published; one of the frozen ones, closed; and what was foretold of each."""
    world = first_sales.copy(tmp_path_factory.mktemp("drifting"))
    foretold: dict[str, DryRun] = {}
    said = ""
    for policy in POLICIES:
        for name in (c for c in CASES if c.endswith(policy)):
            form, state, _ = name.split("_")
            declare(world, name, policy)
            foretold[name] = foretell(world, name, write(world.data / f"{name}.{form}", make_rows(state)))
        if policy == "ignore":
            world.night()
        else:
            with pytest.raises(GateClosed) as closed:
                world.night()
            said = str(closed.value)
    return world, foretold, said


@pytest.mark.parametrize("name", [c for c in CASES if c.endswith("ignore")])
def test_ignored_drift_is_a_warning_and_published(drifting, name):
    world, foretold, _ = drifting
    state = name.split("_")[1]
    assert (world.generation, world.books(name)) == (2, [(12, 12, 0, 0)])
    (told,) = [r for r in foretold[name].results if r.rule == RULES[state]]
    assert (told.severity, told.failed_count, told.checked_count) == ("warning", 1, 1)
    assert told.message.startswith(f"{name}.{name.split('_')[0]}: {SAID[state]}")


@pytest.mark.parametrize("name", [c for c in CASES if c.endswith("freeze")])
def test_frozen_drift_closes_the_gate_and_is_named_with_its_cure(drifting, name):
    world, _, said = drifting
    form, state, _ = name.split("_")
    (line,) = [line for line in said.splitlines() if line.startswith(f"  {name}: ")]
    assert line.startswith(f"  {name}: {RULES[state]}: {name}.{form}: {SAID[state]}")
    assert f"{name}.odcs.yaml" in line
    assert (world.generation, world.report["status"]) == (2, "closed")


@pytest.mark.parametrize("name", CASES)
def test_what_is_foretold_is_what_the_night_does(drifting, name):
    world, foretold, _ = drifting
    if name.endswith("ignore"):
        done = world.ask(
            "SELECT rule, level, severity, is_passed, failed_count, checked_count, message"
            " FROM governance.check_result WHERE source = ? AND generation = 2",
            name,
        )
        told = foretold[name]
        assert done == [tuple(asdict(r).values()) for r in told.results]
        counts = (told.physical_count, told.loaded_count, sum(told.quarantine.values()), told.duplicate_count)
        assert world.books(name) == [counts]
    else:
        assert world.report["checks"][name] == [asdict(r) for r in foretold[name].results]
    assert bool(foretold[name].closing) == name.endswith("freeze")


def test_nothing_undeclared_is_stored_and_no_value_is_said(drifting):
    world, foretold, said = drifting
    assert find_secret(world.home.generations, SECRET) == set()
    assert SECRET not in said + json.dumps(world.report) + str(foretold)


class TestPolicy:
    """What freezes where the contract leaves it open."""

    @pytest.mark.parametrize("role", ["account_id", "event_id", "parent_id", "amount", "unit_price", "currency",
                                      "quantity", "occurred_at", "resolved_at"])  # fmt: skip
    def test_keys_money_and_time_freeze(self, role):
        found = make_column("x", role=role)
        source = make_source(make_key(), found)
        assert policy_of(source, found, is_missing=True) == "freeze"
        assert policy_of(source, replace(found, drift="ignore"), is_missing=True) == "ignore"

    @pytest.mark.parametrize("found", [make_key(), make_column("x", required=True)])
    def test_what_is_required_freezes_in_every_format(self, found):
        source = make_source(found, location=Location("local", "x", "jsonl"))
        assert policy_of(source, found, is_missing=True) == "freeze"

    def test_a_consent_freezes_and_anything_else_does_not(self):
        found = make_column("x", role="text")
        assert policy_of(make_source(found, kind="consent"), found, is_missing=False) == "freeze"
        assert policy_of(make_source(found), found, is_missing=False) == "ignore"

    def test_json_may_leave_out_what_is_not_required(self):
        found = make_column("x", role="resolved_at")
        source = make_source(found, location=Location("local", "x", "jsonl"))
        assert policy_of(source, found, is_missing=True) == "ignore"
        assert policy_of(source, found, is_missing=False) == "freeze"
        assert policy_of(source, replace(found, drift="freeze"), is_missing=True) == "freeze"


@pytest.mark.parametrize(
    ("missing", "new", "found"),
    [
        (["sold_at"], ["memo", "Sold At"], {"sold_at": "Sold At"}),
        (["customer_email"], ["email.customer", "customer"], {"customer_email": "email.customer"}),
        (["soldAt"], ["at_sold", "x"], {"soldAt": "at_sold"}),
        (["amount"], ["memo", "amount_hkd"], {"amount": "amount_hkd"}),
        (["amount"], ["金額"], {"amount": "金額"}),
        (["amount"], ["金額", "memo"], {}),
        (["amount", "amounts"], ["amount_1"], {"amount": "amount_1"}),
        (["amount"], [], {}),
    ],
)
def test_a_new_name_is_found_by_its_words_or_as_the_only_one(missing, new, found):
    assert match_names(missing, new) == found


@pytest.mark.parametrize(
    ("unread", "read", "is_retyped"), [(9, 0, False), (10, 0, True), (10, 1, True), (10, 2, False)]
)
def test_retyped_is_nine_of_ten_and_ten_at_least(tmp_path, unread, read, is_retyped):
    rows: list[Mapping[str, Any]] = [{"id": str(n), "_mistyped": ["x"]} for n in range(unread)]
    rows += [{"id": f"good{n}", "x": 1} for n in range(read)] + [{"id": "empty"}]
    night = run_night(tmp_path / "f", make_source(make_key(), make_column("x", "integer")), rows)
    assert ("column_retyped:x" in night.broken) == is_retyped
    assert "type:x" in night.broken


class TestLater:
    """What a contract change, or another night, makes of it."""

    def test_a_new_column_is_told_once_and_freezes_whenever_asked(self, sales):
        declare(sales, "csv_sales", "ignore")
        for night in (1, 2):
            write(sales.data / f"csv_sales_{night}.csv", make_rows("new", 12 * night))
            sales.night()
            told = [("unexpected_column:memo", "warning")] if night == 1 else []
            assert broken(sales.report["checks"]["csv_sales"]) == told
        declare(sales, "csv_sales", "freeze")
        write(sales.data / "csv_sales_3.csv", make_rows("new", 36))
        with pytest.raises(GateClosed, match=r"csv_sales_3\.csv: column memo is new"):
            sales.night()

    def test_a_new_name_is_accepted_and_what_was_loaded_stays(self, sales):
        for night, state in ((1, "usual"), (2, "renamed")):
            for form in FORMATS:
                declare(sales, f"{form}_sales", "freeze", customProperties=ALSO_CALLED if night > 1 else [])
                write(sales.data / f"{form}_sales_{night}.{form}", make_rows(state, 12 * night))
            sales.run_to("load")
        for form in FORMATS:
            query = f"SELECT sum(score), count(score) FROM raw.{form}_sales"
            assert sales.ask(query) == [(sum(range(12, 36)), 24)]

    def test_a_new_type_is_accepted_by_declaring_it(self, sales):
        path = write(sales.data / "csv_sales.csv", make_rows("retyped"))
        declare(sales, "csv_sales", "freeze")
        assert [r.rule for r in foretell(sales, "csv_sales", path).closing] == ["column_retyped:score"]
        declare(sales, "csv_sales", "freeze", logicalType="string")
        assert foretell(sales, "csv_sales", path).closing == []


class TestCheckAgainst:
    """`c360 check --against`."""

    @pytest.fixture
    def check(self, c360, sales):  # noqa: F811 – the fixture
        declare(sales, "csv_sales", "freeze")
        words = ["check", "--contracts", sales.contracts, "--as-of", AS_OF, "--against"]
        return lambda path, *more: c360(*words, path, *more)

    def test_of_a_good_file_is_status_0_and_counts_its_records(self, check, sales):
        rows = [*make_rows(), make_rows()[0], {**make_rows()[1], "line": "L99", "amount": "much"}]
        path = write(sales.data / "csv_sales_2.csv", rows)
        path.write_bytes(gzip.compress(path.read_bytes()))
        said = check(path)
        assert (said.status, said.err) == (0, "")
        assert said.out.splitlines()[:3] == [
            "csv_sales_2.csv as a delivery of csv_sales (contract 1.0.0)",
            "records 14: 12 loaded, 1 quarantined, 1 duplicate",
            "  1 in quarantine: type:amount",
        ]
        assert "\n  score     declared\n" in said.out
        assert said.out.endswith("the gate would stay open\n")

    def test_of_a_drifted_file_is_status_1_and_says_no_value(self, check, sales):
        said = check(write(sales.root / "other.csv", make_rows("retyped")), "--source", "csv_sales")
        assert said.status == 1
        assert "\n  score     retyped   freeze  12 of 12 values cannot be read\n" in said.out
        assert "the gate would close\n  column_retyped:score: other.csv: column score is no integer" in said.out
        assert SECRET not in said.out + said.err
        renamed = check(write(sales.root / "other.csv", make_rows("renamed")), "--source", "csv_sales").out
        assert "\n  score     renamed?  freeze  Score-Points\n" in renamed

    def test_of_what_is_no_table_at_all_is_status_1(self, check, sales):
        path = sales.root / "other.csv"
        path.write_bytes(gzip.compress(b"x" * 999)[:-9])
        said = check(path, "--source", "csv_sales")
        assert said.status == 1
        assert "unreadable_delivery: source csv_sales, delivery other.csv: the gzip data is damaged" in said.out

    def test_of_a_file_of_nobody_or_none_is_status_2(self, check, sales):
        said = check(write(sales.root / "other.csv", make_rows()))
        assert said.status == 2
        assert "--source: csv_sales, fx_rates, sales" in said.err
        assert "no such file" in check(sales.root / "none.csv").err
        assert "no source named 'sale'" in check(sales.root / "other.csv", "--source", "sale").err

    def test_leaves_nothing_behind(self, check, sales, tmp_path, monkeypatch):
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temp"))
        (tmp_path / "temp").mkdir()
        check(write(sales.root / "csv_sales.csv", make_rows("new")))
        assert [p for p in (tmp_path / "temp").iterdir() if p.name.startswith("c360")] == []

    def test_says_that_a_file_of_days_to_come_waits(self, check, sales):
        said = check(write(sales.data / "csv_sales_2026-04-01.csv", make_rows()))
        assert "is named for a day after 2026-03-10: until then it waits" in said.out
