"""Text of others, made harmless where people or spreadsheets read it; what machines read (Parquet, JSON) keeps it.

A cell that begins as a formula is one to a spreadsheet, which may fetch an address with what stands beside it. Control
characters move a terminal's cursor, rename its window, or turn the direction of a line.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl  # which takes long, and the command line itself has no need of

SIGNS = r"=+\-@＝＋－＠"
FORMULA = rf"^\s*[{SIGNS}]|^[\t\r\n]"
"""What a spreadsheet takes for a formula; full-width signs are one in the East."""
NUMBER = r"^[+-]?(\d+([.,]\d+)*|[.,]\d+)([eE][+-]?\d+)?%?$"
"""What begins with a sign and is no formula: amounts, and phone numbers in one piece."""
CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]"
RISKY = rf"{FORMULA}|{CONTROL}"


def show_text(text: str) -> str:
    r"""The text with control characters as one writes them, as \x1b; line ends and tabs stay, a lone CR does not."""
    return re.sub(rf"{CONTROL}|\r(?!\n)", name_character, text)


def name_character(found: re.Match[str]) -> str:
    """A character as one writes it."""
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


def show_cell(text: str) -> str:
    """A cell of text for a spreadsheet: an apostrophe before what would be a formula; control characters as written."""
    plain = re.sub(CONTROL, name_character, text)
    return f"'{plain}" if re.search(FORMULA, plain) and not re.search(NUMBER, plain) else plain


def show_cells(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with each cell of text, and each head, as `show_cell` has it."""
    shown = rows.with_columns(show_column(rows[name]) for name, kind in rows.schema.items() if str(kind) == "String")
    return shown.rename({name: show_cell(name) for name in rows.columns})


def show_column(values: pl.Series) -> pl.Series:
    """A column of text as `show_cell` has it; looked at one by one are only those that need it."""
    risky = values.filter(values.str.contains(RISKY)).unique()
    return values.replace(risky, [show_cell(value) for value in risky]) if len(risky) else values


def read_cells(values: pl.Series) -> pl.Series:
    """A column of text as it was before `show_cell` put apostrophes before formulas."""
    return values.str.replace(rf"^'(\s*[{SIGNS}])", "${1}")


def show_cells_sql(query: str, kinds: Mapping[str, str]) -> str:
    """SQL: the rows of a query as `show_cells` has them; `kinds` are the types of its columns by name."""
    columns = (
        f"{show_cell_sql(as_name(name)) if kind == 'VARCHAR' else as_name(name)} AS {as_name(show_cell(name))}"
        for name, kind in kinds.items()
    )
    return f"SELECT {', '.join(columns)} FROM ({query})"


def as_name(name: str) -> str:
    """A name of a column as SQL."""
    return '"{}"'.format(name.replace('"', '""'))


def show_cell_sql(name: str) -> str:
    """SQL of a text, by a quoted name or an expression, as `show_cell` has it; a control character is a ?."""
    controls = re.sub(r"\\u(\w{4})", r"\\x{\1}", CONTROL)  # as RE2 writes them
    plain = f"regexp_replace({name}, '{controls}', '?', 'g')"
    is_formula = f"regexp_matches({name}, '{FORMULA}') AND NOT regexp_matches({name}, '{NUMBER}')"
    return f"CASE WHEN {is_formula} THEN '''' || {plain} ELSE {plain} END"
