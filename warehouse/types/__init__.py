"""Delivered values as their declared types, in SQL expressions of DuckDB; what cannot be read becomes NULL, no error.

An expression looks at the common spelling first and pays for rare ones only where that fails. `delivered` is `text`
(CSV, JSON) or `native` (Parquet: a column of any type, told apart by `typeof`). Timestamps come out as naive UTC;
nothing depends on the session's TimeZone. Empty text is NULL; blanks around a value do not count, but a string keeps
its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from warehouse.duck import literal, quote
from warehouse.types.inferred_formats import POINT, SIGNS, has_three_digits, is_asked, judge, read_evidence
from warehouse.types.numbers import NumberStyle, cast_boolean, cast_integer, cast_number
from warehouse.types.patterns import to_strptime
from warehouse.types.sql_text import BLANKS, bind
from warehouse.types.times import ORDERS, Written, cast_date, cast_time, cast_timestamp, to_utc

if TYPE_CHECKING:
    import duckdb

    from warehouse.contracts.model import Column

__all__ = ["build_cast", "infer_format", "is_asked", "is_identifier", "is_mistyped", "judge", "read_evidence",
           "sql_type", "style_of", "to_strptime", "trim_identifier"]  # fmt: skip

TYPES = {
    "string": "VARCHAR", "integer": "BIGINT", "number": "DOUBLE", "boolean": "BOOLEAN", "date": "DATE",
    "timestamp": "TIMESTAMP", "time": "TIME",
}  # fmt: skip
JSON_TYPES = {"array": "ARRAY", "vector": "ARRAY", "object": "OBJECT", "map": "OBJECT"}
EPOCH_TYPES = re.compile(r"(?i)\s*(u?(big|small|huge)?int(eger|\d+)?|long|number)\s*(\(.*\))?\s*")
"""physicalTypes that make a bare number a Unix time."""
TEXTS = frozenset({"text", "VARCHAR"})
# names of types, as DuckDB's typeof gives them
IDENTIFYING = frozenset({"account_id", "event_id", "parent_id"})
"""Roles of identifiers."""
UNSEEN = r"[\s\p{Z}\p{Cc}\p{Cf}]+"
PLAIN = "[!-~]([ -~]*[!-~])?"
GUARDED = r"=\"[^\"]*\"|''=?[+@-]?[\p{L}\p{N}.+/-]*\p{N}[\p{L}\p{N}.+/-]*"
"""How a spreadsheet writes digits that it shall not change; a name such as 't Hooft is none."""
WHOLE = "U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)"
FLOATS = "FLOAT|DOUBLE"
INSTANTS = "TIMESTAMP.* WITH TIME ZONE.*"
MOMENTS = "TIMESTAMP(_S|_MS|_NS)?|DATE"
NESTED = r"(STRUCT|MAP)\(.*|.*\]"


def sql_type(column: Column) -> str:
    """The SQL type of a column once landed: DECIMAL if its physicalType says so, lists and objects as JSON text."""
    if column.type == "number":
        return decimal_type(column.physical_type or "") or "DOUBLE"
    return TYPES.get(column.type, "VARCHAR")


def decimal_type(physical: str) -> str | None:
    """DECIMAL(18, scale) for a fixed-point physicalType, wider if it asks for more; None if it is none."""
    found = re.fullmatch(
        r"(?i)\s*(?:decimal|numeric|dec|number|money)\s*(?:\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\))?\s*", physical
    )
    if found is None:
        return None
    if found[1] is None:  # no scale is said; four places hold money of every currency
        return "DECIMAL(18,4)"
    precision = min(38, max(18, int(found[1])))
    return f"DECIMAL({precision},{min(int(found[2] or 0), precision)})"


def build_cast(
    column: Column, delivered: str, timezone: str, habit: str | None = None, day_zone: str | None = None
) -> str:
    """An SQL expression: the delivered column as its declared type, NULL where it cannot be read.

    Args:
        column: the declared column; the relation delivered must have a column of its name.
        delivered: `text`; `native` for a typed file; or the column's type in it, as DESCRIBE gives it, which takes a
            tenth of the SQL to say.
        timezone: IANA zone of local times that say no offset. Of a time that comes twice in autumn the later one is
            meant, of one that is left out in spring the offset before the change counts.
        habit: how the delivery writes the column, from `infer_format`: `dmy` or `mdy`, of dates such as 3/4/2026;
            `comma` or `point`, of numbers such as 1.234,56, or another of SIGNS. None: no date of that kind is read,
            and a point is decimal.
        day_zone: where a moment that says no time begins, as the midnight of its day; by default `timezone`.

    Raises:
        ValueError: `habit` is another word, or the column's format is a pattern that cannot be read.
    """
    if habit is not None and habit not in (*ORDERS, *SIGNS):
        raise ValueError(f"habit is {habit!r}; say dmy, mdy, comma, point or nothing")
    raw = quote(column.name)
    if delivered in TEXTS:
        return cast_text(column, raw, timezone, habit, day_zone)
    by_text = cast_text(column, native_text(raw, delivered), timezone, habit, day_zone)
    return choose_native(raw, delivered, list_native(column, raw, timezone, day_zone or timezone), by_text)


def is_mistyped(column: Column, delivered: str, cast: str) -> str:
    """An SQL boolean, never NULL: something was delivered, and it is not of the declared type.

    `cast` is an expression of what `build_cast` gives, best a column that holds it.
    """
    raw = quote(column.name)
    text = raw if delivered in TEXTS else native_text(raw, delivered)
    return f"CASE WHEN {cast} IS NULL THEN coalesce(trim({text}, {BLANKS}) <> '', false) ELSE false END"


def cast_text(column: Column, text: str, timezone: str, habit: str | None, day_zone: str | None = None) -> str:
    """Text as the column's type."""
    style = style_of(column, habit)
    unread = None if column.declared_decimal else has_three_digits(text, habit)
    is_counted = bool(EPOCH_TYPES.fullmatch(column.physical_type or ""))
    epoch = column.epoch or ("any" if is_counted else None)
    written = Written(column.format, habit if habit in ORDERS else None, epoch)
    casts: dict[str, Callable[[], str]] = {
        "integer": lambda: unless(unread, cast_integer(text, style)),
        "number": lambda: unless(unread, cast_number(text, sql_type(column), style)),
        "boolean": lambda: cast_boolean(text),
        "date": lambda: cast_date(text, written),
        "timestamp": lambda: cast_timestamp(text, written, timezone, day_zone),
        "time": lambda: cast_time(text, column.format),
    }
    if column.type in JSON_TYPES:
        return cast_json(text, JSON_TYPES[column.type])
    if column.type in casts:
        return casts[column.type]()
    if is_identifier(column):
        return cast_identifier(text)
    return cast_string(text, is_prose=column.role == "text")


def is_identifier(column: Column) -> bool:
    """Does the column tell a row, an account or an order from others, so that a blank around it makes another one?"""
    is_key = column.key_position is not None or column.unique or column.role in IDENTIFYING
    return is_key and sql_type(column) == "VARCHAR" and column.type not in JSON_TYPES


def trim_identifier(text: str) -> str:
    """SQL: text without blanks, control characters and unseen signs around it; "" if nothing is left."""
    return f"CASE WHEN regexp_full_match({text}, '{PLAIN}') THEN {text} ELSE {drop_unseen(text)} END"


def drop_unseen(text: str) -> str:
    """SQL: the same by a regular expression alone, which is slow."""
    return f"regexp_replace({text}, '^{UNSEEN}|{UNSEEN}$', '', 'g')"


def cast_identifier(text: str) -> str:
    """SQL: an identifier as text, without what is unseen around it and without a spreadsheet's guard."""
    trimmed = drop_unseen(text)
    guarded = bind("x", trimmed, f"CASE WHEN {is_guarded('x')} THEN {unguard('x')} ELSE nullif(x, '') END")
    is_plain = f"regexp_full_match({text}, '{PLAIN}')"
    may_be_guarded = f"contains({text}, '=') OR contains({text}, '''')"
    return f"CASE WHEN {may_be_guarded} THEN {guarded} WHEN {is_plain} THEN {text} ELSE nullif({trimmed}, '') END"


def style_of(column: Column, habit: str | None) -> NumberStyle:
    """How a column of numbers is written: its own declaration first, then what its values told."""
    decimal = column.declared_decimal or SIGNS.get(habit or POINT, POINT)
    return NumberStyle(decimal, column.thousands, column.credit)


def unless(unread: str | None, cast: str) -> str:
    """The cast, NULL for what is not to be read."""
    return f"CASE WHEN {unread} THEN NULL ELSE {cast} END" if unread else cast


def cast_json(text: str, wanted: str) -> str:
    """JSON text of an array or an object; NULL for anything else."""
    bare = f"trim({text}, {BLANKS})"
    return f"CASE WHEN json_valid({bare}) THEN CASE WHEN json_type({bare}) = '{wanted}' THEN {bare} END END"


def cast_string(text: str, *, is_prose: bool = False) -> str:
    """Text as it is, NULL if it is blank; a first letter that is plainly no blank spares the trim, which is slow.

    What a spreadsheet puts before digits, to keep them as they are, is no part of them: `="00123"` and `'+852`. Prose
    may begin with any sign.
    """
    is_filled = f"({text} >= '!' AND {text} < chr(128)) OR ({text} >= '一' AND {text} < '豈')"
    guards = "" if is_prose else f"WHEN {is_guarded(text)} THEN {unguard(text)} "
    return f"CASE {guards}WHEN {is_filled} THEN {text} WHEN trim({text}, {BLANKS}) <> '' THEN {text} END"


def is_guarded(text: str) -> str:
    """SQL: does a spreadsheet's guard stand around the text? Its first sign spares most texts the expression."""
    return f"(starts_with({text}, '=') OR starts_with({text}, '''')) AND regexp_full_match({text}, '{GUARDED}')"


def unguard(text: str) -> str:
    """SQL: a guarded text without its guard; NULL if nothing is left."""
    return f"nullif(regexp_extract({text}, '^(?:=\"|''=?)(.*?)\"?$', 1), '')"


def native_text(raw: str, delivered: str) -> str:
    """A native value as text: whole floats without `.0` or exponent, NaN NULL, instants in UTC, nested values JSON."""
    number, instant = f"try_cast({raw} AS DOUBLE)", f"timezone('UTC', try_cast({raw} AS TIMESTAMPTZ))"
    is_whole = f"isfinite({number}) AND trunc({number}) = {number} AND abs({number}) < 1e37"
    whole = f"WHEN {is_whole} THEN try_cast({number} AS HUGEINT)::VARCHAR"
    branches = [
        (FLOATS, f"CASE WHEN isnan({number}) THEN NULL {whole} ELSE {raw}::VARCHAR END"),
        (INSTANTS, f"{instant}::VARCHAR || '+00'"),
        (NESTED, f"to_json({raw})::VARCHAR"),
    ]
    return choose_native(raw, delivered, branches, f"{raw}::VARCHAR")


def choose_native(raw: str, delivered: str, branches: list[tuple[str, str]], otherwise: str) -> str:
    """The expression for the delivered type: of (regular expression of type names, expression) the first that fits.

    A type that is known picks its branch here; `native` leaves the choice to SQL.
    """
    if delivered != "native":
        return next((then for names, then in branches if re.fullmatch(names, delivered)), otherwise)
    cases = " ".join(f"WHEN regexp_full_match(typeof({raw}), '{names}') THEN {then}" for names, then in branches)
    return f"CASE {cases} ELSE {otherwise} END" if cases else otherwise


def list_native(column: Column, raw: str, timezone: str, day_zone: str) -> list[tuple[str, str]]:
    """Types that need no text between, and how they become the declared type."""
    instant, moment = f"try_cast({raw} AS TIMESTAMPTZ)", f"try_cast({raw} AS TIMESTAMP)"
    number, target = f"try_cast({raw} AS DOUBLE)", f"try_cast({raw} AS {sql_type(column)})"
    utc, local = f"timezone('UTC', {instant})", f"timezone({literal(timezone)}, {instant})"
    return {
        "timestamp": [
            (INSTANTS, within(utc, utc)),
            ("DATE", within(moment, to_utc(moment, day_zone))),
            (MOMENTS, within(moment, to_utc(moment, timezone))),
        ],
        "date": [(INSTANTS, within(local, f"{local}::DATE")), (MOMENTS, within(moment, f"{moment}::DATE"))],
        "number": [(FLOATS, f"CASE WHEN isfinite({number}) THEN {target} END"), (f"{WHOLE}|DECIMAL.*", target)],
        "integer": [(WHOLE, target)],
        "boolean": [("BOOLEAN", target)],
        "time": [("TIME", target)],
    }.get(column.type, [])


def within(moment: str, then: str) -> str:
    """A moment of the years 1 to 9999: beyond them, infinity among them, lies no date of ours."""
    return f"CASE WHEN {moment} BETWEEN TIMESTAMP '0001-01-02' AND TIMESTAMP '9999-12-30' THEN {then} END"


def infer_format(connection: duckdb.DuckDBPyConnection, table: str, column: Column) -> str | None:
    """How a text column is written, as the contract says or else as its own values tell; None if they do not."""
    if not is_asked(column):
        return column.declared_decimal if column.type in {"number", "integer"} else None
    return judge(column, read_evidence(connection, table, column)).habit
