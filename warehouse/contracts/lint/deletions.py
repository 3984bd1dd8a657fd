"""Rules for marks of deleted rows, and for what says which version of a row is the newest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from warehouse.contracts.lint.draft import Draft, Leaf, custom_path, read_custom
from warehouse.contracts.model import Contracts
from warehouse.contracts.problem import Problem
from warehouse.types.deletion_marks import DELETED, KEPT, UNMARKED, list_unmarked

MODES = ("merge", "snapshot")
"""Load modes in which a row takes the place of an earlier one."""
ORDERED = frozenset({"integer", "number", "date", "timestamp"})


def check_deletions(draft: Draft) -> Iterator[Problem]:
    """Each is there once, on a column that can be one, of a source whose rows take the place of earlier ones."""
    mode = str(draft.custom.get("loadMode", "append"))
    for name in ("deleted", "sequence"):
        leaves = [leaf for leaf in draft.leaves if read_custom(leaf.body).get(name) is True]
        judge = judge_mark if name == "deleted" else judge_sequence
        for number, leaf in enumerate(leaves):
            place = custom_path(leaf.body, leaf.path, name)
            if number:
                yield draft.problem(place, f"c360.{name} is on two columns", "keep it on one")
            for message, cure in judge(leaf, str(draft.kind), mode):
                yield draft.problem(place, f"c360.{name} {message}", cure)


def judge_mark(leaf: Leaf, kind: str, mode: str) -> Iterator[tuple[str, str]]:
    """What is wrong with a mark of deleted rows: messages and cures."""
    if kind in UNMARKED:
        yield (
            f"in a source of kind {kind}",
            "leave it out: a consent is withdrawn by its status, and reference data comes whole",
        )
    elif mode not in MODES:
        cure = "set c360.loadMode: merge, with a primaryKey (or snapshot, if each file holds everything)"
        yield f"where rows are only added ({mode})", cure
    means = read_custom(leaf.body).get("means")
    for meaning in means.values() if isinstance(means, Mapping) else ():
        if meaning not in (DELETED, KEPT):
            yield f"with c360.means: {meaning!r} is no meaning of a mark", "write deleted or kept"


def judge_sequence(leaf: Leaf, _kind: str, mode: str) -> Iterator[tuple[str, str]]:
    """What is wrong with the order of versions: messages and cures."""
    if mode != "merge":
        yield "where no row is a later one of its key", "set c360.loadMode: merge, or leave it out"
    if leaf.body.get("logicalType") not in ORDERED or leaf.body.get("required") is not True:
        cure = "put it on a number, a date or a timestamp that is required"
        yield "on a column that may not tell which row is the newer", cure


def warn_of_marks(contracts: Contracts) -> Iterator[str]:
    """Columns that are called as marks of deleted rows are, and of which the contract says nothing."""
    for source in contracts.sources:
        for column in list_unmarked(source):
            yield (
                f"{source.path.name}: column {column.name!r} may say which rows were deleted, and they are loaded"
                " as any others — say c360.deleted: true on it if it does (with c360.loadMode: merge), false if not"
            )
