"""The rows of an export as temporary tables of one connection.

They are `interaction`, `item`, `customer`, `customer_now`; and as of many days `customer_history`, `item_history`,
without numbers, which change with every customer who is new.

The generation is open for reading only; what does not fit into memory spills beside the export.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb
import narwhals as nw

from serving.outgoing import describe_allowed, keep_allowed
from serving.recommender.order import TICK, ExportDates
from serving.recommender.permission import Permission
from serving.recommender.profiles import Profiles, choose_days, select_current, select_history, select_profiles
from transforms import recommend
from transforms.engine import Frame, as_frame
from transforms.recommend import Split
from warehouse.duck import fetch_row
from warehouse.errors import C360Error, UsageError
from warehouse.home.layout import Home
from warehouse.publish.pseudonyms import store_pseudonyms
from warehouse.tables import frame_of, keep

ITEM = (
    "item_index", "item_id", "first_seen_at", "last_seen_at", "item_name", "category", "train_interaction_count",
    "train_customer_count", "known_at",
)  # fmt: skip
"""Columns of `item`."""


class NothingError(C360Error):
    """There is nothing to export; the message says why."""


@dataclass(frozen=True)
class Selection:
    """What was selected."""

    split: Split
    until: datetime
    profiles: Profiles
    """Whence the customers' features in training are."""
    current: Profiles
    """Whence those of the export's own day are."""
    past: tuple[Profiles, ...]
    """Whence those of each day of the history are."""
    core_rounds: int
    left_out: Mapping[str, int]
    """Interactions with what is no merchandise, and how many items that was."""


def select_rows(con: duckdb.DuckDBPyConnection, home: Home, order: ExportDates, permission: Permission) -> Selection:
    """Make the tables that the module names.

    Raises:
        UsageError: the profile as of the date asked for is not known, or the split's days are in the wrong order.
        NothingError: there is no interaction that may be exported.
        ConsentError: nobody can say who withdrew consent.
    """
    people, interactions = select_people(con, home, order, permission)
    interactions, left_out = keep_merchandise(con, keep(con, "done", interactions), permission.non_merchandise)
    chosen, rounds = keep_core(con, interactions, order.core)
    require_rows(chosen, con, "chosen" if not order.core else "core", order, permission)
    split = find_split(con, chosen, order)
    profiles, current = select_profiles(con, order, permission, split), select_current(con, order, permission)
    parted = keep(con, "parted", recommend.with_positive(recommend.with_split(chosen, split), split))
    there = parted.select("customer_id")
    if not order.core:  # customers who have done nothing yet are known by their features alone
        there = nw.concat([there, people])
    numbers = keep(con, "customer_number", recommend.number_keys(there, "customer_id", "customer_index"))
    for table, source, found in (("customer", "profile_then", profiles), ("customer_now", "profile_now", current)):
        profile = as_exported(con, permission, frame_of(con, source))
        mine = numbers.join(profile, on="customer_id", how="left")
        known = nw.lit(found.known_at).alias("known_at")
        keep(con, table, mine.with_columns(known).select("customer_index", "customer_id", *found.columns, "known_at"))
    items = keep(con, "item_number", recommend.number_keys(parted, "item_id", "item_index"))
    known = nw.lit(min(order.until, split.validation_from) - TICK).alias("known_at")
    built = items.join(recommend.build_items(parted), on="item_id", how="inner")
    keep(con, "item", built.with_columns(known).select(*ITEM))
    keep(con, "interaction", parted.join(numbers, on="customer_id", how="inner").join(items, on="item_id", how="inner"))
    first = fetch_row(con, "SELECT min(occurred_on) FROM parted")[0]
    days = choose_days(first, (profiles.as_of, current.as_of), order.as_of, order.months)
    past = select_history(con, order, permission, days, {"profile_then": profiles, "profile_now": current})
    profile = as_exported(con, permission, frame_of(con, "profile_history"))
    columns = [name for name in permission.columns if name in profile.collect_schema().names()]
    mine = numbers.join(profile, on="customer_id", how="inner")
    keep(con, "customer_history", mine.select("customer_id", *columns, "known_at"))
    known_then = nw.concat([list_items(parted, items, each.known_at) for each in past])
    keep(con, "item_history", known_then.drop("item_index"))
    return Selection(split, order.until, profiles, current, tuple(past), rounds, left_out)


def list_items(interaction: Frame, numbers: Frame, known_at: datetime) -> Frame:
    """The items that had been seen by a moment, as they were known then."""
    begin = known_at + TICK
    split = Split(begin.date(), begin.date(), begin, begin)
    before = interaction.filter(nw.col("occurred_at") < begin).drop("split", "is_positive")
    built = recommend.build_items(recommend.with_positive(recommend.with_split(before, split), split))
    return numbers.join(built, on="item_id", how="inner").with_columns(known_at=nw.lit(known_at)).select(*ITEM)


def keep_merchandise(
    con: duckdb.DuckDBPyConnection, done: Frame, patterns: Mapping[str, Sequence[str]]
) -> tuple[Frame, Mapping[str, int]]:
    """The interactions with goods (table `chosen`), and how many with other items are left out."""
    is_goods = recommend.is_merchandise(patterns)
    keep(con, "no_goods", done.filter(~is_goods).select("item_id"))
    items = count_rows(con, "(SELECT DISTINCT item_id FROM no_goods)")
    left_out = {"interactions": count_rows(con, "no_goods"), "items": items}
    return keep(con, "chosen", done.filter(is_goods)), left_out


def select_people(
    con: duckdb.DuckDBPyConnection, home: Home, order: ExportDates, permission: Permission
) -> tuple[Frame, Frame]:
    """The customers (customer_id) who may go out, and what they did; by their pseudonyms where the purpose says so."""
    interactions = recommend.select_interactions(as_frame(con.sql(permission.events)), order.until)
    people = frame_of(con, "main.customer_profile").select("customer_id")
    if permission.purpose:
        people = keep_allowed(con, home, permission.purpose)
        interactions = recommend.keep_customers(interactions, people)
    if permission.is_pseudonymised and permission.purpose:
        store_pseudonyms(con, home.root, permission.purpose.name, "FROM main.customer_profile")
    return as_exported(con, permission, people), as_exported(con, permission, interactions)


def as_exported(con: duckdb.DuckDBPyConnection, permission: Permission, rows: Frame) -> Frame:
    """Rows as they go out: where the purpose says so, with each customer's pseudonym in the place of customer_id."""
    if not permission.is_pseudonymised:
        return rows
    named = frame_of(con, "temp.pseudonym").select("customer_id", _name=nw.col("pseudonym"))
    return rows.join(named, on="customer_id", how="inner").drop("customer_id").rename({"_name": "customer_id"})


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
    chosen: Frame, con: duckdb.DuckDBPyConnection, table: str, order: ExportDates, permission: Permission
) -> None:
    """Raise NothingError where no interaction is left."""
    if count_rows(con, table):
        return
    why = [f"up to {order.as_of} no customer did anything with an item"]
    if permission.purpose:
        why += [f"or none of them {asked}" for asked in describe_allowed(permission.purpose)]
    if count_rows(con, "no_goods"):
        why.append("or with nothing but what c360.nonMerchandise declares to be no goods")
    if order.core:
        why.append(f"or none is in the {order.core}-core")
    raise NothingError(f"{', '.join(why)}; nothing was written")


def find_split(con: duckdb.DuckDBPyConnection, chosen: Frame, order: ExportDates) -> Split:
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
