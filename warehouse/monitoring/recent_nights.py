"""The history that a report carries: a summary of tonight behind those of the nights before, from parent to child.

It follows a rollback, since each generation has the history of its own ancestors.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from warehouse.home.verify import sha256_of
from warehouse.run import Run

KEPT = 30
"""Nights that a report remembers, its own with them."""
SUMMARY = ("as_of", "generation", "sources", "quarantine", "freshness", "seconds", "customers", "churn")
"""What is remembered of a night; parts of its report."""


def list_nights(run: Run, report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The nights that led to what is served after this run, the oldest first; tonight's is the last if published."""
    before = read_nights(run)
    if report["status"] != "published":
        return before
    return [*before, {name: report[name] for name in SUMMARY}][-KEPT:]


def read_nights(run: Run) -> list[dict[str, Any]]:
    """The nights of the generation that the run started from.

    None where it has none, an older program wrote it, or its report is not what was published (`c360 verify` tells of
    that): a history is no reason to fail a night.
    """
    parent = run.find_parent()
    if parent is None:
        return []
    path = parent.folder / "report.json"
    try:
        is_whole = sha256_of(path) == parent.read_manifest()["files"]["report.json"]
        return list(json.loads(path.read_text("utf-8"))["nights"]) if is_whole else []
    except (OSError, ValueError, KeyError, TypeError):
        return []
