"""`c360 features`: the features of labels, each as of its own time, audited before anything is written."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import polars as pl

from transforms.profile.windows import open_windows
from warehouse.contracts.features import Feature
from warehouse.contracts.lineage import list_closed_of, made_of, names_purposes
from warehouse.contracts.load import read_contracts, read_features
from warehouse.contracts.model import Purpose
from warehouse.contracts.read import read_purposes
from warehouse.contracts.settings import read_settings
from warehouse.duck import fetch_row, store_rows
from warehouse.errors import UsageError
from warehouse.features.as_of_join import join_features
from warehouse.features.labels import READERS, Labels, load_labels, open_reader, write_joined
from warehouse.features.leakage import require_no_leak
from warehouse.home.consent_ledger import keep_granted
from warehouse.home.layout import Home
from warehouse.publish.pseudonyms import store_pseudonyms

KNOWN_BY = ("occurrence", "arrival")


def write_features(  # noqa: PLR0913, PLR0917 – one for each option
    home: Path, contracts: Path, labels: Labels, out: Path, known_by: str, purpose: str | None = None
) -> str:
    """Join features to labels, audit them, write them; gives what to tell.

    Raises:
        UsageError: a word or the name of the file is not one that is known.
        FeatureError: features or labels are not as they must be.
        ConsentError: the purpose asks a consent, and nobody can say who withdrew it.
        LeakageError: the audit found a feature that knows of its label's future; nothing is written.
    """
    if known_by not in KNOWN_BY:
        raise UsageError(f"--known-by {known_by} is not known; there are: {', '.join(KNOWN_BY)}")
    if out.suffix.lower() not in READERS or not out.parent.is_dir():
        raise UsageError(f"{out}: name a .parquet or .csv file in a folder that is there")
    (features, closed), settings = choose_features(contracts, purpose), read_settings(contracts)
    by_arrival, asked = known_by == "arrival", find_purpose(contracts, purpose)
    consent, is_renamed = asked.consent, asked.pseudonymised
    with open_reader(Home(home).require_current(), settings, out) as con:
        if is_renamed:
            store_pseudonyms(con, home, asked.name, "FROM main.customer_profile")
        load_labels(con, labels, settings, features, pseudonymised=is_renamed)
        left_out = leave_out(con, Home(home), consent) if consent else 0
        if by_arrival:
            load_arrivals(con, settings.timezone)
        join_features(con, features, by_arrival=by_arrival)
        require_no_leak(con, features, by_arrival=by_arrival)
        write_joined(con, features, out, labels.who[-1] if is_renamed else None)
        lines = [tell(con, len(features), out)]
    if consent:
        lines.append(f"left out: {left_out:,} labels of who has not consented to {consent}")
    lines += [f"held back: {name}, since {purpose} may not see {', '.join(of)}" for name, of in closed.items()]
    return "\n".join(lines)


def choose_features(contracts: Path, purpose: str | None) -> tuple[tuple[Feature, ...], dict[str, list[str]]]:
    """The features that a purpose may use; all of them, the owner's, without one.

    Also those that name the purpose and read columns that do not, with these columns: they are held back.
    """
    features = read_features(contracts)
    if purpose is None:
        return features, {}
    named = [f for f in features if purpose in f.purposes]
    if not named:
        there = sorted({p for f in features for p in f.purposes})
        raise UsageError(f"--purpose {purpose} may use no feature; purposes that may: {', '.join(there) or 'none'}")
    sources = [source for source in read_contracts(contracts).sources if names_purposes(source)]
    closed = {f.name: list_closed_of(sources, made_of(f), purpose, f.kind) for f in named}
    chosen = tuple(f for f in named if not closed[f.name])
    if not chosen:
        columns = sorted({column for columns in closed.values() for column in columns})
        raise UsageError(f"--purpose {purpose} may use no feature: name it in c360.purposes of {', '.join(columns)}")
    return chosen, {name: columns for name, columns in closed.items() if columns}


def find_purpose(contracts: Path, name: str | None) -> Purpose:
    """A purpose as it is declared; the owner's own asks for nothing."""
    declared = read_purposes(contracts / "purposes.yaml")
    return next((p for p in declared if p.name == name), Purpose(name or "", "", None, pseudonymised=False))


def leave_out(con: duckdb.DuckDBPyConnection, home: Home, consent: str) -> int:
    """Take the labels of everybody who has not granted a consent out of label_row; gives how many these were."""
    keep_granted(con, home, consent)
    gone = con.execute(
        "DELETE FROM label_row WHERE customer_id IS NULL OR customer_id NOT IN (FROM granted) RETURNING id"
    ).fetchall()
    return len(gone)


def load_arrivals(con: duckdb.DuckDBPyConnection, timezone: str) -> None:
    """Make the temporary table arrival: when each delivery had arrived first, the end of the night's business date."""
    rows = con.execute("SELECT source, delivery_id, min(as_of) FROM delivery GROUP BY ALL").fetchall()
    ends: dict[date, object] = {as_of: open_windows(as_of, timezone).until for as_of in {row[2] for row in rows}}
    schema = ["source", "delivery_id", "arrived_at"]
    arrivals = pl.DataFrame([(s, d, ends[a]) for s, d, a in rows], schema=schema, orient="row")
    store_rows(con, "arrival", arrivals, is_temporary=True)


def tell(con: duckdb.DuckDBPyConnection, count: int, out: Path) -> str:
    """What was written, and how much of it is cold: of customers without an event before the label, or unknown."""
    labels, customers, unknown, cold, cold_customers = fetch_row(
        con,
        "SELECT count(*), count(DISTINCT customer_id), count(*) FILTER (customer_id IS NULL),"
        " count(*) FILTER (_known_until IS NULL), count(DISTINCT customer_id) FILTER (_known_until IS NULL)"
        " FROM label_row JOIN feature_row USING (id)",
    )
    return (
        f"{out}: {count} features of {labels:,} labels of {customers:,} customers; no leakage found\n"
        f"cold: {cold:,} labels had no event before them, {unknown:,} of these of unknown customers,"
        f" the others of {cold_customers:,}"
    )
