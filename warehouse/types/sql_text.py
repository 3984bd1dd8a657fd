"""Pieces of SQL text that every cast needs."""

from __future__ import annotations

BLANKS = "' \t\n\v\f\r\u00a0\u3000\ufeff'"
"""Blank, tab, line ends, no-break blank, ideographic blank, byte order mark: DuckDB's own trim leaves most of them."""
WIDE = "０１２３４５６７８９．，／：＋－−（）　"
NARROW = "0123456789.,/:+--() "


def quote_name(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def quote_text(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def tidy(text: str) -> str:
    """The expression's text with full-width signs made plain and blanks around it gone; NULL if nothing is left."""
    slow = f"nullif(trim(translate({text}, '{WIDE}', '{NARROW}'), {BLANKS}), '')"
    return f"CASE WHEN regexp_full_match({text}, '[!-~]([ -~]*[!-~])?') THEN {text} ELSE {slow} END"
