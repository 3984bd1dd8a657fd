"""Which column of a delivery is which declared column."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from warehouse.contracts.model import Column
from warehouse.landing.files import DeliveryError
from warehouse.landing.formats.undeclared import name_undeclared
from warehouse.types.numbers import UNSEEN

ODD_ENDS = re.compile(r"[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
"""What ends a line somewhere, and none of ours."""

WITHOUT_UNSEEN = dict.fromkeys(map(ord, UNSEEN))


@dataclass(frozen=True)
class Header:
    """The names a delivery gives its columns, matched with the declared ones."""

    places: dict[str, int | None]
    """Per declared column, in declared order: its position in the delivery, or None."""
    undeclared: list[str]
    """Names that are not declared."""
    nameless: list[str]
    """Columns without a name, called after their position."""

    @property
    def indexes(self) -> list[int]:
        """Positions of the declared columns, ascending."""
        return sorted(place for place in self.places.values() if place is not None)

    @property
    def has_undeclared(self) -> bool:
        """True if a column is not declared."""
        return bool(self.undeclared or self.nameless)

    def name_undeclared(self, record_count: int, misfit_count: int) -> dict[str, int]:
        """What is not declared, as it may be shown, with the number of records.

        Where most records have another number of fields (`misfit_count`), the header has something glued to it.
        """
        counts: dict[tuple[str, ...], int] = {(name,): record_count for name in self.undeclared}
        is_doubted = 2 * misfit_count > record_count
        named = name_undeclared(counts, record_count, is_hidden=is_doubted)
        return named | dict.fromkeys(self.nameless, record_count)

    @property
    def missing(self) -> list[str]:
        """Declared columns that the delivery does not have."""
        return [name for name, place in self.places.items() if place is None]


def match_header(names: Sequence[str], columns: Sequence[Column], notes: list[str]) -> Header:
    """Match by the exact name, or else, which is noted, by any name the contract knows; blanks and case do not count.

    Raises:
        DeliveryError: a declared column is there twice, or none is there.
    """
    taken = {column.name: names.index(column.name) for column in columns if column.name in names}
    require_once([name for name in names if name in taken])
    free = {i: key_of(name) for i, name in enumerate(names) if name not in taken}
    places: dict[str, int | None] = {}
    for column in columns:
        wanted = set(map(key_of, (column.name, *column.also_called))) if column.name not in taken else set()
        near = [i for i, key in free.items() if key in wanted]
        require_once([column.name] * len(near))
        places[column.name] = taken.get(column.name, near[0] if near else None)
        if near:
            free.pop(near[0])
            notes.append(f"column {column.name!r} is called {names[near[0]]!r} in the header")
    if not any(place is not None for place in places.values()):
        raise DeliveryError(
            "its first line names none of the declared columns; is the header missing, or the delimiter another?"
            " Columns that are called otherwise are declared by c360.alsoCalled, and a CSV file without a header by"
            " c360.header: false (its columns are then the declared ones, in their order)"
        )
    nameless = [f"(column {i + 1}, without a name)" for i in free if not names[i].strip()]
    return Header(places, [name for i in free if (name := names[i].strip())], nameless)


def key_of(name: str) -> str:
    """What of a name counts when it is not written exactly as declared; marks that nobody sees do not."""
    return name.translate(WITHOUT_UNSEEN).strip().casefold()


def require_names(names: Sequence[str], delimiter: str) -> None:
    """Raise DeliveryError if a name holds what ends lines: then it is names and values of the first record glued.

    A quoted name may have a line break, as spreadsheets write it, but no delimiter besides.
    """
    for name in names:
        plain = name.replace("\r\n", " ").replace("\n", " ")
        if ODD_ENDS.search(plain) or (plain != name and delimiter in name):
            raise DeliveryError(
                "its header does not end as a line does: a carriage return alone or another sign stands there in place"
                " of the line end, or a quote never closes; have it delivered with one kind of line end, LF or CRLF"
            )


def require_once(names: list[str]) -> None:
    """Raise DeliveryError if a name occurs twice."""
    for name, count in Counter(names).items():
        if count > 1:
            raise DeliveryError(f"its header names the column {name!r} {count} times; have it delivered with each once")
