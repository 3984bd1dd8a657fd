"""Checking with Great Expectations, and the verdict.

This is all that the checks' own process imports of the night: no Polars, so that it is ready sooner.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from expectations.gates import Limits, check_source, check_tables
from expectations.model import CheckResult
from warehouse.contracts.published import list_published
from warehouse.duck import open_database
from warehouse.errors import C360Error
from warehouse.features.drift import check_features
from warehouse.identity.gates import check_identity, check_labels
from warehouse.loading.heads import list_waiting
from warehouse.monitoring.report import store_results, time_step
from warehouse.run import Run

SHARES_KEY = (
    "(coalesce(source, ''), coalesce(event_id, '')) IN"
    " (SELECT coalesce(source, ''), coalesce(event_id, '') FROM clean.event"
)
"""SQL of the events that a night judges: those it cleaned, and any others that have the same key; a null is a key, too,
or else nobody would see that one is missing."""


class GateClosed(C360Error):
    """A critical check failed; nothing was published and the generation before stays served."""


def require_open(results: Mapping[str, Sequence[CheckResult]]) -> None:
    """Raise GateClosed if any critical check failed, naming each with its source or table, rule and count."""
    failed = [
        f"  {name}: {result.rule}: {result.message}"
        for name, found in results.items()
        for result in found
        if result.is_closing
    ]
    if failed:
        raise GateClosed("the gate is closed, nothing is published:\n" + "\n".join(failed))


def check_landed(run: Run, name: str) -> list[CheckResult]:
    """Check what was landed of a source, in its own file: bad rows move to quarantine."""
    with time_step(run.folder, "check", name):
        file, source, settings = run.source_file(name), run.source(name), run.settings
        return check_source(
            file,
            source,
            run.as_of,
            settings.timezone,
            horizon=run.horizon,
            limits=Limits(settings.memory_limit, settings.query_seconds),
            is_replay=run.options.replay is not None,
        )


def check_published(run: Run) -> None:
    """Check the tables that are about to be published; raises GateClosed."""
    from warehouse.profile.service_rules import (
        check_service,  # brings Polars along, which what was landed needs not wait for
    )

    new = {"customer_event": f"{SHARES_KEY} WHERE generation = {run.number})"}
    results = check_tables(
        run.database,
        list_published(),
        run.as_of,
        run.settings.timezone,
        among={} if run.is_full("check") else new,
        limits=Limits(query_seconds=run.settings.query_seconds),
    )
    with open_database(run.database, memory_limit=run.settings.memory_limit) as con:
        results += [
            *check_identity(con, run.options, run.settings),
            *check_labels(con, run.contracts_folder, run.settings),
            check_service(con, run.contracts_folder),
            check_features(con, run.settings),
            *list_waiting(con, run.contracts),
        ]
        store_results(con, run.as_of, run.number, results)
    require_open({"published": results})


def import_great_expectations() -> None:
    """Import it ahead: that takes longer than the landing of many a night, and runs beside it."""
    from expectations.gx_suite import import_gx

    import_gx()
