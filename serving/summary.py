"""A customer in a few sentences, for an assistant: in English or Chinese as written in Hong Kong, for a purpose.

customer_profile, the columns that the purpose may see ─ sentences whose columns are all there ─→ text

Nothing else of the customer is read: no name, no way to reach anybody, nothing of whom the purpose may not see.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from serving.customer import fetch_one, find_customer
from serving.outgoing import describe_allowed, keep_allowed
from serving.recommender.permission import find_permission
from warehouse.contracts.settings import read_kept, read_settings
from warehouse.duck import fetch_row, quote
from warehouse.errors import C360Error, UsageError
from warehouse.home.layout import Home
from warehouse.home.verify import open_generation
from warehouse.shown_time import show_day

LONGEST = 40
"""Letters of a source's own word, as a category: more is no name of anything."""


class NotAllowedError(C360Error):
    """The purpose may not see this customer; the message says what it asks."""


class Sentence(NamedTuple):
    """What is said where each column is there, and the first is not 0 or false; `{currency}` is the reporting one."""

    columns: str
    """With blanks between them."""
    en: str
    zh: str

    def is_of(self, profile: Mapping[str, Any]) -> bool:
        """Can it be said?"""
        names = self.columns.split()
        return all(profile.get(name) is not None for name in names) and bool(profile[names[0]])


SENTENCES = (
    Sentence("first_seen_at last_seen_at", "Known since {first_seen_at}, seen last on {last_seen_at}.",
             "自 {first_seen_at} 起有紀錄，最近一次為 {last_seen_at}。"),
    Sentence("order_count", "Orders: {order_count}.", "訂單：{order_count} 張。"),
    Sentence("order_count net_amount", "Spent net of refunds: {currency} {net_amount}.",
             "扣除退款後淨消費：{currency} {net_amount}。"),
    Sentence("last_order_at recency_days", "Ordered last on {last_order_at}, {recency_days} days before.",
             "最近一次落單：{last_order_at}，距今 {recency_days} 日。"),
    Sentence("top_category", "Buys mostly of the category “{top_category}”.", "最常購買的類別：「{top_category}」。"),
    Sentence("top_channel", "Buys mostly by “{top_channel}”.", "最常用的購買渠道：「{top_channel}」。"),
    Sentence("refund_share", "Refunded: {refund_share:.0%} of what was bought.", "退款佔購買額 {refund_share:.0%}。"),
    Sentence("expected_90_count", "Expected to order on {expected_90_count:.1f} days of the next 90, by a model.",
             "模型預計未來 90 日內有 {expected_90_count:.1f} 日會落單。"),
    Sentence("post_count last_post_at", "Posts: {post_count}, the last on {last_post_at}.",
             "帖文：{post_count} 篇，最近一篇為 {last_post_at}。"),
    Sentence("ticket_count last_ticket_at", "Tickets: {ticket_count}, the last on {last_ticket_at}.",
             "查詢個案：{ticket_count} 宗，最近一宗為 {last_ticket_at}。"),
    Sentence("open_ticket_count", "Open tickets: {open_ticket_count}.", "未結個案：{open_ticket_count} 宗。"),
    Sentence("complaint_open_days", "A complaint has been open for {complaint_open_days} days.",
             "有投訴尚未解決，已達 {complaint_open_days} 日。"),
    Sentence("asked_human_count", "Asked for a person: {asked_human_count} times.",
             "曾 {asked_human_count} 次要求真人接聽。"),
    Sentence("is_ai_opted_out", "Does not want to be served by AI.", "不接受人工智能服務。"),
    Sentence("is_vulnerable", "Needs particular care.", "需要特別關顧。"),
    Sentence("service_mode", "How to serve: {service_mode}.", "服務方式：{service_mode}。"),
)  # fmt: skip
LANGUAGES = ("en", "zh-HK")
NONE = {"en": "Nothing is known that may be said.", "zh-HK": "沒有可提供的資料。"}
HEAD = {"en": "Customer summary as of {as_of}, for: {purpose}.", "zh-HK": "客戶摘要，截至 {as_of}，用途：{purpose}。"}


def summarise_customer(home: Path, contracts: Path, who: str, purpose: str, language: str) -> str:
    """What the purpose may know of the customer that an id, account, email or phone stands for.

    Raises:
        UsageError: there is no such language or purpose, or the contracts are another company's.
        NotFoundError: nobody, or several customers, answer to it.
        NotAllowedError: the customer has not consented to the purpose, or is not sure enough to be one person.
        ConsentError: nobody can say who withdrew consent.
    """
    if language not in LANGUAGES:
        raise UsageError(f"--language {language} is not known; there are: {', '.join(LANGUAGES)}")
    base = Home(home)
    generation = base.require_current()
    manifest = generation.read_manifest()
    permission, kept = find_permission(contracts, purpose, manifest), read_kept(manifest)
    with open_generation(generation, read_settings(contracts).memory_limit) as con:
        customer_id = find_customer(con, who, str(kept["phone_region"]))
        if permission.purpose:
            keep_allowed(con, base, permission.purpose)
            query = "SELECT count(*) FROM temp.allowed WHERE customer_id = ?"
            if not fetch_row(con, query, [customer_id])[0]:
                asked = " and ".join(describe_allowed(permission.purpose))
                raise NotAllowedError(f"nothing may be said for {purpose}: that asks for a customer who {asked}")
        columns = ", ".join(["as_of", *map(quote, permission.columns)])
        profile = fetch_one(con, f"SELECT {columns} FROM main.customer_profile WHERE customer_id = ?", [customer_id])
    head = HEAD[language].format(as_of=profile["as_of"], purpose=purpose)
    said = list(list_sentences(profile, language, str(kept["currency"]), str(kept["timezone"])))
    return "\n".join([head, *(said or [NONE[language]])])


def list_sentences(profile: Mapping[str, Any], language: str, currency: str, timezone: str) -> Iterator[str]:
    """What can be said of a profile's columns; one that is missing is not spoken of."""
    shown = {name: show_value(value, timezone) for name, value in profile.items()}
    for sentence in SENTENCES:
        if sentence.is_of(profile):
            yield (sentence.en if language == "en" else sentence.zh).format(**shown, currency=currency)


def show_value(value: Any, timezone: str) -> Any:
    """A value in a sentence: a moment as its business day, an amount with commas, a source's word in one short line.

    Such a word is what somebody outside wrote, and an assistant reads the text: signs that could end the quotation go.
    """
    if isinstance(value, datetime):
        return show_day(value, timezone)
    if isinstance(value, Decimal):
        return f"{value:,.2f}"
    if isinstance(value, str):
        return " ".join(re.sub(r"[^\w\s&/.,()+-]", " ", value).split())[:LONGEST]
    return value
