"""Which roles a column may have: by its values first, by its name second, each with a confidence and the evidence."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from transforms.values.codes import HKID_SHAPE, MAINLAND_ID, is_hkid, is_mainland_id
from warehouse.drafting.columns.facts import Facts
from warehouse.drafting.columns.shapes import HANDLE, is_code
from warehouse.drafting.columns.times import looks_like_time
from warehouse.types.vocabularies import CONSENT_WORDS, ORDER_WORDS, TICKET_WORDS, fold_word

FEW_WORDS = 40
"""Distinct values of a column of statuses, at most."""
LOCALE = re.compile(r"[a-z]{2}[-_][A-Za-z]{2,4}")
FORMATTED = re.compile(r"^\+|\d[ ()/-]+\d")
LONG_TEXT = 25


class Hint(NamedTuple):
    """A role that a column may have."""

    role: str
    confidence: float
    """0 to 1; from about 0.9 values and name agree, about 0.7 one of them says it."""
    evidence: str


def list_hints(facts: Facts) -> dict[str, Hint]:
    """The roles that a column may have, by role."""
    if not facts.filled:  # a month without credits is still a file with a column for them
        return {
            role: Hint(role, 0.85, "empty here, and named so") for role in ("debit", "credit") if role in facts.concepts
        }
    if "page" in facts.concepts or facts.share(lambda v: v[:1] in "[{") >= 0.8:
        return {}
    is_time = looks_like_time(facts)
    finders = TIME_FINDERS if is_time else FINDERS
    found = [hint for find in finders for hint in find(facts)]
    best: dict[str, Hint] = {}
    for hint in sorted(found, key=lambda h: -h.confidence):
        best.setdefault(hint.role, hint)
    return best


def by_contact(facts: Facts) -> Iterator[Hint]:
    """E-mail, phone, handle, national id: what values tell by themselves."""
    names = facts.concepts
    if facts.email_share >= 0.5:
        yield Hint("email", 0.97 if "email" in names else 0.9, f"{facts.email_share:.0%} e-mail addresses")
        return
    if "phone" in names and "fax" not in names and "count" not in names and facts.phone_share >= 0.1:
        yield Hint("phone", 0.95 if facts.phone_share > 0.4 else 0.75, f"{facts.phone_share:.0%} phone numbers")
    elif not names & {"id", "amount", "quantity", "national", "fax", "order"} and is_phone(facts):
        yield Hint("phone", 0.75, f"{facts.phone_share:.0%} phone numbers")
    identity = facts.share(is_identity_card)
    if identity >= 0.6 or "national" in names:
        yield Hint(
            "national_id", 0.95 if identity >= 0.6 else 0.85, f"{identity:.0%} identity cards by their check digit"
        )
    at_signs = facts.share(lambda v: v.startswith("@") and HANDLE.fullmatch(v))
    is_name = facts.share(HANDLE.fullmatch) >= 0.7 and facts.share(str.isdigit) < 0.3
    if at_signs >= 0.7 or ("handle" in names and is_name):
        yield Hint("handle", 0.9, "names of one word, as on a network")


def is_phone(facts: Facts) -> bool:
    """Are its values phone numbers, by the way they are written?"""
    return facts.phone_share >= 0.8 and facts.share(FORMATTED.search) >= 0.5 and facts.number_share < 0.9


def is_identity_card(value: str) -> bool:
    """A Hong Kong or mainland identity card whose check digit fits."""
    bare = re.sub(r"\s", "", value.upper())
    card = HKID_SHAPE.fullmatch(bare)
    return bool(card and is_hkid(*card.groups())) or bool(MAINLAND_ID.fullmatch(bare) and is_mainland_id(bare))


def by_person(facts: Facts) -> Iterator[Hint]:
    """Names, gender, language."""
    names = facts.concepts
    if facts.gender_share >= 0.6 and "gender" in names:
        yield Hint("gender", 0.95, f"{facts.gender_share:.0%} words for a gender")
    elif facts.gender_share >= 0.95 and 2 <= facts.distinct <= 6 and facts.whole_share < 0.1:
        yield Hint("gender", 0.7, f"{facts.gender_share:.0%} words for a gender")
    if facts.language_share >= 0.6 and "language" in names:
        yield Hint("language", 0.9, f"{facts.language_share:.0%} languages")
    elif facts.share(LOCALE.fullmatch) >= 0.9 and facts.distinct <= 60:
        yield Hint("language", 0.75, "tags of languages and countries")


def by_name(facts: Facts) -> Iterator[Hint]:
    """Names of people."""
    names, person = facts.concepts, facts.person_share
    if facts.number_share > 0.5 or facts.email_share > 0.3 or names & {"company", "item", "line"}:
        return
    is_word = facts.share(lambda v: any(c.isalpha() for c in v) and len(v) <= 40) >= 0.8
    if "given" in names and "middle" not in names and is_word:
        yield Hint("given_name", 0.9, "named so, and words")
    elif "surname" in names and is_word:
        yield Hint("surname", 0.9, "named so, and words")
    elif "name" in names and not names & {"handle", "description", "subject", "zone"} and is_word:
        if "order" not in names and facts.share(is_code) < 0.5:
            confidence = 0.95 if person >= 0.5 else 0.75 if person >= 0.15 or "customer" in names else 0.6
            yield Hint("full_name", confidence, f"{person:.0%} written as people's names")
    elif person >= 0.8 and facts.distinct > 3:
        confidence = 0.8 if names & {"customer", "author"} else 0.65
        yield Hint("full_name", confidence, f"{person:.0%} written as people's names")


def by_place(facts: Facts) -> Iterator[Hint]:
    """Addresses, places, postcodes."""
    names = facts.concepts
    if names & {"email", "phone", "zone"}:
        return
    if "address" in names:
        yield Hint("address", 0.85, "named so")
    if "postcode" in names and facts.mean_length <= 15:
        yield Hint("postcode", 0.9, "named so")
    is_word = facts.number_share < 0.2 and facts.mean_length < 60
    if "district" in names and "address" not in names and is_word and knows_words(facts, ORDER_WORDS) < 0.5:
        confidence = 0.9 if set(facts.stems) & NEAR else 0.7
        yield Hint("district", confidence, "named so, and words")


NEAR = frozenset("city town suburb district ort stadt wohnort ville ciudad citta 地區 地区 城市 區 区 locality".split())  # noqa: SIM905
"""Words for what is nearer than a state or a country."""


def knows_words(facts: Facts, vocabulary: Mapping[str, str]) -> float:
    """Share of the values that a list of words knows."""
    return facts.share(lambda value: fold_word(value) in vocabulary) if facts.distinct <= FEW_WORDS else 0.0


def by_money(facts: Facts) -> Iterator[Hint]:
    """The currency of amounts."""
    names = facts.concepts
    if facts.currency_share >= 0.9 and facts.distinct <= FEW_WORDS and (
        "currency" in names or facts.share(lambda v: len(v) == 3 and v.isalpha()) >= 0.9
    ):  # fmt: skip
        yield Hint("currency", 0.95, f"{facts.currency_share:.0%} codes or signs of currencies")
    elif "currency" in names and facts.number_share < 0.5:
        yield Hint("currency", 0.85, "named so")


def by_amount(facts: Facts) -> Iterator[Hint]:
    """Amounts, prices, quantities."""
    names = facts.concepts
    if facts.number_share < 0.6 or names & {"phone", "postcode", "birth"}:
        return
    is_number = f"{facts.number_share:.0%} numbers"
    if "quantity" in names and not names & {"price", "beside", "unit"} - {"unit"}:
        yield Hint("quantity", 0.9 if facts.whole_share >= 0.8 else 0.7, is_number)
    if "beside" not in names or "credit" in names:
        yield from by_paid(facts, is_number)


def by_paid(facts: Facts, is_number: str) -> Iterator[Hint]:
    """What was paid, or what a piece costs, of columns of numbers that are no tax and no fee."""
    names = facts.concepts
    if "price" in names and "total" not in names:
        yield Hint("unit_price", 0.9 if "unit" in names or "line" in names or "item" in names else 0.75, is_number)
    if "refund" in names and facts.distinct > 1:
        yield Hint("refunded_amount", 0.85, is_number)
    elif names & {"amount", "total"} and not names & {"count", "like", "quantity", "id", "price"}:
        yield Hint("amount", 0.95 if "total" in names else 0.9, is_number)
    elif names & {"net", "gross"} and "count" not in names:
        yield Hint("amount", 0.8, is_number)
    elif "order" in names and "amount" in names | facts.above:
        yield Hint("amount", 0.7, is_number)
    if "debit" in names:
        yield Hint("debit", 0.9, is_number)
    if "credit" in names:
        yield Hint("credit", 0.9, is_number)


def by_id(facts: Facts) -> Iterator[Hint]:
    """Ids of accounts, orders, lines, items, and who served."""
    names, is_id = facts.concepts, "id" in facts.concepts
    codes = facts.share(is_code)
    said = f"{facts.distinct} distinct in {facts.filled}"
    if facts.email_share >= 0.5 or (
        names & {"amount", "quantity", "price", "fax", "national", "postcode"} and not is_id
    ):
        return
    whose = names & {"customer", "author"} or (is_id and facts.above & {"customer", "author"})
    is_numbered = (is_id or codes >= 0.6) and facts.mean_length <= 45
    if whose and is_numbered and not names & {"name", "company", "joined", "given", "surname", "agent", "ticket"}:
        yield Hint("account_id", 0.95 if is_id and codes > 0.3 else 0.85, said)
    if names & {"agent"} and not whose:
        yield Hint("agent", 0.85, said)
    yield from by_number(facts, codes, said)


def by_number(facts: Facts, codes: float, said: str) -> Iterator[Hint]:
    """Numbers of orders, lines, tickets, posts and items; `codes`: share of the values that look like ids."""
    names, is_id = facts.concepts, "id" in facts.concepts
    if names == {"name"} and codes >= 0.9:
        yield Hint("order", 0.75, f"{said}, codes and no names")
    if is_id and not names & {"customer", "item", "line"} and "order" in facts.above and not facts.above & {"customer"}:
        yield Hint("order", 0.85, said)
    if "order" in names and (is_id or codes >= 0.6) and not names & {"amount", "price", "quantity", "status"}:
        yield Hint("order", 0.9 if is_id else 0.75, said)
    if (
        names & {"line"}
        and (is_id or codes >= 0.6)
        and not names & {"amount", "price", "quantity", "total", "item", "name"}
    ):
        yield Hint("line", 0.9, said)
    if names & {"ticket", "text"} and is_id:
        yield Hint("event", 0.9, said)
    if names == {"id"} or (is_id and not names - {"id", "web"}):
        yield Hint("id", 0.9, said)
    yield from by_item(facts, codes, said)
    if names & {"thread"} and (is_id or codes >= 0.6):
        yield Hint("thread", 0.8, said)


def by_item(facts: Facts, codes: float, said: str) -> Iterator[Hint]:
    """What was bought."""
    names, is_id = facts.concepts, "id" in facts.concepts
    if "item" in names and not names & {"name", "description", "price", "quantity", "category", "status", "count"}:
        is_word = facts.share(lambda v: " " in v.strip()) >= 0.4 and not is_id
        yield Hint("item_name" if is_word else "item_id", 0.9 if is_id or codes >= 0.6 or is_word else 0.7, said)


def by_words(facts: Facts) -> Iterator[Hint]:
    """Statuses, channels, categories, texts, ratings."""
    names = facts.concepts
    known = {"order": knows_words(facts, ORDER_WORDS), "ticket": knows_words(facts, TICKET_WORDS),
             "consent": knows_words(facts, CONSENT_WORDS)}  # fmt: skip
    most = max(known.values())
    is_few = facts.distinct <= FEW_WORDS
    is_state = most >= 0.8 and facts.distinct > 1 and facts.whole_share < 0.1 and not is_flag(facts)
    if is_few and ("status" in names or is_state) and "gender" not in names and facts.email_share < 0.1:
        yield Hint("status", 0.95 if "status" in names and most >= 0.5 else 0.75, f"{most:.0%} known words")
    if "decision" in names and is_few:
        yield Hint("decision", 0.9 if known["consent"] >= 0.5 else 0.6, f"{known['consent']:.0%} known answers")
    if "purpose" in names and is_few:
        yield Hint("purpose", 0.85, f"{facts.distinct} words")
    if "channel" in names and is_few and facts.whole_share < 0.5:
        yield Hint("channel", 0.85, f"{facts.distinct} words")
    if "category" in names and is_few and "beside" not in names and not is_flag(facts):
        yield Hint("category", 0.8, f"{facts.distinct} words")
    yield from by_opinion(facts)
    yield from by_text(facts)


def by_opinion(facts: Facts) -> Iterator[Hint]:
    """Sentiment, ratings, likes and replies."""
    names = facts.concepts
    if "sentiment" in names and "beside" not in names:
        yield Hint("sentiment", 0.9, f"{facts.distinct} words")
    if "rating" in names and facts.number_share >= 0.6 and facts.distinct <= 101:
        yield Hint("rating", 0.85, f"{facts.distinct} numbers")
    if facts.number_share >= 0.8 and "like" in names:
        yield Hint("like_count", 0.9, "whole numbers")
    if facts.number_share >= 0.8 and "reply" in names and "id" not in names:
        yield Hint("reply_count", 0.9, "whole numbers")


def by_text(facts: Facts) -> Iterator[Hint]:
    """What people wrote, and what things are called."""
    names = facts.concepts
    is_wordy = facts.number_share < 0.3 and facts.email_share < 0.5
    if not is_wordy or names & {"address", "id", "handle"}:
        return
    said = f"{facts.mean_length:.0f} characters on average"
    if names & {"item", "line"} and names & {"name", "description"}:
        yield Hint("item_name", 0.95, said)
    elif "description" in names:
        yield Hint("item_name", 0.6, said)
        yield Hint("text", 0.75, said)
    elif "text" in names and not names & {"sentiment", "category", "district", "name", "status", "language", "count"}:
        yield Hint("text", 0.9 if facts.mean_length >= LONG_TEXT else 0.75, said)
    elif (
        facts.mean_length >= 50
        and facts.distinct > 0.5 * facts.filled
        and facts.share(lambda v: len(v) > LONG_TEXT) > 0.5
    ):
        yield Hint("text", 0.6, said)
    if ("subject" in names and "gender" not in names) or ("subject" in names and facts.gender_share < 0.5):
        yield Hint("text", 0.55, said)


def is_flag(facts: Facts) -> bool:
    """Is it yes or no, true or false?"""
    return facts.share(lambda v: v.strip().casefold() in FLAGS) >= 0.9


FLAGS = frozenset({"true", "false", "yes", "no", "y", "n", "0", "1", "t", "f", "ja", "nein", "是", "否"})


def by_time(facts: Facts) -> Iterator[Hint]:
    """Dates and times: of birth, of what happened, of what came of it."""
    names = facts.concepts
    if "birth" in names:
        yield Hint("birth_date", 0.95, "named so, and dates")
        return
    if "resolved" in names and "created" not in names:
        yield Hint("resolved_at", 0.9, "named so, and times")
    if "valid" in names:
        yield Hint("valid_from", 0.9, "named so, and dates")
    confidence = 0.75
    if "created" in names:
        confidence = 0.95
    elif names & {"later", "resolved", "joined"}:
        confidence = 0.4
    if names & {"joined"} or ("later" in names and confidence < 0.9):
        yield Hint("other_time", 0.8, "of something else by its name")
    yield Hint("occurred_at", confidence * (0.6 + 0.4 * facts.filled_share), f"{facts.filled_share:.0%} have one")


Finder = Callable[[Facts], Iterator[Hint]]
FINDERS: tuple[Finder, ...] = (
    by_contact, by_person, by_name, by_place, by_money, by_amount, by_id, by_words,
)  # fmt: skip
TIME_FINDERS: tuple[Finder, ...] = (by_time,)
