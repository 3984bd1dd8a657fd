"""Columns that say who somebody is: the account and its attributes."""

from __future__ import annotations

from warehouse.drafting.columns.facts import Facts
from warehouse.drafting.columns.shapes import HANDLE
from warehouse.drafting.columns.times import decide_time, looks_like_time
from warehouse.drafting.questions import Asker, Question, choices
from warehouse.drafting.tables.model import ColumnDraft, SourceDraft, leave_open

REPEATED = ("email", "phone", "address", "national_id")
"""Roles that may stand on several columns."""
SINGLE = ("gender", "postcode", "district", "language")
OTHERS = frozenset({"ship", "company", "agent"})
"""Whose names and addresses they are, if their columns speak of these: not the customer's own, or not surely."""
NEARLY = 0.98


def declare_people(source: SourceDraft, asker: Asker) -> None:
    """What is known of a person; in a list of accounts the account, too."""
    if source.kind == "customers":
        declare_own_account(source, asker)
    declare_names(source)
    for role in REPEATED:
        for name in rank(source, role):
            source.declare(name, role)
    for role in SINGLE if source.kind != "social" else ("gender", "postcode", "district"):
        source.declare(next(iter(rank(source, role)), None), role)
    if source.kind not in {"social", "support"} or source.of("full_name"):
        declare_birth(source, asker)
    if not source.of("handle"):
        source.declare(next(iter(rank(source, "handle")), None), "handle")


def rank(source: SourceDraft, role: str, least: float = 0.6) -> list[str]:
    """Columns that may have a role and have none yet, the likeliest first; those of other people last."""
    found = []
    for number, (name, hints) in enumerate(source.table.hints.items()):
        if role in hints and hints[role].confidence >= least and not source.is_taken(name):
            facts = source.facts(name)
            if not is_better(hints, role):
                found.append((bool(OTHERS & (facts.concepts | facts.above)), -hints[role].confidence, number, name))
    return [name for *_, name in sorted(found)]


def prefer(names: list[str], better: list[str]) -> list[str]:
    """The better ones, if there are any."""
    return better or names


def is_better(hints: object, role: str) -> bool:
    """Is there another role that the column has more likely?"""
    assert isinstance(hints, dict)
    return any(hint.confidence > hints[role].confidence + 0.04 for other, hint in hints.items() if other != role)


def declare_own_account(source: SourceDraft, asker: Asker) -> None:
    """Of a list of accounts: the column that is each one's own."""
    table = source.table
    own = [
        name for name, hints in table.hints.items() if {"account_id", "id"} & set(hints) and is_own(source.facts(name))
    ]
    pure = [name for name in own if source.facts(name).concepts <= {"id", "customer", "web"}]
    if pure or own:
        chosen = next((name for name in pure if "account_id" in table.hints[name]), (pure or own)[0])
        declare_key(
            source, chosen, "account_id", f"{source.facts(chosen).distinct} distinct in {source.facts(chosen).count}"
        )
        return
    for role in ("email", "phone", "handle"):
        name = table.best(role)
        if name and is_own(source.facts(name)):
            column = declare_key(source, name, "account_id", f"no number of the account; each has its own {role}")
            column.custom["alsoRole"] = role
            return
    loose = [
        name
        for name, facts in table.facts.items()
        if is_own(facts) and facts.mean_length <= 40 and not looks_like_time(facts)
    ]
    question = Question(
        f"{source.name}.account", "no column is surely the number of the account: which one is it?",
        choices(*((name, "each record has another value") for name in loose[:5]), ("none", "leave the file out")),
    )  # fmt: skip
    answer = leave_open(source, asker, question)
    if answer and answer != "none":
        declare_key(source, answer, "account_id", "as answered")


def is_own(facts: Facts) -> bool:
    """Does nearly every record have a value, and another one?"""
    return facts.filled >= NEARLY * facts.count and facts.distinct >= NEARLY * facts.filled


def declare_key(source: SourceDraft, name: str, role: str, evidence: str) -> ColumnDraft:
    """A column that is the whole primary key."""
    column = source.declare(name, role, 0.9, evidence)
    if column is None:
        column = next(c for c in source.columns if c.name == name)
    column.key_position, column.is_required = 1, True
    return column


def declare_account(source: SourceDraft, asker: Asker) -> None:
    """Of events: the column that names the customer, another one than the event's own number."""
    table = source.table
    names = [n for n in rank(source, "account_id", 0.5) if source.facts(n).filled]
    if source.kind == "social" and not any("author" in f.concepts | f.above or "customer" in f.concepts | f.above
                                           for f in map(source.facts, names)):  # fmt: skip
        names = []
    best = [
        n
        for n in names
        if table.hints[n]["account_id"].confidence >= table.hints[names[0]]["account_id"].confidence - 0.04
    ]
    if len(best) > 1 and not is_same(source, best):
        said = "several columns may name the customer: which one is the account?"
        pairs = [
            (n, f"{source.facts(n).distinct} distinct in {source.facts(n).filled} of {source.facts(n).count}")
            for n in best
        ]
        answer = leave_open(source, asker, Question(f"{source.name}.account", said, choices(*pairs)))
        best = [answer] if answer else []
        names = best
    if names:
        source.declare(best[0], "account_id")
        return
    if source.open_questions and any(q.key.endswith(".account") for q in source.open_questions):
        return
    declare_handle(source)


def is_same(source: SourceDraft, names: list[str]) -> bool:
    """Do the columns say the same in every record?"""
    first = source.values(names[0])
    return all(source.values(name) == first for name in names[1:])


def declare_handle(source: SourceDraft) -> None:
    """The name on the network as the account, where there is no number: one word, and several posts of some."""
    for name, hints in source.table.hints.items():
        facts = source.facts(name)
        is_named = "handle" in hints or (
            source.kind == "social" and facts.concepts & {"name", "author", "customer", "handle"}
        )
        is_word = facts.share(HANDLE.fullmatch) >= 0.9 and facts.share(str.isdigit) < 0.3
        if is_named and is_word and source.of("account_id") is None:
            column = source.declare(name, "account_id", 0.85, f"names of one word, {facts.distinct} distinct")
            if column:
                column.custom["alsoRole"] = "handle"
            return


def declare_names(source: SourceDraft) -> None:
    """Given name and surname together, or a whole name."""
    given, family = (next(iter(rank(source, role)), None) for role in ("given_name", "surname"))
    whole = rank(source, "full_name", 0.6 if source.kind in {"customers", "orders", "transactions"} else 0.7)
    if given and not family and whole and source.facts(whole[0]).share(lambda v: " " not in v.strip()) > 0.7:
        family, whole = whole[0], whole[1:]  # as Name beside Vorname
    if given and family:
        source.declare(given, "given_name")
        hints = source.table.hints[family]
        source.declare(family, "surname", max(h.confidence for r, h in hints.items() if r in {"surname", "full_name"}))
    whole = [
        n for n in whole if source.table.hints[n]["full_name"].confidence >= 0.7 or source.facts(n).person_share > 0.1
    ]
    source.declare(next(iter(whole), None), "full_name")


def declare_birth(source: SourceDraft, asker: Asker) -> None:
    """The date of birth; in another spelling than any that can be read it stays text."""
    name = next(iter(rank(source, "birth_date")), None)
    if name is None:
        return
    facts = source.facts(name)
    column = source.declare(name, "birth_date")
    if column is not None and looks_like_time(facts):
        found = decide_time(facts, source.values(name), asker, f"{source.name}.{name}")
        column.type, column.format, column.evidence = "date", found.format, found.evidence
        if found.epoch:
            column.custom["epoch"] = found.epoch
        if found.question:
            column.questions.append(found.question)
