"""What customers were before: which of tonight's profiles say the same as the versions that were open.

Written against Narwhals.
"""

from __future__ import annotations

from collections.abc import Collection

import narwhals as nw

from transforms.engine import Frame


def find_unchanged(open_version: Frame, profile: Frame, compared: Collection[str]) -> Frame:
    """The customer_id of customers whose open version and profile are the same in all columns `compared`.

    Of every other customer of `profile` a version begins, and that of every other open version ends.
    """
    before = open_version.select("customer_id", **{f"before_{name}": nw.col(name) for name in compared})
    both = profile.select("customer_id", *compared).join(before, on="customer_id", how="inner")
    return both.filter(*(_is_same(name) for name in compared)).select("customer_id")


def _is_same(name: str) -> nw.Expr:
    """Is the column what it was before?"""
    now, before = nw.col(name), nw.col(f"before_{name}")
    return (now == before) | (now.is_null() & before.is_null())
