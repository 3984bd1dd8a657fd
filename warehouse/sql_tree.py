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
ACTING = frozenset(
    {
        "checkpoint", "disable_logging", "disable_profiling", "enable_logging", "enable_profiling", "force_checkpoint",
        "json_execute_serialized_sql", "query", "truncate_duckdb_logs",
    }
)  # fmt: skip
"""Functions that do more than read, or run a text of SQL, which the tree does not show."""
WRITING = frozenset({"copy", "insert", "update", "delete", "merge", "truncate"})
"""Words that begin what writes within a SELECT."""
EXPLAIN = re.compile(r"\s*explain\s+(analyze\b\s*)?(\(\s*(analyze|format|codegen)\b[^()]*\)\s*)?", re.IGNORECASE)

WORD = re.compile(rb'\w+|"[^"]*"')


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
    statements = open_memory().extract_statements(text)
    if len(statements) != 1:
        return f"give one statement, as: select count(*) from customer_profile; there are {len(statements)}"
    kind = statements[0].type.name
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
    if wrong := sorted(words & (WRITING | ACTING)):
        return f"the pivot says {', '.join(wrong)}; list its columns, as ON column IN ('a', 'b'), and it can be judged"
    return None


def judge_select(text: str) -> str | None:
    """What is wrong with a text that should be one SELECT which does nothing but read; None if it is one."""
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
    acting = ACTING & {str(node.get("function_name")).lower() for node in nodes}
    return f"the query does more than select: {', '.join(sorted(acting))}()" if acting else None


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
