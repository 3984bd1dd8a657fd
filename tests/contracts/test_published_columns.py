"""Others build on the published columns: none goes, or becomes another type, without a word in CHANGELOG.md."""

from __future__ import annotations

from pathlib import Path

from warehouse.contracts.published import list_published
from warehouse.types import sql_type

RECORD = Path(__file__).with_name("published_columns.txt")


def list_columns() -> list[str]:
    """Every published column with its type."""
    return [f"{table.name}.{column.name} {sql_type(column)}" for table in list_published() for column in table.columns]


def test_published_columns_stay() -> None:
    recorded, now = RECORD.read_text("utf-8").split("\n")[:-1], list_columns()
    gone = sorted(set(recorded) - set(now))
    assert not gone, (
        f"published before, and now gone or of another type: {', '.join(gone)}. Keep them; or say so under Changed or "
        f"Removed in CHANGELOG.md and take their lines out of tests/{RECORD.name}"
    )
    assert sorted(set(now) - set(recorded)) == [], f"new columns: `make docs` writes them to tests/{RECORD.name}"


def record() -> None:
    """Add the columns that are new; what is gone stays, for the test to tell."""
    recorded = RECORD.read_text("utf-8").split("\n")[:-1]
    RECORD.write_text("".join(f"{line}\n" for line in sorted({*recorded, *list_columns()})), "utf-8")


if __name__ == "__main__":
    record()
