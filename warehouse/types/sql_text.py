"""Text as people write it, made plain before it is cast."""

from __future__ import annotations

BLANKS = "' \t\n\v\f\r\u00a0\u3000\ufeff'"
"""Blank, tab, line ends, no-break blank, ideographic blank, byte order mark: DuckDB's own trim leaves most of them."""
WIDE = "０１２３４５６７８９．，／：＋－−（）　"
NARROW = "0123456789.,/:+--() "


def tidy(text: str) -> str:
    """The expression's text with full-width signs made plain and blanks around it gone; NULL if nothing is left."""
    slow = f"nullif(trim(translate({text}, '{WIDE}', '{NARROW}'), {BLANKS}), '')"
    return f"CASE WHEN regexp_full_match({text}, '[!-~]([ -~]*[!-~])?') THEN {text} ELSE {slow} END"


def bind(name: str, value: str, then: str) -> str:
    """SQL: an expression in which a name stands for a value that is computed once."""
    return f"list_transform([{value}], lambda {name}: {then})[1]"
