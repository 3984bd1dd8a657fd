"""Rules between contracts: one name for one source, and relationships that lead to an account, order or item."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from warehouse.contracts.lint.draft import Draft, Leaf, read_list
from warehouse.contracts.problem import Problem, suggest

TARGETS = {"account_id": "account_id", "parent_id": "event_id", "item_id": "item_id"}
"""By role, the role of the column that its relationship must lead to."""
KEYED = {"event_id": "orders", "item_id": "items"}
"""By that role, the kind of source of which it must be the key."""


def check_neighbours(drafts: list[Draft], files: set[str]) -> Iterator[Problem]:
    """What contracts say of each other: one name, one source; a relationship leads to what it means."""
    owner: dict[str, str] = {}
    by_file = {draft.file: draft for draft in drafts}
    for draft in drafts:
        name = str(draft.document.get("name"))
        if name in owner:
            yield draft.problem(
                "name", f"name {name!r} is {owner[name]}'s, too", "give each contract a name of its own"
            )
        owner.setdefault(name, draft.file)
        for leaf in (leaf for role in TARGETS for leaf in draft.having(role)):
            for number, relation in read_list(leaf.body, "relationships"):
                target, role = relation.get("to"), TARGETS[str(leaf.role)]
                complaint = judge_target(target, by_file, files, role) if isinstance(target, str) else None
                if complaint:
                    yield draft.problem(f"{leaf.path}.relationships[{number}].to", *complaint)


def judge_target(
    target: str, drafts: Mapping[str, Draft], files: set[str], role: str = "account_id"
) -> tuple[str, str] | None:
    """What is wrong with a reference to another contract's account id, order or item; None if nothing."""
    form = "write <file>.odcs.yaml#schema/<table>/properties/<column>"
    file, _, place = target.partition("#")
    steps = place.removeprefix("/").split("/")
    if not file or len(steps) < 4 or steps[0] != "schema" or set(steps[2::2]) != {"properties"} or len(steps) % 2:
        return f"{target!r} does not name a file and a column", form
    file = file.rsplit("/", 1)[-1]
    if file not in files:
        return f"there is no contract {file!r} in the folder", suggest(file, files)
    other = drafts.get(file)
    if other is None:  # it cannot be read, and that has been said
        return None
    tables = {str(other.table.get(key)) for key in ("id", "name")}
    if steps[1] not in tables:
        return f"{file} has no table {steps[1]!r}", suggest(steps[1], tables - {"None"})
    wanted = ".".join(steps[3::2])
    found = next((leaf for leaf in other.leaves if wanted in (leaf.name, leaf.body.get("id"))), None)
    if found is None:
        return f"{file} has no column {wanted!r}", suggest(wanted, [leaf.name for leaf in other.leaves])
    return judge_leaf(found, other, role)


def judge_leaf(found: Leaf, other: Draft, role: str) -> tuple[str, str] | None:
    """What is wrong with the column that a reference leads to; None if nothing."""
    if found.role != role:
        article = "an" if role[0] in "aeiou" else "a"
        return f"{found.name!r} of {other.file} is not {article} {role}", f"name its {role}"
    if (kind := KEYED.get(role)) is None:
        return None
    if other.document.get("status") == "retired":
        return f"{other.file} is retired, and its {kind} forgotten", "retire this contract, too, or let that be active"
    keys = [leaf for leaf in other.leaves if leaf.is_key]
    if other.kind != kind or keys != [found]:
        cure = f"let it be the only primaryKey there, and c360.kind: {kind}"
        return f"{found.name!r} of {other.file} is not the key of {kind}", cure
    return None
