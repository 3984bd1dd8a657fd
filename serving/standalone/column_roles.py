"""Which column of which file has which role: as asked for on the command line, or else by the columns' names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from serving.standalone.role_names import ROLES, guess_role
from warehouse.errors import UsageError
from warehouse.landing.formats.any_table import TableFile
from warehouse.landing.formats.header import key_of


@dataclass(frozen=True)
class RoleOption:
    """One `--role` or `--id`: what a column of one source, or of every one that has it, stands for."""

    source: str | None
    column: str
    role: str
    """A role, or `record` for the id."""


@dataclass(frozen=True)
class ColumnMap:
    """What the columns of one source stand for."""

    roles: Mapping[str, list[str]]
    """Role → its columns in the order given."""
    record: str | None
    """The column of the records' ids; None: the number of the row is the id."""

    @property
    def columns(self) -> list[str]:
        """All columns that are read."""
        return [c for columns in self.roles.values() for c in columns] + ([self.record] if self.record else [])


def read_role_options(roles: Iterable[str], ids: Iterable[str], sources: Iterable[str]) -> list[RoleOption]:
    """What `--role [SOURCE:]column=role` and `--id [SOURCE:]column` ask for.

    Raises:
        UsageError: one is not written so, or there is no such role.
    """
    known = set(sources)
    options = []
    for text in roles:
        column, is_there, role = text.rpartition("=")
        if not is_there or not column.strip():
            raise UsageError("a --role is written column=role, as --role name=full_name; or source:column=role")
        options.append(RoleOption(*split_source(column, known), require_role(role.strip().lower())))
    return options + [RoleOption(*split_source(text, known), "record") for text in ids]


def split_source(text: str, sources: set[str]) -> tuple[str | None, str]:
    """Source and column; a colon that no source stands before belongs to the column's name."""
    source, is_there, column = text.partition(":")
    return (source, column) if is_there and source in sources and column else (None, text)


def require_role(role: str) -> str:
    """The role, or UsageError with the nearest one."""
    if role in ROLES:
        return role
    near = guess_role(role) or next(iter(get_close_matches(role, ROLES, 1)), None)
    hint = f"did you mean {near}? There are: " if near else "there are: "
    raise UsageError(f"a --role names no role behind its =; {hint}{', '.join(ROLES)}")


def map_columns(files: Mapping[str, TableFile], options: Sequence[RoleOption]) -> dict[str, ColumnMap]:
    """What the columns of each source stand for: as wished where any role is, else as their names say.

    Raises:
        UsageError: no file has a wished column, one has two roles, or a source is left without any.
    """
    has_roles = any(option.role != "record" for option in options)
    guessed = [] if has_roles else list_guesses(files)
    if not has_roles and not guessed:
        raise UsageError(
            "no column is called as any role is; say what they hold, as --role who=full_name --role born=birth_date"
            f" (roles: {', '.join(ROLES)}). The first line of a CSV file must name its columns"
        )
    for option in options:
        require_column(option, files)
    maps = {source: map_source(source, file, [*guessed, *options]) for source, file in files.items()}
    for source, found in maps.items():
        if has_roles and files[source].places and not found.roles:
            raise UsageError(f"no --role names a column of {source}; add one, as --role {source}:column=role")
    return maps


def list_guesses(files: Mapping[str, TableFile]) -> list[RoleOption]:
    """Roles of columns by their names."""
    named = [(source, column, guess_role(column)) for source, file in files.items() for column in file.places]
    return [RoleOption(source, column, role) for source, column, role in named if role]


def find_column(name: str, file: TableFile) -> str | None:
    """The file's column of this name, or else the only one that differs in capitals and outer blanks alone."""
    if name in file.places:
        return name
    near = [column for column in file.places if key_of(column) == key_of(name)]
    return near[0] if len(near) == 1 else None


def require_column(option: RoleOption, files: Mapping[str, TableFile]) -> None:
    """Raise UsageError unless a file that the option is about has the column."""
    asked = [files[option.source]] if option.source else list(files.values())
    if any(find_column(option.column, file) for file in asked):
        return
    columns = {key_of(column): column for file in asked for column in file.places}
    near = get_close_matches(key_of(option.column), columns, 1, 0.7)
    where = f"{option.source} has" if option.source else "no file has" if len(files) > 1 else "the file has"
    negation = "" if where.startswith("no ") else " no"
    hint = f"; did you mean {columns[near[0]]!r}?" if near else "; the first line of a CSV file must name its columns"
    name = "--id" if option.role == "record" else "--role"
    raise UsageError(f"{name}: {where}{negation} column {option.column!r}{hint}")


def map_source(source: str, file: TableFile, options: Sequence[RoleOption]) -> ColumnMap:
    """What the columns of one source stand for; an option about this source wins over one about all.

    Raises:
        UsageError: a column is given two roles, or two columns are the id.
    """
    own = [option for option in options if option.source == source]
    # What is said of this source stands in for what is said of all: of the same column, and of the id.
    said = {told_of(option, file) for option in own}
    general = [option for option in options if option.source is None and told_of(option, file) not in said]
    roles: dict[str, list[str]] = {}
    role_of: dict[str, str] = {}
    records = []
    for option in [*own, *general]:
        column = find_column(option.column, file)
        if column is None:
            continue
        if option.role == "record":
            records.append(column)
            continue
        if column in role_of:
            raise UsageError(f"column {column!r} is given a role twice ({role_of[column]}, {option.role}); give it one")
        role_of[column] = option.role
        roles.setdefault(option.role, []).append(column)
    if len(set(records)) > 1:
        raise UsageError(f"{source} has two columns that --id names; name one, as --id {source}:column")
    return ColumnMap(roles, records[0] if records else None)


def told_of(option: RoleOption, file: TableFile) -> str | None:
    """What of a file a option is about: the id, or a column."""
    return "--id" if option.role == "record" else find_column(option.column, file)
