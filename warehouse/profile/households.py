"""Households, inside the run's database: who shares a home, under an id that lasts, and how many were too many.

    customer_profile_provenance ─ found ─→ members ─ ids of last night ─→ customer_household ─→ household_size

Rebuilt from all customers each night, so that who moved, parted or is gone leaves at once.
"""

from __future__ import annotations

import duckdb

from transforms.engine import Frame
from transforms.identity.households import find_households, name_households
from transforms.profile.survivorship import OF_MANY, PLACEHOLDER, SHARED
from warehouse.contracts.published import published
from warehouse.duck import fetch_row, literal, store_rows
from warehouse.tables import frame_of, publish_table
from warehouse.types import sql_type

NAME = "customer_household"
COUNTS = "profile.household_count"
"""One row: addresses and phones that too many share, and groups that were cut."""
PEOPLE = f"""
    SELECT customer_id,
        max(value) FILTER (attribute = 'address' AND place = 1) AS address,
        list(value) FILTER (attribute = 'phone' AND value LIKE '+%') AS phones,
        list(value) FILTER (attribute IN ('chinese_name', 'english_name', 'surname') AND place = 1) AS names
    FROM main.customer_profile_provenance
    WHERE attribute IN ('address', 'phone', 'chinese_name', 'english_name', 'surname')
        AND rule NOT IN ({", ".join(map(literal, (PLACEHOLDER, SHARED, OF_MANY)))})
    GROUP BY customer_id HAVING address IS NOT NULL OR phones IS NOT NULL
"""
"""SQL of customers with an address, which is the one that survives, or phones, which are all that could be read."""
BEFORE = f"""
    SELECT coalesce(c.merged_into, h.customer_id) AS customer_id, h.household_id
    FROM main.{NAME} AS h LEFT JOIN identity.customer AS c USING (customer_id)
"""
"""SQL of last night's members, under today's ids."""


def publish_households(con: duckdb.DuckDBPyConnection, most: int) -> None:
    """Publish customer_household, of customers' provenance; `most`: customers of a household."""
    columns = ", ".join(f"{c.name} {sql_type(c)}" for c in published(NAME).columns)
    con.execute(f"CREATE TABLE IF NOT EXISTS main.{NAME} ({columns})")
    found = find_households(con.sql(PEOPLE).pl(), most)
    since = con.sql("SELECT customer_id, created_on FROM identity.customer").pl()
    named = name_households(found.member, con.sql(BEFORE).pl().unique("customer_id", keep="first"), since)
    store_rows(con, "household", named, is_temporary=True)
    publish_table(con, NAME, frame_of(con, "household"))
    con.execute(f"CREATE OR REPLACE TABLE {COUNTS} (crowded_addresses BIGINT, crowded_phones BIGINT, cut BIGINT)")
    counts = [found.crowded_addresses, found.crowded_phones, found.cut]
    con.execute(f"INSERT INTO {COUNTS} VALUES (?, ?, ?)", counts)


def list_sizes(con: duckdb.DuckDBPyConnection) -> Frame:
    """Each customer's household, a part of the profile: size 1 where no other is known of."""
    query = f"""
        SELECT customer_id, household_id, coalesce(household_size, 1) AS household_size
        FROM (SELECT DISTINCT customer_id FROM ({PEOPLE})) LEFT JOIN main.{NAME} USING (customer_id)
    """
    con.execute(f"CREATE OR REPLACE TEMP TABLE part_household AS {query}")
    return frame_of(con, "part_household")


def count_households(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Counts of the night for its report."""
    households, customers = fetch_row(con, f"SELECT count(DISTINCT household_id), count(*) FROM main.{NAME}")
    addresses, phones, cut = fetch_row(con, f"FROM {COUNTS}")
    names = ("households", "customers", "crowded_addresses", "crowded_phones", "cut")
    return dict(zip(names, map(int, (households, customers, addresses, phones, cut)), strict=True))
