"""Addresses as dwellings: what two writers of one address agree in, for households.

    Flat B, 12/F, 8 Kam Fung St., Hong Kong ─→ dwelling "8 floor:12 fung kam street unit:b", place "12 8 b"

An address is read by its signs (Flat, 12/F, 室, 樓, 座), in English and Chinese; no register of addresses is asked. The
order of its parts does not count. Two dwellings of one street and number differ by flat, floor or block.
"""

from __future__ import annotations

import polars as pl

NO_HOME = (
    r"\b(?:p\.?\s?o\.?\s?box|gpo|c/o|care of|locker|office|shop|counter|ltd|limited|company|warehouse|factory)\b"
    "|信箱|轉交|转交|公司|商店|商舖|商铺|地舖|地铺|寫字樓|写字楼|辦公|办公|工廠|工厂|倉庫|仓库"
)
"""What stands in an address where nobody lives: a box, an office, a shop."""
REGION = (
    r"\b(?:hong kong(?: island)?|h\.?k\.?(?:sar)?|kowloon|kln|new territories|n\.t)\b"
    "|^(?:中國|中国)?(?:香港(?:特別行政區|特别行政区)?|九龍|九龙|新界)"
)
"""What one writer adds, and the next leaves out."""
SIGNS = (
    (r"\b(?:flat|flt|room|rm|unit|apartment|apt|suite|ste)\b[\s.:#]*([a-z]?\d+[a-z]?|[a-z])\b|#\s*(\d[\w-]*)", "unit"),
    (r"\b(\d+|g|lg|ug)\s*/\s*f\b|\b(\d+)(?:st|nd|rd|th)?\s+(?:floor|flr)\b", "floor"),
    (r"\b(?:block|blk|tower|twr|phase|house)\b[\s.:]*(\d+[a-z]?|[a-z])\b", "block"),
    ("([a-z]?\\d+[a-z]?|[a-z])\\s*(?:室|單位|单位)", "unit"),
    (r"(\d+)\s*[樓楼層层]", "floor"),
    ("([a-z]|\\d+|[一二三四五六七八九十]+)\\s*座", "block"),
)
"""Signs of the parts of an address, and what each part is then called."""
SHORT = {
    "st": "street", "str": "street", "rd": "road", "ave": "avenue", "av": "avenue", "ln": "lane", "dr": "drive",
    "ct": "court", "gdn": "garden", "gdns": "garden", "gardens": "garden", "bldg": "building", "mans": "mansion",
    "est": "estate", "ter": "terrace", "sq": "square",
}  # fmt: skip


def read_dwellings(addresses: pl.Series) -> pl.DataFrame:
    """One row per distinct address: address, dwelling, place and has_flat.

    Addresses of one dwelling are equal in `dwelling`, but for other scripts and districts that only one writer names.
    `place` holds the numbers and the letter of the flat alone: where it differs, so do the homes, in whatever script
    they are written. An address where nobody lives, or without any number, has no row.
    """
    text = pl.col("address").str.normalize("NFKD").str.replace_all(r"\p{M}", "").str.normalize("NFKC")
    text = text.str.to_lowercase()
    read = text.str.replace_all(REGION, " ").str.replace_all(r"(\d+[a-z]?)\s*[號号]", " $1 ")
    for sign, name in SIGNS:
        read = read.str.replace_all(sign, f" {name}:${{1}}${{2}} ")  # a group that the sign has not is empty
    distinct = addresses.drop_nulls().unique().sort().to_frame("address")
    words = (
        distinct.filter(~text.str.contains(NO_HOME))
        .with_columns(word=read.str.extract_all(r"(?:unit|floor|block):[\p{L}\p{N}-]+|[\p{L}\p{N}]+"))
        .explode("word", empty_as_null=True, keep_nulls=True)
        .drop_nulls("word")
        .with_columns(word=pl.col("word").replace(SHORT))
        .unique()
    )
    bare = pl.col("word").str.replace("^(?:unit|floor|block):", "")
    is_number = pl.col("word").str.contains(r":|\d")
    return (
        words.group_by("address")
        .agg(
            dwelling=pl.col("word").sort().str.join(" "),
            place=bare.filter(is_number).sort().str.join(" "),
            has_flat=pl.col("word").str.starts_with("unit:").any(),
        )
        .filter(pl.col("place") != "")
        .sort("address")
    )
