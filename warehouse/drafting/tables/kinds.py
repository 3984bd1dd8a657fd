"""What a table holds: accounts, orders, order lines, posts, tickets, consents or rates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from warehouse.drafting.columns.facts import Facts
from warehouse.drafting.columns.roles import Hint, knows_words
from warehouse.drafting.questions import Asker, Question, choices
from warehouse.types.roles import KINDS
from warehouse.types.vocabularies import ORDER_WORDS, TICKET_WORDS

Hints = Mapping[str, dict[str, Hint]]
"""By column, the roles that it may have."""
SURE = 0.6
IDENTITY = ("full_name", "given_name", "surname", "email", "phone", "birth_date", "gender", "address", "postcode",
            "district", "national_id", "language")  # fmt: skip
MEANINGS = {
    "transactions": "sales and refunds", "orders": "heads of orders, whose amounts are another file's lines",
    "customers": "a list of accounts", "support": "tickets of a help desk", "social": "posts",
    "consent": "answers whether a purpose may use data", "reference": "about no customer",
}  # fmt: skip


@dataclass(frozen=True)
class Table:
    """A table with what its columns may be."""

    facts: Mapping[str, Facts]
    hints: Hints
    concepts: frozenset[str]
    """What its file's name speaks of."""

    def best(self, role: str, least: float = SURE) -> str | None:
        """The column that has the role most likely; None if none has it at all likely."""
        found = [(h[role].confidence, -n, name) for n, (name, h) in enumerate(self.hints.items()) if role in h]
        score, _, name = max(found, default=(0.0, 0, ""))
        return name if score >= least else None

    def has(self, *roles: str) -> bool:
        """Has a column one of the roles, likely?"""
        return any(self.best(role) is not None for role in roles)

    def count(self, roles: Iterable[str]) -> int:
        """How many of the roles some column has, likely."""
        return sum(self.has(role) for role in roles)


def decide_kind(table: Table, asker: Asker, source: str) -> tuple[str | None, str, Question | None]:
    """The kind of a source, of KINDS; how that is known; and the question where it is not."""
    scores = {kind: score for kind, score in score_kinds(table).items() if score > 0}
    order = sorted(scores, key=lambda kind: -scores[kind])
    if order and scores[order[0]] >= 2 and (len(order) == 1 or scores[order[0]] >= scores[order[1]] + 1):
        return order[0], describe(table, order[0]), None
    likely = [*order, *(kind for kind in MEANINGS if kind not in order)]
    question = Question(
        f"{source}.kind", "its columns do not say what the table holds", choices(*((k, MEANINGS[k]) for k in likely))
    )
    answer = asker.ask(question)
    return answer, "as answered", None if answer else question


def describe(table: Table, kind: str) -> str:
    """The columns by which a kind was known."""
    telling = (*KINDS[kind].needs, "amount", "unit_price", "credit", "order", "text", "status", *IDENTITY)
    roles = [role for role in telling if table.has(role)]
    return ", ".join(dict.fromkeys(roles)) or "the file's name"


def score_kinds(table: Table) -> dict[str, float]:
    """Points for each kind; one that lacks what it needs has none."""
    has, named = table.has, table.concepts
    is_money = has("amount", "unit_price", "debit", "credit")
    has_time = table.best("occurred_at", 0.5) is not None
    identity = table.count(IDENTITY)
    is_account = any(
        table.facts[name].distinct >= 0.98 * table.facts[name].count and {"account_id", "id"} & set(hints)
        for name, hints in table.hints.items()
    )
    scores = dict.fromkeys(MEANINGS, 0.0)
    if is_rates(table):
        return scores | {"reference": 9.0}
    if has("purpose") and has("decision", "status") and has_time:
        return scores | {"consent": 9.0}
    if is_money and (has_time or has("order")):
        scores["transactions"] = 3 + 1.0 * has("order", "quantity", "currency", "item_id") + ("order" in named)
        scores["transactions"] -= 2 * ("customer" in named and not has("order")) + ("ticket" in named)
    if not is_money and has_time and has("order", "id") and has("account_id", "email", "phone"):
        is_sold = max(
            (knows_words(f, ORDER_WORDS) for n, f in table.facts.items() if "status" in table.hints[n]), default=0
        )
        scores["orders"] = 1 + 2 * ("order" in named) + (is_sold > 0.5) + 2 * has("order") - 2 * has("text")
        scores["orders"] -= 2 * ("ticket" in named or "social" in named or "customer" in named)
    if has_time and not is_money:
        scores["support"] = score_support(table)
        scores["social"] = score_social(table)
    if identity and not (is_money and has("order")):
        scores["customers"] = min(identity, 4) * 0.75 + 1.5 * is_account + 2 * ("customer" in named)
        scores["customers"] -= 2.5 * (table.best("text", 0.7) is not None) + 2 * has("order")
        scores["customers"] -= 2.5 * (is_money and table.best("occurred_at", 0.7) is not None)
        scores["customers"] -= 2 * bool(named & {"order", "ticket", "social"})
        scores["customers"] -= 2 * (table.best("resolved_at") is not None)
    return scores


def is_rates(table: Table) -> bool:
    """Is it a short table of a currency, a day and a rate?"""
    words = {stem for facts in table.facts.values() for stem in facts.stems}
    is_rate = bool(words & {"rate", "kurs", "匯率", "汇率"})
    return len(table.facts) <= 6 and is_rate and table.has("currency") and table.has("valid_from", "occurred_at")


def score_support(table: Table) -> float:
    """Points for tickets of a help desk."""
    statuses = [f for n, f in table.facts.items() if "status" in table.hints[n]]
    is_ticket = any(knows_words(f, TICKET_WORDS) > max(0.5, knows_words(f, ORDER_WORDS) - 0.2) for f in statuses)
    speaks = any("ticket" in f.concepts for f in table.facts.values())
    points = 2.0 * ("ticket" in table.concepts) + 1.5 * table.has("resolved_at") + speaks + is_ticket
    points += table.has("text") + 0.5 * table.has("agent") + 0.5 * bool(statuses)
    return points - 2 * ("social" in table.concepts) if table.has("text", "resolved_at", "status") else 0.0


def score_social(table: Table) -> float:
    """Points for posts."""
    speaks = any("social" in f.concepts for f in table.facts.values())
    points = (
        2.0 * ("social" in table.concepts) + 1.5 * speaks + table.has("handle") + table.has("like_count", "reply_count")
    )
    points += (
        table.has("text") + 0.5 * table.has("sentiment") - 1.5 * table.has("resolved_at") - 0.5 * table.has("status")
    )
    return points if table.has("text") else 0.0
