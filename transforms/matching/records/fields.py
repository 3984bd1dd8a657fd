"""The columns of a table of people as fields that can be compared: normalised values, numbered once each."""

from __future__ import annotations

import polars as pl

from transforms.matching.records.birth_dates import learn_orders, read_birth
from transforms.matching.records.field import KINDS, Layout
from transforms.matching.records.legal_forms import shorten_forms
from transforms.matching.records.name_fields import is_people, split_full_names
from transforms.matching.records.romanise import romanise
from transforms.names.cleaning import LATIN_TITLES, name_key

EMPTY = {
    "", "na", "n a", "none", "null", "nil", "nan", "unknown", "test", "tbc", "tba", "not available", "not known", "xxx",
    "undefined", "missing", "anonymous", "guest", "不詳", "不详", "未知", "無", "无",
}  # fmt: skip
"""What is written where nothing is known."""
NAMES = {"full_name", "given_name", "middle_name", "surname"}


NO_GIVEN = frozenset(LATIN_TITLES) | {
    "husband", "wife", "spouse", "daughter", "child", "father", "mother", "brother", "sister", "relative", "resident",
    "occupant", "householder", "infant",
}  # fmt: skip
"""What is written in a given name's place where only the sex or the relation is known: nobody's name."""
COVERED = 0.95
"""Share of the full names beside which surname and given name stand too, from which these are taken instead."""


def fold(column: pl.Expr) -> pl.Expr:
    """Words in small letters without accents and punctuation, one blank between."""
    bare = (
        column.str.normalize("NFKD")
        .str.replace_all(r"[\p{M}'’`´]", "")
        .str.normalize("NFKC")
        .str.to_lowercase()
        .str.replace_all("đ", "d")
    )
    text = bare.str.replace_all(r"[^\p{L}\p{N}]+", " ").str.strip_chars()
    return pl.when(~text.is_in(list(EMPTY))).then(text)


def normalise(role: str, values: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """Values (node, source, value) of a role as they are compared; rows that say nothing are gone."""
    if role == "birth_date":
        out = values.with_columns(
            value=read_birth(values["value"], values["source"], layout.orders, layout.latest_year)
        )
    elif role in {"email", "handle"}:
        out = values.with_columns(pl.col("value").str.to_lowercase().str.strip_chars(" \t<>;,@"))
    elif role in {"phone", "national_id", "postcode"}:
        out = values.with_columns(pl.col("value").str.to_lowercase().str.replace_all(r"[^\p{L}\p{N}]", ""))
    elif role == "full_name":
        # A surname with a title, a nickname, `test`: nobody's name.
        named = values.filter(name_key(values["value"]).is_not_null())
        out = named.with_columns(shorten_forms(fold(pl.col("value"))))
    elif role == "gender":
        out = values.with_columns(fold(pl.col("value")).str.slice(0, 1))
    else:
        out = values.with_columns(fold(pl.col("value")))
    return out.filter(pl.col("value").is_not_null() & ~pl.col("value").is_in(list(EMPTY)))


def list_values(people: pl.DataFrame, role: str) -> pl.DataFrame:
    """Columns node, source, value and shown of a role: one row per value, single or in a list; names romanised."""
    text = people.select("node", "source", value=pl.col(role))
    if isinstance(text.schema["value"], pl.List):
        text = text.explode("value")
    known = text.with_columns(pl.col("value").cast(pl.String)).drop_nulls("value")
    read = romanise(known["value"]) if role in NAMES else known["value"]
    return known.with_columns(value=read, shown=read)


def list_fields(people: pl.DataFrame, layout: Layout) -> dict[str, pl.DataFrame]:
    """Field → node and normalised value, distinct. `people` has node, source and any roles.

    Words of a given name after the first become the middle name; numbers of an address the house; a full name stands
    where given name and surname do not. What the layout leaves open is learned from these people, and kept in it.
    """
    if "birth_date" in people.columns and not layout.names:
        dates = list_values(people, "birth_date")
        layout.orders = learn_orders(dates["value"], dates["source"], layout.latest_year)
    found = {role: normalise(role, list_values(people, role), layout) for role in KINDS if role in people.columns}
    written = found.get("full_name")
    if "given_name" in found and "surname" in found:
        found |= split_names(found)
    layout.names = layout.names or choose_names(found, written)
    if layout.names == "parts":
        found.pop("full_name", None)
    elif layout.names == "people":
        found = take_apart(found, list_values(people, "full_name"))
    if {"email", "handle"} <= set(found):
        # A handle often is the part of an email before the @: both are compared as one.
        found["email"] = pl.concat([found["email"], found.pop("handle")])
    if "address" in found:
        numbers = pl.col("value").str.extract_all(r"\p{L}?\d+\p{L}?").list.sort().list.join(" ")
        found["house"] = found["address"].with_columns(value=numbers).filter(pl.col("value") != "")
    return {role: pick_columns(role, v) for role, v in found.items()}


def pick_columns(role: str, values: pl.DataFrame) -> pl.DataFrame:
    """Node and value, distinct and in order; of full names also as they are written."""
    shown = ["shown"] if role == "full_name" else []
    return (
        values.sort("node", "value", "shown")
        .select("node", "value", *shown)
        .unique(["node", "value"], keep="first", maintain_order=True)
    )


def split_names(found: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Given names in first and middle; full names for all where some records have nothing else."""
    given = found["given_name"]
    first = given.with_columns(pl.col("value").str.extract(r"^(\S+)"))
    first = first.filter(~pl.col("value").is_in(list(NO_GIVEN)))
    rest = given.with_columns(pl.col("value").str.extract(r"^\S+ (.+)$")).drop_nulls("value")
    split = {"given_name": first, "middle_name": pl.concat([found.get("middle_name", rest.clear()), rest])}
    if "full_name" in found:
        joined = given.join(found["surname"], on="node").with_columns(
            pl.concat_str(c, pl.lit(" "), c + "_right").alias(c) for c in ("value", "shown")
        )
        split["full_name"] = pl.concat([found["full_name"], joined.select(given.columns)])
    return split


def choose_names(found: dict[str, pl.DataFrame], written: pl.DataFrame | None) -> str:
    """What is compared of names, as in `Layout`: the parts where next to all full names have them beside them.

    Args:
        found: fields so far; full_name stands in it for all records.
        written: full names as the sources have them, null where they have none.
    """
    parts = {"given_name", "surname"}
    if written is None:
        return "parts" if parts <= set(found) and "full_name" not in found else "whole"
    if parts <= set(found):
        whole = found["given_name"].join(found["surname"], on="node", how="semi")
        if written.join(whole, on="node", how="semi").height >= COVERED * written.height:
            return "parts"
    return "people" if is_people(found["full_name"]["shown"]) else "whole"


def take_apart(found: dict[str, pl.DataFrame], raw: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Names by the parts of people's full names; `raw` are full names, those that say little (Mr Chan) as well."""
    names = pl.concat([f.select("node", "source", "shown") for f in (found["full_name"], raw)]).unique()
    kept = {role: v for role, v in found.items() if role not in {"given_name", "surname", "middle_name"}}
    return kept | split_full_names(names.sort("node", "shown"))
