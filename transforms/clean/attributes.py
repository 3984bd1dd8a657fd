"""What sources say of an account: one row per account, attribute and value, with when and where it was seen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import polars as pl

from transforms.names.cleaning import chinese_name, english_name, name_key, name_shown
from transforms.values.codes import birth_date_key, gender_key, handle_key, language_key, national_id_key
from transforms.values.emails import email_keys
from transforms.values.phones import phone_forms
from transforms.values.placeholders import drop_placeholders
from transforms.values.places import address_shown, district_key, place_shown
from warehouse.contracts.model import Source

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
SEEN: dict[str, pl.DataType | type[pl.DataType]] = {
    "source": pl.String, "account_id": pl.String, "field": pl.String, "raw": pl.String,
    **{name: ATTRIBUTE[name] for name in ("first_seen_at", "last_seen_at", "seen_count", "delivery_id", "record")},
}  # fmt: skip
"""Columns of raw values that were seen: one row per account, field (a column; JOINED for a name of two) and value."""
JOINED = ""


def observe_values(rows: pl.DataFrame, source: Source) -> pl.DataFrame:
    """The raw values of accounts in rows (with accounts and `seen_at`), each once, in the columns of SEEN.

    Those of several batches are merged by `merge_observations` before they are cleaned: each is then cleaned once.
    """
    owned = rows.filter(pl.col("account_id").is_not_null())
    parts = [_sight(owned, name, _raw_value(source, name)) for name in _list_fields(source)]
    return pl.concat([pl.DataFrame(schema=SEEN), *parts])


def clean_attribute(seen: pl.DataFrame, source: Source, region: str, as_of: date) -> pl.DataFrame:
    """Attributes of accounts, from the values seen of them.

    One row per source, account_id, attribute, value (as shown) and key (for matching; null: no evidence), with
    first_seen_at, last_seen_at, seen_count, and delivery_id and record of the last sighting. A field with several
    phones gives several rows.
    """
    parts = [
        _clean_field(seen.filter(pl.col("field") == name), role, region, as_of)
        for name, role in _list_fields(source).items()
    ]
    cleaned = pl.concat([pl.DataFrame(schema=ATTRIBUTE), *parts])
    return merge_observations(pl.concat([cleaned, *_names_by_script(cleaned)]))


def _names_by_script(cleaned: pl.DataFrame) -> list[pl.DataFrame]:
    """The Chinese and the other part of full names, as attributes without a key: they are no evidence by themselves."""
    names = cleaned.filter(pl.col("attribute") == "full_name", pl.col("key").is_not_null())
    parts = [
        names.with_columns(attribute=pl.lit(attribute), value=shown(names["value"]), key=pl.lit(None, pl.String))
        for attribute, shown in (("chinese_name", chinese_name), ("english_name", english_name))
    ]
    return [part.filter(pl.col("value").is_not_null()) for part in parts]


def merge_observations(rows: pl.DataFrame) -> pl.DataFrame:
    """Observations of the same value of the same account as one row; merging twice changes nothing."""
    alike = [c for c in rows.columns if c not in _MERGED and c != "origin"]
    return (
        rows.sort("last_seen_at", "delivery_id", "record")
        .group_by(alike)
        .agg(
            first_seen_at=pl.col("first_seen_at").min(),
            last_seen_at=pl.col("last_seen_at").max(),
            seen_count=pl.col("seen_count").sum(),
            delivery_id=pl.col("delivery_id").last(),
            record=pl.col("record").last(),
        )
        .sort(alike)
    )


_MERGED = {"first_seen_at", "last_seen_at", "seen_count", "delivery_id", "record"}


def _list_fields(source: Source) -> dict[str, str]:
    """The fields that say something of an account, and the attribute that each is."""
    fields = {c.name: c.role for c in source.columns if c.role in ATTRIBUTES}
    is_joined = not source.having("full_name") and source.having("surname")
    return {**{n: role or "" for n, role in fields.items()}, **({JOINED: "full_name"} if is_joined else {})}


def _raw_value(source: Source, field: str) -> pl.Expr:
    """A field as delivered."""
    return _joined_name(source) if field == JOINED else pl.col(field).cast(pl.String)


def _sight(rows: pl.DataFrame, field: str, value: pl.Expr) -> pl.DataFrame:
    """Distinct raw values per account of one field."""
    seen = rows.select(
        source="account_source", account_id="account_id", field=pl.lit(field), raw=value,
        first_seen_at="seen_at", last_seen_at="seen_at", seen_count=pl.lit(1, pl.Int64),
        delivery_id="_delivery_id", record="_record",
    )  # fmt: skip
    return merge_observations(seen.filter(pl.col("raw").is_not_null())).select(*SEEN)


def _clean_field(seen: pl.DataFrame, role: str, region: str, as_of: date) -> pl.DataFrame:
    """Values seen in one field with their shown forms and match keys, as rows of clean.attribute."""
    if role in _SEVERAL:
        frame = _one_row_a_key(seen, role, region)
    else:
        shown, key = _clean_values(seen["raw"], role, as_of)
        frame = seen.with_columns(value=shown, key=key)
    return frame.filter(pl.col("value").is_not_null()).select(
        *(pl.lit(role).alias(c) if c == "attribute" else c for c in ATTRIBUTE)
    )


_SEVERAL = ("email", "phone")


def _one_row_a_key(seen: pl.DataFrame, role: str, region: str) -> pl.DataFrame:
    """A field with several phones or emails as several rows, each showing its own; one without a key shows its text."""
    if role == "email":
        key = own = email_keys(seen["raw"])
    else:
        key, own = phone_forms(seen["raw"], region)
    frame = seen.with_columns(key=key, own=own).explode("key", "own", empty_as_null=True, keep_nulls=True)
    return frame.with_columns(value=pl.coalesce("own", _same(frame["raw"])))


def _clean_values(raw: pl.Series, role: str, as_of: date) -> tuple[pl.Series, pl.Series]:
    """Shown values and match keys of one attribute."""
    if role == "birth_date":
        born = birth_date_key(raw.str.to_date("%Y-%m-%d", strict=False), as_of).cast(pl.String)
        return born, born
    if role in _PLACES:
        raw = drop_placeholders(raw)
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


_PLACES = ("district", "address", "postcode")
"""Attributes that have a key whatever is written there, so that N/A would be a place, and evidence."""
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
