"""The books: what became of every record of every delivery."""

from __future__ import annotations

import duckdb

from warehouse.errors import C360Error


class BooksError(C360Error):
    """The records of a delivery do not add up; nothing may be published."""


def require_balance(con: duckdb.DuckDBPyConnection) -> None:
    """Every delivery adds up, and as many of its rows as it says are in quarantine, or BooksError names it.

    Earlier deliveries too: what comes late or is replayed changes their counts.
    """
    wrong = con.execute(
        "SELECT source, any_value(name), sum(physical_count) AS physical, sum(loaded_count) AS loaded,"
        " sum(quarantined_count) AS quarantined, sum(duplicate_count) AS duplicate, coalesce(any_value(n), 0) AS kept"
        " FROM governance.delivery LEFT JOIN (SELECT source, delivery_id, count(*) AS n FROM quarantine.record"
        " GROUP BY ALL) USING (source, delivery_id) GROUP BY source, delivery_id"
        " HAVING physical <> loaded + quarantined + duplicate OR quarantined <> kept ORDER BY ALL"
    ).fetchall()
    if wrong:
        lines = [
            f"{source}: {name}: {p} records, but {a} loaded + {q} quarantined ({n} are there) + {d} duplicate"
            for source, name, p, a, q, d, n in wrong
        ]
        raise BooksError("the books do not balance; nothing is published. " + "; ".join(lines))
