"""Who may go out for a purpose: who has consented, and is known surely enough to be one person."""

from __future__ import annotations

import duckdb
import narwhals as nw

from transforms.clean.consents import list_doubted
from transforms.engine import Frame
from warehouse.contracts.model import Purpose
from warehouse.home.consent_ledger import keep_granted
from warehouse.home.layout import Home
from warehouse.tables import frame_of, keep


def keep_allowed(con: duckdb.DuckDBPyConnection, home: Home, purpose: Purpose) -> Frame:
    """Make the temporary table `allowed` (customer_id): the customers of this generation who may go out.

    Raises:
        ConsentError: the purpose asks a consent, and nobody can say who withdrew it.
    """
    sure = nw.col("confidence") >= purpose.min_confidence
    people = frame_of(con, "main.customer_profile").filter(sure).select("customer_id")
    if purpose.consent:
        people = people.join(keep_granted(con, home, purpose.consent), on="customer_id", how="semi")
        if purpose.refusal == "any":
            doubted = list_doubted(frame_of(con, "temp.answer"), frame_of(con, "main.customer_identity"))
            people = people.join(doubted, on="customer_id", how="anti")
    return keep(con, "allowed", people)


def describe_allowed(purpose: Purpose) -> list[str]:
    """What is asked of those who go out, in words; nothing where anybody may."""
    consent = [f"has consented to {purpose.consent}"] if purpose.consent else []
    sure = [f"is one person by at least {purpose.min_confidence:g}"] if purpose.min_confidence else []
    return consent + sure
