"""Columns that say how much was sold: amounts, prices, quantities and their currency."""

from __future__ import annotations

import re
from collections.abc import Sequence

from warehouse.drafting.columns.facts import Facts, speaks_german
from warehouse.drafting.columns.money import (
    ask_currency,
    count_of_piece,
    decide_decimal,
    decide_scale,
    find_currency,
    is_product,
    repeats_total,
)
from warehouse.drafting.columns.shapes import is_whole, split_number, to_float
from warehouse.drafting.questions import Asker, Question, choices
from warehouse.drafting.tables.model import ColumnDraft, SourceDraft, leave_open
from warehouse.drafting.tables.people import prefer, rank

SEEN_ROWS = 20_000
"""Rows that are looked at for how their numbers go together."""


def declare_money(source: SourceDraft, asker: Asker, likely: Sequence[str]) -> None:
    """Amounts, prices and quantities, in what, and of what.

    Args:
        source: a source of transactions.
        asker: who answers.
        likely: currencies to ask about first.
    """
    table = source.table
    if (debit := table.best("debit")) and (credit := table.best("credit")) and not source.table.best("amount", 0.8):
        declare_two_sides(source, asker, debit, credit)
    else:
        declare_quantity(source)
        declare_amount(source, asker)
    source.declare(next(iter(rank(source, "refunded_amount")), None), "refunded_amount")
    ask_direction(source, asker)
    money = [c for c in source.columns if c.role in {"amount", "unit_price", "refunded_amount", "debit", "credit"}]
    for column in money:
        write_number(source, asker, column)
    declare_currency(source, asker, money, likely)


def ask_direction(source: SourceDraft, asker: Asker) -> None:
    """Where a column says whether money came or went, amounts without a sign of their own are not all sales."""
    names = [n for n, f in source.table.facts.items() if is_direction(n, f)]
    amount = source.of("amount")
    if names and amount and not any((n or 0) < 0 for n in numbers_of(source, amount.name)):
        question = Question(
            f"{source.name}.direction",
            "a column says whether money came or went, and amounts have no sign: do all rows count?",
            choices(
                ("all", "every row is a sale"),
                ("stop", "leave it open: have the file delivered with signed amounts, or only sales"),
            ),
        )
        if leave_open(source, asker, question) == "stop":
            source.questions.append(question)


def is_direction(name: str, facts: Facts) -> bool:
    """Does a column say whether money came or went?"""
    return ("direction" in facts.concepts or re.search("收.?支", name) is not None) and 1 < facts.distinct <= 6


def write_number(source: SourceDraft, asker: Asker, column: ColumnDraft) -> None:
    """The type of an amount, and its decimal sign."""
    facts = source.facts(column.name)
    decimal, why, question = decide_decimal(facts, source.sample.form, asker, f"{source.name}.{column.name}")
    digits = [split_number(value) for value in facts.values]
    sign = "," if decimal == "comma" else "."
    places = max((len(d[0].rpartition(sign)[2].strip()) if sign in d[0] else 0 for d in digits if d), default=0)
    column.type = "number"
    # An amount that cannot be read shall not count as none in silence.
    column.is_required = column.role in {"amount", "unit_price"} and facts.filled_share >= 0.95
    column.physical_type = f"DECIMAL(18,{min(max(2, places), 8)})" if places <= 8 else None
    column.evidence = "; ".join(filter(None, (column.evidence, why)))
    if decimal == "comma" or (decimal and source.sample.form in {"csv", "tsv"}):
        column.custom["decimal"] = decimal
    if question:
        column.questions.append(question)


def declare_two_sides(source: SourceDraft, asker: Asker, debit: str, credit: str) -> None:
    """An amount in two columns; which side counts for the shop is asked, for nothing in a file tells it."""
    source.declare(debit, "debit")
    source.declare(credit, "credit")
    question = Question(
        f"{source.name}.credit",
        "an amount is in two columns: what does the one that is credited count?",
        choices(
            ("plus", "credited counts above zero, debited below"),
            ("minus", "debited counts above zero, as what a customer paid by card"),
        ),
    )
    if answer := leave_open(source, asker, question):
        source.custom["credit"] = answer


def declare_quantity(source: SourceDraft) -> None:
    """Pieces."""
    column = source.declare(next(iter(rank(source, "quantity")), None), "quantity")
    if column:
        column.is_required = source.facts(column.name).filled_share >= 0.95
        column.type = "integer" if source.facts(column.name).share(is_whole) >= 0.98 else "number"


def declare_amount(source: SourceDraft, asker: Asker) -> None:
    """The amount of a row: a total, or a price that is a piece's or the line's."""
    quantity, price = source.of("quantity"), next(iter(rank(source, "unit_price")), None)
    amount = choose_amount(source, asker)
    if amount and price and quantity and is_line_product(source, quantity.name, price, amount):
        source.declare(amount, "amount", 0.97, "quantity × price in nearly every row")
        return
    if amount and is_total_of_order(source, amount):
        if price and quantity:
            declare_price(source, asker, price)
            return
        column = source.declare(amount, "amount")
        question = Question(
            f"{source.name}.total",
            "each row of an order has the same amount: is it the line's, or the order's total repeated?",
            choices(
                ("line", "each row counts"),
                ("order", "it would count once a row: draft from a file with one row an order"),
            ),
        )
        answer = leave_open(source, asker, question, column)
        if answer == "order" and column is not None:
            column.questions.append(question)
        return
    if amount:
        column = source.declare(amount, "amount")
        if column and quantity and not is_line_amount(source, quantity.name, amount):
            ask_piece(source, asker, column)
        return
    if price:
        declare_price(source, asker, price)


def choose_amount(source: SourceDraft, asker: Asker) -> str | None:
    """The column of what was paid: a total before an amount, gross before net; asked where several are alike."""
    names = rank(source, "amount", 0.6)
    if not names:
        return None
    top = source.table.hints[names[0]]["amount"].confidence
    best = [n for n in names if source.table.hints[n]["amount"].confidence >= top - 0.06]
    best = (
        prefer(best, [n for n in best if not source.facts(n).concepts & {"net", "beside", "order"}])
        if len(best) > 1
        else best
    )
    best = prefer(best, [n for n in best if "total" in source.facts(n).concepts])
    if len(best) > 1:
        pairs = [(n, f"{source.facts(n).filled} numbers") for n in best]
        question = Question(
            f"{source.name}.amount", "several columns may be what was paid: which one counts?", choices(*pairs)
        )
        return leave_open(source, asker, question)
    return best[0]


def numbers_of(source: SourceDraft, name: str) -> list[float | None]:
    """A column as numbers; a decimal comma where its values tell that."""
    facts = source.facts(name)
    commas = facts.share(lambda v: bool(re.search(r",\d{1,2}\D*$", v)))
    decimal = "comma" if commas > facts.share(lambda v: bool(re.search(r"\.\d{1,2}\D*$", v))) else "point"
    return [None if value is None else to_float(value, decimal) for value in source.values(name)[:SEEN_ROWS]]


def is_line_product(source: SourceDraft, quantity: str, price: str, amount: str) -> bool:
    """Is the amount the quantity times the price?"""
    return is_product(*(numbers_of(source, name) for name in (quantity, price, amount)))


def is_total_of_order(source: SourceDraft, amount: str) -> bool:
    """Is it the same on every row of an order, or on its first row alone?"""
    order = source.of("parent_id")
    if order is None:
        return False
    orders, amounts = source.values(order.name), source.values(amount)
    if repeats_total(orders, amounts):
        return True
    later = [value for n, value in enumerate(amounts) if n and orders[n] == orders[n - 1]]
    return len(later) >= 2 and all(value is None for value in later)


def is_line_amount(source: SourceDraft, quantity: str, amount: str) -> bool:
    """Is an amount beside a quantity surely the line's: by its name, or since it grows with the quantity?"""
    found, _ = judge_piece(source, quantity, amount)
    if found == "unit":
        return False
    names = source.facts(amount).concepts
    is_single = all(number in {1.0, None, -1.0} for number in numbers_of(source, quantity))
    return found == "line" or bool(names & {"total"}) or is_single


def judge_piece(source: SourceDraft, quantity: str, price: str) -> tuple[str | None, int]:
    """Whether prices are a piece's or a line's, by items that were sold in several quantities."""
    item = next((n for role in ("item_id", "item_name") for n in [source.table.best(role)] if n), None)
    if item is None:
        return None, 0
    return count_of_piece(source.values(item)[:SEEN_ROWS], numbers_of(source, quantity), numbers_of(source, price))


def declare_price(source: SourceDraft, asker: Asker, price: str) -> None:
    """A price without an amount: a piece's, where its name or the items say so."""
    quantity = source.of("quantity")
    if quantity is None:
        source.declare(price, "amount", 0.7, "a price, and no quantity in the file")
        return
    found, count = judge_piece(source, quantity.name, price)
    is_named = "unit" in source.facts(price).concepts
    if found == "line" and not is_named:
        source.declare(price, "amount", 0.9, f"grows with the quantity, in {count} items")
    elif found == "unit" or is_named:
        source.declare(
            price, "unit_price", 0.95, f"the same for any quantity, in {count} items" if found else "named so"
        )
    elif (column := source.declare(price, "unit_price")) is not None:
        ask_piece(source, asker, column)


def ask_piece(source: SourceDraft, asker: Asker, column: ColumnDraft) -> None:
    """Ask whether an amount beside a quantity is a piece's or the line's."""
    question = Question(
        f"{source.name}.{column.name}.counts",
        "there is a quantity beside it, and no item tells: what does it count?",
        choices(("line", "what the whole line costs"), ("unit", "what one piece costs; the line is quantity × price")),
    )
    answer = leave_open(source, asker, question, column)
    if answer:
        column.role = "amount" if answer == "line" else "unit_price"


def declare_currency(source: SourceDraft, asker: Asker, money: list[ColumnDraft], likely: Sequence[str]) -> None:
    """The currency of each row, or of the source; asked where nothing says it."""
    column = source.declare(next(iter(rank(source, "currency")), None), "currency")
    facts = [source.facts(c.name) for c in money]
    codes = source.facts(column.name).values if column else ()
    if column is None:
        names = [*(f.name for f in facts), *source.table.facts, source.sample.stem]
        code, why = find_currency(facts, names, "EUR" if speaks_german(source.table.facts.values()) else None)
        if code is None and money:
            code, question = ask_currency(asker, source.name, likely, facts)
            why = "as answered"
            source.questions += [] if code else [question]
        if code:
            source.custom["currency"], source.custom_evidence["currency"] = code, why
        codes = (code,) if code else ()
    scale, question_of_scale = decide_scale(facts, codes, asker, source.name)
    if scale:
        source.custom["scale"] = scale
    if question_of_scale:
        source.questions.append(question_of_scale)
