"""`c360 export recommender`: what recommenders learn from, as of a business date, written whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Any

import duckdb

from serving.recommender.audit.files import require_no_leak
from serving.recommender.audit.known import find_known_faults
from serving.recommender.audit.past import find_past_faults
from serving.recommender.folder import keep_unchanged, read_before, replacing
from serving.recommender.forms.feast import write_feast
from serving.recommender.forms.matrices import write_matrices
from serving.recommender.forms.parquet import write_parquet
from serving.recommender.forms.recbole import write_recbole
from serving.recommender.manifest import write_manifest
from serving.recommender.order import ExportDates
from serving.recommender.permission import Permission, find_permission
from serving.recommender.profiles import MONTHS
from serving.recommender.selection import Selection, select_rows
from warehouse.contracts.settings import read_kept, read_rules, read_settings
from warehouse.errors import UsageError
from warehouse.home.layout import Home
from warehouse.home.verify import open_generation


@dataclass(frozen=True)
class ExportOptions:
    """What is asked for."""

    home: Path
    contracts: Path
    out: Path
    as_of: date | None = None
    """None: the business date of the current generation."""
    features_as_of: date | None = None
    """The business date of the customers' features; None: the day before validation begins."""
    validation_from: date | None = None
    test_from: date | None = None
    core: int = 0
    """k of the k-core; 0 keeps everybody."""
    purpose: str | None = None
    months: int = MONTHS
    """Ends of months in the histories of features, at most."""


def export_recommender(request: ExportOptions) -> dict[str, Any]:
    """Write the export and give its manifest; an export that was there before stays until this one is whole.

    Raises:
        UsageError: the date, the purpose or the folder cannot be used.
        NothingError: no customer may be exported, or nothing was done with an item.
        ConsentError: the ledger of consents is missing or damaged.
        LeakError: the files hold what was known only later.
    """
    home = Home(request.home)
    generation = home.require_current()
    permission = find_permission(request.contracts, request.purpose, generation.read_manifest())
    order = settle_dates(request, generation.as_of, read_kept(generation.read_manifest())["timezone"])
    limit = read_settings(request.contracts).memory_limit
    with replacing(request.out) as folder, open_generation(generation, limit) as con:
        con.execute("SET temp_directory = ?", [str(folder.with_name("spill"))])
        chosen = select_rows(con, home, order, permission)
        write_parquet(con, folder, chosen)
        write_recbole(con, folder)
        write_matrices(con, folder)
        write_feast(con, folder)
        manifest = write_manifest(con, folder, generation, order, permission, chosen, read_before(request.out))
        audit_export(con, folder, order, permission, chosen, limit)
        keep_unchanged(folder, request.out, manifest["files"])
    return manifest


def audit_export(
    con: duckdb.DuckDBPyConnection,
    folder: Path,
    order: ExportDates,
    permission: Permission,
    chosen: Selection,
    memory_limit: str,
) -> None:
    """Raise LeakError unless the files of an export know nothing early, among themselves and by the generation."""
    given = (con, folder, order, permission, chosen)
    require_no_leak(folder, memory_limit, chain(find_known_faults(*given), find_past_faults(*given)))


def settle_dates(request: ExportOptions, newest: date, timezone: str) -> ExportDates:
    """The request with every date settled."""
    as_of = request.as_of or newest
    features, rules = request.features_as_of, read_rules(read_settings(request.contracts).survivorship)
    if as_of > newest:
        raise UsageError(
            f"--as-of {as_of} lies after the current generation, which is as of {newest}; run that night first"
        )
    if features and features > as_of:
        raise UsageError(f"--features-as-of {features} lies after {as_of}, the end of the export; give an earlier date")
    return ExportDates(
        as_of,
        features,
        newest,
        timezone,
        request.validation_from,
        request.test_from,
        request.core,
        rules,
        request.months,
    )
