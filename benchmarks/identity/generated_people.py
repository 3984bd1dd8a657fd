"""Made-up people at any scale, with typing errors and their truth: what the matcher's speed is measured on."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

VOWELS, CONSONANTS = "aeiou", "bcdfghklmnprstvw"


def make_words(rng: np.random.Generator, count: int, syllables: tuple[int, int]) -> pl.Series:
    """Distinct words that can be spoken."""
    words: set[str] = set()
    while len(words) < count:
        size = int(rng.integers(*syllables))
        words.add("".join(rng.choice(list(CONSONANTS)) + rng.choice(list(VOWELS)) for _ in range(size)))
    return pl.Series(sorted(words)).sample(fraction=1, shuffle=True, seed=int(rng.integers(1 << 30)))


def pick_common(rng: np.random.Generator, words: pl.Series, count: int) -> pl.Series:
    """Words as unevenly common as names are (Zipf)."""
    share = 1 / (np.arange(len(words)) + 10.0)
    return words.gather(rng.choice(len(words), count, p=share / share.sum()))


def generate_people(count: int, seed: int = 1, share: float = 0.1) -> pl.DataFrame:
    """Records of which `share` are second, damaged copies: source, record, roles, and truth."""
    rng = np.random.default_rng(seed)
    people = round(count * (1 - share))
    given, surname = make_words(rng, 2_000, (2, 4)), make_words(rng, 8_000, (2, 4))
    street, city = make_words(rng, 5_000, (2, 5)), make_words(rng, 800, (2, 5))
    number = pl.int_range(people, eager=True)
    days = pl.Series(rng.integers(0, 25_000, people))
    base = pl.DataFrame(
        {
            "truth": number.cast(pl.String),
            "given_name": pick_common(rng, given, people),
            "surname": pick_common(rng, surname, people),
            "days": days,
            "address": pick_common(rng, street, people),
            "city": pick_common(rng, city, people),
            "phone": pl.Series(rng.integers(50_000_000, 99_999_999, people)).cast(pl.String),
        }
    )
    base = base.with_columns(
        birth_date=(pl.lit(date(1935, 1, 1)) + pl.duration(days="days")).cast(pl.String),
        address=pl.concat_str(pl.Series(rng.integers(1, 300, people)).cast(pl.String), "address", separator=" "),
        email=pl.concat_str("given_name", "surname", number % 97, pl.lit("@example.com")),
    )
    base = base.drop("days")
    copies = damage(rng, base.sample(count - people, seed=seed))
    both = pl.concat([base, copies]).sample(fraction=1, shuffle=True, seed=seed)
    return both.with_columns(source=pl.lit("people"), record=pl.int_range(pl.len()).cast(pl.String))


def damage(rng: np.random.Generator, people: pl.DataFrame) -> pl.DataFrame:
    """Each value in three of ten dropped, cut, or with two letters swapped."""
    for name in people.columns[1:]:
        outcome = pl.Series(rng.integers(0, 20, people.height))
        place = pl.Series(rng.integers(1, 4, people.height))
        text = pl.col(name)
        swapped = pl.concat_str(
            text.str.slice(0, place), text.str.slice(place + 1, 1), text.str.slice(place, 1), text.str.slice(place + 2)
        )
        cut = pl.concat_str(text.str.slice(0, place), text.str.slice(place + 1))
        people = people.with_columns(
            pl.when(outcome < 2)
            .then(None)
            .when(outcome < 4)
            .then(cut)
            .when(outcome < 6)
            .then(swapped)
            .otherwise(text)
            .alias(name)
        )
    return people
