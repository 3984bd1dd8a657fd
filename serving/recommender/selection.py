"""The rows of an export as temporary tables of one connection: `interaction`, `item`, `customer`.

The generation is open for reading only; what does not fit into memory spills beside the export.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import duckdb
import narwhals as nw

from serving.errors import UsageError
from serving.recommender.permission import Permission
from transforms import recommend
from transforms.engine import Frame, as_frame
from transforms.recommend import Split
from transforms.windows import open_windows
from warehouse.consents import keep_granted
from warehouse.database import columns_of, fetch_row, literal, quote
from warehouse.frames import frame_of, keep
from warehouse.home import Home
from warehouse.pseudonyms import store_pseudonyms

HISTORY = "customer_profile_history"
TICK = timedelta(microseconds=1)


class NothingError(Exception):
    """There is nothing to export; the message says why."""


@dataclass(frozen=True)
class Order:
    """What to select, with its dates settled; a date is a business day in `timezone`."""

    as_of: date
    features_as_of: date
    newest: date
    """The business date of the generation."""
    timezone: str
    validation_on: date | None = None
    test_on: date | None = None
    core: int = 0

    def begin_of(self, day: date) -> datetime:
        """The first moment of a business day (UTC)."""
        return open_windows(day - timedelta(days=1), self.timezone).until

    @property
    def until(self) -> datetime:
        """The first moment that is no longer exported (UTC)."""
        return open_windows(self.as_of, self.timezone).until

    @property
    def known_at(self) -> datetime:
        """The last moment that the customers' features know (UTC)."""
        return open_windows(self.features_as_of, self.timezone).until - TICK


@dataclass(frozen=True)
class Selection:
    """What was selected."""

    split: Split
    until: datetime
    feature_columns: tuple[str, ...]
    core_rounds: int


def select_rows(con: duckdb.DuckDBPyConnection, home: Home, order: Order, permission: Permission) -> Selection:
    """Make the tables `interaction`, `item` and `customer`.

    Raises:
        UsageError: the profile as of the date asked for is not known, or the split's days are in the wrong order.
        NothingError: there is no interaction that may be exported.
        ConsentError: nobody can say who withdrew consent.
    """
    profile, columns = select_profile(con, order, permission)
    interactions = recommend.select_interactions(as_frame(con.sql(permission.events)), order.until)
    if permission.purpose and permission.purpose.consent:
        granted = keep_granted(con, home, permission.purpose.consent)
        interactions = recommend.keep_customers(interactions, granted)
        profile = profile.join(granted.select("customer_id"), on="customer_id", how="semi")
    if permission.purpose and permission.purpose.pseudonymised:
        frames = keep(con, "real_interaction", interactions), keep(con, "real_profile", profile)
        both = " UNION ALL ".join(f"SELECT customer_id FROM {name}" for name in ("real_interaction", "real_profile"))
        store_pseudonyms(con, home.root, permission.purpose.name, both)
        interactions, profile = (rename_customers(con, frame) for frame in frames)
    chosen, rounds = keep_core(con, keep(con, "chosen", interactions), order.core)
    require_rows(chosen, con, "chosen" if not order.core else "core", order, permission)
    split = find_split(con, chosen, order)
    parted = keep(con, "parted", recommend.with_split(chosen, split))
    people = parted.select("customer_id")
    if not order.core:  # customers who have done nothing yet are known by their features alone
        people = nw.concat([people, profile.select("customer_id")])
    numbers = keep(con, "customer_number", recommend.number_keys(people, "customer_id", "customer_index"))
    known = nw.lit(order.known_at).alias("known_at")
    keep(con, "customer", numbers.join(profile, on="customer_id", how="left").with_columns(known))
    items = keep(con, "item_number", recommend.number_keys(parted, "item_id", "item_index"))
    known = nw.lit(order.until - TICK).alias("known_at")
    built = items.join(recommend.build_items(parted), on="item_id", how="inner")
    keep(con, "item", built.with_columns(known))
    keep(con, "interaction", parted.join(numbers, on="customer_id", how="inner").join(items, on="item_id", how="inner"))
    return Selection(split, order.until, columns, rounds)


def rename_customers(con: duckdb.DuckDBPyConnection, frame: Frame) -> Frame:
    """Rows with the pseudonym of each customer in the place of customer_id."""
    named = frame_of(con, "temp.pseudonym").select("customer_id", _name=nw.col("pseudonym"))
    joined = frame.join(named, on="customer_id", how="inner").drop("customer_id")
    return joined.rename({"_name": "customer_id"})


def select_profile(
    con: duckdb.DuckDBPyConnection, order: Order, permission: Permission
) -> tuple[Frame, tuple[str, ...]]:
    """The customers' features as of their date, and the names of their columns; decimals become floating point."""
    table, day = "main.customer_profile", order.features_as_of
    if day != order.newest:
        require_history(con, order)
        past = f"main.customer_profile_as_of(DATE {literal(day.isoformat())})"
        con.execute(f"CREATE OR REPLACE TEMP TABLE profile_then AS FROM {past}")
        table = "temp.profile_then"
    there = columns_of(con, table)
    columns = tuple(name for name in permission.columns if name in there)
    cast = ", ".join(
        f"{quote(name)}::DOUBLE AS {quote(name)}" if there[name].startswith("DECIMAL") else quote(name)
        for name in columns
    )
    return as_frame(con.sql(f"SELECT customer_id, {cast} FROM {table}")), columns


def require_history(con: duckdb.DuckDBPyConnection, order: Order) -> None:
    """Raise UsageError where the history of profiles does not reach the date asked for."""
    day = order.features_as_of
    cure = f"export as of {order.newest}, or run a night as of {day} into a home of its own"
    first = fetch_row(con, f"SELECT min(valid_from) FROM main.{HISTORY}")[0]
    if first is None or first > day:
        raise UsageError(f"{HISTORY} begins on {first}, after {day}; {cure}")


def keep_core(con: duckdb.DuckDBPyConnection, interactions: Frame, k: int) -> tuple[Frame, int]:
    """The interactions of the k-core (table `core`) and in how many rounds it was found; all of them where k is 0."""
    if not k:
        return interactions, 0
    pairs, count, rounds = keep(con, "pair_0", recommend.list_pairs(interactions)), -1, 0
    while count != (count := count_rows(con, f"pair_{rounds % 2}")):
        rounds += 1
        pairs = keep(con, f"pair_{rounds % 2}", recommend.drop_sparse(pairs, k))
    return keep(con, "core", recommend.keep_pairs(interactions, pairs)), rounds


def require_rows(
    chosen: Frame, con: duckdb.DuckDBPyConnection, table: str, order: Order, permission: Permission
) -> None:
    """Raise NothingError where no interaction is left."""
    if count_rows(con, table):
        return
    why = [f"up to {order.as_of} no customer did anything with an item"]
    if permission.purpose and permission.purpose.consent:
        why.append(f"or none of them has consented to {permission.purpose.consent}")
    if order.core:
        why.append(f"or none is in the {order.core}-core")
    raise NothingError(f"{', '.join(why)}; nothing was written")


def find_split(con: duckdb.DuckDBPyConnection, chosen: Frame, order: Order) -> Split:
    """The split at the days asked for, or at those that the shares choose."""
    counted = chosen.group_by("occurred_on").agg(n=nw.len().cast(nw.Int64)).sort("occurred_on").to_native()
    validation, test = recommend.choose_split(counted.fetchall())
    test = order.test_on or test
    validation = order.validation_on or min(validation, test)
    if validation > test:
        raise UsageError(
            f"validation begins on {validation}, after test on {test}; give both by --validation-from and --test-from"
        )
    return Split(validation, test, order.begin_of(validation), order.begin_of(test))


def count_rows(con: duckdb.DuckDBPyConnection, table: str) -> int:
    """Rows of a table."""
    return int(fetch_row(con, f"SELECT count(*) FROM {table}")[0])
