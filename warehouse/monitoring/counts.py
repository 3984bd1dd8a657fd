"""What a night came to, in counts: what its report says when it is published."""

from __future__ import annotations

from datetime import date
from typing import Any

import duckdb

from expectations.bounds import end_of_day
from warehouse.contracts.settings import Settings
from warehouse.duck import open_database
from warehouse.features.drift import list_drift
from warehouse.identity.model import describe_model, note_model
from warehouse.loading.replay_log import count_replayed
from warehouse.profile.households import count_households
from warehouse.profile.lifetime import read_reasons
from warehouse.run import Run


def count_night(run: Run) -> dict[str, Any]:
    """Counts of the night: deliveries by source and outcome, quarantine by rule, customers by number of silos."""
    tonight = [run.number]
    with open_database(run.database, memory_limit=run.settings.memory_limit) as con:
        sources = con.execute(
            "SELECT source, count(*), sum(physical_count), sum(loaded_count), sum(quarantined_count),"
            " sum(duplicate_count), sum(deleted_count)"
            " FROM governance.delivery WHERE generation = ? GROUP BY source ORDER BY source",
            tonight,
        ).fetchall()
        rules = con.execute(
            "SELECT source, rule, count(*) FROM quarantine.record WHERE generation = ? GROUP BY ALL ORDER BY ALL",
            tonight,
        ).fetchall()
        notes = con.execute(
            "SELECT source, name, unnest(notes) FROM governance.delivery WHERE generation = ? ORDER BY source, name",
            tonight,
        ).fetchall()
        silos = con.execute(
            "SELECT source_count, count(*), sum(account_count) FROM main.customer_profile GROUP BY ALL ORDER BY ALL"
        ).fetchall()
        churn = con.execute("SELECT outcome, count(*) FROM identity.churn GROUP BY ALL").fetchall()
        placeholders = count_placeholders(con)
        model, freshness = describe_model(con, run.number), measure_freshness(con, run.as_of, run.settings)
        model_notes = note_model(con)
        households, features = count_households(con), list_drift(con, run.settings)
        no_forecast = read_reasons(con, run.as_of)
        replayed = count_replayed(con, run.number) if run.options.replay is not None else []
    names = ("deliveries", "records", "loaded", "quarantined", "duplicates", "deleted")
    return {
        "sources": {row[0]: dict(zip(names, map(int, row[1:]), strict=True)) for row in sources},
        "quarantine": [{"source": source, "rule": rule, "records": int(n)} for source, rule, n in rules],
        "placeholder_accounts": placeholders,
        "replayed": replayed,
        "freshness": freshness,
        "notes": [{"source": source, "delivery": name, "note": note} for source, name, note in notes],
        "customers": sum(int(row[1]) for row in silos),
        "accounts": sum(int(row[2]) for row in silos),
        "churn": dict.fromkeys(("kept", "new", "merged", "split", "gone"), 0)
        | {outcome: int(n) for outcome, n in churn},
        "households": households | {"most": run.settings.max_household_members},
        "identity_model": model,
        "changed_stages": run.changed_stages,
        "identity_notes": model_notes,
        "features": features,
        "no_forecast": no_forecast,
        "silos": {str(row[0]): int(row[1]) for row in silos},
    }


def count_placeholders(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Records of each source, of all nights, whose account id is a placeholder, by its kind.

    guests: those that other identifiers make a guest's; the others are nobody's.
    """
    rows = con.execute(
        "SELECT origin, kind, count(*), count(*) FILTER (is_guest) FROM clean.placeholder GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    names = ("source", "kind", "records", "guests")
    return [dict(zip(names, (source, kind, int(n), int(guests)), strict=True)) for source, kind, n, guests in rows]


def measure_freshness(con: duckdb.DuckDBPyConnection, as_of: date, settings: Settings) -> dict[str, float]:
    """Days from the newest thing that each source says to the end of the business date; 0 for what lies beyond it.

    Events and answers count from when they happened, accounts from when they were seen last; what is dated by a day
    only, from the beginning of that business day. Rates have no such time.
    """
    rows = con.execute(
        "SELECT origin, max(said_at) FROM (SELECT origin, occurred_at AS said_at FROM clean.event"
        " UNION ALL SELECT origin, decided_at FROM clean.consent"
        " UNION ALL SELECT origin, last_seen_at FROM clean.account)"
        " GROUP BY origin HAVING max(said_at) IS NOT NULL ORDER BY origin"
    ).fetchall()
    end = end_of_day(as_of, settings.timezone)
    return {source: round(max((end - at).total_seconds() / 86_400, 0.0), 2) for source, at in rows}
