"""Marks of rows that a source has deleted: an operation of a change stream, a flag, or the time of the deletion.

A marked row is a version of its key like any other, so that the same order of versions holds for it; while it is the
newest, its key is not there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from warehouse.duck import literal, quote
from warehouse.types.vocabularies import words

if TYPE_CHECKING:
    from warehouse.contracts.model import Column, Source

DELETED, KEPT = "deleted", "kept"
"""What a word may mean (c360.means)."""
WORDS: Mapping[str, frozenset[str]] = {
    DELETED: frozenset(words("d, del, delete, deleted, remove, removed, 1, true, t, yes, y, x, ja, oui, gelöscht",
                             "已删除, 已刪除, 是")),
    KEPT: frozenset(words("c, r, u, i, create, created, insert, inserted, read, snapshot, update, updated, upsert",
                          "0, false, f, no, n, nein, non, active, aktiv, 未删除, 未刪除, 否")),
}  # fmt: skip
"""Words of change streams (Debezium's c, r, u and d, the I, U and D of others) and of flags, in small letters."""
UNMARKED = frozenset({"consent", "reference"})
"""Kinds of which no row is deleted: a consent is withdrawn, a rate is corrected."""
TIMES = frozenset({"date", "timestamp", "time"})
NAMES = re.compile(
    "op|cdcoperation|changeop|(is|was|row|soft|x|fivetran|cdc|meta)?(deleted|removed)(flag|ind|at|on|by|date|time)?"
    "|isremoved|isdelete|delete(d)?flag|(date|time)deleted|deletiondate|deletiontime|deletionflag|tombstone"
    "|(ist)?(gelöscht|geloescht)(am)?|l(ö|oe)schkennzeichen|supprim(é|e)|是否删除|是否刪除|已删除|已刪除|删除时间|刪除時間"
)
"""Names of columns that are such marks, without signs and case."""


def looks_like_mark(name: str) -> bool:
    """Is a column called as marks of deleted rows are? Of a nested one, its last name counts."""
    return NAMES.fullmatch(re.sub(r"[\W_]+", "", name.rsplit(".", 1)[-1]).casefold()) is not None


def list_unmarked(source: Source) -> list[Column]:
    """A source's own columns that are called as marks are, and of which the contract says nothing."""
    columns = source.own.columns if source.kind not in UNMARKED else ()
    return [c for c in columns if c.marks_deleted is None and looks_like_mark(c.name)]


def list_words(column: Column, meaning: str) -> list[str]:
    """Words of a column with a meaning: its own ones win."""
    own = {word.strip().casefold(): said for word, said in column.means.items()}
    return sorted({*(WORDS[meaning] - own.keys()), *(word for word, said in own.items() if said == meaning)})


def is_deleted(source: Source, row: str = "") -> str:
    """SQL, never NULL: does the row say that its key was deleted? `row` is the name of its relation, with a point."""
    return "false" if source.deletion_mark is None else says_deleted(source.deletion_mark, row)


def says_deleted(column: Column, row: str = "") -> str:
    """SQL, never NULL: does a column, read as a mark, say that its row was deleted?"""
    name = row + quote(column.name)
    if column.type in TIMES:
        return f"({name} IS NOT NULL)"
    if column.type == "boolean":
        return f"coalesce({name}, false)"
    return f"coalesce({fold(name)} IN ({', '.join(map(literal, list_words(column, DELETED)))}), false)"


def is_unknown(column: Column) -> str:
    """SQL: does a mark say neither that its row was deleted nor that it was not?"""
    if column.type in TIMES or column.type == "boolean":
        return "false"
    known = [*list_words(column, DELETED), *list_words(column, KEPT)]
    name = quote(column.name)
    return f"coalesce({fold(name)} NOT IN ('', {', '.join(map(literal, known))}), false)"


def fold(name: str) -> str:
    """SQL: a mark as a word."""
    return f"lower(trim(CAST({name} AS VARCHAR)))"


def list_kept_columns(source: Source) -> frozenset[str]:
    """Of a deleted row, the columns that are kept: its key, its mark, and what says which version is the newest."""
    marks = [c.name for c in (source.deletion_mark, source.sequence_column) if c is not None]
    return frozenset({*source.key, *marks})
