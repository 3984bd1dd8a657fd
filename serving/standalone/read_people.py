"""Files of people as one table for the matcher: one row per record, its roles cleaned as the nights clean them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import polars as pl

from serving.standalone.column_roles import ColumnMap
from transforms.values.emails import find_addresses, key_addresses
from transforms.values.per_distinct import list_distinct
from transforms.values.phones import is_placeholder, require_region, write_numbers
from transforms.values.placeholders import drop_placeholders
from warehouse.errors import UsageError
from warehouse.landing.formats.any_table import TableFile, open_table, read_columns

JOINED = frozenset({"full_name", "given_name", "middle_name", "surname", "address"})
"""Roles of which several columns are parts of one value; of any other they are several values."""
E164 = 0
"""How `phonenumbers` calls that format."""
Say = Callable[[str], None]


def open_files(paths: Sequence[Path], wanted: Sequence[str]) -> dict[str, TableFile]:
    """Each file under the name of its source: its stem, with a number behind where files share one."""
    files: dict[str, TableFile] = {}
    for path in paths:
        file = open_table(path, wanted)
        source, number = file.stem, 1
        while source in files:
            number += 1
            source = f"{file.stem}_{number}"
        files[source] = file
    return files


def read_people(files: Mapping[str, TableFile], maps: Mapping[str, ColumnMap], region: str, warn: Say) -> pl.DataFrame:
    """All records in the order read: source, record, and a text or a list of texts per role.

    Args:
        files: source → its file.
        maps: source → what its columns stand for.
        region: ISO 3166 code of the place whose phone numbers are written without a country code.
        warn: told what was left out or put right.

    Raises:
        UsageError: the ids of a source are not unique, or no numbering plan is known for the region.
    """
    try:
        require_region(region)
    except ValueError as error:
        raise UsageError(f"--region: {error}") from None
    parts = [read_source(source, files[source], maps[source], region, warn) for source in files]
    return pl.concat(parts, how="diagonal")


def read_source(source: str, file: TableFile, mapped: ColumnMap, region: str, warn: Say) -> pl.DataFrame:
    """The records of one file."""
    rows, faults = read_columns(file, mapped.columns)
    if faults:
        rules = ", ".join(f"{rule} {count:,}" for rule, count in sorted(faults.items()))
        warn(f"{source}: {sum(faults.values()):,} records cannot be read and are left out ({rules})")
    people = rows.select(source=pl.lit(source), record=name_records(source, rows, mapped.record, warn))
    values = {role: clean_role(role, rows.select(columns), region) for role, columns in mapped.roles.items()}
    people = people.with_columns(**values)
    return people if mapped.record is None else drop_repeated(source, people, mapped.record, warn)


def name_records(source: str, rows: pl.DataFrame, column: str | None, warn: Say) -> pl.Series:
    """The ids of records: the column's text, or the number of the row (the first record is 1)."""
    number = rows["_record"].cast(pl.String)
    if column is None:
        return number
    given = flatten(rows[column])
    if blank := given.null_count():
        warn(f"{source}: {blank:,} records have no id in column {column!r}; they are called by their row, as 'row 17'")
    return given.fill_null("row " + number)


def drop_repeated(source: str, people: pl.DataFrame, column: str, warn: Say) -> pl.DataFrame:
    """The records, one that is repeated whole only once.

    Raises:
        UsageError: records of different content share an id.
    """
    once = people.unique(maintain_order=True, keep="first")
    if repeated := people.height - once.height:
        warn(f"{source}: {repeated:,} rows repeat a record, id and all, and are left out")
    if doubled := int(once["record"].is_duplicated().sum()):
        raise UsageError(
            f"{source}: {doubled:,} records share their id in column {column!r} with another; name a column that is"
            " unique, or leave --id away: then the number of the row is the id"
        )
    return once


def flatten(values: pl.Series) -> pl.Series:
    """A list of texts as one text."""
    is_list = isinstance(values.dtype, pl.List)
    return values.list.join(" ").replace("", None) if is_list else values


def clean_role(role: str, columns: pl.DataFrame, region: str) -> pl.Series:
    """The values of one role: the columns' text joined, or the list of what they hold."""
    if role in JOINED:
        texts = columns.with_columns(flatten(columns[name]) for name in columns.columns)
        return texts.select(pl.concat_str(pl.all(), separator=" ", ignore_nulls=True).replace("", None)).to_series()
    lists = [key_values(role, columns[name], region) for name in columns.columns]
    joined = pl.DataFrame([s.alias(str(i)) for i, s in enumerate(lists)]).select(
        pl.concat_list(pl.all().fill_null([])).list.drop_nulls().list.unique(maintain_order=True)
    )
    return joined.to_series()


def key_values(role: str, values: pl.Series, region: str) -> pl.Series:
    """The values of one column as lists, by their keys where the nights know some."""
    text = flatten(values) if role in {"email", "phone"} else values
    if role == "email":
        return list_distinct(text, key_emails)
    if role == "phone":
        return list_distinct(text, partial(key_phones, region=region))
    is_list = isinstance(text.dtype, pl.List)
    if role in {"national_id", "handle"} and not is_list:
        text = drop_placeholders(text)
    return text if is_list else text.to_frame().select(pl.concat_list(pl.all())).to_series()


def key_emails(text: str) -> list[str]:
    """Match keys of the mailboxes in a field; a field without any stays as it is, for it may be mistyped."""
    return key_addresses(text) or ([] if find_addresses(text) else [text])


def key_phones(text: str, region: str) -> list[str]:
    """E.164 of the numbers in a field; one outside every plan stays as it is, unless it only fills the field."""
    digits = "".join(c for c in text if c.isdigit())
    kept = [text] if digits and not is_placeholder(digits) else []
    return write_numbers(text, region, E164) or kept


def list_doubled(paths: Sequence[Path]) -> list[str]:
    """Names of files that are given more than once."""
    counts = Counter(path.resolve() for path in paths)
    return [path.name for path, count in counts.items() if count > 1]
