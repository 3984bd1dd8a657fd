"""Deliveries are found, fingerprinted and copied aside unchanged."""

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import pytest

from warehouse.contracts.model import Location, Source
from warehouse.landing import files as deliveries
from warehouse.landing.files import DeliveryError, find_deliveries, fingerprint, take_snapshot


def source_at(path):
    location = Location(type="local", path=str(path), format="csv")
    return Source("shop", "transactions", "append", (), location, Path("shop.odcs.yaml"), "1", "", "")


def test_a_glob_finds_files_by_name_and_leaves_unfinished_ones(tmp_path):
    for name in ("b.csv", "a.csv", ".hidden.csv", "c.csv.part", "d.tmp", "e.txt"):
        (tmp_path / name).write_text("id\n")
    found = find_deliveries(source_at(tmp_path / "*"))
    assert [path.name for path in found] == ["a.csv", "b.csv", "e.txt"]


def test_a_literal_path_with_glob_characters_is_found(tmp_path):
    (tmp_path / "sales[1].csv").write_text("id\n")
    assert find_deliveries(source_at(tmp_path / "sales[1].csv")) == [tmp_path / "sales[1].csv"]


@pytest.mark.parametrize("name", ["*.csv", "shop.csv"])
def test_nothing_there_is_no_error(tmp_path, name):
    assert find_deliveries(source_at(tmp_path / name)) == []


@pytest.mark.parametrize("pattern", ["day.csv", "*.csv"])
def test_a_directory_where_a_file_is_due_is_named(tmp_path, pattern):
    (tmp_path / "day.csv").mkdir()
    with pytest.raises(DeliveryError, match=r"source shop: day\.csv is a directory"):
        find_deliveries(source_at(tmp_path / pattern))


def test_a_link_to_nothing_is_named(tmp_path):
    (tmp_path / "day.csv").symlink_to(tmp_path / "gone.csv")
    with pytest.raises(DeliveryError, match=r"day\.csv is not there"):
        find_deliveries(source_at(tmp_path / "day.csv"))


def test_a_fingerprint_is_the_sha256_of_the_bytes(tmp_path):
    (tmp_path / "day.csv").write_bytes(b"id\n1\n" * 500_000)
    assert fingerprint(tmp_path / "day.csv") == hashlib.sha256(b"id\n1\n" * 500_000).hexdigest()


def test_a_snapshot_is_a_copy_named_by_its_hash(tmp_path):
    path = tmp_path / "day.csv"
    path.write_bytes(b"id\n1\n")
    snapshot = take_snapshot(path, tmp_path / "work")
    path.write_bytes(b"id\n2\n")
    assert (snapshot.name, snapshot.size) == ("day.csv", 5)
    assert snapshot.delivery_id == hashlib.sha256(b"id\n1\n").hexdigest() == snapshot.path.name
    assert snapshot.path.read_bytes() == b"id\n1\n"
    assert list((tmp_path / "work").iterdir()) == [snapshot.path]


def test_the_same_bytes_under_another_name_are_the_same_delivery(tmp_path):
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_bytes(b"id\n1\n")
    first, second = (take_snapshot(tmp_path / name, tmp_path / "work") for name in ("a.csv", "b.csv"))
    assert replace(first, name="b.csv") == second


@pytest.fixture
def growing(tmp_path, monkeypatch):
    """A file that somebody writes to `growing.times` times while it is being read."""
    path = tmp_path / "day.csv"
    path.write_bytes(b"id\n")
    copy_hashed = deliveries.copy_hashed
    left = [0]

    def copy_and_grow(file, copy):
        result = copy_hashed(file, copy)
        if left[0]:
            left[0] -= 1
            with path.open("ab") as more:
                more.write(b"1\n")
            os.utime(path)
        return result

    monkeypatch.setattr(deliveries, "copy_hashed", copy_and_grow)
    monkeypatch.setattr(deliveries, "PAUSE_SECONDS", 0.001)
    return path, left


def test_a_file_that_grows_for_a_while_is_read_when_it_stands_still(growing, tmp_path):
    path, left = growing
    left[0] = 2
    assert take_snapshot(path, tmp_path / "work").path.read_bytes() == b"id\n1\n1\n"


def test_a_file_that_keeps_growing_is_refused_and_leaves_nothing(growing, tmp_path):
    path, left = growing
    left[0] = 100
    with pytest.raises(DeliveryError, match=r"day\.csv grew while it was read.*\.part"):
        take_snapshot(path, tmp_path / "work")
    assert list((tmp_path / "work").iterdir()) == []


def test_a_missing_file_or_a_directory_is_refused(tmp_path):
    with pytest.raises(DeliveryError, match=r"gone\.csv is not there"):
        take_snapshot(tmp_path / "gone.csv", tmp_path / "work")
    with pytest.raises(DeliveryError, match="is a directory"):
        fingerprint(tmp_path)
