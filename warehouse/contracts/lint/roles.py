"""Rules for roles: each known, once, of a fitting type, and with the partners that give it meaning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from warehouse.contracts.lint.custom_properties import NUMBER_VALUES
from warehouse.contracts.lint.draft import Draft, custom_path, find_elements, read_custom
from warehouse.contracts.problem import Problem, suggest
from warehouse.types.roles import HOLIDAYS, IDENTIFIERS, KINDS, ROLES, Kind
from warehouse.types.vocabularies import find_vocabulary, fold_word

REPEATABLE = frozenset({"phone", "email", "handle", "national_id", "address"})
TYPES: Mapping[str, tuple[str, ...]] = {
    "occurred_at": ("date", "timestamp"),
    "resolved_at": ("date", "timestamp"),
    "amount": ("number", "integer"),
    "unit_price": ("number", "integer"),
    "quantity": ("number", "integer"),
    "refunded_amount": ("number", "integer"),
    "debit": ("number", "integer"),
    "credit": ("number", "integer"),
    "birth_date": ("date", "string"),
}
PARTNERS = {
    "surname": "given_name", "given_name": "surname", "resolved_at": "occurred_at", "debit": "credit",
    "credit": "debit",
}  # fmt: skip
ONCE = frozenset({"amount", "refunded_amount", "debit", "credit", "quantity"})
"""Roles that would count several times, were they carried down to every line of an order."""
COLUMNS = "schema[0].properties"


def check_roles(draft: Draft) -> Iterator[Problem]:
    """Every rule about roles."""
    yield from check_words(draft)
    yield from check_merchandise(draft)
    yield from check_places(draft)
    yield from check_partners(draft)
    yield from check_money(draft)
    yield from check_numbers(draft)
    yield from check_carried(draft)
    yield from check_meanings(draft)
    yield from check_kind(draft)


def check_words(draft: Draft) -> Iterator[Problem]:
    """Roles that are unknown, there twice, or on a column of another type."""
    seen: dict[str, str] = {}
    for leaf in draft.leaves:
        role = leaf.role
        place = custom_path(leaf.body, leaf.path, "role")
        if "alsoRole" in read_custom(leaf.body) and role != "account_id":
            cure = "leave it out: it is for an account (role 'account_id') that is an e-mail or a phone"
            yield draft.problem(custom_path(leaf.body, leaf.path, "alsoRole"), "c360.alsoRole without an account", cure)
        if role is None and "role" not in read_custom(leaf.body):
            continue
        if not isinstance(role, str) or role not in ROLES:
            cure = suggest(role, ROLES)
            if isinstance(role, list):
                cure = "write one role; an account that is an e-mail or phone has it besides, as c360.alsoRole: email"
            yield draft.problem(place, f"role {role!r} is not known", cure)
            continue
        if role in seen and role not in REPEATABLE:
            yield draft.problem(place, f"role {role!r} is there twice, first at {seen[role]}", "keep it on one column")
        seen.setdefault(role, leaf.path)
        found = leaf.body.get("logicalType")
        if isinstance(found, str) and found not in TYPES.get(role, (found,)):
            cure = "make it " + " or ".join(TYPES[role])
            yield draft.problem(f"{leaf.path}.logicalType", f"role {role!r} on a column of type {found}", cure)


def check_merchandise(draft: Draft) -> Iterator[Problem]:
    """Ids that are no goods, on a column that holds no goods."""
    for leaf in draft.leaves:
        if "nonMerchandise" in read_custom(leaf.body) and leaf.role != "item_id":
            place = custom_path(leaf.body, leaf.path, "nonMerchandise")
            cure = "put it on the column that says what was sold (role 'item_id')"
            yield draft.problem(place, "c360.nonMerchandise without the role 'item_id'", cure)


def check_places(draft: Draft) -> Iterator[Problem]:
    """Roles and purposes where nobody reads them: on an object, or within the members of a list."""
    columns = {leaf.path for leaf in draft.leaves}
    for path, body in find_elements(draft.table, "schema[0]"):
        if path not in columns and read_custom(body):
            name = next(iter(read_custom(body)))
            cure = "put it on the properties below" if "items" not in path else "put it on the list"
            yield draft.problem(
                custom_path(body, path, name), f"c360.{name} is set on an object, not on a column", cure
            )


def check_partners(draft: Draft) -> Iterator[Problem]:
    """Roles that say nothing alone."""
    for role, partner in PARTNERS.items():
        for leaf in draft.having(role)[:1]:
            if not draft.having(partner):
                cure = f"give a column the role {partner!r}" + (", or use full_name" if "name" in partner else "")
                yield draft.problem(leaf.path, f"role {role!r} without {partner!r}", cure)


def check_money(draft: Draft) -> Iterator[Problem]:
    """An amount is nothing without its currency, a unit price nothing without its quantity."""
    money = [*draft.having("amount"), *draft.having("unit_price"), *draft.having("credit")]
    if money and not draft.having("currency") and "currency" not in draft.custom:
        cure = "give a column the role 'currency', or set c360.currency for the source"
        yield draft.problem(money[0].path, f"role {money[0].role!r} without a currency", cure)
    for leaf in draft.having("unit_price")[:1] if draft.kind != "items" else ():
        if not draft.having("quantity") and not draft.having("amount"):
            yield draft.problem(leaf.path, "role 'unit_price' without 'quantity'", "give a column the role 'quantity'")


def check_numbers(draft: Draft) -> Iterator[Problem]:
    """Signs that exclude each other, declarations about numbers on other columns, and columns of one amount."""
    for leaf in draft.leaves:
        own = read_custom(leaf.body)
        said = draft.custom | own
        is_number = str(leaf.body.get("logicalType")) in {"number", "integer"}
        for name in NUMBER_VALUES:
            if name in own and not is_number:
                cure = "make it a number, or leave it out"
                yield draft.problem(custom_path(leaf.body, leaf.path, name), f"c360.{name} is not on a number", cure)
        if "epoch" in own and str(leaf.body.get("logicalType")) not in {"date", "timestamp"}:
            cure = "make it a date or timestamp, or leave it out"
            yield draft.problem(custom_path(leaf.body, leaf.path, "epoch"), "c360.epoch is not on a date", cure)
        if is_number and said.get("decimal") is not None and said.get("decimal") == said.get("thousands"):
            cure = "declare the sign between thousands, or none"
            yield draft.problem(leaf.path, "c360.decimal and c360.thousands are the same sign", cure)
    for leaf in draft.having("credit")[:1]:
        if draft.having("amount") or draft.having("unit_price"):
            yield draft.problem(
                leaf.path, "role 'credit' beside another amount", "keep debit and credit, or the amount"
            )
        if "credit" not in draft.custom:
            cure = (
                "set c360.credit for the source: plus if the amount is credit − debit (a bank's statement), else minus"
            )
            yield draft.problem("customProperties", "c360.credit is missing beside the roles debit and credit", cure)


def check_carried(draft: Draft) -> Iterator[Problem]:
    """Cells are carried down within an order, and never what is summed."""
    for leaf in draft.leaves:
        if read_custom(leaf.body).get("carryDown") is not True:
            continue
        place = custom_path(leaf.body, leaf.path, "carryDown")
        if leaf.role in ONCE:
            said = f"c360.carryDown on the role {leaf.role!r} would count it once a line"
            yield draft.problem(place, said, "leave it out")
        elif not draft.having("parent_id"):
            yield draft.problem(
                place, "c360.carryDown without an order", "give the order's column the role 'parent_id'"
            )


def check_meanings(draft: Draft) -> Iterator[Problem]:
    """What a word means is a word that the column's list knows."""
    for leaf in draft.leaves:
        means = read_custom(leaf.body).get("means")
        known = find_vocabulary(str(draft.kind), leaf.role if isinstance(leaf.role, str) else None)
        if not isinstance(means, Mapping) or known is None:
            continue
        place = custom_path(leaf.body, leaf.path, "means")
        for meaning in means.values():
            if fold_word(str(meaning)) not in known:
                listed = sorted(set(known.values()))
                yield draft.problem(place, f"c360.means: {meaning!r} is no known meaning", suggest(meaning, listed))


def names_head(draft: Draft) -> bool:
    """Does the number of its order lead to a row of another source?"""
    return any(leaf.body.get("relationships") for leaf in draft.having("parent_id"))


def check_kind(draft: Draft) -> Iterator[Problem]:
    """Roles that a source of its kind must have."""
    kind = str(draft.kind)
    known = KINDS.get(kind, Kind())
    if kind == "transactions" and names_head(draft):  # then its orders say when, and whose they are
        known = Kind()
    for role in known.needs:
        if not draft.having(role):
            yield draft.problem(COLUMNS, f"no column has the role {role!r}", f"a source of kind {kind} needs one")
    if kind == "transactions" and not any(map(draft.having, ("amount", "unit_price", "credit"))):
        yield draft.problem(
            COLUMNS,
            "no column has the role 'amount' or 'unit_price'",
            "transactions need one of them; of orders whose lines are another source's, say c360.kind: orders",
        )
    if (known.event or kind == "orders") and not any(map(draft.having, ("account_id", *IDENTIFIERS))):
        cure = "give a column the role account_id, or an identifier: " + ", ".join(IDENTIFIERS)
        yield draft.problem(COLUMNS, "no column says which customer a row belongs to", cure)
    yield from check_reference(draft)
    yield from check_catalogue(draft)


REFERENCES = {
    "fx_rates": {"currency": "the currency", "occurred_at": "valid_from", "amount": "rate_to_…"},
    HOLIDAYS: {"occurred_at": "the day", "category": "public_holiday, or which festival it is"},
}
"""Reference sources that are read by their names, with the roles that they need and what stands there."""


def check_reference(draft: Draft) -> Iterator[Problem]:
    """Roles that a reference source of its name must have."""
    name = str(draft.document.get("name"))
    for role, meaning in REFERENCES.get(name, {}).items() if draft.kind == "reference" else ():
        if not draft.having(role):
            yield draft.problem(
                COLUMNS, f"no column has the role {role!r}", f"{name} needs it, on the column {meaning}"
            )


def check_catalogue(draft: Draft) -> Iterator[Problem]:
    """A catalogue has one row an item, which later deliveries correct, and prices in a declared unit."""
    if draft.kind != "items" or not (items := draft.having("item_id")):
        return
    if [leaf for leaf in draft.leaves if leaf.is_key] != items:
        yield draft.problem(items[0].path, "a catalogue has one row an item", "let it be the only primaryKey")
    if draft.custom.get("loadMode", "append") == "append":
        place = custom_path(draft.document, "", "loadMode")
        cure = "set snapshot if each delivery has all items, merge if it has those that changed"
        yield draft.problem(place, "a catalogue is not appended to", cure)
    for leaf in draft.having("unit_price"):
        if read_custom(leaf.body).get("scale", draft.custom.get("scale")) == "minor":
            yield draft.problem(leaf.path, "c360.scale: minor is not read in a catalogue", "write the number of places")
