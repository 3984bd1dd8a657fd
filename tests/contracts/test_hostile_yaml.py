"""YAML that is written to stop whoever reads it is refused by name, before anything walks it."""

from itertools import pairwise

import pytest

from warehouse.contracts.yaml_reader import Unreadable, read_yaml

DEPTH = 100_000
NAMES = "abcdefghijkl"
LAUGHS = "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in pairwise(NAMES)
)


def read(tmp_path, text):
    path = tmp_path / "sales.odcs.yaml"
    path.write_text(text, "utf-8")
    return read_yaml(path)


@pytest.mark.parametrize(
    "text",
    [
        "a: " + "[" * DEPTH, "a: " + "[" * DEPTH + "]" * DEPTH, "{a: " * DEPTH, "- " * DEPTH, "? " * DEPTH,
        "a: " + "&x [" * DEPTH, "".join(f"{' ' * n}a:\n" for n in range(300)) + " " * 300 + "a: 1", "[{a: " * DEPTH,
    ],
)  # fmt: skip
def test_of_many_levels_is_refused(tmp_path, text):
    with pytest.raises(Unreadable, match="more than 50 levels"):
        read(tmp_path, text)


@pytest.mark.parametrize(
    "text",
    [
        LAUGHS, LAUGHS.replace("[", "{x: [").replace("]", "]}"), "a: &a {b: 1}\n" + "c: [" + "*a, " * 200_000 + "*a]",
        "a:\n" + "".join(f"  c{n}: 1\n" for n in range(100_001)), "a: &a 1\nb: [" + "*a, " * 200_000 + "1]",
    ],
)  # fmt: skip
def test_of_many_parts_is_refused(tmp_path, text):
    with pytest.raises(Unreadable, match="more than 200,000 parts, aliases written out"):
        read(tmp_path, text)


@pytest.mark.parametrize("text", ["a: &a [*a]", "a: &a {b: {c: *a}}", "&a [&b [*a]]"])
def test_that_holds_itself_is_refused(tmp_path, text):
    with pytest.raises(Unreadable, match="an alias refers to itself"):
        read(tmp_path, text)


def test_with_aliases_as_people_write_them_is_read(tmp_path):
    text = "a: &a {b: 1}\nc:\n  <<: *a\n  d: [*a, *a]\ne: &e 2\nf: *e\n"
    assert read(tmp_path, text) == ({"a": {"b": 1}, "c": {"b": 1, "d": [{"b": 1}] * 2}, "e": 2, "f": 2}, [])
