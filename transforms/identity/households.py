"""Households: customers who share a home, and stay customers of their own.

    customers ─ address, phone ─→ pairs ─ surname ─→ ties ─ components, bounded ─→ households ─→ ids that last

Two of address, phone and surname must agree, or the address alone where it names a flat in which few customers live: a
household is who lives in one dwelling (the household-dwelling concept of the UN's Principles and Recommendations for
Population and Housing Censuses), as far as what sources say of customers shows it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import polars as pl

from transforms.graph import connect
from transforms.identity.dwellings import read_dwellings
from transforms.names.characters import read_characters
from transforms.names.parsing import parse_name

RULES = ("address and surname", "address and phone", "phone and surname", "address")
"""What ties two customers, the strongest first."""
FEW = 4
"""Customers in a flat who are one household by their address alone; of more, half must share surname or phone, too."""
PAIR = ["left", "right"]
Surnames = tuple[frozenset[str], frozenset[str]]
"""Surnames as folded Chinese characters, and as they are spelt."""


@dataclass(frozen=True)
class Households:
    """What was found of one night's customers."""

    member: pl.DataFrame
    """One row per customer of a household: customer_id, household (a number) and rule, the strongest tie."""
    crowded_addresses: int
    """Addresses of more customers than a household may have."""
    crowded_phones: int
    """Phones likewise."""
    cut: int
    """Groups that would be too large, or live at several addresses, of which phones were left out."""


def find_households(people: pl.DataFrame, most: int) -> Households:
    """Find who lives together.

    Args:
        people: one row per customer: customer_id, address (text or null), phones and names (lists of text, or null).
        most: customers of a household. An address or phone of more (an office, a tower without numbers of flats, a
            counter) ties nobody.
    """
    numbered = people.sort("customer_id").with_row_index("node")
    home = numbered.select("node", "address").join(read_dwellings(people["address"]), on="address")
    phone = numbered.select("node", phone="phones").explode("phone", empty_as_null=True, keep_nulls=True).drop_nulls()
    by_home, crowded_addresses = pair_up(home.select("node", shared="dwelling"), most)
    by_phone, crowded_phones = pair_up(phone.select("node", shared="phone").unique(), most)
    shared = [
        by_home.select(*PAIR, dwelling="shared", has_phone=pl.lit(False)),
        by_phone.select(*PAIR, dwelling=pl.lit(None, pl.String), has_phone=pl.lit(True)),
    ]
    pair = pl.concat(shared).group_by(PAIR).agg(pl.col("dwelling").max(), pl.col("has_phone").any())
    tie = choose_ties(with_surnames(pair, numbered), home)
    member, cut = group_ties(tie, home, numbered.height, most)
    named = member.join(numbered.select("node", "customer_id"), on="node").select("customer_id", "household", "rule")
    return Households(named.sort("customer_id"), crowded_addresses, crowded_phones, cut)


def pair_up(shared: pl.DataFrame, most: int) -> tuple[pl.DataFrame, int]:
    """Pairs (left < right) of those who share something that at most so many have, and how many things more have."""
    counted = shared.with_columns(count=pl.len().over("shared"))
    few = counted.filter(pl.col("count").is_between(2, most))
    pairs = few.join(few, on="shared", suffix="_other").filter(pl.col("node") < pl.col("node_other"))
    crowded = counted.filter(pl.col("count") > most)["shared"].n_unique()
    return pairs.select("shared", left="node", right="node_other"), crowded


def with_surnames(pair: pl.DataFrame, numbered: pl.DataFrame) -> pl.DataFrame:
    """Add `has_surname`: do the two share a surname, in whatever script?"""
    asked = pl.concat([pair.select(node=side) for side in PAIR]).unique()
    names = numbered.join(asked, on="node", how="semi").select("node", "names").iter_rows()
    surnames = {node: read_surnames(own or ()) for node, own in names}
    same = [share_surname(surnames[left], surnames[right]) for left, right in pair.select(PAIR).iter_rows()]
    return pair.with_columns(has_surname=pl.Series(same, dtype=pl.Boolean))


def read_surnames(names: Iterable[str]) -> Surnames:
    """The surnames of one customer, by whatever name."""
    each = [read_name(name) for name in names]
    return frozenset().union(*(one[0] for one in each)), frozenset().union(*(one[1] for one in each))


@lru_cache(maxsize=65536)
def read_name(name: str) -> Surnames:
    """The surnames in a name; that of a husband before her own (陳 in 陳李美玲) is one, too."""
    ways = [way for way in parse_name(name) if way.likeliness == 1.0]
    found = {surname for way in ways for surname in (way.surname, way.married) if surname}
    characters = {surname for surname in found if spell_surname(surname)}
    spelt = {spelling for surname in characters for spelling in spell_surname(surname)}
    return frozenset(characters), frozenset(spelt | (found - characters))


@lru_cache(maxsize=4096)
def spell_surname(surname: str) -> frozenset[str]:
    """How a Chinese surname is spelt, in Hong Kong and in Pinyin; nothing of one in letters."""
    if surname.isascii():
        return frozenset()
    read = read_characters(surname)
    return read.government | read.mandarin


def share_surname(one: Surnames, other: Surnames) -> bool:
    """Do two customers share a surname? Where both have characters these decide (陳 is not 湛), else the spelling."""
    return bool(one[0] & other[0] if one[0] and other[0] else one[1] & other[1])


def choose_ties(pair: pl.DataFrame, home: pl.DataFrame) -> pl.DataFrame:
    """The pairs that belong together: left, right, dwelling (null: by phone) and rule (its place in RULES)."""
    flat = home.group_by("dwelling").agg(pl.col("has_flat").any(), count=pl.len())
    places = [home.select(pl.col("node").alias(side), pl.col("place").alias(f"{side}_place")) for side in PAIR]
    known = pair.join(flat, on="dwelling", how="left")
    known = known.join(places[0], on="left", how="left").join(places[1], on="right", how="left")
    has_home = pl.col("dwelling").is_not_null()
    is_apart = (pl.col("left_place") != pl.col("right_place")).fill_null(False)
    ruled = known.with_columns(
        rule=pl.when(has_home & pl.col("has_surname"))
        .then(0)
        .when(has_home & pl.col("has_phone"))
        .then(1)
        .when(pl.col("has_phone") & pl.col("has_surname") & ~is_apart)
        .then(2)
    )
    firm = ruled.filter(pl.col("rule") < 2)
    held = pl.concat([firm.select("dwelling", node=side) for side in PAIR]).unique()
    ruled = ruled.join(held.group_by("dwelling").agg(held=pl.len()), on="dwelling", how="left")
    is_few = (pl.col("count") <= FEW) | (2 * pl.col("held").fill_null(0) >= pl.col("count"))
    by_flat = pl.when(has_home & pl.col("has_flat") & is_few).then(3)
    return ruled.with_columns(rule=pl.coalesce("rule", by_flat)).drop_nulls("rule").select(*PAIR, "dwelling", "rule")


def group_ties(tie: pl.DataFrame, home: pl.DataFrame, count: int, most: int) -> tuple[pl.DataFrame, int]:
    """Who is connected: node, household and rule; and how many groups were cut.

    A group of over `most`, or at several addresses, is taken by its addresses alone: of these each customer has one,
    and at most `most` customers have each.
    """
    label = connect(tie["left"], tie["right"], count)
    groups = pl.DataFrame({"node": np.arange(count, dtype=np.uint32), "label": label})
    places = groups.join(home.select("node", "place"), on="node", how="left").group_by("label")
    cut = places.agg(size=pl.len(), places=pl.col("place").drop_nulls().n_unique()).filter(
        (pl.col("size") > most) | (pl.col("places") > 1)
    )
    is_cut = pl.Series(label)[tie["left"]].is_in(cut["label"].implode())
    kept = tie.filter(~is_cut | pl.col("dwelling").is_not_null())
    household = pl.Series(connect(kept["left"], kept["right"], count))
    ends = pl.concat([kept.select("rule", node=side) for side in PAIR])
    member = ends.group_by("node").agg(pl.col("rule").min())
    named = pl.col("rule").replace_strict(dict(enumerate(RULES)), return_dtype=pl.String)
    return member.with_columns(named, household=household[member["node"]].cast(pl.Int64)), cut.height


def name_households(member: pl.DataFrame, before: pl.DataFrame, since: pl.DataFrame) -> pl.DataFrame:
    """Give each household an id that lasts: customer_id, household_id, household_size and rule, in order.

    An id goes where most of its members are, of equally many where the oldest is; a household that has none is called
    after its oldest member. The oldest is who became a customer first.

    Args:
        member: as Households has it.
        before: customer_id and household_id as of last night, under today's customer ids.
        since: customer_id and created_on.
    """
    aged = member.join(since, on="customer_id", how="left").sort("created_on", "customer_id", nulls_last=True)
    aged = aged.with_row_index("age").with_columns(own_id=pl.lit("H") + pl.col("customer_id").str.slice(1))
    claimed = aged.join(before, on="customer_id").group_by("household", "household_id")
    claim = claimed.agg(count=pl.len(), age=pl.col("age").min()).sort("count", "age", descending=[True, False])
    won = claim.unique("household_id", keep="first", maintain_order=True)
    kept = won.unique("household", keep="first", maintain_order=True).select("household", "household_id")
    new = aged.join(kept, on="household", how="anti").join(
        before, left_on="own_id", right_on="household_id", how="anti"
    )
    free = new.sort("age").group_by("household").agg(household_id=pl.col("own_id").first())
    named = aged.join(pl.concat([kept, free]), on="household", how="left")
    # Every member founded a household that others live on in: both ends of the group together are nobody's id.
    both = pl.col("own_id").first() + pl.col("own_id").last().str.slice(1)
    return named.select(
        "customer_id",
        household_id=pl.coalesce("household_id", both.over("household", order_by="age")),
        household_size=pl.len().over("household").cast(pl.Int64),
        rule="rule",
    ).sort("customer_id")
