"""What was known at a label's time: the events that had arrived as they stood then, and who was one customer then.

    clean.event, clean.event_version, clean.event_since ─→ known_event (events with known_from and known_to, naive UTC)
    label_row, customer_identity_history ─→ label_account (id, held_source, held_account)

What a night learned is known from the end of its business date.
"""

from __future__ import annotations

import duckdb

from warehouse.cleaning.versions import VERSION, date_events
from warehouse.contracts.features import FeatureError
from warehouse.duck import fetch_row, has_table, quote
from warehouse.features.labels import Labels, to_utc


def load_known(con: duckdb.DuckDBPyConnection, labels: Labels, timezone: str) -> None:
    """Make the temporary view known_event and the temporary table label_account for the labels in label_row.

    Raises:
        FeatureError: the generation keeps no versions, or there are labels before anything had arrived.
    """
    if not has_table(con, "clean", "event_version"):
        raise FeatureError("the generation was made before versions of events were kept; run a night, then ask again")
    require_later(con, timezone)
    since, until = (end_of(column, timezone) for column in ("known_from", "known_to"))
    con.execute(
        f"CREATE OR REPLACE TEMP VIEW known_event AS SELECT * REPLACE ({since} AS known_from, {until} AS known_to)"
        f" FROM (SELECT *, NULL::DATE AS known_to FROM ({date_events('clean.event')}) UNION ALL BY NAME FROM {VERSION})"
    )
    con.execute(f"CREATE OR REPLACE TEMP TABLE label_account AS {held_then(labels, timezone)}")


def end_of(day: str, timezone: str) -> str:
    """SQL: the moment, as naive UTC, when a business day ends."""
    return to_utc(f"({day} + 1)", "DATE", timezone)


def require_later(con: duckdb.DuckDBPyConnection, timezone: str) -> None:
    """Raise FeatureError where labels lie before the first night knew anything: features would all be defaults."""
    first, early, labels = fetch_row(
        con,
        f"SELECT any_value(first), count(*) FILTER (label_time < {end_of('first', timezone)}), count(*)"
        " FROM label_row, (SELECT min(as_of) AS first FROM governance.delivery)",
    )
    if early:
        raise FeatureError(
            f"{early} of {labels} labels lie before the end of {first}, the first night that took anything in:"
            " nothing was known by then. Take them out, or count events from when they happened, by leaving out"
            " --known-by arrival"
        )


def held_then(labels: Labels, timezone: str) -> str:
    """SQL: the accounts of whoever was a label's customer at its time."""
    held = (
        f"SELECT *, {end_of('valid_from', timezone)} AS since, {end_of('valid_to', timezone)} AS until"
        " FROM main.customer_identity_history"
    )
    named = "h.customer_id = l.called"
    if len(labels.who) == 2:
        source, account = (f"f.{quote(name)}::VARCHAR" for name in labels.who)
        named = f"h.source = {source} AND h.account_id = {account}"
    then = "{0}.since <= l.label_time AND ({0}.until IS NULL OR l.label_time < {0}.until)"
    return (
        f"WITH held AS ({held}) SELECT DISTINCT l.id, o.source AS held_source, o.account_id AS held_account"
        f" FROM label_row AS l JOIN label_file AS f ON f._label = l.id JOIN held AS h ON {named} AND {then.format('h')}"
        f" JOIN held AS o ON o.customer_id = h.customer_id AND {then.format('o')}"
    )
