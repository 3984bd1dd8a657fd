"""The generated events in pandas, in memory: `python pandas_events.py DATA OUT AS_OF TIMEZONE`.

What event_world.sql, identity.sql and profile.sql do, step by step under the same names. OUT is a folder:
event.parquet, identity.parquet, customer_profile.parquet.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from pandas_profile import build_profile
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

SHARED_BY = 8
"""A key that stands on more accounts than this says nothing."""


def main(data: str, out: str, as_of: str, timezone: str) -> None:
    """Load, type, join accounts, build the profile."""
    folder, target, day = Path(data), Path(out), pd.Timestamp(as_of)
    sale, post, ticket, member = (load(folder / name) for name in ("sales", "posts", "tickets", "members"))
    until = midnight(day + pd.Timedelta(days=1), timezone)
    sale = clean_sales(sale, until, timezone)
    post = clean_posts(post, until, timezone)
    ticket = clean_tickets(ticket, until, timezone)
    person = list_persons(sale, post, member)
    columns = ["source", "account_id", "kind", "order_id", "event_type", "occurred_at", "occurred_on", "net_amount",
               "category", "channel", "status", "resolved_at", "like_count", "reply_count", "item_id", "item_name",
               "text"]  # fmt: skip
    event = pd.concat([sale, post, ticket], ignore_index=True).reindex(columns=columns)
    identity = join_accounts(person, event)
    midnights = {days: midnight(day + pd.Timedelta(days=1 - days), timezone) for days in (0, 30, 90, 365)}
    profile = build_profile(event, identity, person, day, midnights)
    target.mkdir(parents=True, exist_ok=True)
    for name, table in (("event", event), ("identity", identity), ("customer_profile", profile)):
        table.to_parquet(target / f"{name}.parquet", index=False)


def load(folder: Path) -> pd.DataFrame:
    """All files of a source."""
    paths = sorted(folder.iterdir())
    read = pd.read_parquet if paths[0].suffix == ".parquet" else read_text
    return pd.concat([read(path) for path in paths], ignore_index=True)


def read_text(path: Path) -> pd.DataFrame:
    """A CSV file, ids as text."""
    return pd.read_csv(path, engine="pyarrow", dtype={"post_ref": "str"})


def midnight(day: pd.Timestamp, timezone: str) -> pd.Timestamp:
    """When a local day begins, in UTC."""
    return day.tz_localize(timezone).tz_convert("UTC").tz_localize(None)


def to_utc(local: pd.Series, timezone: str) -> pd.Series:
    """Local times as UTC."""
    return local.dt.tz_localize(timezone).dt.tz_convert("UTC").dt.tz_localize(None)


def clean_sales(raw: pd.DataFrame, until: pd.Timestamp, timezone: str) -> pd.DataFrame:
    """Lines of receipts as events; amounts in cents."""
    fits = raw["LineTotal"].notna() & raw["Pieces"].between(-1000, 1000)
    sale = raw[fits].drop_duplicates("LineRef")
    occurred_at = to_utc(sale["SoldAt"], timezone)
    cents = (sale["LineTotal"].astype("float64") * 100).round().astype("int64")
    is_void, is_refund = sale["State"] == "void", sale["Pieces"] < 0
    cents = cents.where(~is_refund, -cents.abs()).where(~is_void, 0)
    event_type = np.select([is_void, is_refund], ["cancelled", "refund"], "sale")
    event = pd.DataFrame({
        "source": "sales", "account_id": sale["MemberNo"], "kind": "transactions", "order_id": sale["ReceiptNo"],
        "event_type": event_type, "occurred_at": occurred_at, "occurred_on": sale["SoldAt"].dt.normalize(),
        "net_amount": cents, "category": sale["Department"], "channel": sale["Outlet"], "status": sale["State"],
        "item_id": sale["Article"], "item_name": sale["ArticleName"], "email": sale["MemberEmail"],
    })  # fmt: skip
    return event[event["occurred_at"] < until]


def clean_posts(raw: pd.DataFrame, until: pd.Timestamp, timezone: str) -> pd.DataFrame:
    """Posts as events, with what they say of their writer."""
    post = raw.drop_duplicates()
    moment = pd.to_datetime(post["posted"], utc=True)
    event = pd.DataFrame({
        "source": "posts", "account_id": post["writer"], "kind": "social", "order_id": post["post_ref"],
        "event_type": "post", "occurred_at": moment.dt.tz_localize(None),
        "occurred_on": moment.dt.tz_convert(timezone).dt.tz_localize(None).dt.normalize(),
        "like_count": post["hearts"], "reply_count": post["answers"], "text": post["body"],
        "full_name": post["shown_name"], "email": post["mail"], "handle": post["handle"],
    })  # fmt: skip
    return event[event["occurred_at"] < until]


def clean_tickets(raw: pd.DataFrame, until: pd.Timestamp, timezone: str) -> pd.DataFrame:
    """Cases as events of the register's accounts."""
    ticket = raw.drop_duplicates()
    event = pd.DataFrame({
        "source": "members", "account_id": ticket["cust_no"], "kind": "support", "order_id": ticket["case_no"],
        "event_type": "ticket", "occurred_at": to_utc(ticket["opened"], timezone),
        "occurred_on": ticket["opened"].dt.normalize(), "channel": ticket["via"], "status": ticket["state"],
        "resolved_at": to_utc(ticket["closed"], timezone), "text": ticket["matter"],
    })  # fmt: skip
    return event[event["occurred_at"] < until]


def list_persons(sale: pd.DataFrame, post: pd.DataFrame, member: pd.DataFrame) -> pd.DataFrame:
    """What each source says of its accounts; of the register the latest word."""
    latest = member.sort_values("told_on", kind="stable").drop_duplicates("cust_no", keep="last")
    register = pd.DataFrame({
        "source": "members", "account_id": latest["cust_no"], "trust": 1, "seen_at": pd.to_datetime(latest["told_on"]),
        "full_name": latest["full_name"], "email": latest["mail"], "phone": latest["mobile"],
        "birth_date": latest["born"], "gender": latest["sex"].map({"F": "female", "M": "male"}),
        "language": latest["language"], "district": latest["town"],
    })  # fmt: skip
    parts = [register]
    for trust, events, told in ((3, sale, ["email"]), (4, post, ["full_name", "email", "handle"])):
        seen = events[events["account_id"].notna()].groupby(["source", "account_id", *told], dropna=False, sort=False)
        parts.append(seen["occurred_at"].max().rename("seen_at").reset_index().assign(trust=trust))
    return pd.concat(parts, ignore_index=True)


def join_accounts(person: pd.DataFrame, event: pd.DataFrame) -> pd.DataFrame:
    """One customer for all accounts that an email or a phone joins."""
    node = ["source", "account_id"]
    known = pd.concat([person[node], event.loc[event["account_id"].notna(), node]]).drop_duplicates()
    account = known.sort_values(node, ignore_index=True).reset_index(names="number")
    keys = {
        "email": person["email"].str.strip().str.lower(),
        "phone": person["phone"].str.replace(r"[^0-9]", "", regex=True),
    }
    told = pd.concat([person[node].assign(key=kind + ":" + key) for kind, key in keys.items()])
    told = told[told["key"].notna()].drop_duplicates().merge(account, on=node)
    told = told[told.groupby("key")["number"].transform("size") <= SHARED_BY]
    first = told.groupby("key")["number"].transform("min")
    edges = coo_matrix((np.ones(len(told)), (told["number"], first)), shape=(len(account), len(account)))
    label = connected_components(edges, directed=False)[1]
    return account[node].assign(customer_id=np.char.add("C", label.astype(str)))


if __name__ == "__main__":
    main(*sys.argv[1:])
