"""Which accounts are one person: shared identifiers, connected, with a name that lasts.

    attribute ─ shared keys ─→ edge ─ connected ─→ cluster ─ named ─→ identity (source, account_id → customer_id)

Written against Narwhals: the same on DuckDB and Polars.
"""

from __future__ import annotations

from datetime import date

import narwhals as nw

from transforms.engine import Frame, connect_components, pick_greatest, with_md5

IDENTIFIERS = ("national_id", "email", "phone", "handle")
"""Attributes whose equal keys say that two accounts are one person, the strongest first."""
ACCOUNT = ["source", "account_id"]


def list_keys(attribute: Frame, shared_by: int) -> Frame:
    """Identifier keys per account, those that are evidence: one row per attribute, key, source and account_id.

    A key that stands on more than `shared_by` accounts (a shop's counter, a call centre, an office mailbox) says
    nothing about who somebody is, and is left out.
    """
    keys = (
        attribute.filter(nw.col("attribute").is_in(IDENTIFIERS), ~nw.col("key").is_null())
        .select("attribute", "key", *ACCOUNT)
        .unique(["attribute", "key", *ACCOUNT])
        .with_columns(account_count=nw.len().over("attribute", "key"))
    )
    return keys.filter(nw.col("account_count") <= shared_by)


def number_accounts(account: Frame) -> Frame:
    """Accounts with an integer `node`, in order of source and account_id."""
    return (
        account.select(*ACCOUNT, "is_guest")
        .with_row_index("node", order_by=ACCOUNT)
        .with_columns(nw.col("node").cast(nw.Int64))
    )


def link_shared_keys(keys: Frame, node: Frame) -> Frame:
    """Edges from exact keys: every account with a key to the first that has it. One row per left, right and rule."""
    numbered = keys.join(node.select(*ACCOUNT, "node"), on=ACCOUNT, how="inner")
    first = numbered.with_columns(left=nw.col("node").min().over("attribute", "key"))
    return (
        first.filter(nw.col("left") != nw.col("node"))
        .select("left", right=nw.col("node"), rule=nw.col("attribute"), account_count=nw.col("account_count"))
        .group_by("left", "right", "rule")
        .agg(account_count=nw.col("account_count").min())
        .with_columns(confidence=nw.lit(1.0))
    )


def name_edges(edge: Frame, node: Frame) -> Frame:
    """Edges with their accounts by name instead of by number: what identity.edge keeps for explaining."""
    left = node.select(left=nw.col("node"), left_source=nw.col("source"), left_account_id=nw.col("account_id"))
    right = node.select(right=nw.col("node"), right_source=nw.col("source"), right_account_id=nw.col("account_id"))
    return edge.join(left, on="left", how="inner").join(right, on="right", how="inner").drop("left", "right")


def cluster_accounts(node: Frame, edge: Frame, keys: Frame) -> Frame:
    """Accounts with their `cluster` (the smallest node in it); guests that no evidence ties to anybody are left out."""
    component = connect_components(node.select("node"), edge.select("left", "right")).rename({"component": "cluster"})
    known = keys.select(*ACCOUNT).unique(ACCOUNT).with_columns(has_key=nw.lit(True))
    clustered = node.join(component, on="node", how="inner").join(known, on=ACCOUNT, how="left")
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


def name_clusters(cluster: Frame, claim: Frame) -> Frame:
    """Each cluster's customer_id: the oldest it has a claim to, or a new one made of its first account.

    Columns cluster, customer_id, is_new, and source and account_id of the first account.
    """
    first = cluster.filter(nw.col("node") == nw.col("node").min().over("cluster"))
    oldest = claim.with_columns(_first=nw.col("created_on").min().over("cluster")).filter(
        nw.col("created_on") == nw.col("_first")
    )
    oldest = oldest.group_by("cluster").agg(old_id=nw.col("customer_id").min())
    text = first.with_columns(_text=nw.concat_str([nw.col("source"), nw.col("account_id")], separator="\x1f"))
    fresh = with_md5(text, "_md5", "_text").with_columns(
        new_id=nw.concat_str([nw.lit("C"), nw.col("_md5").str.slice(0, 15)])
    )
    named = fresh.join(oldest, on="cluster", how="left")
    return named.select(
        "cluster",
        *ACCOUNT,
        customer_id=nw.coalesce("old_id", "new_id"),
        is_new=nw.col("old_id").is_null(),
    )


def build_identity(cluster: Frame, name: Frame, edge: Frame) -> Frame:
    """customer_identity: one row per account with its customer_id, the strongest rule that ties it, and its confidence.

    rule `account`: nothing but the account itself; confidence 1 for exact keys.
    """
    strength = nw.lit(0)
    for weight, rule in enumerate(reversed(IDENTIFIERS), start=1):
        strength = nw.when(nw.col("rule") == rule).then(nw.lit(weight)).otherwise(strength)
    tie = nw.concat([edge.select("rule", node=nw.col("left")), edge.select("rule", node=nw.col("right"))])
    best = tie.with_columns(strength=strength.cast(nw.Int64)).group_by("node").agg(strength=nw.col("strength").max())
    said = nw.lit("account")
    for weight, text in enumerate(reversed(IDENTIFIERS), start=1):
        said = nw.when(nw.col("strength") == weight).then(nw.lit(text)).otherwise(said)
    named = cluster.join(name.select("cluster", "customer_id"), on="cluster", how="inner")
    return named.join(best, on="node", how="left").select(*ACCOUNT, "customer_id", rule=said, confidence=nw.lit(1.0))


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
