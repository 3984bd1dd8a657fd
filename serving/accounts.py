"""Accounts that people name: `source:account_id`, or the customer_id of a customer of one account."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from serving.customer import NotFoundError
from transforms.identity.decisions import Account, write_account

SHOWN = 10
"""Accounts that a message names at most."""


def find_account(con: duckdb.DuckDBPyConnection, text: str) -> tuple[Account, str]:
    """The account that a text names, and how that was found out, empty where it says so itself.

    Raises:
        NotFoundError: there is none, or the text is a customer of several accounts.
    """
    if named := list_accounts(con, "source || ':' || account_id = ?", text):
        return named[0], ""
    if owned := list_accounts(con, "customer_id = ?", text):
        if len(owned) == 1:
            return owned[0], f"{text} is the customer of one account, {write_account(owned[0])}"
        said = write_accounts(owned)
        raise NotFoundError(f"{text} is a customer of {len(owned)} accounts; name one of them: {said}")
    if bare := list_accounts(con, "account_id = ?", text):
        said = ", ".join(write_account(a) for a in bare[:SHOWN])
        raise NotFoundError(f"an account is written source:account_id; with that id there is: {said}")
    raise NotFoundError(describe_absent(con, text))


def list_accounts(con: duckdb.DuckDBPyConnection, condition: str, value: str) -> list[Account]:
    """Accounts that a condition with one parameter holds for, in order."""
    query = f"SELECT source, account_id FROM customer_identity WHERE {condition} ORDER BY ALL"
    return [(source, account) for source, account in con.execute(query, [value]).fetchall()]


def write_accounts(accounts: Sequence[Account]) -> str:
    """Accounts as people write them, the first of many."""
    return ", ".join(write_account(a) for a in accounts[:SHOWN]) + (", …" if len(accounts) > SHOWN else "")


def find_merged(con: duckdb.DuckDBPyConnection, customer_id: str) -> str | None:
    """The customer that a customer was merged into; None: it was not merged, or there never was one of that id."""
    query = "SELECT merged_into FROM identity.customer WHERE customer_id = ?"
    found = con.execute(query, [customer_id]).fetchall()  # no fetchone: it leaves the result open
    return found[0][0] if found else None


def describe_absent(con: duckdb.DuckDBPyConnection, text: str) -> str:
    """Why nothing answers to a text, without repeating it: it may be anything."""
    if merged := find_merged(con, text):
        return f"{text} was merged into {merged}; name one of its accounts, as c360 show {merged} lists them"
    sources = [s for (s,) in con.execute("SELECT DISTINCT source FROM customer_identity ORDER BY 1").fetchall()]
    source = text.partition(":")[0]
    if source in sources:
        return f"source {source} has no such account in the current generation"
    return f"no account is named so; write source:account_id, with one of the sources {', '.join(sources)}"
