"""Columns of a Parquet file as Polars takes them: every type read right, or refused by the column's name.

Polars ends in a panic over some types of Arrow, and would take bytes for text; so what it gets is looked at first. The
text of its errors, and of a panic, may quote a value: it is never shown.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import polars as pl
import pyarrow as pa

from warehouse.errors import PanicError, without_panic
from warehouse.landing.files import DeliveryError

PLAIN = (
    pa.types.is_integer, pa.types.is_float32, pa.types.is_float64, pa.types.is_boolean, pa.types.is_date,
    pa.types.is_timestamp, pa.types.is_time, pa.types.is_decimal128, pa.types.is_null, pa.types.is_large_string,
)  # fmt: skip
"""Types that Polars and DuckDB both read as they are."""
MOST_DIGITS = 38
"""Of a decimal, in Polars and DuckDB."""


def to_series(array: Any, name: str) -> pl.Series:
    """A column of Arrow as a column of Polars.

    Raises:
        DeliveryError: its type or its bytes cannot be read; the message names the column and the type.
    """
    kind = array.type
    try:
        plain = simplify(array)
        plain.validate(full=True)
        if not is_known(plain.type):
            raise pa.ArrowNotImplementedError
        with without_panic(), quiet_stderr():
            return pl.Series(name, pl.from_arrow(plain))
    except (pa.ArrowException, pl.exceptions.PolarsError, PanicError, UnicodeDecodeError, ValueError, TypeError):
        raise DeliveryError(f"its column {name!r} is {name_type(kind)}, {describe(kind)}") from None


def name_type(kind: Any) -> str:
    """A type's name, without the names of fields in it, which may be values."""
    return str(kind).partition("<")[0]


def describe(kind: Any) -> str:
    """Why a type cannot be read, and the cure."""
    if pa.types.is_decimal(kind):
        return f"with more digits than can be read; have it written as a decimal of at most {MOST_DIGITS}, or as text"
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return "and not all of its bytes are UTF-8; have its text written as UTF-8"
    if is_binary(value_type(kind)):
        return "and not all of its bytes are text in UTF-8; have it written as strings"
    return "which cannot be read; have it written as text, numbers, dates or lists of them"


def value_type(kind: Any) -> Any:
    """What a dictionary is of; any other type itself."""
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def is_binary(kind: Any) -> bool:
    """Is it bytes of any length?"""
    return bool(
        pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_fixed_size_binary(kind)
        or pa.types.is_binary_view(kind)
    )


def simplify(array: Any) -> Any:
    """The same values in a type that is read: text for bytes and UUIDs, values for dictionaries."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        return simplify(array.dictionary_decode())
    if isinstance(kind, pa.BaseExtensionType):
        is_uuid = kind.extension_name == "arrow.uuid"
        return pa.array(map(to_text, array), pa.large_string()) if is_uuid else simplify(array.storage)
    if pa.types.is_fixed_size_binary(kind):
        array = array.cast(pa.binary())
    target = find_target(kind)
    return array if target is None else array.cast(target)


def find_target(kind: Any) -> Any:
    """The type that a column is cast to before it is read; None for its own."""
    if is_binary(kind) or pa.types.is_string(kind) or pa.types.is_string_view(kind):
        return pa.large_string()
    if pa.types.is_decimal256(kind) and kind.precision <= MOST_DIGITS:
        return pa.decimal128(kind.precision, kind.scale)
    return pa.float32() if pa.types.is_float16(kind) else None


def to_text(value: Any) -> str | None:
    """A scalar's value as text."""
    plain = value.as_py()
    return None if plain is None else str(plain)


def is_known(kind: Any) -> bool:
    """Is it a plain type, or a struct or list of such?"""
    if pa.types.is_struct(kind):
        return all(is_known(kind.field(i).type) for i in range(kind.num_fields))
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return is_known(kind.value_type)
    if pa.types.is_map(kind):
        return is_known(kind.key_type) and is_known(kind.item_type)
    if pa.types.is_dictionary(kind):
        return is_known(kind.value_type)
    return pa.types.is_string(kind) or any(is_plain(kind) for is_plain in PLAIN)


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """Say nothing on the standard error of this process: a panic prints its text there before it can be caught."""
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
