"""docs/columns.md, from the contracts of the published tables: `python -m warehouse.publish.columns_page`."""

from __future__ import annotations

from warehouse.contracts.features import SHIPPED
from warehouse.contracts.published import VERSIONED, published
from warehouse.features.nightly import list_tables
from warehouse.types import sql_type


def show_columns() -> str:
    """docs/columns.md: every published table and column with its type and meaning, and the features we ship."""
    parts = ["# Published tables", "", "Made from `contracts/published/` by `make docs`; times are UTC.", ""]
    for table in list_tables(SHIPPED.parent):
        parts += [f"## {table.name}", "", table.description, "", "| column | type | meaning |", "|---|---|---|"]
        above = {c.name for c in published(VERSIONED[table.name]).columns} if table.name in VERSIONED else set()
        parts += [f"| `{c.name}` | {sql_type(c)} | {c.description} |" for c in table.columns if c.name not in above]
        parts.append("")
    return "\n".join(parts)


if __name__ == "__main__":
    print(show_columns())
