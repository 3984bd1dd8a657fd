"""What people's decisions teach about the matcher, as a proposal with its effect; it names customers and no values."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from serving.query import open_home
from transforms.identity.decisions import LEARN, Decision
from transforms.identity.learning import LEAST_DECISIONS, Learned, Proposal, propose
from transforms.matching.model.trained_model import ModelError
from warehouse.contracts.settings import read_kept
from warehouse.errors import C360Error
from warehouse.home.decisions import Ledger, read_ledger
from warehouse.home.keys import read_key
from warehouse.home.layout import Home
from warehouse.identity.learning import Effect, Taught, foresee, read_learned_decision, read_lessons
from warehouse.identity.sealed_model import KEY_NAME, open_model

SHOWN = 20
"""Customers that a list names at most."""


class LearnError(C360Error):
    """Nothing can be learned, or not be accepted; the message says why."""


@dataclass(frozen=True)
class Lesson:
    """What there is to learn."""

    ledger: Ledger
    taught: Taught
    in_use: Learned
    proposal: Proposal | None
    effect: Effect | None
    """Of the proposal."""


def study(home: Path) -> Lesson:
    """What decisions teach: a proposal with its effect, if they are enough and speak for one.

    Raises:
        HomeError: nothing is published.
        LearnError: the generation has no identity model, or one of another version.
    """
    settings = read_kept(Home(home).require_current().read_manifest())
    max_accounts = int(settings["max_accounts_per_identifier"])
    with open_home(home) as con:
        ledger = read_ledger(home)
        try:
            model = read_model(con, read_key(home, KEY_NAME))
            taught = read_lessons(con, ledger, model, max_accounts)
        except ModelError:
            raise LearnError("the identity model was made by another version; train one first: c360 run") from None
        in_use = read_learned_decision(ledger.learned)
        is_enough = taught.lessons is not None and taught.count >= LEAST_DECISIONS
        proposal = propose(taught.lessons, in_use) if taught.lessons and is_enough else None
        effect = foresee(con, ledger, model, max_accounts, proposal.learned) if proposal else None
    return Lesson(ledger, taught, in_use, proposal, effect)


def read_model(con: duckdb.DuckDBPyConnection, key: bytes) -> dict[str, Any]:
    """The generation's model as it was trained."""
    rows = con.execute("SELECT model FROM identity.model ORDER BY version DESC LIMIT 1").fetchall()
    if not rows:
        raise LearnError("there is no identity model: no source declares a column by which people could be compared")
    return open_model(json.loads(rows[0][0]), key)


def show_lesson(lesson: Lesson) -> str:
    """What there is to learn, as a person reads it."""
    taught, count = lesson.taught, lesson.taught.count
    lines = [f"{count} decisions can be learned from{describe_left_out(taught)}"]
    lines.append(f"in use: {describe_learned(lesson.in_use, lesson.ledger.learned)}")
    if count < LEAST_DECISIONS:
        return "\n".join([*lines, f"{LEAST_DECISIONS - count} more decisions are missing; see c360 review"])
    if lesson.proposal is None or lesson.effect is None:
        lines.append("nothing is proposed: nothing does clearly better on decisions that it was not fitted to")
        return "\n".join(lines)
    found, effect = lesson.proposal, lesson.effect
    lines += [
        f"proposed: {describe_learned(found.learned, None)}",
        f"  agrees with {found.agreed_after:.1f} of {found.count} decisions that were held out, what is in use with"
        f" {found.agreed_before:.1f}",
        f"  would merge {sum(map(len, effect.merged)):,} customers into {len(effect.merged):,}",
        *(f"    {' + '.join(ids)}" for ids in effect.merged[:SHOWN]),
        *list_more(len(effect.merged)),
        f"  would part {len(effect.parted):,} customers",
        *(f"    {owner} into {parts}" for owner, parts in effect.parted[:SHOWN]),
        *list_more(len(effect.parted)),
    ]
    return "\n".join(lines)


def list_more(count: int) -> list[str]:
    """A line about what a list leaves out."""
    return [f"    and {count - SHOWN:,} more"] if count > SHOWN else []


def describe_left_out(taught: Taught) -> str:
    """Decisions that teach nothing."""
    said = []
    if taught.gone:
        said.append(f"{taught.gone} more are about accounts that are gone")
    if taught.silent:
        said.append(f"{taught.silent} more about accounts of which no figure decides")
    return f" ({', '.join(said)})" if said else ""


def describe_learned(learned: Learned, decision: Decision | None) -> str:
    """By what is matched, as a person reads it."""
    factors = ", ".join(f"{name} × {weight:.2f}" for name, weight in sorted(learned.weights.items()))
    who = f", learned ({decision.decision_id} of {decision.decided_by})" if decision else ""
    return f"one person from {learned.threshold:.2f} on{'; evidence of ' + factors if factors else ''}{who}"


def make_learn(lesson: Lesson, stamp: Callable[[], tuple[str, str]], reason: str) -> Callable[[Ledger, str], Decision]:
    """What accepts the proposal, if no decision was made since.

    Raises:
        LearnError: there is no proposal.
    """
    if lesson.proposal is None:
        raise LearnError("there is nothing to accept")
    learned = lesson.proposal.learned

    def make(ledger: Ledger, decision_id: str) -> Decision:
        if ledger.digest != lesson.ledger.digest:
            raise LearnError("somebody has decided something meanwhile; look again: c360 learn")
        weights = tuple(sorted(learned.weights.items()))
        nobody = "", "", "", ""
        return Decision(decision_id, *stamp(), LEARN, *nobody, reason, threshold=learned.threshold, weights=weights)

    return make
