"""Phone numbers as people of many countries write them: each read whole, or dropped, and never made into another."""

import phonenumbers
import polars as pl
import pytest

from benchmarks.reliability.variants.phones import REGIONS, list_fields
from transforms.values.phones import phone_keys


def keys_of(region, *fields):
    return phone_keys(pl.Series(fields, dtype=pl.String), region).to_list()


@pytest.mark.parametrize("region", REGIONS)
def test_every_common_form_is_read_whole_and_two_numbers_as_two(region):
    fields = list_fields(region)
    assert len(fields) > 60
    found = zip(fields, keys_of(region, *(field for _, field, _ in fields)), strict=True)
    assert [(name, field, got) for (name, field, keys), got in found if got != keys] == []


@pytest.mark.parametrize(
    ("region", "field", "keys"),
    [
        ("DE", "030 23400001/90", ["+493023400001"]),
        ("DE", "030 23400-0/-90", ["+4930234000"]),
        ("AT", "01/58801/90", ["+4315880190"]),
        ("HK", "2340 0001/90", ["+85223400001"]),
        ("HK", "2340/0001", ["+85223400001"]),
        ("HK", "1) 91234567 2) 61234567", ["+85291234567", "+85261234567"]),
        ("HK", "999 / 9123 4567", ["+85291234567"]),
        ("HU", "(06 1) 234 5629", ["+3612345629"]),
        ("JP", "03ー1234ー5629", ["+81312345629"]),
        ("DE", "Tel. 030/23400001, Fax 030/23400002", ["+493023400001", "+493023400002"]),
        ("DE", "493023400001", ["+493023400001"]),
        ("DE", "4915123456629", ["+4915123456629"]),
        ("DE", "4930123629", ["+4930123629"]),
        ("DE", "3023400001", ["+493023400001"]),  # a spreadsheet took the zero
        ("IT", "212345629.0", ["+390212345629"]),
        ("AD", "712/629", ["+376712629"]),
    ],
)
def test_ends_labels_and_lost_signs(region, field, keys):
    assert keys_of(region, field) == [keys]


@pytest.mark.parametrize(
    ("region", "field"),
    [
        ("DE", "23400001"),  # of which town?
        ("FR", "01 3 46 14 84"),
        ("TW", "012-396-755"),
        ("GB", "+44 121 23 0699"),
        ("HK", "2026-11-28"),
        ("HK", "28/11/2026 10:30:00"),
        ("IT", "1234567.50"),
        ("DE", "550e8400-e29b-41d4-a716-446655440000"),
        ("HK", "91234567@qq.com"),
        ("DE", "0171 2340001 / 2340002"),
    ],
)
def test_what_may_be_another_number_or_none_is_dropped(region, field):
    assert keys_of(region, field) == [[]]


def test_people_who_differ_by_their_area_alone_have_no_number_in_common():
    fields = [f"0{area}/234000{n:02}" for n in range(50) for area in (30, 40)]
    keys = [key for found in keys_of("DE", *fields) for key in found]
    assert len(set(keys)) == 100
    assert all(phonenumbers.is_valid_number(phonenumbers.parse(key)) for key in keys)
