"""Labels of a home: pairs or groups of accounts of which a person knows whether they are one customer.

`labels.csv` beside the contracts, in one of two forms, told apart by its header:

    source,account_id,person        accounts with the same person are one customer, with another person are not
    left,right,is_same              two accounts, each as source:account_id, and true or false
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from warehouse.contracts.settings import SettingsError

LABELS = "labels.csv"
BY_PERSON = ("source", "account_id", "person")
BY_PAIR = ("left", "right", "is_same")
TRUTH = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
PLACE = 2
"""Fields that name one account: its source and its id there."""


@dataclass(frozen=True)
class Labels:
    """What `labels.csv` says.

    A row of BY_PERSON is (source, account_id, person), one of BY_PAIR (left_source, left_account_id, right_source,
    right_account_id, is_same).
    """

    is_pairs: bool
    rows: list[tuple[str | bool, ...]]


def read_labels(folder: Path) -> Labels | None:
    """The labels beside the contracts; None where there is no such file.

    Raises:
        SettingsError: the file cannot be used; the message names the line and the cure, never what stands there.
    """
    path = folder / LABELS
    if not path.is_file():
        return None
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file, strict=True)
            header = tuple(name.strip() for name in next(lines, []))
            if header not in (BY_PERSON, BY_PAIR):
                raise SettingsError(
                    f"{path}: its first line must be {','.join(BY_PERSON)} or {','.join(BY_PAIR)}, in this order"
                )
            is_pairs = header == BY_PAIR
            return Labels(is_pairs, list(read_rows(path, lines, is_pairs)))
    except UnicodeDecodeError:
        raise SettingsError(f"{path}: is not UTF-8; save it as UTF-8") from None
    except csv.Error:
        raise SettingsError(f"{path}: is not valid CSV: a quoted field is not closed, or text follows it") from None


def read_rows(path: Path, lines: Iterator[list[str]], is_pairs: bool) -> Iterator[tuple[str | bool, ...]]:
    """The rows of labels, each about its accounts once; a row that says the same again is left out."""
    said: dict[object, tuple[str | bool, ...]] = {}
    for number, line in enumerate(lines, start=2):
        if not line:
            continue
        row = read_pair(line) if is_pairs else read_person(line)
        if row is None:
            form = "source:account_id twice, of two accounts, then true or false" if is_pairs else "three filled fields"
            raise SettingsError(f"{path}, record {number}: must hold {form}")
        accounts: object = frozenset([row[:PLACE], row[PLACE : 2 * PLACE]]) if is_pairs else row[:PLACE]
        before = said.setdefault(accounts, row)
        if before[-1] != row[-1]:
            raise SettingsError(
                f"{path}, record {number}: conflicts with an earlier label for the same pair; remove one"
            )
        if before is row:
            yield row


def read_person(line: Sequence[str]) -> tuple[str | bool, ...] | None:
    """A row of BY_PERSON; None if it is none."""
    row = tuple(field.strip() for field in line)
    return row if len(row) == len(BY_PERSON) and all(row) else None


def read_pair(line: Sequence[str]) -> tuple[str | bool, ...] | None:
    """A row of BY_PAIR; None if it is none. A source's name holds no colon, an account_id may."""
    if len(line) != len(BY_PAIR):
        return None
    *accounts, is_same = (field.strip() for field in line)
    ends = [tuple(account.split(":", 1)) for account in accounts]
    is_whole = all(len(end) == PLACE and all(end) for end in ends)
    if not is_whole or ends[0] == ends[1] or is_same.lower() not in TRUTH:
        return None
    return (*ends[0], *ends[1], TRUTH[is_same.lower()])
