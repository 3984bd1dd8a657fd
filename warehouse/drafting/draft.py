"""Drafting: files → contracts, each guess with its evidence, and what stays open.

group_files → read_sample → measure → list_hints → decide_kind → (accounts first) columns → relations → place
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from warehouse.drafting.columns.facts import measure
from warehouse.drafting.columns.roles import list_hints
from warehouse.drafting.columns.times import looks_like_time
from warehouse.drafting.place import COUNTRIES, Place, decide_place
from warehouse.drafting.questions import Asker, Question, choices
from warehouse.drafting.sample import Sample, group_files, name_source, read_sample
from warehouse.drafting.tables.events import (
    carry_down,
    declare_deletions,
    declare_ids,
    declare_rest,
    declare_status,
    declare_time,
    declare_times,
)
from warehouse.drafting.tables.kinds import Table, decide_kind
from warehouse.drafting.tables.model import SourceDraft, leave_open
from warehouse.drafting.tables.people import declare_account, declare_people
from warehouse.drafting.tables.relate import has_head, hint_relations, relate
from warehouse.drafting.tables.sales import declare_money, write_number
from warehouse.landing.files import DeliveryError
from warehouse.landing.formats.any_table import cut_endings
from warehouse.landing.formats.encoding import find_encoding
from warehouse.landing.formats.encoding_choice import Clues, EncodingDoubt
from warehouse.types.roles import IDENTIFIERS

ORDER = ("customers", "orders", "transactions", "support", "social", "consent", "reference", None)
"""Kinds in the order in which they are drafted: others name the accounts and orders of those before."""


@dataclass
class Draft:
    """What was drafted of some files."""

    sources: list[SourceDraft]
    place: Place
    questions: list[Question] = field(default_factory=list)
    """What stays open of the business as a whole."""
    asker: Asker = field(default_factory=Asker)

    @property
    def open_questions(self) -> list[Question]:
        """All that nobody has answered; contracts with such are refused."""
        return [*self.questions, *(q for source in self.sources for q in source.open_questions)]


def draft_files(paths: Sequence[Path], asker: Asker, taken: Iterable[str] = ()) -> Draft:
    """Contracts for files, one for each source.

    Args:
        paths: the files; those whose names differ in numbers alone are deliveries of one source.
        asker: who answers what the files do not tell.
        taken: names of sources that there are already.

    Raises:
        UsageError: a file holds no table, or an answer was given to what was not asked.
        DeliveryError: a file cannot be read.
    """
    names = set(taken)
    sources = [begin_source(group, names, asker) for group in group_files(paths)]
    done: list[SourceDraft] = []
    for source in sorted(sources, key=lambda s: ORDER.index(s.kind)):
        hint_relations(source, done)
        fill_source(source, asker, likely_currencies(asker))
        relate(source, done)
        check_whole(source, asker)
        done.append(source)
    place, questions = decide_place(sources, asker)
    for source in sources:
        finish(source, place)
    asker.require_used()
    return Draft(sources, place, questions, asker)


def likely_currencies(asker: Asker) -> list[str]:
    """The currency of the country that was answered, to be offered first."""
    country = COUNTRIES.get(asker.given.get("country", "").upper())
    return [country.currency] if country else []


def begin_source(paths: Sequence[Path], names: set[str], asker: Asker) -> SourceDraft:
    """A source with its facts and its kind; its name is one that no other has."""
    sample = read_or_ask(paths, asker)
    facts = measure(sample.rows)
    hints = {name: list_hints(f) for name, f in facts.items()}
    table = Table(facts, hints, sample.concepts)
    stem = name_source(sample.stem, "")
    kind, why, question = decide_kind(table, asker, stem or "table")
    name = unused("fx_rates" if kind == "reference" else stem or kind or "table", names)
    source = SourceDraft(name, sample, table, kind, why)
    source.questions += [question] if question else []
    return source


def read_or_ask(paths: Sequence[Path], asker: Asker) -> Sample:
    """The sample of a source; in which encoding its text is must be answered where that is not certain.

    Raises:
        DeliveryError: it cannot be read, or nobody answers.
    """
    try:
        return read_sample(paths)
    except DeliveryError as error:
        doubt = error.__cause__
        if not isinstance(doubt, EncodingDoubt) or not doubt.names:
            raise
        key = f"{name_source(cut_endings(paths[-1])[0], 'table')}.encoding"
        offered = choices(*((name, f"read it as {name}") for name in doubt.names))
        answer = asker.ask(Question(key, "in which encoding is its text?", offered, is_free=True))
        answer = answer or find_usual(paths[-1], asker.given.get("country", ""))
        if answer is None:
            cure = f"or draft again with --answer country=…, or --answer {key}={doubt.names[0]}"
            raise DeliveryError(f"{error}; {cure}") from doubt
        return read_sample(paths, answer)


def find_usual(path: Path, country: str) -> str | None:
    """The encoding that is usual in a country, if that settles it."""
    try:
        return find_encoding(path, None, Clues(region=country.upper())).name if country else None
    except DeliveryError:
        return None


def unused(name: str, names: set[str]) -> str:
    """The name, with a number behind it where it is taken; it is taken then."""
    found = next(n for n in (name, *(f"{name}_{number}" for number in range(2, 1000))) if n not in names)
    names.add(found)
    return found


def fill_source(source: SourceDraft, asker: Asker, likely: Sequence[str]) -> None:
    """All columns of a source, by its kind."""
    if source.kind is None:
        return None
    drop_other_roles(source)
    if source.kind == "reference":
        return fill_rates(source, asker)
    if source.kind == "consent":
        return fill_consent(source, asker)
    if source.kind == "customers":
        source.load_mode = "snapshot"
        source.advice.append(
            "is each file the whole list? As drafted (snapshot) an account that is not in the next one is gone"
        )
        declare_people(source, asker)
        return declare_deletions(source)
    source.load_mode = "merge" if source.kind == "orders" else "append"
    declare_ids(source, asker)
    declare_account(source, asker)
    declare_times(source, asker)
    if source.kind == "transactions":
        declare_money(source, asker, likely)
    declare_status(source, asker)
    declare_rest(source)
    declare_people(source, asker)
    carry_down(source)
    return declare_deletions(source) if any(c.key_position for c in source.columns) else None


def drop_other_roles(source: SourceDraft) -> None:
    """Forget what columns may be in a source of another kind only."""
    never = {
        "customers": {"text", "item_name", "item_id", "status", "category", "channel", "agent", "rating"},
        "transactions": {"text", "rating", "sentiment", "resolved_at", "subject"},
        "orders": {"text", "item_name", "item_id"},
        "support": {"item_name", "item_id", "quantity", "amount", "unit_price", "order"},
        "social": {"item_name", "item_id", "quantity", "amount", "unit_price", "order", "status"},
    }.get(source.kind or "", set())
    for hints in source.table.hints.values():
        for role in never & set(hints):
            del hints[role]


def fill_rates(source: SourceDraft, asker: Asker) -> None:
    """Exchange rates: currency, first day and rate."""
    source.load_mode = "snapshot"
    table = source.table
    column = source.declare(table.best("currency"), "currency")
    day = table.best("valid_from") or table.best("occurred_at", 0.3)
    declare_time(source, asker, day, "occurred_at")
    rate = next((n for n, f in table.facts.items() if f.number_share > 0.9 and not source.is_taken(n)), None)
    amount = source.declare(rate, "amount", 0.9, "the number beside a currency and a day")
    for position, part in enumerate(filter(None, (column, source.of("occurred_at"))), start=1):
        part.key_position, part.is_required = position, True
    if amount:
        amount.type, amount.physical_type, amount.is_required = "number", "DECIMAL(18,8)", True


def fill_consent(source: SourceDraft, asker: Asker) -> None:
    """Answers about purposes: whose, which, what and when."""
    declare_account(source, asker)
    source.declare(source.table.best("purpose"), "category", None, "named so")
    source.declare(source.table.best("decision") or source.table.best("status"), "status")
    declare_times(source, asker)
    source.declare(source.table.best("language"), "language")
    parts = [source.of(role) for role in ("account_id", "category", "occurred_at", "status")]
    for position, part in enumerate(filter(None, parts), start=1):
        part.key_position, part.is_required = position, True


def check_whole(source: SourceDraft, asker: Asker) -> None:
    """Say what a source of its kind lacks, so that nobody waits for it in vain."""
    needs: Mapping[str, tuple[str, ...]] = {
        "transactions": () if has_head(source) else ("occurred_at",), "support": ("event_id", "occurred_at"),
        "social": ("event_id", "occurred_at"), "orders": ("event_id", "occurred_at"), "customers": ("account_id",),
        "consent": ("account_id", "category", "status", "occurred_at"),
    }  # fmt: skip
    asked = {question.key.partition(".")[2] for question in source.open_questions}
    names = {"account_id": "account", "occurred_at": "time", "event_id": "id"}
    lacking = [
        role for role in needs.get(source.kind or "", ()) if not source.of(role) and names.get(role) not in asked
    ]
    is_event = source.kind in {"transactions", "support", "social", "orders"} and not has_head(source)
    if is_event and not any(source.of(role) for role in ("account_id", *IDENTIFIERS)) and "account" not in asked:
        lacking.append("account_id")
    if (
        source.kind == "transactions"
        and not any(map(source.of, ("amount", "unit_price", "credit")))
        and "amount" not in asked
    ):
        lacking.append("amount")
    for role in lacking:
        ask_lacking(source, asker, role)


def ask_lacking(source: SourceDraft, asker: Asker, role: str) -> None:
    """Ask which column has a role that a source of its kind needs."""
    loose = [name for name in source.left_out if name in source.table.facts and source.facts(name).filled]
    times = {name for name in loose if looks_like_time(source.facts(name))}
    numbers = {name for name in loose if source.facts(name).number_share >= 0.9}
    fitting = {"occurred_at": times, "amount": numbers}.get(role, set(loose) - times)
    names = [name for name in loose if name in fitting]
    pairs = [(name, f"{source.facts(name).distinct} distinct in {source.facts(name).filled}") for name in names[:8]]
    said = (
        f"no column is surely the {role}: which one is it?" if pairs else f"no column can be the {role}, which it needs"
    )
    answer = leave_open(source, asker, Question(f"{source.name}.{role}", said, choices(*pairs)))
    if answer and role == "occurred_at":
        declare_time(source, asker, answer, role)
    elif answer:
        column = source.declare(answer, role, 1.0, "as answered")
        if column and role == "amount":
            write_number(source, asker, column)


def finish(source: SourceDraft, place: Place) -> None:
    """What follows from where the business is: the zone of times that name none."""
    if source.has_naive_times and place.zone:
        source.custom["timezone"] = place.zone
        source.custom_evidence["timezone"] = f"times name no zone; {place.country.name}, by {place.evidence}"
