"""Names of what a contract does not declare: shown where they are names of fields, else only counted.

A header that is glued to the first record, a file without a header, an object keyed by e-mail or by account: there,
values stand in the place of names, and a message that names them would show customers.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping

from transforms.names.surnames import SHARES, WESTERN_SHARES, spelling_shares

SIGNS = r"\w \-–./:#%$€£¥&+?*°ºª№（）／：、·'’()\[\]【】"
"""What stands in names of fields: N° client, Nº pedido, № заказа, Betrag (€), *姓名, 【必填】電話."""
NAME = re.compile(rf"[*【]?[^\W\d_#$№][{SIGNS}]*|[_#$№][\w \-.]+")
LONGEST, MOST_WORDS, MOST_DIGITS = 60, 6, 5
CODE = re.compile(r"#?[A-Za-z]*[-_ ]?\d{3,}[A-Za-z]?|[A-Z]{1,2}\d{1,2}[A-Z]? ?\d[A-Z]{2}")
"""An order's or a member's number, a postcode."""
VALUE = re.compile(
    r"://|^www\.|[$€£¥]\s?\d|\d\s?[號号樓楼室座]|(?=\w*\d)(?=\w*[A-Za-z])\b[A-Za-z0-9]{14,}\b|^(?=\D*\d)[0-9a-f]{6,}$",
    re.I,
)
"""Addresses, amounts, and ids that a program has made."""
TITLE = re.compile(r"(?:mr|mrs|ms|miss|mme|herr|frau|sr|sra)\b\.? ?\w", re.I)
HAN_NAME = re.compile(
    "["
    + "".join(c for c in SHARES if len(c) == 1 and c not in "方區關許周余何曾")
    + "陈黄张刘吴郑杨叶邓冯谢罗卢苏麦谭赵][\u4e00-\u9fff]{1,2}"
)
WORDS = """
    account accounts active address age agent amount amounts answer answers at attribute attributes author base
    batch billing birth body brand browser by campaign card cart category channel checkout city class code color
    comment comments company consent content context cost count country coupon created currency custom customer
    customers data date day days default deleted delivery depth description details device discount discounts
    district domain due email error errors event events expires extra fee fees field fields file first flag flags
    from full gateway gender gross group groups handle has height history hour id ids image in index info input is
    item items key keys kind label labels language last lat level likes line lines link links list lng locale
    location login logo loyalty media member merchant message messages meta metadata method metrics middle mobile
    modified month name names net no note notes number object of offer on operation opt option options order
    orders origin other output owner page paid parent payload payment payments phone phones platform points post
    postcode posts price product products profile properties public quantity query rank rate rating reason receipt
    record records reference refund refunds region reply request response result results retry review role row
    rule sales score segment sender sent seq sequence session shipping shop size so sort source state stats status
    step store street subject sum surname system tag tags tax team tel test text thread ticket tickets time
    timestamp timezone title to token total totals type unit updated url user username users uuid value values
    variant vat vendor version via views visits volume warehouse web weight width year zip zone
"""
FIELD_WORDS = frozenset(WORDS.split())
"""Words of field names. A name of such words alone is shown however few records have it; and nobody is called so."""
KNOWN_SURNAME = 0.003
"""Share of people from which a surname is told by its spelling."""
MOST = 0.5
"""A field stands in more than this share of the records; a key of one of them only stands where its value does."""

Path = tuple[str, ...]


def is_field_name(name: str) -> bool:
    """Does it look like the name of a field, rather than a mail address, number, code, date, person or sentence?"""
    text = name.strip()
    if len(text) > LONGEST or not NAME.fullmatch(text) or CODE.fullmatch(text) or VALUE.search(text):
        return False
    is_short = len(text.split()) <= MOST_WORDS and sum(c.isdigit() for c in text) <= MOST_DIGITS
    return is_short and not is_person(text)


def is_person(text: str) -> bool:
    """Is it written as somebody's name: 陳大文, Chan Tai Man, Mr Chan? A name of one word looks like a field's."""
    if TITLE.match(text) or HAN_NAME.fullmatch(text):
        return True
    words = text.replace(".", " ").split()
    if not 2 <= len(words) <= 4 or not all(word[0].isupper() and word.isalpha() for word in words):
        return False
    folded = [word.lower() for word in words]
    has_surname = any(share_of(word) >= KNOWN_SURNAME for word in (folded[0], folded[-1]))
    return has_surname and not FIELD_WORDS & set(folded)


def is_of_field_words(name: str) -> bool:
    """Is it made of words of field names alone: `error`, `publicMetrics`, `discount_code`?"""
    words = re.findall("[A-Z]?[a-z]+|[A-Z]+|[^A-Za-z_ -]+", name)
    return bool(words) and all(word.lower() in FIELD_WORDS for word in words)


def share_of(word: str) -> float:
    """Share of people whose surname is spelt so."""
    return max(spelling_shares().get(word, 0.0), WESTERN_SHARES.get(word, 0.0))


def name_undeclared(
    counts: Mapping[Path, int], record_count: int, told: Mapping[Path, int] | None = None, *, is_hidden: bool = False
) -> dict[str, int]:
    """Names as they may be shown, with the number of records that had each.

    Of names beside each other (columns of a table, fields of an object), one that looks like a value hides the others,
    too: they may be the same person's.

    Args:
        counts: by the path of names, how many records had it.
        record_count: records of the delivery.
        told: where objects may be keyed by values, how many records with a declared field had each path: a name is
            shown only if most records have it, or if it is made of words of field names.
        is_hidden: show none.
    """
    groups: dict[Path, dict[str, int]] = defaultdict(dict)
    for path, count in counts.items():
        groups[path[:-1]][path[-1]] = count
    shown: dict[str, int] = {}
    for above, names in groups.items():
        known = names if not is_hidden and all(map(is_field_name, (*above, *names))) else {}
        if told is not None:
            known = {
                name: count
                for name, count in known.items()
                if told.get((*above, name), 0) > MOST * record_count or is_of_field_words(name)
            }
        shown |= {".".join((*above, name)): count for name, count in known.items()}
        if hidden := names.keys() - known.keys():
            shown[hide(above, len(hidden))] = min(sum(names[name] for name in hidden), record_count)
    return shown


def hide(above: Path, count: int) -> str:
    """What is shown in place of names."""
    where = f" of {'.'.join(above)}" if above and all(map(is_field_name, above)) else ""
    return f"({count} field{'s' if count > 1 else ''}{where}, not named here: they may be values)"
