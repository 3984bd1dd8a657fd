"""Columns of PostgreSQL as they are pulled: each type kept exactly, or refused by the column's name.

The driver gives some values that nothing warns of: an infinite date becomes a day of the year -5,877,641. What is
selected and how it is cast is decided here, before a row is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from warehouse.connectors.seam import PullError
from warehouse.contracts.model import Source
from warehouse.duck import quote

PLAIN = frozenset(
    {"int2", "int4", "int8", "float4", "float8", "bool", "text", "varchar", "name", "date", "timestamp", "timestamptz",
     "time"}
)  # fmt: skip
"""Types that arrive as they are."""
AS_NUMERIC = frozenset({"money", "numeric"})
"""Amounts: asked for as text, which the server writes and Arrow reads at a third of what the driver's own way costs."""
REFUSED = frozenset({"bytea"})
ARRAYS = frozenset({"_int2", "_int4", "_int8", "_text", "_varchar", "_float8", "_bool"})
MOST_DIGITS = 38
UNBOUND = (MOST_DIGITS, 18)
"""Digits, and those behind the point, of a `numeric` that declares none."""
FIRST_DAY = -2_440_589
"""The day before PostgreSQL's first, 4713 BC, counted from 1970: what lies below it is an infinite date."""
DAY = 86_400_000_000
"""Microseconds."""


@dataclass(frozen=True)
class Taken:
    """One column that is pulled."""

    name: str
    """As the contract's column has it first: what the delivery calls it."""
    delivered: str
    """As the table has it."""
    kind: str
    """PostgreSQL's name of its type."""
    typmod: int

    @property
    def sql(self) -> str:
        """What is selected."""
        column = quote(self.delivered)
        if self.kind in AS_NUMERIC:
            return f"{column}::numeric::text AS {quote(self.name)}"
        if self.kind in PLAIN or self.kind in ARRAYS:
            return f"{column} AS {quote(self.name)}"
        return f"{column}::text AS {quote(self.name)}"

    @property
    def type(self) -> Any:
        """The type of Arrow that it is written in; None for the one that it comes in."""
        if self.kind == "money" or (self.kind == "numeric" and self.typmod < 0):
            return pa.decimal128(*UNBOUND)
        if self.kind == "numeric":
            precision, scale = (self.typmod - 4) >> 16, ((self.typmod - 4) & 0x7FF ^ 1024) - 1024
            return pa.decimal128(max(precision, scale), max(scale, 0)) if precision <= MOST_DIGITS else None
        return None


def choose_columns(source: Source, schema: Any) -> list[Taken]:
    """The declared columns that a table or query has; what it has not is missing in the delivery, as in any file.

    Raises:
        PullError: it has none of them, or one is of a type that cannot be kept.
    """
    fields = {field.name: field for field in schema}
    folded = {name.casefold(): name for name in fields}
    taken = []
    for column in source.columns:
        names = [".".join(path) for path in column.paths]
        found = next((n for n in names if n in fields), None) or next(
            (folded[n.casefold()] for n in names if n.casefold() in folded), None
        )
        if found is None:
            continue
        typmod = int((fields[found].metadata or {}).get(b"POSTGRESQL:typmod", b"-1"))
        one = Taken(".".join(column.path), found, read_kind(fields[found]), typmod)
        require_kept(source, column.type, one)
        taken.append(one)
    if not taken:
        raise PullError(f"source {source.name}: its table has none of the declared columns; is it the right one?")
    return taken


def read_kind(field: Any) -> str:
    """PostgreSQL's name of the type of a field."""
    metadata = field.metadata or {}
    return (metadata.get(b"POSTGRESQL:type") or metadata.get(b"ADBC:postgresql:typname") or b"").decode()


def require_kept(source: Source, declared: str, column: Taken) -> None:
    """Raise PullError where a column's values cannot be kept exactly."""
    where = f"source {source.name}, column {column.name}: its type is {column.kind}"
    if column.kind in REFUSED:
        raise PullError(f"{where}, bytes that no column of ours holds; leave it out, or encode it by c360.query")
    if column.kind == "numeric" and column.typmod >= 0 and column.type is None:
        raise PullError(f"{where} of more than {MOST_DIGITS} digits; cast it to fewer by c360.query")
    if column.kind in ARRAYS | PLAIN | AS_NUMERIC or declared in {"string", "object", "array"}:
        return
    cure = "declare it as string, or cast it to that type by c360.query"
    raise PullError(f"{where}, which comes as text and is declared as {declared}; {cure}")


def to_exact(source: Source, batch: Any, columns: list[Taken]) -> Any:
    """A batch with every column in the type that it is written in.

    Raises:
        PullError: values cannot be written in it: not a number, infinite, or of more digits than are kept.
    """
    arrays = [one_exact(source, batch.column(n), column) for n, column in enumerate(columns)]
    return pa.record_batch(arrays, names=[column.name for column in columns])


def one_exact(source: Source, array: Any, column: Taken) -> Any:
    """One column of a batch."""
    if isinstance(array.type, pa.BaseExtensionType):
        array = array.storage
    if pa.types.is_date(array.type) or pa.types.is_timestamp(array.type):
        require_finite(source, array, column)
    if column.type is None:
        return array
    try:
        return array.cast(column.type)
    except pa.ArrowInvalid:
        pass  # its text quotes the value
    where, (digits, places) = f"source {source.name}, column {column.name}", (column.type.precision, column.type.scale)
    named = pc.is_in(pc.utf8_lower(array), pa.array(["nan", "inf", "-inf", "infinity", "-infinity"]))
    if count := pc.sum(named).as_py():
        raise PullError(
            f"{where}: {count} values of a batch are NaN or infinite, which no amount is; "
            "make them null in the source, or by c360.query"
        )
    raise PullError(
        f"{where}: values have more than {digits - places} digits before the point or {places} behind it, and would "
        "be rounded; give the column a precision and scale, as numeric(18,4), or round it by c360.query"
    )


def require_finite(source: Source, array: Any, column: Taken) -> None:
    """Raise PullError where dates or times are infinite: the driver gives them as some day of long ago."""
    is_date = pa.types.is_date(array.type)
    least = pc.min(array.cast(pa.int32() if is_date else pa.int64())).as_py()
    if least is not None and least < FIRST_DAY * (1 if is_date else DAY):
        raise PullError(
            f"source {source.name}, column {column.name}: a value is infinite, which is no date; "
            f"make it null by c360.query, as nullif({column.delivered}, 'infinity')"
        )
