"""The folder of an export: made beside its place, and moved there once it is whole."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from warehouse.errors import UsageError
from warehouse.home.lock import private_files

MANIFEST = "manifest.json"
FORMAT = "c360-recommender-3"
"""What the manifest calls the layout of the folder; a change of the layout changes it."""
FILES = {"customer": "customers_train", "customer_now": "customers_now", "item": "items"}
"""By table of the selection: its Parquet file."""
PAST = {"customer": "customers_history", "item": "items_history"}
"""Of what Feast is asked about: the Parquet file that holds it as of many days."""


@contextmanager
def replacing(out: Path) -> Iterator[Path]:
    """Give a folder to write to, private; afterwards it stands in the place of `out`, or is gone if anything failed.

    Raises:
        UsageError: what is there is neither empty nor an export of ours.
    """
    out = out.resolve()
    require_ours(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    with private_files(), tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as scratch:
        fresh, old = Path(scratch) / "new" / out.name, Path(scratch) / "old"
        fresh.mkdir(parents=True)
        yield fresh
        require_ours(out)  # it may have been filled in the meantime
        if out.exists():
            out.rename(old)
        try:
            fresh.rename(out)
        except OSError:
            if old.exists():
                old.rename(out)
            raise


def require_ours(out: Path) -> None:
    """Raise UsageError unless a folder may be written there."""
    if not out.exists():
        return
    if not out.is_dir():
        raise UsageError(f"--out: {out} is a file; name a folder")
    if any(out.iterdir()) and not is_export(out):
        raise UsageError(f"--out: {out} holds something other than an export; name a new or empty folder")


def is_export(folder: Path) -> bool:
    """Does a folder hold an export for recommenders?"""
    try:
        return str(json.loads((folder / MANIFEST).read_text("utf-8"))["format"]).startswith("c360-recommender-")
    except (OSError, ValueError, KeyError, TypeError):
        return False
