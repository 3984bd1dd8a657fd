"""Who shares a home: small worlds of a few customers each."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from transforms.identity.households import Households, find_households, name_households

FLAT, NEXT_DOOR = "Flat B, 12/F, 8 Kam Fung Street, Sha Tin", "Flat A, 12/F, 8 Kam Fung Street, Sha Tin"
HAN = "新界沙田區錦楓街8號12樓B室"
HOUSE = "10 High Road, Leeds"
LANDLINE = "+852 2345 6789"
Person = tuple[str, str | None, list[str]]
"""Name, address and phones; a customer's id is its place."""


def find(*people: Person, most: int = 8) -> Households:
    rows = [(f"C{n}", address, phones, [name]) for n, (name, address, phones) in enumerate(people)]
    kinds = {"customer_id": pl.String, "address": pl.String, "phones": pl.List(pl.String), "names": pl.List(pl.String)}
    return find_households(pl.DataFrame(rows, schema=kinds, orient="row"), most)


def groups(found: Households) -> list[tuple[str, ...]]:
    """Ids of each household."""
    listed = found.member.group_by("household").agg(pl.col("customer_id").sort())
    return sorted(tuple(row) for row in listed["customer_id"])


TOGETHER: dict[str, tuple[list[Person], str]] = {
    "twins": ([("Chan Tai Man", FLAT, []), ("Chan Siu Man", FLAT, [])], "address and surname"),
    "flatmates of other surnames": ([("Peter Smith", FLAT, []), ("Wong Mei", FLAT, [])], "address"),
    "one in Chinese": ([("陳大文", FLAT, []), ("CHAN Siu Ming", FLAT.replace("Street", "St."), [])],
                       "address and surname"),
    "parts in another order": ([("Ann Smith", "8 Kam Fung St, Sha Tin, 12/F Flat B, N.T.", []),
                                ("Joe Smith", FLAT, [])],
                               "address and surname"),
    "addresses in two scripts": ([("陳大文", HAN, [LANDLINE]), ("CHAN Siu Ming", FLAT, [LANDLINE])],
                                 "phone and surname"),
    "one without an address": ([("Chan Tai Man", FLAT, [LANDLINE]), ("Chan Siu Man", None, [LANDLINE])],
                               "phone and surname"),
    "a couple in a house": ([("Ann Smith", HOUSE, [LANDLINE]), ("Bob Jones", HOUSE, ["+852 9", LANDLINE])],
                            "address and phone"),
    "a married name": ([("陳李美玲", FLAT, []), ("陳大文", FLAT, [])], "address and surname"),
}  # fmt: skip


@pytest.mark.parametrize("case", TOGETHER)
def test_are_one_household(case: str) -> None:
    people, rule = TOGETHER[case]
    found = find(*people, ("Nobody Else", "Flat C, 1/F, 1 Hoi Yuet Street", ["+852 1"]))
    assert found.member.select("customer_id", "rule").rows() == [("C0", rule), ("C1", rule)]


APART: dict[str, list[Person]] = {
    "next door": [("Chan Tai Man", FLAT, []), ("Chan Siu Man", NEXT_DOOR, [])],
    "next door with one phone": [("Chan Tai Man", FLAT, [LANDLINE]), ("Chan Siu Man", NEXT_DOOR, [LANDLINE])],
    "next door in another script": [("陳大文", HAN, [LANDLINE]), ("Chan Siu Man", NEXT_DOOR, [LANDLINE])],
    "one surname spelt alike, another in Chinese": [("陳大文", HOUSE, []), ("湛大文", HOUSE, [])],
    "strangers in a house without flats": [("Ann Smith", HOUSE, []), ("Wong Mei", HOUSE, [])],
    "a phone alone": [("Ann Smith", None, [LANDLINE]), ("Wong Mei", None, [LANDLINE])],
    "a surname alone": [("Ann Smith", HOUSE, []), ("Bob Smith", "11 High Road, Leeds", [])],
    "a box": [("Ann Smith", "P.O. Box 12, Central", []), ("Bob Smith", "P.O. Box 12, Central", [])],
    "a district for an address": [("Chan Tai Man", "Sha Tin", []), ("Chan Siu Man", "Sha Tin", [])],
    "moved out, and still on the landline": [("Chan Tai Man", HOUSE, [LANDLINE]), ("Chan Siu Man", FLAT, [LANDLINE])],
    "nothing known": [("", None, []), ("", None, [])],
}  # fmt: skip


@pytest.mark.parametrize("case", APART)
def test_are_none(case: str) -> None:
    assert groups(find(*APART[case])) == []


FAMILY: list[Person] = [
    ("陳大文", FLAT, []), ("李美玲", FLAT, []), ("Chan Siu Ming", FLAT, []), ("Wong Mei", FLAT, []),
    ("Chan Ka Yan", FLAT, []), ("Chan Ka Ho", FLAT, []),
]  # fmt: skip
OFFICE: list[Person] = [(f"{name} Lee", "12/F, 9 Queen's Road", ["+852 2000 0000"]) for name in "ABCDEFGHI"]


def test_three_generations_live_in_one_flat() -> None:
    assert groups(find(*FAMILY)) == [("C0", "C1", "C2", "C3", "C4", "C5")]


def test_six_strangers_in_one_flat_are_none() -> None:
    strangers = [(name, FLAT, []) for name in ("陳大文", "Lee Mei", "Ada Ho", "Wong Yi", "Ann Smith", "Bo Kwok")]
    assert groups(find(*strangers)) == []


def test_an_office_makes_none_and_is_counted() -> None:
    found = find(*OFFICE)
    assert (groups(found), found.crowded_addresses, found.crowded_phones, found.cut) == ([], 1, 1, 0)
    assert groups(find(*OFFICE, most=9)) == [tuple(f"C{n}" for n in range(9))]  # the control


def test_a_chain_of_phones_is_cut_to_its_addresses() -> None:
    """Two homes, and one without an address on the landlines of both."""
    two = [("Chan A", FLAT, ["+852 1"]), ("Chan B", FLAT, []), ("Chan C", HOUSE, ["+852 2"]), ("Chan D", HOUSE, [])]
    found = find(*two, ("Chan E", None, ["+852 1", "+852 2"]))
    assert (groups(found), found.cut) == ([("C0", "C1"), ("C2", "C3")], 1)
    ring = [(f"Chan {n}", None, [f"+852 {n}", f"+852 {n + 1}"]) for n in range(6)]
    assert (groups(find(*ring, most=5)), find(*ring, most=5).cut) == ([], 1)
    assert len(groups(find(*ring, most=6))[0]) == 6


def test_the_order_of_customers_does_not_count() -> None:
    rows: dict[str, Any] = {"customer_id": [f"C{n}" for n in range(6)], "address": [p[1] for p in FAMILY],
                            "phones": [["+852 1"]] * 6, "names": [[p[0]] for p in FAMILY]}  # fmt: skip
    people = pl.DataFrame(rows)
    assert find_households(people, 8).member.equals(find_households(people.reverse(), 8).member)


def name(households: dict[str, str], before: dict[str, str]) -> dict[str, str]:
    """Customer → household_id, of customer → household tonight and household_id last night; C1 is the oldest."""
    member = pl.DataFrame({"customer_id": list(households), "household": [ord(h) for h in households.values()]})
    past = pl.DataFrame(
        {"customer_id": list(before), "household_id": list(before.values())},
        schema=dict.fromkeys(("customer_id", "household_id"), pl.String),
    )
    since = pl.DataFrame({"customer_id": [f"C{n}" for n in range(1, 9)]}).with_columns(
        created_on=pl.date(2026, 1, pl.int_range(1, 9))
    )
    named = name_households(member.with_columns(rule=pl.lit("address")), past, since)
    sizes = named.with_columns(members=pl.len().over("household_id"))
    assert sizes["household_size"].to_list() == sizes["members"].to_list()
    return dict(named.select("customer_id", "household_id").iter_rows())


NIGHTS: dict[str, tuple[dict[str, str], dict[str, str], dict[str, str]]] = {
    "new": ({"C2": "a", "C1": "a"}, {}, {"C1": "H1", "C2": "H1"}),
    "one joins": ({"C1": "a", "C2": "a", "C3": "a"}, {"C2": "H2", "C3": "H2"}, {"C1": "H2", "C2": "H2", "C3": "H2"}),
    "the founder leaves for another home": (
        {"C2": "a", "C3": "a", "C1": "b", "C4": "b"}, {"C1": "H1", "C2": "H1", "C3": "H1"},
        {"C2": "H1", "C3": "H1", "C1": "H4", "C4": "H4"}),
    "two of four leave": (
        {"C1": "a", "C2": "a", "C3": "b", "C4": "b"}, dict.fromkeys(("C1", "C2", "C3", "C4"), "H1"),
        {"C1": "H1", "C2": "H1", "C3": "H3", "C4": "H3"}),
    "two homes become one": (
        dict.fromkeys(("C1", "C2", "C3", "C4", "C5"), "a"),
        {"C1": "H1", "C2": "H1", "C3": "H3", "C4": "H3", "C5": "H3"},
        dict.fromkeys(("C1", "C2", "C3", "C4", "C5"), "H3")),
    "both founded homes of others": (
        {"C1": "a", "C2": "a", "C3": "b", "C4": "b", "C5": "c", "C6": "c"},
        {"C3": "H1", "C4": "H1", "C5": "H2", "C6": "H2"},
        {"C1": "H12", "C2": "H12", "C3": "H1", "C4": "H1", "C5": "H2", "C6": "H2"}),
}  # fmt: skip


@pytest.mark.parametrize("case", NIGHTS)
def test_an_id_stays_with_most_of_its_members(case: str) -> None:
    households, before, due = NIGHTS[case]
    assert name(households, before) == due
