"""An export in a few lines, for a person at a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any


def summarise(manifest: Mapping[str, Any], out: Path) -> str:
    """What was written, where it was split, and what is cold."""
    counts, split, consent = manifest["counts"], manifest["split"], manifest["consent"]
    parts = counts["interactions"]
    lines = [
        f"{out}: generation {manifest['generation']} as of {manifest['as_of']}, {counts['customers']:,} customers"
        + (f" who consented to {consent}" if consent else "")
        + f", {counts['items']:,} items",
        f"  train       {parts['train']:>10,} interactions before {split['validation_on']}",
    ]
    for part in ("validation", "test"):
        cold = manifest["cold"][part]
        lines.append(
            f"  {part:<11} {parts[part]:>10,} from {split[f'{part}_on']}: {cold['cold_customers']:,} of"
            f" {cold['customers']:,} customers and {cold['cold_items']:,} of {cold['items']:,} items are cold"
        )
    size = sum(told["bytes"] for told in manifest["files"].values())
    lines.append(f"  {len(manifest['files'])} files, {size / 1e6:.1f} MB, read again: nothing known early")
    return "\n".join([*lines, *(f"  note: {note}" for note in manifest["notes"])])
