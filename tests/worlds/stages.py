"""A night by stages: the product's own steps up to one of them, for tests that look at nothing after it.

What a stage left is what the next night starts from, as a generation that was neither checked nor read back: those are
whole nights' business. Tables of later stages are not there, so that a test that asks for one fails.
"""

import json
from collections.abc import Sequence
from concurrent.futures import Executor

import duckdb

from warehouse.checks import check_landed, require_open
from warehouse.duck import open_database, quote
from warehouse.home.consent_ledger import write_ledger
from warehouse.home.layout import DATABASE, MANIFEST, point_to
from warehouse.home.lock import hold_lock
from warehouse.landing.land import land_source
from warehouse.night import STEPS, reporting
from warehouse.profile.build import CUSTOMER_EVENT
from warehouse.run import Run
from warehouse.tables import publish_view

STAGES: Sequence[str] = ("load", "clean", "identify", "profile")
SCHEMAS = {"clean": "clean", "identity": "identify", "profile": "profile", "main": "profile"}
"""The stage that makes the tables of a schema; those of all others are loading's."""
SERVED = {"delivery": ("load", "FROM governance.delivery"), "customer_event": ("identify", CUSTOMER_EVENT)}
"""Views that the profile's step publishes, the stage from which they can be asked, and what they are."""


def run_stages(run: Run, checker: Executor, last: str) -> None:
    """Land, check, and every step up to the last of STAGES; then serve what is there."""
    with hold_lock(run.home, "of a test"), reporting(run):
        pending = {}
        for source in run.contracts.sources:
            land_source(run, source.name)
            pending[source.name] = checker.submit(check_landed, run, source.name)
        require_open({name: future.result() for name, future in pending.items()})
        for stage in STAGES[: STAGES.index(last) + 1]:
            STEPS[stage](run)
    serve(run, last)


def serve(run: Run, last: str) -> None:
    """Make the run's database a generation, without the tables of stages that it has not run."""
    if last != "profile":
        with open_database(run.database) as con:
            drop_later(con, last)
    manifest: dict[str, object] = {
        "generation": run.number,
        "as_of": run.as_of.isoformat(),
        "code": dict(run.code),
        "settings": run.settings.list_changing(),
        "contracts": run.contracts.versions,
        "files": {DATABASE: ""},
        "tables": {},
    }
    if STAGES.index(last) >= STAGES.index("clean"):
        manifest["consents"] = write_ledger(run.home, run.number, run.database)
    (run.database.parent / MANIFEST).write_text(json.dumps(manifest), "utf-8")
    run.home.generations.mkdir(exist_ok=True)
    run.database.rename(run.database.with_name(DATABASE))  # one file, as generations had it until 0.3
    run.database.parent.rename(run.home.generations / str(run.number))
    point_to(run.home, run.number)


def drop_later(con: duckdb.DuckDBPyConnection, last: str) -> None:
    """Drop what later stages own, as an earlier generation left it; publish the views that can be asked."""
    place = STAGES.index(last)
    own = {"main.customer_identity": "identify", "main.customer_identity_history": "identify"}
    tables = con.execute(
        "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = current_database()"
    ).fetchall()
    for view in con.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall():
        con.execute(f"DROP VIEW main.{quote(view[0])}")
    for schema, table in tables:
        stage = own.get(f"{schema}.{table}", SCHEMAS.get(schema, "load"))
        if STAGES.index(stage) > place:
            con.execute(f"DROP TABLE {quote(schema)}.{quote(table)}")
    for name, (stage, query) in SERVED.items():
        if STAGES.index(stage) <= place:
            publish_view(con, name, query)
