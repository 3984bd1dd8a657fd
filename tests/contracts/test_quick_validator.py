"""The validator that is quick never lets through what the one that has the words would name."""

from __future__ import annotations

import copy
import datetime
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from warehouse.contracts.lint.standard import check_standard, is_right, read_validator
from warehouse.contracts.yaml_reader import read_yaml

ROOT = Path(__file__).parents[2]
STRANGE = (None, 1, 1.5, True, "x", "", [], {}, [1], "a\n", 10**30, float("nan"), datetime.date(2026, 1, 1), "員")
CONTRACTS = [read_yaml(path)[0] for path in sorted(ROOT.glob("contracts/**/*.odcs.yaml"))]


def list_places(part: Any) -> Iterator[tuple[Any, Any]]:
    """Every place of a document: what holds it, and its key there."""
    for key, value in part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ():
        yield part, key
        yield from list_places(value)


def damage(document: dict[str, Any], draw: random.Random) -> dict[str, Any]:
    """The document with one key gone, renamed, or of a strange value."""
    damaged = copy.deepcopy(document)
    holder, key = draw.choice(list(list_places(damaged)))
    how = draw.randrange(3)
    if how == 0:
        del holder[key]
    elif how == 1 and isinstance(holder, dict):
        holder[f"my{key}"] = holder.pop(key)
    else:
        holder[key] = draw.choice(STRANGE)
    return damaged


def test_what_is_quickly_right_is_right():
    draw = random.Random(17)
    damaged = [damage(draw.choice(CONTRACTS), draw) for _ in range(150)]
    wrong = [document for document in damaged if any(True for _ in read_validator().iter_errors(document))]
    assert len(wrong) > 50
    assert not any(is_right(document) for document in wrong)


def test_the_shipped_contracts_are_quickly_right_and_a_key_that_is_wrong_is_named():
    assert len(CONTRACTS) > 6
    assert all(is_right(document) for document in CONTRACTS)
    document = copy.deepcopy(CONTRACTS[0]) | {"versoin": "1"}
    assert [problem.path for problem in check_standard(document, "a.odcs.yaml")] == ["versoin"]
