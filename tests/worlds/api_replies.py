"""What five services answer, in the shapes that their documentation gives; people, posts and amounts are invented."""

from __future__ import annotations

from typing import Any

from tests.worlds.http_world import Answer, Api, Query, linked, split, stripe, zendesk

PEOPLE = ("Chan Tai Man", "Wong Mei", "Lee Ka Fai", "Ng Siu Ming", "Ho Wing")


def mail(n: int) -> str:
    return f"{PEOPLE[n].split(' ', maxsplit=1)[0].lower()}{n}@example.com"


def when(n: int) -> str:
    return f"2026-03-0{n + 1}T10:00:00Z"


def zendesk_users() -> list[Any]:
    return [
        {
            "id": 900 + n, "url": f"https://example.zendesk.com/api/v2/users/{900 + n}.json", "name": PEOPLE[n],
            "email": mail(n), "phone": f"+8529123456{n}", "created_at": "2025-01-01T00:00:00Z", "updated_at": when(n),
            "time_zone": "Hong Kong", "locale": "zh-TW", "role": "end-user", "verified": True, "active": n != 4,
            "shared": False, "suspended": False, "tags": [], "organization_id": None, "user_fields": {},
        }
        for n in range(5)
    ]  # fmt: skip


def zendesk_tickets() -> list[Any]:
    return [
        {
            "id": 50 + n, "url": f"https://example.zendesk.com/api/v2/tickets/{50 + n}.json", "external_id": None,
            "via": {"channel": "email", "source": {"from": {}, "to": {}, "rel": None}}, "created_at": when(n),
            "updated_at": when(n), "generated_timestamp": 1772359200 + 86400 * n, "type": "question",
            "subject": "Where is it?", "description": "I wait since\nMonday", "priority": "normal",
            "status": "deleted" if n == 3 else "open", "requester_id": 900 + n % 3, "submitter_id": 900 + n % 3,
            "assignee_id": 77, "tags": ["late"], "custom_fields": [{"id": 1, "value": "745"}], "is_public": True,
        }
        for n in range(5)
    ]  # fmt: skip


def stripe_charges() -> list[Any]:
    return [
        {
            "id": f"ch_{n}", "object": "charge", "amount": 1000 * (n + 1), "amount_captured": 1000 * (n + 1),
            "amount_refunded": 500 if n == 0 else 0, "balance_transaction": f"txn_{n}",
            "billing_details": {"address": {"city": None, "country": "HK"}, "email": mail(n), "name": PEOPLE[n],
                                "phone": None, "tax_id": None},
            "captured": True, "created": 1772359200 + 86400 * n, "currency": "hkd", "customer": f"cus_{n}",
            "description": None, "disputed": False, "invoice": None, "livemode": True, "metadata": {}, "paid": True,
            "payment_intent": f"pi_{n}", "refunded": False, "status": "failed" if n == 3 else "succeeded",
        }
        for n in range(5)
    ]  # fmt: skip


def stripe_refunds() -> list[Any]:
    charges = stripe_charges()
    return [
        {
            "id": f"re_{n}", "object": "refund", "amount": 500, "balance_transaction": f"txn_r{n}",
            "charge": charges[n],
            "created": 1772445600 + 86400 * n, "currency": "hkd", "metadata": {}, "payment_intent": f"pi_{n}",
            "reason": None, "receipt_number": None, "status": "succeeded",
        }
        for n in (0, 1, 2)
    ]  # fmt: skip


def shopify_orders() -> list[Any]:
    return [
        {
            "id": 7000 + n, "admin_graphql_api_id": f"gid://shopify/Order/{7000 + n}", "cancelled_at": None,
            "created_at": f"2026-03-0{n + 1}T18:00:00+08:00", "updated_at": f"2026-03-0{n + 1}T18:00:00+08:00",
            "currency": "HKD", "email": mail(n), "financial_status": "paid", "name": f"#{1000 + n}",
            "taxes_included": False, "total_price": "30.00",
            "customer": {"id": 300 + n, "email": mail(n), "first_name": "Tai Man", "last_name": "Chan", "phone": None},
            "line_items": [
                {"id": 10 * n + k, "sku": f"S{k}", "name": "Tea", "title": "Tea", "quantity": 2,
                 "current_quantity": 2 - k,
                 "price": "10.00", "product_id": 5, "variant_id": 6, "total_discount": "0.00", "tax_lines": []}
                for k in (0, 1)
            ],
            "refunds": [],
        }
        for n in range(5)
    ]  # fmt: skip


def mastodon_accounts() -> list[Any]:
    return [
        {
            "id": str(11 + n), "username": f"user{n}", "acct": f"user{n}@social.example", "display_name": PEOPLE[n],
            "locked": False, "bot": False, "created_at": "2024-05-01T00:00:00.000Z", "followers_count": 3, "fields": [],
        }
        for n in range(5)
    ]  # fmt: skip


def mastodon_posts() -> list[Any]:
    accounts = mastodon_accounts()
    return [
        {
            "id": f"11617013450000000{n}", "created_at": f"2026-03-0{n + 1}T10:00:00.000Z", "in_reply_to_id": None,
            "visibility": "public", "language": "en", "uri": f"https://social.example/{n}", "replies_count": 0,
            "reblogs_count": 0, "favourites_count": n, "edited_at": when(n) if n == 2 else None,
            "content": "<p>nice shop</p>", "account": accounts[n % 3], "media_attachments": [], "tags": [],
        }
        for n in range(5)
    ]  # fmt: skip


def x_accounts() -> list[Any]:
    return [{"id": str(21 + n), "name": PEOPLE[n], "username": f"x{n}", "created_at": when(0)} for n in range(5)]


def x_posts() -> list[Any]:
    return [
        {
            "id": str(1900 + n), "author_id": str(21 + n % 3), "conversation_id": str(1900 + n),
            "text": "nice shop 好正",
            "created_at": f"2026-03-0{n + 1}T10:00:00.000Z", "edit_history_tweet_ids": [str(1900 + n)],
            "public_metrics": {"like_count": n, "reply_count": 0, "retweet_count": 0, "quote_count": 0},
        }
        for n in range(5)
    ]  # fmt: skip


def x_list(records: list[Any], size: int = 2):
    """A page of API v2: without `data` where nothing is found, and without `next_token` at the end."""

    def answer(query: Query, url: str) -> Answer:
        low, high = query.get("start_time", ""), query.get("end_time", "9")
        new = [r for r in records if low <= r["created_at"] < high]
        page, has_more = split(new, start := int(query.get("pagination_token", "t0")[1:]), size)
        meta = {"result_count": len(page)} | ({"next_token": f"t{start + size}"} if has_more else {})
        return {}, ({"data": page} if page else {}) | {"meta": meta}

    return answer


SERVICES = ("zendesk", "stripe", "shopify", "mastodon", "x")
RECORDS = {
    "users": zendesk_users, "tickets": zendesk_tickets, "charges": stripe_charges, "refunds": stripe_refunds,
    "orders": shopify_orders, "mastodon_posts": mastodon_posts, "mastodon_accounts": mastodon_accounts,
    "x_posts": x_posts, "x_accounts": x_accounts,
}  # fmt: skip


def make_api() -> tuple[Api, dict[str, list[Any]]]:
    """All five at one address, and the records that they give, by source: a test may change them."""
    known = {name: make() for name, make in RECORDS.items()}
    orders, hashtag = "/admin/api/2026-10/orders.json", "/api/v1/timelines/tag/exampleshop"
    followers = "/api/v1/accounts/1001/followers"
    paths = {
        "/api/v2/incremental/users/cursor.json": zendesk("users", known["users"]),
        "/api/v2/incremental/tickets/cursor.json": zendesk("tickets", known["tickets"]),
        "/v1/charges": stripe("/v1/charges", known["charges"]),
        "/v1/refunds": stripe("/v1/refunds", known["refunds"]),
        orders: linked(orders, "orders", known["orders"], "updated_at_min"),
        hashtag: linked(hashtag, "", known["mastodon_posts"]),
        followers: linked(followers, "", known["mastodon_accounts"]),
        "/2/users/1001/mentions": x_list(known["x_posts"]),
        "/2/users/1001/followers": x_list(known["x_accounts"]),
    }
    return Api(paths), known
