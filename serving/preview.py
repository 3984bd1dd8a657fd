"""A first night that publishes nothing: what its orders, amounts and customers would be, and the strangest merges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from expectations.model import CheckResult
from serving.terminal import lay_out
from warehouse.checks import check_landed
from warehouse.cleaning.clean import clean_sources
from warehouse.dry_run import Takings, count_takings
from warehouse.duck import fetch_row, open_database
from warehouse.home.layout import Home
from warehouse.home.lock import hold_lock
from warehouse.identity.resolve import identify_customers
from warehouse.landing.land import land_source
from warehouse.loading.load import list_overfull, load_sources
from warehouse.run import Run, begin_run
from warehouse.scratch import name_scratch
from warehouse.types.shown_text import show_cell

STRANGEST = """
    SELECT left_source || ':' || left_account_id, right_source || ':' || right_account_id, e.rule, probability
    FROM identity.edge AS e
        JOIN customer_identity AS l ON (l.source, l.account_id) = (left_source, left_account_id)
        JOIN customer_identity AS r ON (r.source, r.account_id) = (right_source, right_account_id)
    WHERE l.customer_id = r.customer_id AND e.is_joined
    QUALIFY row_number() OVER (PARTITION BY l.customer_id ORDER BY probability, 1, 2) = 1
    ORDER BY probability, 1, 2 LIMIT ?
"""
"""Of each customer the pair that is least surely one person, the least sure first."""
SHOWN = 5


@dataclass(frozen=True)
class Merge:
    """Two accounts that would be one customer."""

    left: str
    """source:account_id"""
    right: str
    rule: str
    probability: float


@dataclass(frozen=True)
class Preview:
    """What a first night would publish."""

    closing: dict[str, list[CheckResult]]
    """By source, what would close its gate; then nothing else is known."""
    loaded: dict[str, tuple[int, int]]
    """By source, records that would be loaded and those in quarantine."""
    takings: dict[str, Takings]
    """By source of sales."""
    customers: int = 0
    accounts: int = 0
    merges: tuple[Merge, ...] = ()
    """The strangest, of different customers."""


def preview_night(contracts: Path, as_of: date | None, say: Callable[[str], object] = lambda _: None) -> Preview:
    """Go the way of a first night as far as who is who, in a home that is gone afterwards.

    Raises:
        ContractError, SettingsError: what is declared is not right.
    """
    with TemporaryDirectory(prefix=f"{name_scratch('preview')}-") as folder:
        home = Home(Path(folder) / "home")
        with hold_lock(home, "of c360 check"):
            run = begin_run(home, contracts, as_of)
            return go_ahead(run, say)


def go_ahead(run: Run, say: Callable[[str], object]) -> Preview:
    """The steps of a night, as far as the gates let them."""
    closing: dict[str, list[CheckResult]] = {}
    for source in run.contracts.sources:
        say(f"land {source.name}")
        land_source(run, source.name)
        if closed := [result for result in check_landed(run, source.name) if result.is_closing]:
            closing[source.name] = closed
    if closing:
        return Preview(closing, {}, {})
    load_sources(run)
    if overfull := [result for result in list_overfull(run) if result.is_closing]:
        return Preview({"loaded": overfull}, {}, {})
    say("clean")
    clean_sources(run)
    say("identify")
    identify_customers(run)
    with open_database(run.database, read_only=True) as con:
        return read_preview(con, run)


def read_preview(con: duckdb.DuckDBPyConnection, run: Run) -> Preview:
    """What the steps have made."""
    query = (
        "SELECT source, sum(loaded_count)::BIGINT, sum(quarantined_count)::BIGINT FROM governance.delivery GROUP BY ALL"
    )
    accounts, customers = fetch_row(con, "SELECT count(*), count(DISTINCT customer_id) FROM customer_identity")
    return Preview(
        {},
        {name: (loaded, held) for name, loaded, held in con.execute(query).fetchall()},
        {s.name: count_takings(con, s.name) for s in run.contracts.sources if s.kind == "transactions"},
        customers,
        accounts,
        tuple(Merge(*row) for row in con.execute(STRANGEST, [SHOWN]).fetchall()),
    )


def show_preview(preview: Preview) -> str:
    """The preview for people."""
    if preview.closing:
        found = [f"  {name}: {r.rule}: {r.message}" for name, results in preview.closing.items() for r in results]
        return "\n".join(["the gate would close", *found])
    lines = [
        f"{name}: {loaded:,} records loaded, {held:,} in quarantine"
        for name, (loaded, held) in sorted(preview.loaded.items())
    ]
    for name, takings in preview.takings.items():
        net = ", ".join(f"{amount:,.2f} {currency or 'of no currency'}" for currency, amount in takings.net.items())
        unsold = f"; {takings.unsold:,} cancelled, never paid or only returned" if takings.unsold else ""
        lines.append(f"{name}: {takings.orders:,} orders{unsold}; net {net or 'nothing'}")
    lines.append(f"customers: {preview.customers:,} from {preview.accounts:,} accounts")
    if not preview.merges:
        return "\n".join([*lines, "no two accounts would become one customer"])
    lines.append(f"the {len(preview.merges)} strangest merges; c360 explain A B says why, after the first night")
    rows = [(show_cell(m.left), show_cell(m.right), m.rule, f"{m.probability:.3f}") for m in preview.merges]
    return "\n".join([*lines, *lay_out(("account", "account", "rule", "probability"), rows)])
