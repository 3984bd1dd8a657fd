"""Which accounts are one customer: what the matcher found, under a name that lasts.

    matched (source, account_id → cluster) ─ named ─→ identity (source, account_id → customer_id) ─→ history

Written against Narwhals: the same on DuckDB and Polars.
"""

from __future__ import annotations

from datetime import date

import narwhals as nw

from transforms.engine import Frame, pick_greatest, with_md5
from warehouse.types.roles import IDENTIFIERS

RULES = ("decision", *IDENTIFIERS, "copy", "likeness")
"""What ties an account to its customer, the strongest first."""
ALONE = "account"
ACCOUNT = ["source", "account_id"]


def list_keys(attribute: Frame, max_accounts: int) -> Frame:
    """Identifier keys per account, those that are evidence: one row per attribute, key, source and account_id.

    A key that stands on more than `max_accounts` accounts (a shop's counter, a call centre, an office mailbox) says
    nothing about who somebody is, and is left out.
    """
    keys = (
        attribute.filter(nw.col("attribute").is_in(IDENTIFIERS), ~nw.col("key").is_null())
        .select("attribute", "key", *ACCOUNT)
        .unique(["attribute", "key", *ACCOUNT])
        .with_columns(account_count=nw.len().over("attribute", "key"))
    )
    return keys.filter(nw.col("account_count") <= max_accounts)


def list_shared_accounts(attribute: Frame, max_accounts: int) -> Frame:
    """Accounts of over `max_accounts` names and as many e-mails and phones: source, account_id, and the two counts.

    Such an account (999, SHOP1) is a till's or a team's; what its rows say is no evidence that they are one person.
    """
    keyed = attribute.filter(~nw.col("key").is_null())
    name = keyed.filter(nw.col("attribute") == "full_name").group_by(*ACCOUNT)
    contact = keyed.filter(nw.col("attribute").is_in(["email", "phone"])).group_by(*ACCOUNT)
    counted = name.agg(name_count=nw.col("key").n_unique().cast(nw.Int64)).join(
        contact.agg(contact_count=nw.col("key").n_unique().cast(nw.Int64)), on=ACCOUNT, how="inner"
    )
    return counted.filter(nw.col("name_count") > max_accounts, nw.col("contact_count") > max_accounts)


def number_accounts(account: Frame) -> Frame:
    """Accounts with an integer `node`, in order of source and account_id."""
    return (
        account.select(*ACCOUNT, "is_guest")
        .with_row_index("node", order_by=ACCOUNT)
        .with_columns(nw.col("node").cast(nw.Int64))
    )


def cluster_accounts(node: Frame, matched: Frame, keys: Frame) -> Frame:
    """Accounts with their `cluster` (the smallest node in it); guests that no evidence ties to anybody are left out.

    `matched` has source, account_id and the number of a cluster of the matcher; who is not in it stands alone.
    """
    numbered = node.join(matched.select(*ACCOUNT, number=nw.col("cluster")), on=ACCOUNT, how="left")
    alone = -1 - nw.col("node")  # no number of the matcher's is below zero
    numbered = numbered.with_columns(number=nw.coalesce("number", alone))
    known = keys.select(*ACCOUNT).unique(ACCOUNT).with_columns(has_key=nw.lit(True))
    clustered = numbered.with_columns(cluster=nw.col("node").min().over("number")).join(known, on=ACCOUNT, how="left")
    return clustered.filter(~nw.col("is_guest") | nw.col("has_key").fill_null(False)).select(
        "node", *ACCOUNT, "cluster"
    )


def claim_names(cluster: Frame, customer: Frame, identity: Frame) -> Frame:
    """Which cluster each known customer_id goes to: columns customer_id, created_on, cluster.

    An id belongs with its founding account; where that account is gone, with most of the accounts that had the id last
    time. `customer` is the register of ids (customer_id, source, account_id of the founder, created_on), `identity`
    what was published last (source, account_id, customer_id).
    """
    founder = cluster.join(customer.select("customer_id", *ACCOUNT), on=ACCOUNT, how="inner")
    founder = founder.select("customer_id", "cluster", strength=nw.lit(1_000_000_000).cast(nw.Int64))
    member = cluster.join(identity.select("customer_id", *ACCOUNT), on=ACCOUNT, how="inner")
    member = member.group_by("customer_id", "cluster").agg(strength=nw.len().cast(nw.Int64))
    claim = nw.concat([founder, member.select("customer_id", "cluster", "strength")])
    claim = claim.with_columns(earliness=-nw.col("cluster"))
    won = pick_greatest(claim.unique(claim.collect_schema().names()), ["customer_id"], ["strength", "earliness"])
    return won.select("customer_id", "cluster").join(
        customer.select("customer_id", "created_on"), on="customer_id", how="inner"
    )


def with_new_id(first: Frame, name: str, account: list[str]) -> Frame:
    """Add the customer_id that is made of an account, given by the columns of its source and its id."""
    text = first.with_columns(_text=nw.concat_str([nw.col(c) for c in account], separator="\x1f"))
    digest = nw.col("_md5").str.slice(0, 15)
    named = with_md5(text, "_md5", "_text").with_columns(nw.concat_str([nw.lit("C"), digest]).alias(name))
    return named.drop("_text", "_md5")


def name_clusters(cluster: Frame, claim: Frame) -> Frame:
    """Each cluster's customer_id: the oldest it has a claim to, or a new one made of its first account.

    Columns cluster, customer_id, is_new, and source and account_id of the first account.
    """
    first = cluster.filter(nw.col("node") == nw.col("node").min().over("cluster"))
    oldest = claim.with_columns(_first=nw.col("created_on").min().over("cluster")).filter(
        nw.col("created_on") == nw.col("_first")
    )
    oldest = oldest.group_by("cluster").agg(old_id=nw.col("customer_id").min())
    named = with_new_id(first, "new_id", ACCOUNT).join(oldest, on="cluster", how="left")
    return named.select(
        "cluster",
        *ACCOUNT,
        customer_id=nw.coalesce("old_id", "new_id"),
        is_new=nw.col("old_id").is_null(),
    )


def build_identity(cluster: Frame, name: Frame, edge: Frame) -> Frame:
    """customer_identity: one row per account with its customer_id, the strongest rule that ties it, and its confidence.

    `edge` is identity.edge. rule `account`: nothing but the account itself, with confidence 1; otherwise confidence is
    the probability of the surest pair that holds the account in its customer.
    """
    joined = edge.filter(nw.col("is_joined"))
    ends = [
        joined.select("rule", "probability", source=nw.col(f"{end}_source"), account_id=nw.col(f"{end}_account_id"))
        for end in ("left", "right")
    ]
    strength = nw.lit(0)
    for weight, rule in enumerate(reversed(RULES), start=1):
        strength = nw.when(nw.col("rule") == rule).then(nw.lit(weight)).otherwise(strength)
    best = nw.concat(ends).with_columns(strength=strength.cast(nw.Int64)).group_by(*ACCOUNT)
    tie = best.agg(strength=nw.col("strength").max(), confidence=nw.col("probability").max())
    said = nw.lit(ALONE)
    for weight, text in enumerate(reversed(RULES), start=1):
        said = nw.when(nw.col("strength") == weight).then(nw.lit(text)).otherwise(said)
    named = cluster.join(name.select("cluster", "customer_id"), on="cluster", how="inner")
    return named.join(tie, on=ACCOUNT, how="left").select(
        *ACCOUNT, "customer_id", rule=said, confidence=nw.col("confidence").fill_null(1.0)
    )


def build_customer(customer: Frame, name: Frame, claim: Frame, as_of: date) -> Frame:
    """The register of ids after tonight: the known ones, those that were merged naming whom into, and the new ones.

    One row per customer_id ever given: customer_id, source and account_id of its founder, created_on, merged_into.
    """
    living = claim.join(name.select("cluster", living_id=nw.col("customer_id")), on="cluster", how="inner")
    kept = customer.drop("merged_into").join(living.select("customer_id", "living_id"), on="customer_id", how="left")
    kept = kept.with_columns(
        merged_into=nw.when(nw.col("living_id") != nw.col("customer_id")).then(nw.col("living_id"))
    )
    columns = ["customer_id", *ACCOUNT, "created_on", "merged_into"]
    new = name.filter(nw.col("is_new")).select("customer_id", *ACCOUNT, created_on=nw.lit(as_of))
    new = new.with_columns(merged_into=nw.lit(None, nw.String))
    return nw.concat([kept.select(columns), new.select(columns)])


def build_identity_history(history: Frame, identity: Frame, as_of: date) -> Frame:
    """customer_identity_history: which customer an account belonged to, from when (inclusive) until when (exclusive).

    One row per account and stay with a customer; valid_to is null where it lasts. A night of the same business date
    takes the place of the one before it, so that repeating a night changes nothing.
    """
    when = nw.lit(as_of)
    before = history.filter(nw.col("valid_from") < when).with_columns(
        valid_to=nw.when(nw.col("valid_to") < when).then(nw.col("valid_to"))
    )
    now = identity.select(*ACCOUNT, now_id=nw.col("customer_id"))
    known = before.join(now, on=ACCOUNT, how="left")
    lasts = ~nw.col("valid_to").is_null() | (nw.col("now_id").fill_null("") == nw.col("customer_id"))
    kept = known.with_columns(valid_to=nw.when(lasts).then(nw.col("valid_to")).otherwise(when))
    columns = [*ACCOUNT, "customer_id", "valid_from", "valid_to"]
    still = kept.filter(nw.col("valid_to").is_null()).select(*ACCOUNT, "customer_id")
    fresh = identity.select(*ACCOUNT, "customer_id").join(still, on=[*ACCOUNT, "customer_id"], how="anti")
    fresh = fresh.with_columns(valid_from=when, valid_to=nw.lit(None, nw.Date))
    return nw.concat([kept.select(columns), fresh.select(columns)])


def build_churn(before: Frame, after: Frame) -> Frame:
    """What became of customers since the last night: one row per customer_id of either, with its outcome.

    kept: the id is still there; merged: its accounts have another id now; split: they are several customers now; gone:
    none of its accounts is left; new: none of its accounts was there. Ids that a split gave back have no row.
    """
    old = before.select(*ACCOUNT, old_id=nw.col("customer_id"))
    now = after.select(*ACCOUNT, "customer_id")
    both = old.join(now, on=ACCOUNT, how="inner")
    part = both.group_by("old_id").agg(part_count=nw.col("customer_id").n_unique())
    living = now.select("customer_id").unique("customer_id").with_columns(lives=nw.lit(True))
    known = old.select(customer_id=nw.col("old_id")).unique("customer_id")
    outcome = known.join(part, left_on="customer_id", right_on="old_id", how="left").join(
        living, on="customer_id", how="left"
    )
    outcome = outcome.select(
        "customer_id",
        outcome=nw.when(nw.col("part_count").is_null())
        .then(nw.lit("gone"))
        .otherwise(
            nw.when(nw.col("part_count") > 1)
            .then(nw.lit("split"))
            .otherwise(nw.when(nw.col("lives").is_null()).then(nw.lit("merged")).otherwise(nw.lit("kept")))
        ),
    )
    there = both.select("customer_id").unique("customer_id")
    fresh = living.select("customer_id").join(there, on="customer_id", how="anti")
    fresh = fresh.join(known, on="customer_id", how="anti").with_columns(outcome=nw.lit("new"))
    return nw.concat([outcome, fresh])
