"""Blocking keys: what two records of one person are likely to share although both are broken somewhere."""

from __future__ import annotations

import polars as pl

from transforms.matching.comparison.phonetic import list_way_keys
from transforms.matching.records.name_fields import PARTS, WAYS
from transforms.matching.settings import Keys
from transforms.values.per_distinct import list_distinct

NAMES = ("given_name", "middle_name", "surname", "full_name")
SOUNDS = (
    ("^(?:kn|gn|pn)", "n"), ("^wr", "r"), ("^x", "s"), ("ph", "f"), ("gh", "g"), ("sch|sh|ch|tch", "s"), ("ck|q", "k"),
    ("c([eiy])", "s$1"), ("c", "k"), ("dg|g([eiy])", "j$1"), ("z|x", "s"), ("v|w", "f"), ("th|d", "t"), ("b", "p"),
)  # fmt: skip
"""Spellings that sound alike in most European languages and in romanised Chinese."""


def sound(word: pl.Expr) -> pl.Expr:
    """A word as its first letter (any vowel is `a`) and the consonants after it, four at most."""
    folded = word
    for spelling, letter in SOUNDS:
        folded = folded.str.replace_all(spelling, letter)
    folded = folded.str.replace("^[aeiouy]", "@").str.replace_all("[aeiouyh]", "").str.replace("^@", "a")
    for letter in "bfgjklmnprst":
        folded = folded.str.replace_all(letter + "{2,}", letter)
    return pl.when(word.str.contains("^[a-z]+$")).then(folded.str.slice(0, 4)).otherwise(word)


def list_keys(values: dict[str, pl.DataFrame], name_keys: Keys | None = None) -> pl.DataFrame:
    """Columns node, origin, key: `origin` is the piece of data that a key comes from, `key` a hash.

    Keys of the same origin say the same twice and are not worth combining. That two keys may have one hash now and
    then costs a comparison, no more.
    """
    parts: list[pl.DataFrame] = word_of_name_keys([values[n] for n in NAMES if n in values])
    for name, table in values.items():
        if name == "full_name":
            parts += spoken_keys(table, name_keys) if name_keys else []
        elif name == WAYS:
            keys = table.select("node", value=list_distinct(table["value"], list_way_keys)).explode("value")
            parts.append(keyed(keys.drop_nulls("value"), "sounds", pl.col("value"), pl.lit("spoken")))
        elif name == "birth_date":
            parts += birth_keys(table)
        elif name == "address":
            parts += word_keys(table)
        elif name == "email":
            parts += email_keys(table)
        elif name not in {"gender", "house", *PARTS, *NAMES}:
            parts += code_keys(name, table)
    return pl.concat(parts) if parts else no_keys()


def no_keys() -> pl.DataFrame:
    """No key at all."""
    return pl.DataFrame(schema={"node": pl.UInt32, "origin": pl.UInt16, "key": pl.UInt32})


def keyed(table: pl.DataFrame, kind: str, value: pl.Expr, origin: pl.Expr) -> pl.DataFrame:
    """Keys of one kind: null and empty values have none."""
    rows = table.select("node", origin=(origin.hash(seed=1) // 2**48).cast(pl.UInt16), value=value)
    rows = rows.filter(pl.col("value").str.len_chars() > 0)
    key = (pl.concat_str(pl.lit(kind + ":"), "value").hash(seed=2) // 2**32).cast(pl.UInt32)
    found = rows.select("node", "origin", key=key)
    return found.unique(["node", "key"], keep="first", maintain_order=True)


def word_of_name_keys(tables: list[pl.DataFrame]) -> list[pl.DataFrame]:
    """Keys of every word of a name, whichever field it stands in: as written, by sound, its beginning, its end."""
    if not tables:
        return []
    names = pl.concat([t.select("node", "value") for t in tables])
    words = names.with_columns(pl.col("value").str.split(" ")).explode("value").filter(pl.col("value") != "").unique()
    words = words.sort("node", "value")
    word = pl.col("value")
    is_long = word.str.len_chars() > 1
    origin = pl.concat_str(pl.lit("name:"), word)
    return [
        keyed(words, "name", pl.when(is_long).then(word), origin),
        keyed(words, "sound", pl.when(is_long).then(sound(word)), origin),
        keyed(words, "begin", pl.when(word.str.len_chars() > 2).then(word.str.slice(0, 3)), origin),
        keyed(words, "end", pl.when(word.str.len_chars() > 3).then(word.str.slice(-3)), origin),
    ]


def spoken_keys(table: pl.DataFrame, name_keys: Keys) -> list[pl.DataFrame]:
    """Keys of full names as they sound, in any script."""
    keys = table.select("node", value=name_keys(table["shown"])).explode("value").drop_nulls("value")
    return [keyed(keys, "spoken", pl.col("value"), pl.lit("spoken"))]


def birth_keys(table: pl.DataFrame) -> list[pl.DataFrame]:
    """Keys of a birth date: whole, two parts of three, and its digits in order (a slip or a swap keeps them)."""
    text = pl.col("value")
    year, month, day = text.str.slice(0, 4), text.str.slice(4, 2), text.str.slice(6, 2)
    swapped = pl.concat_str(year, pl.min_horizontal(month, day), pl.max_horizontal(month, day))
    origin = pl.lit("birth")
    return [
        keyed(table, "birth", swapped, origin),
        keyed(table, "year-month", pl.concat_str(year, month), origin),
        keyed(table, "year-day", pl.concat_str(year, day), origin),
        keyed(table, "month-day", pl.concat_str(month, day), origin),
        keyed(table, "digits", text.str.split("").list.sort().list.join(""), origin),
    ]


def word_keys(table: pl.DataFrame) -> list[pl.DataFrame]:
    """Keys of an address: every number, and every word as written and by sound."""
    words = table.with_columns(pl.col("value").str.split(" ")).explode("value").filter(pl.col("value") != "")
    word = pl.col("value")
    origin = pl.concat_str(pl.lit("word:"), word)
    has_digit = word.str.contains(r"\d")
    is_long = word.str.len_chars() > 2
    return [
        keyed(words, "number", pl.when(has_digit).then(word), origin),
        keyed(words, "word", pl.when(is_long & ~has_digit).then(sound(word)), origin),
        keyed(words, "word-begin", pl.when((word.str.len_chars() > 4) & ~has_digit).then(word.str.slice(0, 4)), origin),
    ]


def email_keys(table: pl.DataFrame) -> list[pl.DataFrame]:
    """Keys of an email: whole, and the letters and digits of its local part."""
    local = pl.col("value").str.extract("^([^@]+)")
    origin = pl.lit("email")
    return [
        keyed(table, "email", pl.col("value"), origin),
        keyed(table, "local", local.str.replace_all(r"[^\p{L}\p{N}]", ""), origin),
        keyed(table, "local-letters", local.str.replace_all(r"[^\p{L}]", ""), origin),
        keyed(table, "local-begin", local.str.replace_all(r"[^\p{L}\p{N}]", "").str.slice(0, 4), origin),
    ]


def code_keys(name: str, table: pl.DataFrame) -> list[pl.DataFrame]:
    """Keys of a code or a place: whole, its beginning and its end."""
    text = pl.col("value")
    origin = pl.lit(name)
    half = text.str.len_chars() // 2
    return [
        keyed(table, name, text, origin),
        keyed(table, name + "-begin", pl.when(half > 1).then(text.str.head(half)), origin),
        keyed(table, name + "-end", pl.when(half > 1).then(text.str.tail(half)), origin),
    ]
