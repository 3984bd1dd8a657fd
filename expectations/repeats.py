"""Records that are exact repeats of another record of the night."""

from __future__ import annotations

from warehouse.contracts.model import Source
from warehouse.duck import quote


def repeats_query(source: Source) -> str | None:
    """The query for repeats among `landed`, as `delivery_id, record`; None if the source can have none.

    A repeat agrees in every declared column; where a value could not be read, in the delivered text too. Of rows that
    agree the first delivered stays; under load mode `merge` the last, as a key may return to an earlier content.
    Rows without a key are their content and its ordinal within the delivery: the n-th equal row of a later delivery
    repeats the n-th of an earlier one. In a snapshot each delivery is a picture of its own.
    """
    columns = ", ".join([quote(c.name) for c in source.columns] + ["_row"])
    is_keyed = bool(source.key) and not source.has_content_key
    is_snapshot = source.load_mode == "snapshot"
    if is_snapshot and not is_keyed:
        return None
    order = "_sequence DESC, _record DESC" if source.load_mode == "merge" else "_sequence, _record"
    within = f"{columns}, _delivery_id" if is_snapshot else columns if is_keyed else f"{columns}, _ordinal"
    # Only rows whose hash is not alone are compared column by column.
    return f"""
        WITH alike AS (SELECT hash({columns}) AS h FROM landed GROUP BY h HAVING count(*) > 1),
        candidate AS (
            SELECT l.*, _sequence,
                row_number() OVER (PARTITION BY {columns}, _delivery_id ORDER BY _record) AS _ordinal
            FROM landed AS l
            LEFT JOIN (SELECT delivery_id AS _of, sequence AS _sequence FROM delivery) AS d ON d._of = l._delivery_id
            WHERE hash({columns}) IN (SELECT h FROM alike)
        )
        SELECT _delivery_id AS delivery_id, _record AS record FROM candidate
        QUALIFY row_number() OVER (PARTITION BY {within} ORDER BY {order}) > 1
    """
