"""What a text of SQL does, judged by its syntax tree: DuckDB calls SELECT whatever begins as one, a COPY within too."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb

SELECT_NODES = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE", "BOUND_SUBQUERY_NODE"})
HARMLESS = frozenset(
    {
        "duckdb_columns", "duckdb_constraints", "duckdb_databases", "duckdb_dependencies", "duckdb_functions",
        "duckdb_indexes", "duckdb_keywords", "duckdb_memory", "duckdb_schemas", "duckdb_secrets", "duckdb_sequences",
        "duckdb_settings", "duckdb_tables", "duckdb_types", "duckdb_views", "generate_series", "icu_calendar_names",
        "json_each", "json_tree", "pg_timezone_names", "pragma_collations", "pragma_database_size", "pragma_show",
        "pragma_storage_info", "pragma_table_info", "pragma_version", "range", "repeat", "repeat_row", "summary",
        "unnest",
    }
)  # fmt: skip
"""Of the engine's functions that give tables, those that give nothing but what stands in a query or the catalogue.
Others read files, memory or what others told the engine; run a text of SQL, which the tree does not show; or act."""
ACTING = frozenset({"nextval", "pg_sleep", "setval", "sleep_ms", "write_log"})
"""Of its other functions, those that do more than give a value."""
MAKING_ROWS = frozenset({"generate_series", "range", "repeat", "repeat_row", "unnest"})
WRITING = frozenset({"copy", "insert", "update", "delete", "merge", "truncate"})
"""Words that begin what writes within a SELECT."""
EXPLAIN = re.compile(r"\s*explain\s+(analyze\b\s*)?(\(\s*(analyze|format|codegen)\b[^()]*\)\s*)?", re.IGNORECASE)

WORD = re.compile(rb'\w+|"[^"]*"')
QUOTED = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|/\*.*?\*/|(\$\w*\$).*?\1""", re.DOTALL)
"""Texts, names and comments, in which a parenthesis opens nothing."""
MOST_CHARACTERS, MOST_LEVELS = 50_000, 100
"""Longer and deeper ones the parser takes minutes for, or ends the process."""


@cache
def list_acting() -> frozenset[str]:
    """Names of all functions of the engine that a query may not call."""
    query = "SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type IN ('table', 'pragma')"
    tables = {str(name) for (name,) in open_memory().execute(query).fetchall()}
    return frozenset(tables - HARMLESS | ACTING)


def judge_size(text: str) -> str | None:
    """What is wrong with the length or depth of a text of SQL, before anything parses it; None if nothing."""
    if len(text) > MOST_CHARACTERS:
        return f"the query has {len(text):,} characters, of which at most {MOST_CHARACTERS:,} can be judged"
    depth = deepest = 0
    for sign in re.findall(r"[(\[{)\]}]", QUOTED.sub(" ", text)):
        depth += 1 if sign in "([{" else -1
        deepest = max(deepest, depth)
    return "the query is too deep to be judged; write it with fewer levels" if deepest > MOST_LEVELS else None


@cache
def open_memory() -> duckdb.DuckDBPyConnection:
    """One empty database in memory for all questions to DuckDB's parser; opening it is what takes time."""
    import duckdb

    return duckdb.connect()


def judge_reading(text: str) -> str | None:
    """What is wrong with a text that should be one statement which does nothing but read; None if it is one.

    An EXPLAIN is judged by what it explains, which EXPLAIN ANALYZE runs.

    Raises:
        duckdb.Error: it cannot be parsed.
    """
    if fault := judge_size(text):
        return fault
    statements = open_memory().extract_statements(text)
    if len(statements) != 1:
        return f"give one statement, as: select count(*) from customer_profile; there are {len(statements)}"
    try:
        kind = statements[0].type.name
    except ValueError:  # of a kind that the engine's own client has no name for, as UPDATE EXTENSIONS
        kind = "the statement"
    if kind == "SELECT":
        return judge_select(text)
    if kind == "EXPLAIN":
        return judge_reading(EXPLAIN.sub("", text, count=1)) if EXPLAIN.match(text) else "begin with explain"
    if kind == "MULTI":
        return judge_pivot(text)
    return f"{kind.replace('_', ' ').lower()} does not only read; give a SELECT"


def judge_pivot(text: str) -> str | None:
    """What is wrong with a PIVOT that finds its columns by itself: to DuckDB several statements, without a tree."""
    import duckdb

    body = text.encode()  # the places of words are counted in bytes
    starts = [start for start, kind in duckdb.tokenize(text) if kind.name in ("keyword", "identifier")]
    words = {word[0].strip(b'"').lower().decode() for start in starts if (word := WORD.match(body, start))}
    if wrong := sorted(words & (WRITING | list_acting())):
        return f"the pivot says {', '.join(wrong)}; list its columns, as ON column IN ('a', 'b'), and it can be judged"
    return None


def judge_select(text: str) -> str | None:
    """What is wrong with a text that should be one SELECT which does nothing but read; None if it is one."""
    if fault := judge_size(text):
        return fault
    row = open_memory().execute("select json_serialize_sql(?)", [text]).fetchall()
    try:
        tree: dict[str, Any] = json.loads(row[0][0])
    except RecursionError:
        return "the query is too deep to be judged; write it with fewer levels"
    if tree.get("error"):
        said = str(tree.get("error_message", "")).splitlines()
        return f"the query is no SELECT: {said[0] if said else 'it cannot be parsed'}"
    if len(tree["statements"]) != 1:
        return f"the query is {len(tree['statements'])} statements"
    nodes = list(walk(tree))
    wrong = {kind for node in nodes if (kind := str(node.get("type"))).endswith("_NODE")} - SELECT_NODES
    if wrong:
        return f"the query does more than select: {', '.join(sorted(wrong))}"
    acting = list_acting() & {str(node.get("function_name")).lower() for node in nodes}
    return f"the query does more than select: {', '.join(sorted(acting))}()" if acting else None


def is_one_count(text: str) -> bool:
    """Is the text one SELECT whose whole answer is how many rows there are? Any other number could be somebody's.

    What makes rows out of a number, as range() does, would show that number as their count.
    """
    if judge_select(text):
        return False
    row = open_memory().execute("select json_serialize_sql(?)", [text]).fetchall()
    tree = json.loads(row[0][0])
    node = tree["statements"][0]["node"]
    if node["type"] != "SELECT_NODE" or len(node["select_list"]) != 1:
        return False
    shown = node["select_list"][0]
    is_plain = not any(node[part] for part in ("modifiers", "group_expressions", "having", "qualify"))
    is_count = shown["class"] == "FUNCTION" and shown["function_name"] in {"count", "count_star"}
    makes_rows = any(
        inner.get("type") in {"TABLE_FUNCTION", "RECURSIVE_CTE_NODE"}
        or str(inner.get("function_name")).lower() in MAKING_ROWS
        for inner in walk(tree)
    )
    return bool(is_plain and is_count and not makes_rows)


def walk(tree: Any) -> Iterator[dict[str, Any]]:
    """Every mapping of a syntax tree; not by recursion, for a tree may be deeper than Python's stack."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting += node.values()
        elif isinstance(node, list):
            waiting += node
