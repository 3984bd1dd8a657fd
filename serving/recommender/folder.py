"""The folder of an export: made beside its place, and moved there once it is whole."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from warehouse.errors import UsageError
from warehouse.home.lock import private_files
from warehouse.home.verify import sha256_of

MANIFEST, CARD = "manifest.json", "card.html"
FORMAT = "c360-recommender-4"
"""What the manifest calls the layout of the folder; a change of the layout changes it."""
FILES = {"customer": "customers_train", "customer_now": "customers_now", "item": "items"}
"""By table of the selection: its Parquet file."""
PAST = {"customer": "customers_history", "item": "items_history"}
"""Of what Feast is asked about: the folder that holds it as of many days, a Parquet file a day."""


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


def read_before(out: Path) -> dict[str, tuple[str, int]]:
    """The files of the export that is there: their checksums, and of which generation's export each is."""
    if not is_export(out):
        return {}
    manifest = json.loads((out / MANIFEST).read_text("utf-8"))
    return {
        name: (told["sha256"], told.get("generation", manifest["generation"]))
        for name, told in manifest["files"].items()
    }


def keep_unchanged(folder: Path, out: Path, files: Mapping[str, Mapping[str, Any]]) -> None:
    """Put each file of the export before in the place of one that came out the same, by its bytes.

    So it keeps the time of its change, and whoever copies the folder has nothing to transfer of it.
    """
    for name in files:
        fresh, old = folder / name, out.resolve() / name
        if not old.is_file() or old.is_symlink() or sha256_of(old) != files[name]["sha256"]:
            continue
        fresh.unlink()
        try:
            fresh.hardlink_to(old)
        except OSError:  # a file system without links
            shutil.copy2(old, fresh)


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
