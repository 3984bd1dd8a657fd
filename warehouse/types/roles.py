"""The words of a contract: what a source delivers, how it is loaded, and what a column is, which is its role."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

LoadMode = Literal["append", "merge", "snapshot"]
Severity = Literal["critical", "warning", "info"]
Drift = Literal["freeze", "ignore"]
"""What a delivery does whose columns are not the declared ones: it closes the gate, or is told in a warning."""

LOAD_MODES: tuple[str, ...] = ("append", "merge", "snapshot")
DRIFTS: tuple[str, ...] = ("freeze", "ignore")
IDENTITY_ROLES: tuple[str, ...] = (
    "account_id", "full_name", "given_name", "surname", "email", "phone", "birth_date", "gender", "address",
    "postcode", "district", "handle", "national_id", "language",
)  # fmt: skip
ACTIVITY_ROLES: tuple[str, ...] = (
    "event_id", "event_type", "occurred_at", "amount", "currency", "quantity", "item_id", "item_name", "category",
    "channel", "status", "text", "rating", "sentiment", "parent_id", "resolved_at", "agent",
    "speaker",
    "like_count", "reply_count", "unit_price", "refunded_amount", "debit", "credit",
)  # fmt: skip
ROLES = (*IDENTITY_ROLES, *ACTIVITY_ROLES)
SEVERITIES: Mapping[str, Severity] = {
    "critical": "critical", "error": "critical", "major": "critical", "high": "critical",
    "warning": "warning", "medium": "warning", "minor": "warning", "low": "warning",
    "info": "info",
}  # fmt: skip


MONEY_ROLES = frozenset({"amount", "unit_price", "refunded_amount", "debit", "credit"})
"""Roles of amounts in the row's currency."""
IDENTIFIERS = ("national_id", "email", "phone", "handle")
"""Attributes of which equal keys say that two accounts are one person, the strongest first."""
RELATIONS = ("household",)
"""What is made of several people together: it tells each one's consumers of the others, so a purpose must name it."""


class Kind(NamedTuple):
    """What a source delivers."""

    needs: tuple[str, ...] = ()
    """Roles that its columns must have."""
    event: str | None = None
    """The type of its events where a row has none of its own; None: it delivers no events."""
    has_customers: bool = True
    """Is a row about somebody? Tables about nobody are not cleaned, and their amounts are not added up."""
    is_act: bool = True
    """Does the customer do it? What is only shown to him does not make him seen."""


KINDS: dict[str, Kind] = {
    "transactions": Kind(("occurred_at",), "sale"),
    "social": Kind(("event_id", "occurred_at"), "post"),
    "support": Kind(("event_id", "occurred_at"), "ticket"),
    "visits": Kind(("occurred_at",), "visit"),
    "impressions": Kind(("occurred_at", "status"), "shown", is_act=False),
    "campaigns": Kind(("occurred_at", "parent_id", "status"), "assigned", is_act=False),
    "orders": Kind(("event_id", "occurred_at")),
    "customers": Kind(("account_id",)),
    "consent": Kind(("account_id", "category", "status", "occurred_at")),
    "items": Kind(("item_id",), has_customers=False),
    "reference": Kind(has_customers=False),
}
"""Every kind of source, by the word that a contract says in `c360.kind`: the one place to add another."""


HOLIDAYS = "holidays"
"""Name of the reference source of public holidays and festivals, which alone may speak of days to come."""


def list_event_kinds() -> list[str]:
    """Kinds of sources that deliver events, in order."""
    return [name for name, kind in KINDS.items() if kind.event]
