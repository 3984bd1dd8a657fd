"""Every source's activity in one shape: what a customer bought, wrote or asked, when, for how much."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import polars as pl

from transforms.clean.meanings import word_meanings
from transforms.values.asks_human import asks_for_human
from transforms.values.languages import language_of
from transforms.values.per_distinct import map_distinct
from transforms.values.placeholders import drop_placeholders
from transforms.values.sentiment import polarity
from transforms.values.texts import text_shown
from warehouse.contracts.model import Source
from warehouse.types.currencies import CODES, minor_units, name_currency
from warehouse.types.roles import KINDS
from warehouse.types.vocabularies import CANCELLED, NOBODY, PENDING, REFUND, REFUNDED, SALE

WORDING: dict[str, pl.DataType | type[pl.DataType]] = {
    "polarity": pl.Float64, "text_language": pl.String, "asks_human": pl.Boolean
}  # fmt: skip
"""What the words of a text tell."""
MONEY = pl.Decimal(18, 4)
REFUND_SUFFIX = "/refund"
"""Behind the id of a sale: the event of what was refunded of it."""
EVENT: dict[str, pl.DataType | type[pl.DataType]] = {
    "source": pl.String, "event_id": pl.String, "account_source": pl.String, "account_id": pl.String,
    "kind": pl.String, "event_type": pl.String, "occurred_at": pl.Datetime("us"), "occurred_on": pl.Date,
    "parent_id": pl.String,
    "amount": MONEY, "currency": pl.String, "net_amount": MONEY, "quantity": pl.Float64,
    "item_id": pl.String, "item_name": pl.String, "category": pl.String, "channel": pl.String, "status": pl.String,
    "text": pl.String, "rating": pl.Float64, "sentiment": pl.String, "like_count": pl.Int64, "reply_count": pl.Int64,
    "resolved_at": pl.Datetime("us"), "agent": pl.String, "delivery_id": pl.String, "record": pl.Int64,
    **WORDING,
}  # fmt: skip
"""Columns of clean.event; their meaning stands in contracts/published/customer_event.odcs.yaml."""

NO_SALE = (CANCELLED, PENDING)
"""Types of lines that count nothing: what was called off, and what was never paid."""
NO_NAME = ("null", "sign", "number")
"""Kinds of placeholders that name no thread and no agent; who is called `guest` may still have answered."""


def clean_event(
    rows: pl.DataFrame,
    source: Source,
    rates: pl.DataFrame,
    currency: str,
    timezone: str,
    names: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Rows of a source (with accounts) as events, one a row, in the columns of EVENT.

    `rates` holds currency, valid_from (date) and rate (units of the reporting `currency` for one): the rate of the
    business day counts, on which the event fell in `timezone`. `amount` is as delivered (in whole units where the
    contract has a scale), refunds negative; `net_amount` is in the reporting currency, zero for a line that was
    cancelled or never paid, null where there is no rate. What was refunded of a line is an event of its own. `names`
    holds item_id, valid_from (date), listed_name and listed_category of the catalogue that the source names.
    """
    text = {c: _text(source, c) for c in ("item_id", "item_name", "channel", "status", "agent", "category")}
    text = {"parent_id": _parent_id(source), **text}
    events = rows.with_columns(_currency(rows, source)).select(
        pl.lit(source.name).alias("source"),
        _event_id(source).alias("event_id"),
        "account_source",
        "account_id",
        pl.lit(source.kind).alias("kind"),
        _text(source, "event_type").str.to_lowercase().alias("event_type"),
        _cast(source, "occurred_at", pl.Datetime("us")),
        _business_day(source, timezone).alias("occurred_on"),
        _amount(source).alias("amount"),
        _scaled(source, "refunded_amount").abs().alias("refunded"),
        pl.col(CURRENCY).alias("currency"),
        *(
            _cast(source, name, EVENT[name])
            for name in ("quantity", "rating", "like_count", "reply_count", "resolved_at")
        ),
        *(expression.alias(name) for name, expression in text.items()),
        _text(source, "speaker").alias("speaker"),
        _text(source, "sentiment").str.to_lowercase().alias("sentiment"),
        _text(source, "text").alias("text"),
        pl.col("_delivery_id").alias("delivery_id"),
        pl.col("_record").alias("record"),
    )
    # `0` or `null` as a thread would make one ticket of all that are in none; as an agent it would have answered.
    named = [drop_placeholders(events[name], NO_NAME) for name in ("parent_id", "agent")]
    events = events if names is None else _with_names(events, names)
    events = with_wording(events.with_columns(*named, text=text_shown(events["text"])))
    events = _with_refunds(_with_type(events, source), source)
    return _with_net(events, rates, currency).select(pl.col(name).cast(kind) for name, kind in EVENT.items())


def _text(source: Source, role: str) -> pl.Expr:
    """The role's column as trimmed text, null where it is empty or not declared."""
    if (name := source.name_of(role)) is None:
        return pl.lit(None, pl.String)
    text = pl.col(name).cast(pl.String).str.strip_chars()
    return pl.when(text != "").then(text)


def _cast(source: Source, role: str, kind: pl.DataType | type[pl.DataType]) -> pl.Expr:
    """The role's column in its type, null where it is not declared."""
    name = source.name_of(role)
    return (pl.lit(None, kind) if name is None else pl.col(name).cast(kind, strict=False)).alias(role)


def _business_day(source: Source, timezone: str) -> pl.Expr:
    """The date on the wall in `timezone` when it occurred."""
    if (name := source.name_of("occurred_at")) is None:
        return pl.lit(None, pl.Date)
    moment = pl.col(name).cast(pl.Datetime("us"))
    return moment.dt.replace_time_zone("UTC").dt.convert_time_zone(timezone).dt.date()


def _event_id(source: Source) -> pl.Expr:
    """The source's own event id, or one made of its key or content.

    Two shops may number their orders alike: an order's id that is unique beside its shop's alone is told with it.
    """
    own = source.name_of("event_id")
    if own is None:
        return pl.col("_key")
    is_order = source.kind == "transactions" and source.name_of("parent_id") is None
    whole = _join_key(source.key) if is_order and own in source.key else _text(source, "event_id")
    return pl.coalesce(whole, pl.col("_key"))


def _parent_id(source: Source) -> pl.Expr:
    """The order of a line, the thread of a post or ticket; of an order that is unique beside its shop alone, both."""
    own, line = source.name_of("parent_id"), source.name_of("event_id")
    is_order = source.kind == "transactions" and own in source.key
    return _join_key([c for c in source.key if c != line]) if is_order else _text(source, "parent_id")


def _join_key(names: Sequence[str]) -> pl.Expr:
    """The columns of a key as one id, as in `shop/1001`."""
    return pl.concat_str([pl.col(name).cast(pl.String).str.strip_chars() for name in names], separator="/")


CURRENCY = "_currency"


def _currency(rows: pl.DataFrame, source: Source) -> pl.Series:
    """Each row's ISO 4217 code: its own, from a code, sign or word, else the contract's."""
    usual = pl.Series(CURRENCY, [source.currency], dtype=pl.String).new_from_index(0, rows.height)
    if (name := source.name_of("currency")) is None:
        return usual
    named = map_distinct(rows[name], partial(name_currency, usual=source.currency))
    return named.zip_with(named.is_not_null(), usual).alias(CURRENCY)


def _amount(source: Source) -> pl.Expr:
    """The line's amount as delivered: its own column, quantity times unit price, or what credit leaves of debit."""
    if source.name_of("amount") is not None:
        return _scaled(source, "amount")
    if source.name_of("unit_price") is not None:
        return _scaled(source, "unit_price") * pl.col(source.name_of("quantity") or "").cast(pl.Float64)
    if (column := next(iter(source.having("credit")), None)) is not None:
        credit, debit = _scaled(source, "credit").abs(), _scaled(source, "debit").abs()
        plus = credit.fill_null(0) - debit.fill_null(0)
        known = credit.is_not_null() | debit.is_not_null()
        return pl.when(known).then(-plus if column.credit == "minus" else plus)
    return pl.lit(None, pl.Float64)


def _scaled(source: Source, role: str) -> pl.Expr:
    """The role's column in whole units of its currency; null where it is not declared, or no such currency is known."""
    column = next(iter(source.having(role)), None)
    if column is None:
        return pl.lit(None, pl.Float64)
    amount = pl.col(column.name).cast(pl.Float64)
    if column.scale == "minor":
        places = {code: minor_units(code) for code in CODES.split("|")}
        return amount / pl.lit(10.0).pow(pl.col(CURRENCY).replace_strict(places, default=None, return_dtype=pl.Int64))
    return amount if column.scale is None else amount / 10**column.scale


def _with_type(events: pl.DataFrame, source: Source) -> pl.DataFrame:
    """Say of a sale whether it is one, a refund or cancelled, and give refunds their sign; name posts and tickets.

    What was shown is `clicked` where its status says so, else `shown`; who was assigned to a campaign `treated` or
    `held_out`, and only `assigned` where its status says neither. A turn of a call is named for who speaks.
    """
    own = pl.lit(KINDS[source.kind].event)
    if source.kind in {"impressions", "campaigns"}:
        return events.with_columns(
            pl.coalesce(word_meanings(events["status"], source.kind, "status"), own).alias("event_type")
        )
    if source.kind == "support" and source.name_of("speaker"):
        spoken = word_meanings(events["speaker"], source.kind, "speaker")
        return events.with_columns(event_type=spoken.fill_null(NOBODY))
    if source.kind != "transactions":
        return events.with_columns(event_type=pl.coalesce("event_type", own))
    events = events.with_columns(
        _status=word_meanings(events["status"], source.kind, "status"),
        _type=word_meanings(events["event_type"], source.kind, "event_type"),
    )

    def said(*meanings: str) -> pl.Expr:
        return (pl.col("_status").is_in(meanings) | pl.col("_type").is_in(meanings)).fill_null(False)

    by_sign = pl.when(pl.col("quantity").fill_null(0) != 0).then(pl.col("quantity") < 0).otherwise(pl.col("amount") < 0)
    is_refund = said(REFUND) | (pl.col("_type") == REFUNDED).fill_null(False) | by_sign.fill_null(False)
    return events.with_columns(
        event_type=pl.when(said(CANCELLED))
        .then(pl.lit(CANCELLED))
        .when(said(PENDING))
        .then(pl.lit(PENDING))
        .when(is_refund)
        .then(pl.lit(REFUND))
        .otherwise(pl.lit(SALE)),
        amount=pl.when(is_refund).then(-pl.col("amount").abs()).otherwise("amount"),
    )


def _with_refunds(events: pl.DataFrame, source: Source) -> pl.DataFrame:
    """Add, to each sale of which a part was refunded, that refund as an event of its own.

    A sale whose status says that it was refunded, and nothing how much, was refunded whole: it nets 0. The refund names
    no item, for goods may not have come back; one that is more than its line is that of an order, and no category's.
    """
    if source.kind != "transactions":
        return events
    part = pl.col("refunded")
    is_whole = (pl.col("_status") == REFUNDED).fill_null(False)
    if source.name_of("refunded_amount") is None:
        part = pl.when(is_whole).then("amount")
    elif source.name_of("parent_id") is None:
        part = pl.when(is_whole & (part.fill_null(0) == 0)).then("amount").otherwise(part)
    sold = events.filter(pl.col("event_type") == SALE).with_columns(refunded=part).filter(pl.col("refunded") > 0)
    refunds = sold.with_columns(
        pl.lit(None, pl.String).alias("item_id"),
        pl.lit(None, pl.String).alias("item_name"),
        pl.when(pl.col("refunded") <= pl.col("amount")).then("category"),
        event_id=pl.col("event_id") + REFUND_SUFFIX,
        event_type=pl.lit(REFUND),
        amount=-pl.col("refunded"),
        quantity=pl.lit(None, pl.Float64),
        parent_id=pl.coalesce("parent_id", "event_id"),
    )
    return pl.concat([events, refunds])


def _join_of_day(events: pl.DataFrame, told: pl.DataFrame, by: str) -> pl.DataFrame:
    """Events in order, with their place `_row` and what was told last of the same `by` up to the business day."""
    return (
        events.with_columns(_row=pl.int_range(pl.len()))
        .sort("occurred_on")
        .join_asof(
            told.sort("valid_from"),
            left_on="occurred_on",
            right_on="valid_from",
            by=by,
            strategy="backward",
            check_sortedness=False,
        )
        .sort("_row")
    )


def _with_names(events: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    """Name and category of the item where the row has none, as its catalogue told them last by the business day.

    An item that has left the catalogue keeps them; of one that came later nothing was known.
    """
    listed = _join_of_day(events, names, "item_id")
    told = (
        pl.coalesce(own, f"listed_{name}").alias(own) for own, name in (("item_name", "name"), ("category", "category"))
    )
    return listed.with_columns(told).select(events.columns)


def _with_net(events: pl.DataFrame, rates: pl.DataFrame, currency: str) -> pl.DataFrame:
    """Amounts in the reporting currency, by the rate of the day."""
    if events["amount"].is_null().all():
        return events.with_columns(net_amount=pl.lit(None, MONEY))
    rated = _join_of_day(events, rates, "currency")
    rate = pl.when(pl.col("currency") == currency).then(1.0).otherwise("rate")
    net = pl.when(pl.col("event_type").is_in(NO_SALE)).then(0.0).otherwise(pl.col("amount") * rate)
    return rated.with_columns(net_amount=net.round(4), amount=pl.col("amount").round(4))


def with_wording(events: pl.DataFrame) -> pl.DataFrame:
    """Add the columns of WORDING, read from `text`: null where there is none; polarity has four decimals."""
    texts = events["text"].drop_nulls().unique()
    if texts.is_empty():
        return events.with_columns(pl.lit(None, kind).alias(name) for name, kind in WORDING.items())
    said = texts.to_list()
    ways = {
        "polarity": [round(p, 4) for p in polarity(said)],
        "text_language": language_of(said),
        "asks_human": asks_for_human(said),
    }
    read = pl.DataFrame({"text": said, **ways}, schema={"text": pl.String, **WORDING})
    return events.join(read, on="text", how="left", maintain_order="left")
