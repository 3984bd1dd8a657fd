"""JSON documents of a delivery, told apart over the bytes: lines, elements of one array, objects one behind another."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

import msgspec

from warehouse.landing.formats.text.csv_records import RECORD_LIMIT, whole_lines
from warehouse.landing.formats.text.json_elements import Elements
from warehouse.landing.formats.text.json_objects import FIELDS

HEAD_BYTES = 1 << 18
ASSIGNMENT = re.compile(rb"\s*(?:export\s+default\s+|(?:(?:var|let|const)\s+)?[A-Za-z_$][\w$.\[\]]*\s*=\s*)(?=[\[{])")
"""How a document begins that is written as a script, as in `window.data = [`."""


class Document(NamedTuple):
    """A document, or one element of a document that is an array."""

    text: bytes
    rule: str
    """What is wrong with it if it cannot be read, because it may not be complete; "" if it may."""
    is_line: bool
    """It is a line by itself: what is damaged in it costs no other."""
    depth: int
    """Arrays that it is an element of."""


def find_documents(texts: Iterator[bytes], may_be_document: bool, limit: int | None = None) -> Iterator[Document]:
    """The documents of a delivery; `limit` is the longest of them in bytes, if it is not that of a record."""
    head = b""
    for text in texts:
        head += text
        if len(head) >= HEAD_BYTES:
            break
    if may_be_document:
        head = ASSIGNMENT.sub(b"", head[:200], count=1) + head[200:] if ASSIGNMENT.match(head[:200]) else head
    texts = chain([head], texts)
    if may_be_document and not is_lines(head):
        return find_elements(texts, head.lstrip().startswith(b"["), limit or RECORD_LIMIT)
    return find_lines(texts)


def is_lines(head: bytes) -> bool:
    """True if the first bytes are lines of one object each, rather than one document."""
    start = head.lstrip()
    if not start.startswith(b"{"):
        return not start.startswith(b"[")
    lines = [line.strip() for line in start.split(b"\n")[:100] if line.strip()]
    # A pretty-printed document has no line that is an object by itself with fields in it. One line may be several.
    return len(lines) > 1 and any(is_filled(line) for line in lines)


def is_filled(line: bytes) -> bool:
    """True if a line is an object with fields."""
    try:
        return len(FIELDS.decode(line)) > 0
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False


def find_lines(texts: Iterator[bytes]) -> Iterator[Document]:
    """Lines that are not blank, split at line feeds alone: texts hold other separators."""
    for block, is_unfinished in whole_lines(texts):
        lines = block.split(b"\n")[:-1]
        for number, line in enumerate(lines, start=1):
            text = line.strip()
            if text:
                rule = "unfinished_line" if is_unfinished and number == len(lines) else ""
                if b"}{" not in text:
                    yield Document(text, rule, True, 0)
                    continue
                for part in split_glued(text):
                    yield Document(part, rule, True, 0)


def split_glued(line: bytes) -> list[bytes]:
    """The objects of a line, of which some writers put no line end between them."""
    elements = Elements(is_array=False)
    found = list(elements.read(iter([line])))
    return found if elements.is_whole and all(map(is_filled, found)) else [line]


def find_elements(texts: Iterator[bytes], is_array: bool, limit: int) -> Iterator[Document]:
    """Elements of a document; what cannot be told apart at its end is one record more."""
    elements = Elements(is_array, limit)
    for text in elements.read(texts):
        yield Document(text, "", False, int(is_array))
    if not elements.is_whole:
        rule = "unfinished_document"
        yield Document(bytes(elements.held.strip()), rule, False, int(is_array))
