"""A home of an earlier version goes on under today's names; it is the copy that a run works on which is changed."""

from __future__ import annotations

from pathlib import Path

from warehouse.duck import has_table, open_database, quote

TABLES = (("clean", "told", "changed_account"), ("profile", "folded", "aggregated"))
"""Schema, and a table's name until 0.2 and since."""
COLUMNS = (
    ("governance", "cleaned", "anew_in", "rebuilt_in"),
    ("governance", "replay", "fate", "outcome"),
    ("identity", "churn", "fate", "outcome"),
    ("identity", "match_node", "is_crowded", "is_oversized"),
)
"""Schema, table, and a column's name until 0.2 and since."""
RULES = {"doubled_key": "duplicate_key", "column_gone": "missing_column", "no_declared_field": "no_known_field"}
"""Rules of rows in quarantine, until 0.2 and since; of a column's rule (`rule:column`) the part before the colon."""


def upgrade(database: Path, memory_limit: str) -> None:
    """Rename what has another name today; nothing, in a home of this version."""
    with open_database(database, memory_limit=memory_limit) as con:
        known = {tuple(row) for row in con.execute(
            "SELECT schema_name, table_name, column_name FROM duckdb_columns() WHERE NOT internal"
        ).fetchall()}  # fmt: skip
        for schema, table, old, new in COLUMNS:
            if (schema, table, old) in known:
                con.execute(f"ALTER TABLE {schema}.{table} RENAME COLUMN {quote(old)} TO {quote(new)}")
        for schema, old, new in TABLES:
            if has_table(con, schema, old):
                con.execute(f"ALTER TABLE {schema}.{quote(old)} RENAME TO {quote(new)}")
        if has_table(con, "quarantine", "record"):
            con.execute(
                f"UPDATE quarantine.record SET rule = {rule_today('rule')},"
                f" rules = list_transform(rules, lambda one: {rule_today('one')})"
                f" WHERE split_part(rule, ':', 1) IN ({', '.join(map(repr, RULES))})"
            )


def rule_today(name: str) -> str:
    """SQL of a rule under today's name."""
    cases = " ".join(f"WHEN '{old}' THEN '{new}' || substr({name}, {len(old) + 1})" for old, new in RULES.items())
    return f"CASE split_part({name}, ':', 1) {cases} ELSE {name} END"


def name_today(rule: str) -> str:
    """A rule under today's name, whatever it was called."""
    head, colon, column = rule.partition(":")
    return RULES.get(head, head) + colon + column
