"""Cleaning each distinct value once, by as many processes as it pays for."""

from __future__ import annotations

import os

import polars as pl
import pytest

from transforms.values import per_distinct as distinct
from transforms.values.per_distinct import list_distinct, map_distinct


@pytest.fixture(autouse=True)
def small_shares(monkeypatch):
    monkeypatch.setattr(distinct, "SHARE", 3)
    monkeypatch.setattr(distinct, "SLICE", 2)
    monkeypatch.setattr(os, "cpu_count", lambda: 3)


def tell_process(text: str) -> str:
    """Who cleans a value."""
    return f"{text} {os.getpid()}"


def list_letters(text: str) -> list[str]:
    """The letters of a value; a blank is none."""
    return list(text.strip())


def refuse_digits(text: str) -> str:
    """A value, unless it is a number."""
    if text.isdigit():
        raise ValueError("digits")
    return text


def die_elsewhere(text: str) -> str:
    """A value, from the process of the tests only."""
    if os.getpid() != int(os.environ["CLEANED_BY"]):
        os._exit(9)
    return text


def test_many_values_are_cleaned_by_several_processes_and_few_by_this_one():
    many = [f"v{n}" for n in range(20)]
    said = map_distinct(pl.Series([*many, None, *many]), tell_process).to_list()
    assert [text.split()[0] if text else None for text in said] == [*many, None, *many]
    assert len({text.split()[1] for text in said if text}) == 3
    assert map_distinct(pl.Series(many[:5]), tell_process).to_list() == [f"{v} {os.getpid()}" for v in many[:5]]


def test_lists_come_back_in_order_whoever_made_them():
    many = [*"abcdefgh", " ", None, "xyz"]
    assert list_distinct(pl.Series(many), list_letters).to_list() == [*map(list, "abcdefgh"), [], None, [*"xyz"]]


def test_a_fault_in_another_process_shows_here_as_itself():
    values = [f"v{n}" for n in range(20)]
    for place in (0, 10, 19):
        with pytest.raises(ValueError, match="digits"):
            map_distinct(pl.Series([*values[:place], "7", *values[place:]]), refuse_digits)


def test_values_are_cleaned_here_where_another_process_dies(monkeypatch):
    monkeypatch.setenv("CLEANED_BY", str(os.getpid()))
    values = [f"v{n}" for n in range(20)]
    assert map_distinct(pl.Series(values), die_elsewhere).to_list() == values
