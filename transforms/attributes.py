"""What sources say of an account: one row per account, attribute and value, with when and where it was seen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import polars as pl

from transforms.emails import email_keys, email_shown
from transforms.names import name_key, name_shown
from transforms.phones import phone_keys, phone_shown
from transforms.places import address_shown, district_key, place_shown
from transforms.values import birth_date_key, gender_key, handle_key, language_key, national_id_key
from warehouse.contracts import Column, Source

ATTRIBUTES = (
    "full_name", "given_name", "surname", "email", "phone", "national_id", "handle", "birth_date", "gender", "language",
    "district", "address", "postcode",
)  # fmt: skip
ATTRIBUTE: dict[str, pl.DataType | type[pl.DataType]] = {
    "source": pl.String, "account_id": pl.String, "attribute": pl.String, "value": pl.String, "key": pl.String,
    "first_seen_at": pl.Datetime("us"), "last_seen_at": pl.Datetime("us"), "seen_count": pl.Int64,
    "delivery_id": pl.String, "record": pl.Int64,
}  # fmt: skip
"""Columns of clean.attribute: one row per account, attribute, value and key."""
GROUP = ("source", "account_id", "attribute", "value", "key")


def clean_attribute(rows: pl.DataFrame, source: Source, region: str, as_of: date) -> pl.DataFrame:
    """Attributes of the accounts in rows (with accounts and `seen_at`).

    One row per source, account_id, attribute, value (as shown) and key (for matching; null: no evidence), with
    first_seen_at, last_seen_at, seen_count, and delivery_id and record of the last sighting. A field with several
    phones gives several rows.
    """
    owned = rows.filter(pl.col("account_id").is_not_null())
    parts = [
        _clean_column(_sightings(owned, pl.col(c.name).cast(pl.String)), c, region, as_of)
        for c in source.columns
        if c.role in ATTRIBUTES
    ]
    if not source.having("full_name") and source.having("surname"):
        parts.append(
            _clean_column(_sightings(owned, _joined_name(source)), Column("", (), "string", "full_name"), region, as_of)
        )
    return merge_sightings(pl.concat([pl.DataFrame(schema=ATTRIBUTE), *parts]))


def merge_sightings(rows: pl.DataFrame) -> pl.DataFrame:
    """Sightings of the same value of the same account as one row; merging twice changes nothing."""
    return (
        rows.sort("last_seen_at", "delivery_id", "record")
        .group_by(GROUP)
        .agg(
            first_seen_at=pl.col("first_seen_at").min(),
            last_seen_at=pl.col("last_seen_at").max(),
            seen_count=pl.col("seen_count").sum(),
            delivery_id=pl.col("delivery_id").last(),
            record=pl.col("record").last(),
        )
        .sort(GROUP)
    )


def _sightings(rows: pl.DataFrame, value: pl.Expr) -> pl.DataFrame:
    """Distinct raw values per account, so that each is cleaned once however often it was delivered."""
    return (
        rows.select("account_source", "account_id", "seen_at", "_delivery_id", "_record", raw=value)
        .filter(pl.col("raw").is_not_null())
        .sort("seen_at", "_delivery_id", "_record")
        .group_by("account_source", "account_id", "raw")
        .agg(
            first_seen_at=pl.col("seen_at").min(),
            last_seen_at=pl.col("seen_at").max(),
            seen_count=pl.len().cast(pl.Int64),
            delivery_id=pl.col("_delivery_id").last(),
            record=pl.col("_record").last(),
        )
    )


def _clean_column(seen: pl.DataFrame, column: Column, region: str, as_of: date) -> pl.DataFrame:
    """Sightings of one column with their shown values and match keys, as rows of clean.attribute."""
    role = column.role or ""
    shown, keys = _clean_values(seen["raw"], role, region, as_of)
    frame = seen.with_columns(value=shown, key=keys, attribute=pl.lit(role), source=pl.col("account_source"))
    if frame.schema["key"] == pl.List(pl.String):
        frame = _one_row_a_key(frame, role, region)
    return frame.filter(pl.col("value").is_not_null()).select(*ATTRIBUTE)


def _one_row_a_key(frame: pl.DataFrame, role: str, region: str) -> pl.DataFrame:
    """A field with several phones or emails as several rows, each showing its own; one without a key shows its text."""
    frame = frame.explode("key", empty_as_null=True, keep_nulls=True)
    single = email_shown(frame["key"]) if role == "email" else phone_shown(frame["key"], region)
    return frame.with_columns(value=single.zip_with(single.is_not_null(), frame["value"]))


def _clean_values(raw: pl.Series, role: str, region: str, as_of: date) -> tuple[pl.Series, pl.Series]:
    """Shown values and keys of one attribute; keys are lists where a field may hold several."""
    if role == "email":
        return _same(raw), email_keys(raw)
    if role == "phone":
        return _same(raw), phone_keys(raw, region)
    if role == "birth_date":
        born = birth_date_key(raw.str.to_date("%Y-%m-%d", strict=False), as_of).cast(pl.String)
        return born, born
    if role == "district":
        key = district_key(raw)
        return key.zip_with(key.is_not_null(), place_shown(raw)), key
    if role in _ONE_FORM:
        value = _ONE_FORM[role](raw)
        return value, value
    shown, key_of = _TWO_FORMS[role]
    return shown(raw), key_of(raw)


def _joined_name(source: Source) -> pl.Expr:
    """A full name out of its parts: surname first and without a blank in Chinese, given name first elsewhere."""
    surname = pl.col(source.name_of("surname") or "").cast(pl.String).str.strip_chars()
    given = pl.col(source.name_of("given_name") or "").cast(pl.String).str.strip_chars()
    chinese = surname.str.contains(r"\p{Han}").fill_null(False)
    western = pl.concat_str(given, surname, separator=" ", ignore_nulls=True)
    name = pl.when(chinese).then(pl.concat_str(surname, given, ignore_nulls=True)).otherwise(western)
    return pl.when(name != "").then(name)


def _postcode(raw: pl.Series) -> pl.Series:
    """Capitals without blanks."""
    return raw.str.to_uppercase().str.replace_all(r"\s+", "").replace("", None)


def _same(raw: pl.Series) -> pl.Series:
    """Trimmed text; empty is null."""
    return raw.str.strip_chars().replace("", None)


_ONE_FORM: dict[str, Callable[[pl.Series], pl.Series]] = {
    "gender": gender_key,
    "language": language_key,
    "national_id": national_id_key,
    "postcode": _postcode,
}
_TWO_FORMS: dict[str, tuple[Callable[[pl.Series], pl.Series], Callable[[pl.Series], pl.Series]]] = {
    "full_name": (name_shown, name_key),
    "given_name": (name_shown, name_key),
    "surname": (name_shown, name_key),
    "handle": (_same, handle_key),
    "address": (address_shown, address_shown),
}
