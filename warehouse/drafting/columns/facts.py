"""What the values of a column look like: how many there are, and the shares of them that have a shape."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from transforms.names.surnames import is_surname_spelling, surname_share
from transforms.values.codes import key_gender, key_language
from transforms.values.emails import find_addresses
from transforms.values.phones import find_numbers
from transforms.values.placeholders import placeholder_kinds
from warehouse.drafting.columns.shapes import CURRENCY_MARKS, is_number, is_whole, time_shape
from warehouse.drafting.columns.words import read_name, split_name

SEEN_VALUES = 500
SEEN_PHONES = 60
GERMAN = frozenset(
    "nummer datum betrag kunde kunden bestell vorname nachname menge anzahl preis waehrung strasse ort plz".split()  # noqa: SIM905
)
FREQUENT = 40
"""Values that are looked at for whether they say nothing: what stands for nothing is frequent."""
REGIONS = ("HK", "DE", "GB", "US", "CN", "TW", "FR", "JP", "SG", "MO", "AT", "CH", "ES", "IT", "NL", "AU", "CA", "IN")
"""Whose numbering plans a column of phones is tried with."""


@dataclass(frozen=True)
class Facts:
    """One column. Shares are of the records in which it says something."""

    name: str
    count: int
    """Records."""
    filled: int
    """Records in which it says something; n/a, - and their like are nothing."""
    distinct: int
    values: tuple[str, ...]
    """Distinct values, up to SEEN_VALUES, spread over the file."""
    weights: tuple[int, ...]
    """Records of each."""

    @cached_property
    def concepts(self) -> frozenset[str]:
        """What its name speaks of; of `billing.email` the last part, or all of it where that says nothing."""
        return read_name(self.name.rpartition(".")[2]) or read_name(self.name)

    @cached_property
    def above(self) -> frozenset[str]:
        """What the object speaks of in which it lies."""
        return read_name(self.name.rpartition(".")[0])

    @cached_property
    def stems(self) -> tuple[str, ...]:
        """The words of its name."""
        return split_name(self.name.rpartition(".")[2])

    @property
    def filled_share(self) -> float:
        """Share of the records in which it says something."""
        return self.filled / self.count if self.count else 0.0

    @property
    def is_unique(self) -> bool:
        """Does every record say something, and each something else?"""
        return self.filled == self.count == self.distinct and self.count > 0

    @property
    def mean_length(self) -> float:
        """Characters of a value, on average; a Chinese one counts for three."""
        lengths = [sum(3 if is_han(c) else 1 for c in value[:500]) for value in self.values]
        return sum(n * w for n, w in zip(lengths, self.weights, strict=True)) / max(sum(self.weights), 1)

    def share(self, test: Callable[[str], object]) -> float:
        """Share of the values that pass a test."""
        passed = sum(w for value, w in zip(self.values, self.weights, strict=True) if test(value))
        return passed / max(sum(self.weights), 1)

    @cached_property
    def number_share(self) -> float:
        """Numbers, also with a currency beside them."""
        return self.share(is_number)

    @cached_property
    def whole_share(self) -> float:
        """Whole numbers without any sign but a minus."""
        return self.share(is_whole)

    @cached_property
    def time_share(self) -> float:
        """Dates and times that need no declaration, or the order of their parts alone."""
        return self.share(time_shape)

    @cached_property
    def email_share(self) -> float:
        """Fields with an e-mail address."""
        return self.share(lambda value: "@" in value and len(value) < 150 and find_addresses(value))

    @cached_property
    def gender_share(self) -> float:
        """Words for a gender."""
        return self.share(key_gender) if self.distinct <= 12 else 0.0

    @cached_property
    def language_share(self) -> float:
        """Tags and names of languages."""
        return self.share(key_language) if self.distinct <= 60 else 0.0

    @cached_property
    def currency_share(self) -> float:
        """Codes, signs and words of currencies."""
        return self.share(lambda value: value.strip().upper().rstrip(".") in CURRENCY_MARKS)

    @cached_property
    def person_share(self) -> float:
        """Values that look like the name of a person."""
        return self.share(looks_like_name)

    @cached_property
    def phone_regions(self) -> dict[str, float]:
        """By region, the share of values that are phone numbers there; the best first."""
        seen = self.values[:SEEN_PHONES]
        if not seen or sum(map(may_be_phone, seen)) < len(seen) / 3 or self.time_share > 0.5:
            return {}
        shares = {region: sum(bool(find_numbers(value, region)) for value in seen) / len(seen) for region in REGIONS}
        return dict(sorted(shares.items(), key=lambda item: -item[1]))

    @cached_property
    def phone_share(self) -> float:
        """Phone numbers of the region that has the most."""
        return next(iter(self.phone_regions.values()), 0.0)


def is_han(character: str) -> bool:
    """Is it a Chinese character?"""
    return "\u3400" <= character <= "\u9fff" or "\U00020000" <= character <= "\U0002ffff"


def measure(rows: pl.DataFrame) -> dict[str, Facts]:
    """The facts of each column of text, by name."""
    return {name: measure_column(name, rows[name]) for name in rows.columns}


def measure_column(name: str, values: pl.Series) -> Facts:
    """The facts of one column."""
    text = values.cast(pl.String).str.strip_chars()
    text = text.zip_with((text != "").fill_null(False), text.clear(len(text)))
    counts = pl.DataFrame({"v": text.drop_nulls()}).group_by("v", maintain_order=True).agg(pl.len().alias("n"))
    frequent = counts.sort("n", descending=True, maintain_order=True)["v"].head(FREQUENT)
    nothing = frequent.filter(placeholder_kinds(frequent).is_in(["null", "sign"]).fill_null(False))
    said = text.filter(text.is_not_null() & ~text.is_in(nothing.implode()))
    order = said.unique(maintain_order=True)
    kept = order.gather_every(max(1, -(-len(order) // SEEN_VALUES)))
    weighed = pl.DataFrame({"v": kept}).join(counts, on="v", how="left", maintain_order="left")
    return Facts(name, len(values), len(said), len(order), tuple(weighed["v"]), tuple(weighed["n"]))


def may_be_phone(value: str) -> bool:
    """Has it the digits of a phone number, and few letters?"""
    digits = sum(c.isdigit() for c in value)
    return 6 <= digits <= 40 and ":" not in value and sum(c.isalpha() for c in value) <= digits / 2


def looks_like_name(value: str) -> bool:
    """Is it written as people's names are: 陳大文, Chan Tai Man, "Wong, Siu Ming", Müller?"""
    text = value.strip()
    if any(c.isdigit() or c in "@#/_:;{}[]=<>&" for c in text) or not 2 <= len(text) <= 60:
        return False
    han = [c for c in text if is_han(c)]
    if han:
        bare = text.replace("·", "").replace(" ", "")
        return len(han) <= 5 and (surname_share(bare[0]) > 0.001 or surname_share(bare[:2]) > 0.001)
    words = text.replace(",", " ").replace(".", " ").split()
    is_written = all(
        word[0].isalpha() and word.replace("-", "").replace("'", "").replace("’", "").isalpha() for word in words
    )
    if not is_written or not 2 <= len(words) <= 5:
        return False
    return all(word[0].isupper() for word in words if len(word) > 3) or any(
        map(is_surname_spelling, map(str.lower, words))
    )


def speaks_german(columns: Iterable[Facts]) -> bool:
    """Are several names of columns German?"""
    return len(GERMAN & {stem for facts in columns for stem in facts.stems}) >= 2
