"""Columns that say what happened: its number, when, and in what state."""

from __future__ import annotations

import re

from warehouse.drafting.columns.facts import looks_like_name
from warehouse.drafting.columns.roles import is_flag
from warehouse.drafting.columns.times import decide_time
from warehouse.drafting.questions import Asker, Question, choices
from warehouse.drafting.tables.model import SourceDraft, leave_open
from warehouse.drafting.tables.people import is_own, prefer, rank
from warehouse.types.vocabularies import ORDER_WORDS, STATUSES, fold_word

ID_HINTS = {
    "transactions": ("line", "id", "event", "order"),
    "orders": ("order", "id", "event"),
    "support": ("event", "id", "order"),
    "social": ("event", "id"),
}
NOUNS = {"support": "ticket", "social": "social", "orders": "order"}
"""Kind → what a name speaks of that is called as its rows are."""
WORD = re.compile(r"[^\W\d_][^\d@<>{}\[\]]{0,39}")
NUMBER = re.compile(r"\d{1,3}")
MOST_WORDS = 15


def declare_ids(source: SourceDraft, asker: Asker) -> None:
    """The number of each row, the order that a line is of, and the key."""
    orders = [name for name, hints in source.table.hints.items() if "order" in hints and not source.is_taken(name)]
    own = choose_own_id(source) or choose_noun(source)
    parent = next((name for name in orders if name != own), None)
    if source.kind == "transactions" and parent:
        column = source.declare(parent, "parent_id", *source.table.hints[parent]["order"][1:])
        if column and own is None:
            declare_line_key(source, parent)
    if source.kind in {"social", "support"}:
        source.declare(source.table.best("thread"), "parent_id", None, "named so")
    if own is None and not any(column.key_position for column in source.columns):
        own = ask_own_id(source, asker)
    if own:
        column = source.declare(own, "event_id", 0.9, describe_own(source, own))
        if column:
            column.key_position, column.is_required = 1, True


def choose_noun(source: SourceDraft) -> str | None:
    """The only column that has another value in each row and is called as the rows are: `ticket` of tickets."""
    noun = NOUNS.get(source.kind or "")
    found = [name for name, facts in source.table.facts.items() if noun in facts.concepts and is_own(facts)]
    return found[0] if len(found) == 1 and not source.is_taken(found[0]) else None


def ask_own_id(source: SourceDraft, asker: Asker) -> str | None:
    """The number of each row as somebody says it; where nobody does, a row is known by its content."""
    if source.kind != "transactions":
        names = tuple((name, "names the row") for name in source.table.facts if is_own(source.facts(name)))
        question = Question(
            f"{source.name}.id",
            "no column is surely the number of the row: which one is it?",
            choices(*names[:5], ("none", "leave the file out")),
        )
        answer = leave_open(source, asker, question)
        if answer in source.table.facts:
            return answer
    source.custom["key"] = "content"
    source.custom_evidence["key"] = "no column has another value in each row"
    return None


def describe_own(source: SourceDraft, name: str) -> str:
    """How a column is known to be the number of the row."""
    facts = source.facts(name)
    said = f"{facts.distinct} distinct in {facts.count}"
    same = source.sample.rows.height - source.sample.rows.unique().height
    said += f"; {same} rows are there twice" if same else ""
    others = facts.filled - facts.distinct - same
    return said + (f"; {others} others share theirs with a row that is not the same" if others > 0 else "")


def choose_own_id(source: SourceDraft) -> str | None:
    """The column that has another value in each row, rows that are there twice aside."""
    rows = source.sample.rows.unique(maintain_order=True)
    found = []
    for place, role in enumerate(ID_HINTS.get(source.kind or "", ())):
        for number, (name, hints) in enumerate(source.table.hints.items()):
            if role in hints and not source.is_taken(name) and "account_id" not in hints:
                values = rows[name].drop_nulls()
                least = 0.999 if role == "order" else 0.97  # what is an order's may be that of two lines
                if len(values) >= 0.98 * rows.height and values.n_unique() >= least * len(values):
                    found.append((place, number, name))
    return min(found)[2] if found else None


def declare_line_key(source: SourceDraft, parent: str) -> None:
    """The order and the line in it as the key together, where they are one."""
    rows = source.sample.rows.unique()
    for name, hints in source.table.hints.items():
        if "line" in hints and name != parent and rows.select(parent, name).n_unique() >= 0.995 * rows.height:
            line, order = (
                source.declare(name, "event_id", 0.85, "another one in each row of an order"),
                source.of("parent_id"),
            )
            if line and order:
                order.key_position, order.is_required = 1, True
                line.key_position, line.is_required = 2, True
            return


def declare_times(source: SourceDraft, asker: Asker) -> None:
    """When it happened, and when a ticket was solved."""
    name = choose_time(source, asker)
    declare_time(source, asker, name, "occurred_at")
    if source.kind == "support":
        declare_time(source, asker, next(iter(rank(source, "resolved_at")), None), "resolved_at")


def choose_time(source: SourceDraft, asker: Asker) -> str | None:
    """The column that says when it happened: one that speaks of that, or the only one; asked where several do."""
    found = {
        name: hints["occurred_at"].confidence
        for name, hints in source.table.hints.items()
        if "occurred_at" in hints and not source.is_taken(name)
    }
    if not found:
        return None
    top = max(found.values())
    best = [name for name, score in found.items() if score >= top - 0.08]
    if len(best) > 1:
        best = prefer(
            best, [n for n in best if "order" in source.facts(n).concepts and source.kind in {"transactions", "orders"}]
        )
        best = prefer(best, [n for n in best if "zone" not in source.facts(n).concepts])
    if len(best) > 1 and source.values(best[0]) != source.values(best[1]):
        pairs = [(n, f"{source.facts(n).filled} of {source.facts(n).count} records have one") for n in best]
        question = Question(
            f"{source.name}.time", "several columns may say when it happened: which one counts?", choices(*pairs)
        )
        return leave_open(source, asker, question)
    return best[0]


def declare_time(source: SourceDraft, asker: Asker, name: str | None, role: str) -> None:
    """A column of times with how it is written."""
    column = source.declare(name, role)
    if column is None or name is None:
        return
    found = decide_time(source.facts(name), source.values(name), asker, f"{source.name}.{name}")
    column.type, column.format = found.type, found.format
    column.evidence = "; ".join(filter(None, (column.evidence, found.evidence)))
    column.is_required = role == "occurred_at" and source.facts(name).filled_share >= 0.95
    if found.epoch:
        column.custom["epoch"] = found.epoch
    if found.question:
        column.questions.append(found.question)
    if found.type == "timestamp" and not found.has_zone:
        source.has_naive_times = True


def declare_deletions(source: SourceDraft) -> None:
    """A flag that says which rows their source has deleted: without it they would stay for ever."""
    for name, facts in source.table.facts.items():
        if "deleted" in facts.concepts and not source.is_taken(name) and facts.distinct <= 4 and is_flag(facts):
            column = source.declare(name, "", 0.8, "a flag that is called so: rows that say yes are gone")
            if column:
                column.custom["deleted"] = True
                source.load_mode = "merge" if source.load_mode == "append" else source.load_mode
            return


def declare_status(source: SourceDraft, asker: Asker) -> None:
    """The state of an order or a ticket, and what each of its words is taken for."""
    names = rank(source, "status", 0.7)
    best = (
        prefer(names, [n for n in names if re.search(r"(?i)financial|payment|zahl|付款|支付|order", n)])
        if len(names) > 1
        else names
    )
    column = source.declare(next(iter(best), None), "status")
    if column is None:
        return
    vocabulary = STATUSES.get(source.kind or "", ORDER_WORDS)
    means = {}
    facts = source.facts(column.name)
    # A word that stands there once and could be a name is shown to nobody.
    often = {value for value, weight in zip(facts.values, facts.weights, strict=True) if weight > 1}
    words = [
        value
        for value in facts.values
        if fold_word(value) not in vocabulary and (value in often or not looks_like_name(value))
    ]
    for word in words[:MOST_WORDS]:
        if WORD.fullmatch(word) or NUMBER.fullmatch(word):
            question = Question(
                f"{source.name}.{column.name}.{word}",
                f"no list of words knows {word!r}: what is it?",
                choices(*((meaning, f"{word} counts as {meaning}") for meaning in dict.fromkeys(vocabulary.values()))),
            )
            if answer := leave_open(source, asker, question, column):
                means[word] = answer
    if means:
        column.custom["means"] = means
    known = {
        value: vocabulary[fold_word(value)]
        for value in source.facts(column.name).values
        if fold_word(value) in vocabulary
    }
    taken = ", ".join(f"{word} is {meaning}" for word, meaning in sorted(known.items())[:MOST_WORDS])
    column.evidence = "; ".join(filter(None, (column.evidence, taken)))


def declare_rest(source: SourceDraft) -> None:
    """What else the kind has a role for."""
    roles = {
        "transactions": ("item_id", "item_name", "category", "channel", "agent"),
        "support": ("text", "category", "channel", "agent", "rating", "sentiment"),
        "social": ("text", "sentiment", "rating", "like_count", "reply_count", "category"),
        "orders": ("channel",),
    }
    for role in roles.get(source.kind or "", ()):
        least = 0.5 if role == "text" else 0.6
        names: list[str | None] = [*rank(source, role, least)]
        names = names or ([source.table.best(role, least)] if role == "text" else [])
        source.declare(next((n for n in names if n and not source.is_taken(n)), None), role)
    if source.kind == "transactions" and source.of("item_id") and not source.of("item_name"):
        bare = (n for n, f in source.table.facts.items() if f.concepts == {"name"} and f.person_share < 0.3)
        source.declare(
            next((n for n in bare if not source.is_taken(n)), None),
            "item_name",
            0.65,
            "a name beside an item, and nobody's",
        )


def carry_down(source: SourceDraft) -> None:
    """Columns that an order says on its first row alone: the other rows have its value."""
    order = source.of("parent_id")
    if source.kind != "transactions" or order is None or source.sample.form not in {"csv", "tsv", "xlsx"}:
        return
    orders = source.values(order.name)
    later = [n for n in range(1, len(orders)) if orders[n] == orders[n - 1]]
    below = set(later)
    first = [n for n in range(len(orders)) if n not in below]
    for column in source.columns:
        values = source.values(column.name)
        is_below = bool(later) and all(values[n] is None for n in later)
        if is_below and any(values[n] for n in first) and column.role not in {"amount", "refunded_amount", "quantity"}:
            column.custom["carryDown"] = True
            column.evidence = "; ".join(filter(None, (column.evidence, "on the first row of each order alone")))
