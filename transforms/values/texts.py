"""Free text as it is shown: without markup, mojibake, control characters and stray blanks, else left alone."""

from __future__ import annotations

import html
import re
import unicodedata

import ftfy
import polars as pl

from transforms.values.per_distinct import map_distinct

TAGS = (
    "a|abbr|article|b|big|blockquote|body|br|center|code|dd|del|div|dl|dt|em|font|footer|form|h[1-6]|head|header|hr|html|i|"
    "img|input|ins|label|li|link|main|meta|nav|ol|o:p|option|p|pre|q|s|section|select|small|span|strike|strong|sub|sup|"
    "svg|table|tbody|td|tfoot|th|thead|title|tr|u|ul|video"
)
ATTRIBUTE = r"""\s+[\w:.-]+\s*=\s*(?:"[^"<>]*"|'[^'<>]*'|[^\s"'<>]+)"""
# Known names and well-formed attributes only: `a <b and c> d` and `I <3 you` are no markup.
TAG = re.compile(rf"<(/?)({TAGS})(?:{ATTRIBUTE})*\s*/?>", re.IGNORECASE)
UNSEEN_MARKUP = re.compile(r"<!--.*?-->|<(script|style)\b[^<>]*>.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
BREAKS = {"br", "p", "div", "li", "tr", "hr", "table", "ul", "ol", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6"}
# Only with its semicolon: `?a=1&copy=2` is an address, not a copyright sign.
ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")

# Nothing to see, and no part of an emoji or a script: U+200D, U+200C and variation selectors stay.
UNSEEN = "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff"
UNSEEN_CHARACTERS = re.compile(f"[{UNSEEN}]")
BLANKS = re.compile(r"[^\S\n]+")
LINE_BREAKS = re.compile("\r\n?|[\n\x0b\x0c\x85\u2028\u2029]")
# UTF-8 decoded by the wrong table: two characters beyond ASCII side by side, one of these ranges, or a lost hard blank.
FOREIGN = "\u0080-\u036f\u0391-\u03ff\u0400-\u04ff\u2126\u212a\u212b\u2500-\u257f"
MOJIBAKE = rf"[{FOREIGN}][^\x00-\x7f]|[^\x00-\x7f][{FOREIGN}]|[ÂÃâ] "
LIKE_MOJIBAKE = re.compile(MOJIBAKE)
NEEDS_CARE = f"[<&{UNSEEN}\x85\x0b\x0c\r\u0300-\u036f\u2028\u2029]|{MOJIBAKE}"
FULL_WIDTH = re.compile("[０-９Ａ-Ｚａ-ｚ]+")
ROUNDS = 5


def text_shown(s: pl.Series) -> pl.Series:
    """Text without markup, entities, mojibake, control characters and runs of blanks; in NFC. Null: nothing is left.

    Line breaks stay, one at a time. Full-width punctuation, emoji and curly quotes stay as written (so NFC, not NFKC).
    """
    text = s.cast(pl.String)
    text = map_distinct(text, clean_text, chosen=text.str.contains(NEEDS_CARE))
    text = text.str.normalize("NFC").str.replace_all(r"[^\S\n]+", " ").str.replace_all(r" ?\n[ \n]*", "\n")
    return text.str.strip_chars().replace("", None).alias(s.name)


def clean_text(text: str) -> str:
    """One text with markup and mojibake undone until nothing changes (entities may hide tags, and tags entities)."""
    for _ in range(ROUNDS):
        cleaned = strip_markup(drop_unseen(fix_mojibake(text)))
        if cleaned == text:
            return text
        text = cleaned
    # Nested beyond sense: an attack or a wreck; without these signs it is stable.
    return drop_unseen(re.sub("[<&\x80-\u036f]", " ", text))


def strip_markup(text: str) -> str:
    """Tags out, with a line break where they stand for one, and entities as characters."""
    if "<" in text:
        text = TAG.sub(lambda m: "\n" if m[2].lower() in BREAKS else "", UNSEEN_MARKUP.sub(" ", text))
    return ENTITY.sub(lambda m: html.unescape(m[0]), text) if "&" in text else text


def fix_mojibake(text: str) -> str:
    """UTF-8 that was read by another table, read rightly (`é™³å¤§æ–‡` is 陳大文); any other text unchanged."""
    return str(ftfy.fix_encoding(text)) if LIKE_MOJIBAKE.search(text) else text


def drop_unseen(text: str) -> str:
    """Control and formatting characters out, line breaks as newlines, other blanks as one space, in NFC."""
    seen = UNSEEN_CHARACTERS.sub("", LINE_BREAKS.sub("\n", text))
    return unicodedata.normalize("NFC", BLANKS.sub(" ", seen))


def fold_width(text: str) -> str:
    """One short field (not prose) in NFKC, full-width forms folded, on one line, without unseen characters."""
    return " ".join(unicodedata.normalize("NFKC", UNSEEN_CHARACTERS.sub("", text)).split())


def fold_letters(text: str) -> str:
    """One field of several words in NFC, on one line, without unseen characters; full-width letters and digits folded.

    Full-width punctuation and everything else stays as it was written.
    """
    folded = FULL_WIDTH.sub(lambda m: unicodedata.normalize("NFKC", m[0]), UNSEEN_CHARACTERS.sub("", text))
    return " ".join(unicodedata.normalize("NFC", folded).split())
