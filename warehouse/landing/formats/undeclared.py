"""Names of what a contract does not declare: shown where they are names of fields, else only counted.

A header that is glued to the first record, a file without a header, an object keyed by e-mail or by account: there,
values stand in the place of names, and a message that names them would show customers.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping

NAME = re.compile(r"[^\W\d_#$][\w \-./:#%$&?*（）／：、·'()\[\]]*|[_#$][\w \-.]+")
LONGEST, MOST_WORDS, MOST_DIGITS = 60, 6, 5
CODE = re.compile(r"[A-Za-z]{1,2}[-_]?\d{3,}")
KEYED_NAMES, KEYED_SHARE = 5, 0.2
"""More names than that beside each other, each in less than that share of the records on average, are keys."""

Path = tuple[str, ...]


def is_field_name(name: str) -> bool:
    """Does it look like the name of a field, rather than like a mail address, number, code, date or sentence?"""
    text = name.strip()
    if len(text) > LONGEST or not NAME.fullmatch(text) or CODE.fullmatch(text):
        return False
    return len(text.split()) <= MOST_WORDS and sum(c.isdigit() for c in text) <= MOST_DIGITS


def name_undeclared(counts: Mapping[Path, int], record_count: int, *, is_keyed: bool = False) -> dict[str, int]:
    """Names as they may be shown, with the number of records that had each.

    Of names beside each other (columns of a table, fields of an object), one that looks like a value hides the others,
    too: they may be the same person's.

    Args:
        counts: by the path of names, how many records had it.
        record_count: records of the delivery.
        is_keyed: objects may be keyed by values, so that each name is in few records.
    """
    groups: dict[Path, dict[str, int]] = defaultdict(dict)
    for path, count in counts.items():
        groups[path[:-1]][path[-1]] = count
    shown: dict[str, int] = {}
    for above, names in groups.items():
        is_plain = all(map(is_field_name, (*above, *names)))
        if is_plain and not (is_keyed and are_keys(names, record_count)):
            shown |= {".".join((*above, name)): count for name, count in names.items()}
        else:
            shown[hide(above, len(names))] = min(sum(names.values()), record_count)
    return shown


def are_keys(names: Mapping[str, int], record_count: int) -> bool:
    """Are there many names, each in few records?"""
    return len(names) > KEYED_NAMES and sum(names.values()) < KEYED_SHARE * len(names) * record_count


def hide(above: Path, count: int) -> str:
    """What is shown in place of names."""
    where = f" of {'.'.join(above)}" if above and all(map(is_field_name, above)) else ""
    return f"({count} field{'s' if count > 1 else ''}{where}, not named here: they may be values)"
