"""Every rule and every gate broken, one in each night: bad rows are in quarantine by it, or it closes the night."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks.reliability.faults.gates import list_gate_faults, list_published_faults
from benchmarks.reliability.faults.planted import (
    BAD,
    Fault,
    Sabotage,
    list_row_faults,
    list_table_faults,
    spoil_all_rows,
)
from benchmarks.reliability.faults.strict import found_strict, list_published_rules, list_source_rules
from benchmarks.reliability.nights import publish_within, replaced
from benchmarks.reliability.outcome import Outcome
from expectations.model import Rule
from serving.cli.main import main
from tests.worlds.world import AS_OF, SOURCES, World, list_tree
from warehouse import night
from warehouse.duck import open_database
from warehouse.home.layout import remove_folder
from warehouse.landing import land as landing
from warehouse.publish import publish as publishing
from warehouse.run import Run

CLOSED = "{} rules and gates broken one by one: of a table, a delivery, a published table, identities, books, drift"
MOVED = "{} row rules broken one by one"


def list_faults() -> list[Fault]:
    """All that is known to break something."""
    return [*list_row_faults(), *list_table_faults(), *list_gate_faults(), *list_published_faults()]


def list_unbroken(world: World) -> list[str]:
    """Rules of the contracts, and those that a night has reported, that no fault breaks."""
    broken = {(fault.source, fault.rule) for fault in list_faults()}
    reported = {(source, r["rule"]) for source, found in world.report["checks"].items() for r in found}
    rules = {*list_source_rules(world), *(("published", name) for name in list_published_rules()), *reported}
    return [" ".join(rule) for rule in sorted(rules - broken)]


def break_rules(folder: Path, wanted: Callable[[Fault], bool] = lambda _: True) -> list[Outcome]:
    """A night for each fault, on a copy of the same company; and whether each rule has a fault."""
    whole = Outcome("the contracts compiled, and a night's report read", "each rule in them is broken by a fault")
    rows = Outcome(MOVED, "the row is in `c360 quarantine` by that rule, or it is kept and the report counts it")
    gates = Outcome(CLOSED, "exit 1, the rule is named, what is served stays; a mere warning is in the report")
    with publish_strict(folder / "base") as base:
        whole.add("all", list_unbroken(base))
        rules = list_source_rules(base)
        for fault in filter(wanted, list_faults()):
            world, rule = base.copy(folder / "broken"), rules.get((fault.source, fault.rule))
            outcome = rows if rule and rule.level == "row" else gates
            outcome.add(f"{fault.source} {fault.rule}", judge(world, fault, rule))
            remove_folder(world.root)
    for outcome in (rows, gates):
        outcome.done = outcome.done.format(outcome.runs)
    return [whole, rows, gates]


@contextmanager
def publish_strict(folder: Path) -> Iterator[World]:
    """The strict company with generation 1."""
    with publish_within(folder, list(SOURCES), found_strict) as world:
        yield world


def judge(world: World, fault: Fault, rule: Rule | None) -> list[str]:
    """What is wrong with how a night ends that meets a fault."""
    if fault.before:
        fault.before(world)
        world.night(AS_OF)
    fault.act(world)
    served = world.home.require_current()
    before = list_tree(served.folder)
    with sabotaged(fault.sabotage):
        status, said = call(world, "run", "--as-of", (AS_OF + timedelta(days=fault.days)).isoformat())
    if is_closing(fault, rule):
        faults = [] if status == 1 else [f"exit {status}"]
        is_same = world.home.require_current() == served and list_tree(served.folder) == before
        faults += [] if is_same else ["what is served has changed"]
        name = f"  {fault.source}: {fault.rule}: " if fault.source else fault.rule
        return faults + ([] if name in said else ["it is not named"])
    if status:
        return [f"exit {status}: {said[-300:]}"]
    world.require_balance()
    return list_untold(world, fault.source, fault.rule, rule)


def is_closing(fault: Fault, rule: Rule | None) -> bool:
    """Should this fault close the night?"""
    if rule is None:
        return fault.is_closing
    return rule.level != "row" and rule.severity == "critical"


def list_untold(world: World, source: str, name: str, rule: Rule | None) -> list[str]:
    """Whether the report of a published night lacks a broken rule, or `c360 quarantine` does."""
    broken = {r["rule"] for r in world.report["checks"][source] if not r["is_passed"]}
    faults = [] if name in broken else [f"{name} is not in the report"]
    if rule and rule.is_moving:
        status, said = call(world, "quarantine", "--source", source, "--format", "json")
        shown = {json.loads(line)["rule"] for line in said.splitlines()} if status == 0 else set()
        faults += [] if name in shown else [f"{name} is not in quarantine"]
    return faults


def break_all_rows(world: World) -> list[str]:
    """All row rules broken in one night: those that are not told of."""
    spoil_all_rows(world)
    status, said = call(world, "run", "--as-of", (AS_OF + timedelta(days=1)).isoformat())
    if status:
        return [said]
    world.require_balance()
    rules = list_source_rules(world)
    return [f for s, rows in BAD.items() for name in rows for f in list_untold(world, s, name, rules[s, name])]


def call(world: World, command: str, *words: str) -> tuple[int, str]:
    """Exit status of `c360`, in this process, and what it said on both streams."""
    where = ["--home", str(world.home.root)]
    where += ["--contracts", str(world.contracts)] if command == "run" else []
    said = io.StringIO()
    with replaced(sys, "argv", ["c360", command, *words, *where]), redirect_stdout(said), redirect_stderr(said):
        try:
            main()
        except SystemExit as end:
            return int(end.code or 0), said.getvalue()
    raise AssertionError("the command has not ended")


@contextmanager
def sabotaged(sabotage: Sabotage | None) -> Iterator[None]:
    """While inside, a step is followed by what spoils its work."""
    if sabotage is None:
        yield
        return
    wish = sabotage

    def follow(step: Callable[..., Any]) -> Callable[..., Any]:
        def work(run: Run, *more: str) -> Any:
            done = step(run, *more)
            if not more or more == (wish.source,):
                spoil(run, wish)
            return done

        return work

    steps = {
        "land": (night, "land_source", follow(landing.land_source)),
        "profile": (night, "STEPS", night.STEPS | {"profile": follow(night.STEPS["profile"])}),
        "seal": (publishing, "seal", follow(publishing.seal)),
    }
    with replaced(*steps[wish.after]):
        yield


def spoil(run: Run, wish: Sabotage) -> None:
    """Run the queries in the file that is meant."""
    is_file = wish.after == "land" and not wish.is_of_night
    with open_database(run.source_file(wish.source) if is_file else run.database) as con:
        for query in wish.queries:
            con.execute(query)
