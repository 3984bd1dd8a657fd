"""What readers of every format give: batches of records, and what is known of the delivery besides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from warehouse.landing.files import DeliveryError


@dataclass(frozen=True)
class Bounds:
    """What one delivery may come to, by the settings of the same names; more of it is refused before it is read."""

    max_columns: int = 10_000
    max_unpack_ratio: int = 100

    def require_columns(self, count: int) -> None:
        """Raise DeliveryError if there are more columns."""
        if count > self.max_columns:
            raise DeliveryError(
                f"it has {count:,} columns, and at most {self.max_columns:,} are read; have it delivered with fewer, or"
                " raise max_columns in settings.yaml"
            )


USUAL = Bounds()
"""Of files that no setting speaks of."""


@dataclass
class Reading:
    """What is known of a delivery besides its records; complete when the last batch was taken."""

    physical_count: int = 0
    """Records, counted over the bytes."""
    undeclared: dict[str, int] = field(default_factory=dict)
    """Name of what the contract does not declare: number of records that had it."""
    missing: list[str] = field(default_factory=list)
    """Declared columns that were nowhere in the delivery."""
    notes: list[str] = field(default_factory=list)
    """What was found out or put right, for people to read."""
    repaired_count: int = 0
    """Rows whose stray quote was taken as a character."""
    region: str = ""
    """Where the company is (ISO 3166-1), which says what letters are usual; given by who reads, "" for any."""
    bounds: Bounds = USUAL
    """What the delivery may come to; given by who reads."""
    past: Mapping[str, str] = field(default_factory=dict)
    """`encoding`, `delimiter`: how the source's last delivery was found to be written; given by who reads."""
    ways: dict[str, str] = field(default_factory=dict)
    """The same of this delivery."""


@dataclass(frozen=True)
class Batch:
    """Some records of a delivery."""

    rows: pl.DataFrame
    """One row per readable record: `_record` (1-based), then the declared columns; null: absent or empty."""
    faults: pl.DataFrame
    """One row per unreadable record: `_record`, `rule`, `raw` (its text; null if that may not or cannot be kept)."""
