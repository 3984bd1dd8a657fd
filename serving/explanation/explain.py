"""Why two accounts are one customer, or two: what was compared, the way from one to the other, what else counted.

It shows values, and is for those who may see them.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from serving.customer import NotFoundError
from serving.explanation.explain_way import show_way
from serving.explanation.explain_words import say_field, say_level, say_parted, say_probability, say_weight
from serving.query import open_home
from serving.terminal import pad
from transforms.identity.decisions import LINK, Account, Decision, write_account
from transforms.identity.people import build_people
from transforms.matching.compare_two import compare_two
from transforms.matching.model.trained_model import ModelError
from transforms.profile.golden_record import MADE
from warehouse.contracts.settings import read_kept
from warehouse.home.decisions import load_decisions
from warehouse.home.keys import read_key
from warehouse.home.layout import Home
from warehouse.identity.learning import apply_weights, read_learned_decision
from warehouse.identity.sealed_model import KEY_NAME, open_model
from warehouse.shown_time import show_time
from warehouse.types.roles import IDENTIFIERS

ATTRIBUTES = {
    "surname_sound": ("full_name",), "given_sound": ("full_name",), "western_name": ("full_name",),
    "email": ("email", "handle"), "house": ("address",), "middle_name": ("given_name",),
}  # fmt: skip
"""Field of the matcher → attributes that it is made of, where these have other names."""
DECIDED = "decision"
"""The rule of two accounts about which people decided."""
HOUSEHOLD = -20.0
"""Bits beforehand from which it is not rarity alone that speaks against a pair."""
WRITTEN = ("full_name", "given_name", "surname", "address")
"""Attributes that one person writes in many ways, in two scripts even."""


@dataclass(frozen=True)
class Pair:
    """Two accounts as they were compared."""

    probability: float
    rule: str
    comparison: dict[str, dict[str, Any]]
    by_night: bool = True
    """False: compared only now, by the night's model."""
    parted_by: tuple[str, ...] = ()
    """Contradictions that make them two people; the night keeps no pair of these."""


def explain_pair(home: Path, a: str, b: str) -> str:
    """Why two accounts (source:account_id, or a customer_id for its surest account) are, or are not, one customer.

    Raises:
        NotFoundError: one of them is not there, or both are the same.
    """
    settings = read_kept(Home(home).require_current().read_manifest())
    max_accounts = int(settings["max_accounts_per_identifier"])
    with open_home(home) as con:
        left, right = find_account(con, a), find_account(con, b)
        if left == right:
            raise NotFoundError("both are the same account; give two")
        customers = {account: find_customer(con, account) for account in (left, right)}
        pair = read_pair(con, left, right)
        if pair is None or (pair.rule == DECIDED and not pair.comparison):
            now = compare_now(con, left, right, max_accounts, read_key(home, KEY_NAME))
            pair = replace(pair, comparison=now.comparison) if pair and now else now or pair
        lines = [
            *say_verdict(left, right, customers, pair),
            *say_learned(load_decisions(con).learned),
            "",
            *show_comparison(con, left, right, pair),
            *show_way(con, left, right, customers),
            *show_guards(con, (left, right), max_accounts),
            *show_decisions(con, left, right, str(settings["timezone"])),
        ]
    return "\n".join(lines)


def find_account(con: duckdb.DuckDBPyConnection, text: str) -> Account:
    """The account that `source:account_id` names; of a customer_id, the account that is tied most surely."""
    source, _, account = text.partition(":")
    rows = con.execute(
        "SELECT source, account_id FROM customer_identity WHERE (source = $source AND account_id = $account)"
        " OR customer_id = $text ORDER BY confidence DESC, source, account_id LIMIT 1",
        {"source": source, "account": account, "text": text},
    ).fetchall()
    if not rows:
        raise NotFoundError("there is no such account; name each as source:account_id, as c360 show lists them")
    return str(rows[0][0]), str(rows[0][1])


def find_customer(con: duckdb.DuckDBPyConnection, account: Account) -> str:
    """The customer that an account belongs to."""
    query = "SELECT customer_id FROM customer_identity WHERE source = ? AND account_id = ?"
    return str(con.execute(query, account).fetchall()[0][0])


def read_pair(con: duckdb.DuckDBPyConnection, left: Account, right: Account) -> Pair | None:
    """What was found between two accounts; None where they share too little to have been compared."""
    query = (
        "SELECT probability, rule, comparison FROM identity.edge WHERE left_source = ? AND"
        " left_account_id = ? AND right_source = ? AND right_account_id = ? ORDER BY rule = 'decision' LIMIT 1"
    )
    for ends in ((*left, *right), (*right, *left)):
        for probability, rule, comparison in con.execute(query, ends).fetchall():
            return Pair(probability, rule, json.loads(comparison))
    return None


def compare_now(
    con: duckdb.DuckDBPyConnection, left: Account, right: Account, max_accounts: int, key: bytes
) -> Pair | None:
    """What the night's model says of two accounts that the night did not weigh; None where there is none to be opened.

    `key`: that of the home's models.
    """
    own = "(source, account_id) IN ((?, ?), (?, ?))"
    ends = [*left, *right]
    account = con.sql(f"SELECT DISTINCT source, account_id FROM clean.account WHERE {own}", params=ends).pl()
    attribute = con.sql(f"FROM clean.attribute WHERE {own}", params=ends).pl()
    found = con.execute("SELECT model FROM identity.model ORDER BY version DESC LIMIT 1").fetchall()
    if not found or attribute.is_empty():
        return None
    identifier = con.sql("FROM identity.match_identifier").pl()
    try:
        learned = read_learned_decision(load_decisions(con).learned)
        model = apply_weights(open_model(json.loads(found[0][0]), key), learned)
        said = compare_two(build_people(account, attribute), model, identifier, max_accounts)
    except ModelError:
        return None
    probability, rule, comparison, parted_by = said.row(0)
    return Pair(probability, rule, json.loads(comparison), by_night=False, parted_by=tuple(parted_by))


def say_verdict(left: Account, right: Account, customers: dict[Account, str], pair: Pair | None) -> list[str]:
    """The first lines: one customer or two, and how sure."""
    one, other = write_account(left), write_account(right)
    if customers[left] == customers[right]:
        lines = [f"{one} and {other} are one customer, {customers[left]}"]
    else:
        lines = [f"{one} ({customers[left]}) and {other} ({customers[right]}) are two customers"]
    if pair and pair.rule == DECIDED:
        lines.append("  a person decided that, whatever the evidence; see below")
    elif pair:
        when = "with each other" if pair.by_night else "now, which the night had no cause to do"
        lines.append(f"  compared {when}: {say_probability(pair.probability)} ({pair.probability:.3f})")
        lines += [f"  {say_parted(pair.parted_by)}"] if pair.parted_by else []
    return lines


def say_learned(decision: Decision | None) -> list[str]:
    """By what people's decisions taught the night matched; nothing where nothing was accepted."""
    if decision is None:
        return []
    learned = read_learned_decision(decision)
    factors = ", ".join(f"{say_field(name)} × {weight:.2f}" for name, weight in learned.weights.items())
    also = f", with evidence of {factors}" if factors else ""
    who = f"{decision.decision_id} of {decision.decided_by}"
    return [f"  one person from {learned.threshold:.2f} on{also}: learned from decisions ({who})"]


def show_comparison(con: duckdb.DuckDBPyConnection, left: Account, right: Account, pair: Pair | None) -> list[str]:
    """Field by field: how the two agree, what that amounts to, and the values."""
    both = show_both(con, left, right)
    if not both:
        return ["compared: neither has anything that could be compared, which is evidence for nothing"]
    if pair is None:
        return ["compared: not with each other; what is known of each", *both]
    if not pair.comparison and pair.rule == DECIDED:
        return ["compared: nothing that both have", *both]
    if not pair.comparison:
        return [f"compared: the same in every field ({pair.rule})", *both]
    lines, shown = ["compared"], ""
    for field, said in pair.comparison.items():
        own = " | ".join(list_values(con, account, ATTRIBUTES.get(field, (field,))) for account in (left, right))
        values, shown = ("" if own == shown else own), own
        lines.append(
            f"  {say_field(field):<13} {say_level(field, said['level']):<36} {say_weight(said['bits']):<38}"
            f" {said['bits']:+6.1f}   {values}"
        )
    total = float(sum(said["bits"] for said in pair.comparison.values()))
    lines.append(f"  {'together':<13} {'':<36} {say_weight(total):<38} {total:+6.1f}")
    odds = math.log2(pair.probability / (1 - pair.probability)) if 0 < pair.probability < 1 else math.inf
    if odds < total and pair.rule != DECIDED:
        lines.append(f"  {'beforehand':<13} {say_beforehand(odds - total):<75} {odds - total:+6.1f}")
    return lines


def say_beforehand(bits: float) -> str:
    """Why the fields together do not say it all."""
    rare = "two accounts are seldom one person"
    return rare if bits > HOUSEHOLD else f"{rare}, and a household agrees in much of this"


def show_both(con: duckdb.DuckDBPyConnection, left: Account, right: Account) -> list[str]:
    """What is known of the two, side by side, and whether they share it."""
    known = con.execute(
        """
        WITH own AS (
            SELECT attribute, coalesce(key, value) AS key, bool_or((source, account_id) = ($s1, $a1)) AS is_left,
                bool_or((source, account_id) = ($s2, $a2)) AS is_right
            FROM clean.attribute
            WHERE (source, account_id) IN (($s1, $a1), ($s2, $a2)) AND NOT list_contains($made, attribute) GROUP BY ALL
        )
        SELECT attribute, CASE WHEN bool_or(is_left AND is_right) THEN 'the same'
            WHEN NOT (bool_or(is_left) AND bool_or(is_right)) THEN 'only one has it'
            WHEN list_contains($written, attribute) THEN 'written otherwise' ELSE 'differ' END
        FROM own GROUP BY attribute ORDER BY attribute
        """,
        {"s1": left[0], "a1": left[1], "s2": right[0], "a2": right[1], "written": list(WRITTEN), "made": list(MADE)},
    ).fetchall()
    return [
        f"  {say_field(attribute):<13} {said:<17} {pad(list_values(con, left, (attribute,)), 40)} | "
        + list_values(con, right, (attribute,))
        for attribute, said in known
    ]


def list_values(con: duckdb.DuckDBPyConnection, account: Account, attributes: tuple[str, ...]) -> str:
    """The values of an account, as shown."""
    rows = con.execute(
        "SELECT DISTINCT value FROM clean.attribute WHERE source = ? AND account_id = ?"
        " AND list_contains(?, attribute) ORDER BY 1",
        [*account, list(attributes)],
    ).fetchall()
    return ", ".join(value for (value,) in rows) or "–"


def show_guards(con: duckdb.DuckDBPyConnection, pair: tuple[Account, Account], max_accounts: int) -> list[str]:
    """Identifiers of the two that say nothing, since too many accounts have them."""
    rows = con.execute(
        """
        WITH own AS (
            SELECT DISTINCT attribute, key, value FROM clean.attribute WHERE list_contains(?, attribute)
                AND key IS NOT NULL AND ((source = ? AND account_id = ?) OR (source = ? AND account_id = ?))
        )
        SELECT own.attribute, min(own.value), count(DISTINCT (a.source, a.account_id)) AS n
        FROM own JOIN clean.attribute AS a USING (attribute, key) GROUP BY own.attribute, own.key
        HAVING n > ? ORDER BY ALL
        """,
        [list(IDENTIFIERS), *pair[0], *pair[1], max_accounts],
    ).fetchall()
    if not rows:
        return []
    said = [f"  {attribute} {value} stands on {count} accounts: where they bear many names it is no evidence"
            for attribute, value, count in rows]  # fmt: skip
    return ["", "shared by many", *said]


def show_decisions(con: duckdb.DuckDBPyConnection, left: Account, right: Account, timezone: str) -> list[str]:
    """What people decided about either account, with the time in a zone; of a split, what it says of the two."""
    decided = [d for d in load_decisions(con).in_force if left in d.pair or right in d.pair]
    own = [d for d in decided if not d.parts or d.pair == {left, right}]
    apart = {d.decision_id: d for d in decided if d.parts and d.decision_id not in {o.decision_id for o in own}}
    lines = [f"{say_when(d, timezone)}: {say_decision(d)} – {d.reason}" for d in own]
    for d in apart.values():
        lines.append(
            f"{say_when(d, timezone)}: a split into {len(d.parts or ())} customers names one of the two – {d.reason}"
        )
    return ["", "decided by people", *(f"  {line}" for line in lines)] if lines else []


def say_when(decision: Decision, timezone: str) -> str:
    """A decision's id, time in a zone, and who decided."""
    at = datetime.fromisoformat(decision.decided_at).astimezone(UTC).replace(tzinfo=None)
    return f"{decision.decision_id} {show_time(at, timezone)} {decision.decided_by}"


def say_decision(decision: Decision) -> str:
    """What a decision says of its two accounts."""
    verb = "one customer" if decision.kind == LINK else "two customers"
    split = f", by a split into {len(decision.parts)} customers" if decision.parts else ""
    return f"{write_account(decision.left)} and {write_account(decision.right)} are {verb}{split}"
