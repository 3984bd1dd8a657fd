"""Whose row is it: the account of every source record, guests included."""

from __future__ import annotations

import polars as pl

from transforms.names.cleaning import name_key
from transforms.values.codes import PROFILE, handle_key, national_id_key
from transforms.values.emails import email_keys, find_addresses, key_addresses
from transforms.values.per_distinct import map_distinct
from transforms.values.phones import phone_keys
from transforms.values.placeholders import placeholder_kinds
from warehouse.contracts.model import Source
from warehouse.types.roles import IDENTIFIERS

GUEST = "guest-"
ACCOUNT: dict[str, pl.DataType | type[pl.DataType]] = {
    "source": pl.String, "account_id": pl.String, "is_guest": pl.Boolean,
    "first_seen_at": pl.Datetime("us"), "last_seen_at": pl.Datetime("us"),
}  # fmt: skip
"""Columns of clean.account: one row per account."""
PLACEHOLDER: dict[str, pl.DataType | type[pl.DataType]] = {
    "delivery_id": pl.String, "record": pl.Int64, "kind": pl.String, "is_guest": pl.Boolean,
}  # fmt: skip
"""Columns of clean.placeholder: one row per record whose account id is a placeholder, with its kind (of
transforms.values.placeholders.KINDS), and whether the record belongs to a guest instead; else it is nobody's."""


def with_account(rows: pl.DataFrame, source: Source, region: str) -> pl.DataFrame:
    """Add `account_source`, `account_id`, `is_guest` and `placeholder` to rows of a source.

    A row without an account id but with identifiers belongs to a guest account, keyed by its identifiers and name: the
    same identifiers give the same account in every delivery. A row with neither has a null account and stays
    unattributed. An account id that is a placeholder is none; `placeholder` is its kind, null for any other row.
    """
    own, kind = _own_account(rows, source)
    rows = rows.with_columns(own.alias("account_id"), kind.alias("placeholder"))
    guests = rows.filter(pl.col("account_id").is_null())
    if guests.is_empty():
        return rows.with_columns(account_source=pl.lit(source.account_source), is_guest=pl.lit(False))
    keyed = guests.select("_delivery_id", "_record", guest_id=_guest_id(guests, source, region))
    rows = rows.join(keyed, on=["_delivery_id", "_record"], how="left", maintain_order="left")
    is_guest = pl.col("account_id").is_null() & pl.col("guest_id").is_not_null()
    return rows.with_columns(
        account_source=pl.when(is_guest).then(pl.lit(source.name)).otherwise(pl.lit(source.account_source)),
        account_id=pl.coalesce("account_id", "guest_id"),
        is_guest=is_guest,
    ).drop("guest_id")


def _own_account(rows: pl.DataFrame, source: Source) -> tuple[pl.Series, pl.Series]:
    """The account ids that rows name, null where there is none, and the kinds of those that are placeholders."""
    nothing = pl.Series([None], dtype=pl.String).new_from_index(0, rows.height)
    if (name := source.name_of("account_id")) is None:
        return nothing, nothing
    text = rows[name].cast(pl.String).str.strip_chars()
    text = text.zip_with((text != "").fill_null(False), nothing)
    kind = placeholder_kinds(text)
    addresses = text.zip_with(text.str.contains("@").fill_null(False), nothing)
    kind = kind.zip_with(kind.is_not_null(), map_distinct(addresses, _find_nobodys_address))
    if source.kind == "social":
        kind = kind.zip_with(~(_is_handle(text) & (kind == "nobody")).fill_null(False), nothing)
    return text.zip_with(kind.is_null(), nothing), kind


def _is_handle(text: pl.Series) -> pl.Series:
    """Is it written as a handle or a profile's address? On a social network, somebody may be called @unknown."""
    return text.str.contains(r"^@\w") | text.str.contains(f"(?i){PROFILE.pattern}")


def _find_nobodys_address(text: str) -> str | None:
    """The kind of placeholder that an account id is whose only addresses are nobody's, as none@none.com."""
    return "nobody" if find_addresses(text) and not key_addresses(text) else None


def list_placeholders(owned: pl.DataFrame) -> pl.DataFrame:
    """Rows with accounts as rows of clean.placeholder."""
    rows = owned.filter(pl.col("placeholder").is_not_null())
    return rows.select(delivery_id="_delivery_id", record="_record", kind="placeholder", is_guest="is_guest")


def _guest_id(rows: pl.DataFrame, source: Source, region: str) -> pl.Series:
    """One id per distinct set of identifiers and name; null where a row has no identifier."""
    keys = identifier_keys(rows, source, region)
    if not keys.columns:
        return pl.Series([None] * rows.height, dtype=pl.String)
    names = [name_key(rows[c.name].cast(pl.String)).alias(f"name {c.name}") for c in source.having("full_name")]
    has_key = keys.select(pl.any_horizontal(pl.all() != "")).to_series()
    text = pl.concat_str([*keys.columns, *(s.name for s in names)], separator="\x1f", ignore_nulls=True)
    # The name keeps apart the guests of a counter whose staff enter the shop's own number on every receipt.
    digest = keys.hstack(names).select(text.map_elements(_digest, return_dtype=pl.String)).to_series()
    return pl.select(pl.when(has_key).then(GUEST + digest)).to_series()


def identifier_keys(rows: pl.DataFrame, source: Source, region: str) -> pl.DataFrame:
    """One text column per identifier column: its match keys joined in order, "" where there is none."""
    columns: list[pl.Series] = []
    for column in source.columns:
        values = rows[column.name].cast(pl.String) if column.role in IDENTIFIERS else None
        if values is None:
            continue
        if column.role == "email":
            keys = email_keys(values).list.sort().list.join(" ")
        elif column.role == "phone":
            keys = phone_keys(values, region).list.sort().list.join(" ")
        else:
            keys = national_id_key(values) if column.role == "national_id" else handle_key(values)
        columns.append(keys.fill_null("").alias(column.name))
    return pl.DataFrame(columns)


def _digest(text: str) -> str:
    """A short stable name for a set of identifiers; it hides nothing from who can read the row itself."""
    import hashlib

    return hashlib.sha256(text.encode()).hexdigest()[:16]


def clean_account(rows: pl.DataFrame) -> pl.DataFrame:
    """One row per account seen in rows (with accounts and `seen_at`): when first, when last, and whether a guest's."""
    seen = rows.filter(pl.col("account_id").is_not_null()).select(
        "account_id", "is_guest", source="account_source", first_seen_at="seen_at", last_seen_at="seen_at"
    )
    return merge_accounts(seen)


def merge_accounts(rows: pl.DataFrame) -> pl.DataFrame:
    """Observations of the same account as one row; merging twice changes nothing."""
    return (
        rows.group_by("source", "account_id")
        .agg(pl.col("is_guest").all(), pl.col("first_seen_at").min(), pl.col("last_seen_at").max())
        .sort("source", "account_id")
    )
