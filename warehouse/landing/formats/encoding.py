"""Text of a delivery as UTF-8, whatever it was written in.

UTF-8 is expected. A delivery that is something else as a whole is recognised and converted, and the reading says so, or
it is refused where that is not certain (`encoding_choice`). A line that cannot be decoded in the delivery's encoding
stays as bytes that are no UTF-8, so that the reader can tell this one record from the others.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from warehouse.landing.files import DeliveryError
from warehouse.landing.formats.compression import read_blocks, read_start
from warehouse.landing.formats.encoding_choice import (
    NOTHING_KNOWN,
    SUPERSETS,
    Clues,
    choose_codec,
    cure,
    is_accident,
    require_utf8,
)

BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""First bytes that name the encoding; UTF-32 before UTF-16, whose mark it starts with."""
UNDECODABLE = b"\xff"
"""A byte that no UTF-8 text holds: put before a line that cannot be decoded."""
SAMPLE_BYTES = 1 << 18
VALID_SAMPLE_BYTES = 1 << 16
FEW_LINES, FEW_SHARE = 4, 0.1
WIDE_ZEROS = 0.05
"""UTF-16 has that many zeros at least: its line ends, digits and header have."""
ESCAPES = re.compile(rb"\x1b[$(][@BIJ]")
"""How ISO-2022-JP changes from one alphabet to another: all its bytes are ASCII."""
REVERSED = re.compile(rb"\n\r(?!\n)")
"""A line end of a few old programs; what a blank line of CR LF has in it is none."""


@dataclass(frozen=True)
class Encoding:
    """How a delivery's text is written."""

    name: str
    """A codec's name, as Python spells it."""
    is_sniffed: bool
    is_mac: bool = False
    """True if lines end in a carriage return alone, as on old Macintoshes."""
    is_reversed: bool = False
    """True if lines end in a line feed and a carriage return, in this order."""
    is_told: bool = False
    """True if the bytes themselves speak for it, as ASCII alone does for no encoding."""

    @property
    def is_utf8(self) -> bool:
        """True if the bytes can be read as they are."""
        return self.name in {"utf-8", "utf-8-sig", "ascii"}


@dataclass
class EncodingStatistics:
    """What the lines of a delivery look like as UTF-8."""

    lines: int = 0
    valid: int = 0
    """Lines that are UTF-8 and more than ASCII."""
    invalid: int = 0
    """Lines that are no UTF-8."""
    sample: bytes = b""
    """Some of the invalid lines; every byte of any of them is there."""
    seen: bytes = b""
    """The bytes in the sample."""
    valid_sample: bytes = b""
    """Some of the valid lines."""

    def is_other(self, *, is_expected: bool) -> bool:
        """True if the delivery as a whole is not UTF-8, rather than a few lines of it damaged.

        `is_expected`: the last one was not, or the header is none; one line is enough then, if no other is UTF-8.
        """
        is_whole = self.invalid > 1 or 2 * self.invalid >= self.lines or (is_expected and not self.valid)
        return self.invalid > 9 * self.valid and is_whole

    def add_valid(self, lines: Iterable[bytes]) -> None:
        """Count the lines that are more than ASCII."""
        for line in lines:
            if not line.isascii():
                self.valid += 1
                self.valid_sample += line + b"\n" if len(self.valid_sample) < VALID_SAMPLE_BYTES else b""

    @property
    def has_accidents(self) -> bool:
        """True if lines that are UTF-8 may be so by accident, beside others that are not."""
        return 0 < self.valid <= max(self.invalid, FEW_LINES) and self.invalid > 0

    def take_back(self) -> None:
        """Count the lines that are UTF-8 by accident as what they are."""
        self.sample += self.valid_sample
        self.invalid, self.valid = self.invalid + self.valid, 0

    def add_invalid(self, line: bytes) -> None:
        """Count a line that is no UTF-8; it is kept if there is room, or if it has a byte that was not seen yet."""
        self.invalid += 1
        if len(self.sample) < SAMPLE_BYTES or line.translate(None, self.seen):
            self.sample += line[:SAMPLE_BYTES] + b"\n"
            self.seen = bytes(sorted({*self.seen, *line}))


def find_encoding(path: Path, declared: str | None, clues: Clues = NOTHING_KNOWN) -> Encoding:
    """The encoding declared by the contract, or else found in the bytes (UTF-8 if they speak for nothing else).

    Raises:
        DeliveryError: the declared encoding is unknown, or none is declared and it is not certain which it is.
    """
    start = read_start(path, SAMPLE_BYTES)
    ends = find_line_ends(start)
    marked = next((name for mark, name in BOMS if start.startswith(mark)), None)
    if marked and (marked != "utf-8-sig" or declared is None or require_codec(declared) == "utf-8"):
        return Encoding(marked, declared is None and marked != "utf-8-sig", **ends)
    if declared:
        return Encoding(require_codec(declared), False, **ends)
    wide = find_wide(start)
    if wide:
        return Encoding(wide, True, is_told=True)
    if ESCAPES.search(start):
        raise DeliveryError(f"its text has the escapes of ISO-2022-JP; {cure(['iso2022_jp'], clues)}")
    survey = survey_lines(path)
    if clues.region and survey.has_accidents and is_accident(survey.valid_sample, clues):
        survey.take_back()
    header = start.lstrip(b"\r\n").partition(b"\n")[0] if clues.has_header else b""
    if survey.is_other(is_expected=clues.past not in {None, "utf-8"} or not is_utf8(drop_cut(header))):
        codec = choose_or_leave(survey, clues, may_leave=is_utf8(drop_cut(header)))
        return Encoding(codec, codec != "utf-8", is_told=codec != "utf-8", **ends)
    if survey.valid and not survey.invalid and clues.region:
        require_utf8(survey.valid_sample, clues)
    return Encoding("utf-8", False, is_told=survey.valid > 0, **ends)


def choose_or_leave(survey: EncodingStatistics, clues: Clues, *, may_leave: bool) -> str:
    """The encoding of a delivery that is not UTF-8; where it is not certain, and few lines are concerned, UTF-8.

    These lines then go to quarantine, and the others are read.

    Raises:
        DeliveryError: it is not certain, and many lines are concerned, or (not `may_leave`) the header is.
    """
    try:
        return choose_codec(survey.sample, clues)
    except DeliveryError:
        if may_leave and survey.invalid < FEW_SHARE * survey.lines:
            return "utf-8"
        raise


def find_line_ends(start: bytes) -> dict[str, bool]:
    """Whether lines end in another way than LF or CR LF, told by the first of them."""
    first = start.find(b"\n")
    is_reversed = first >= 0 and start[first - 1 : first] != b"\r" and bool(REVERSED.match(start, first))
    return {"is_mac": first < 0 and b"\r" in start, "is_reversed": is_reversed}


def require_codec(name: str) -> str:
    """Python's name of a declared encoding."""
    try:
        codec = codecs.lookup(name).name
    except LookupError as error:
        raise DeliveryError(f"the contract declares an unknown encoding {name!r}; write utf-8, big5hkscs …") from error
    return SUPERSETS.get(codec, codec)


def find_wide(start: bytes) -> str | None:
    """UTF-16 without a mark shows in its zeros: every other byte of Latin text and of line ends is one."""
    head = start[:8192]
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if len(head) >= 8 and max(even, odd) > len(head) * WIDE_ZEROS and min(even, odd) * 20 < max(even, odd):
        return "utf-16-le" if odd > even else "utf-16-be"
    return None


def survey_lines(path: Path) -> EncodingStatistics:
    """Look through the whole delivery for lines that are no UTF-8."""
    survey = EncodingStatistics()
    for block in cut_at_lines(read_blocks(path)):
        survey.lines += block.count(b"\n")
        if block.isascii():
            continue
        survey_block(block, survey)
    return survey


def survey_block(block: bytes, survey: EncodingStatistics) -> None:
    """Count the lines of a block that is not ASCII alone."""
    if is_utf8(block):
        survey.add_valid(block.split(b"\n") if survey.valid < 1000 else [block])
        return
    *lines, last = block.split(b"\n")
    for line in [*lines, drop_cut(last)]:
        if is_utf8(line):
            survey.add_valid([line])
            continue
        survey.add_invalid(line)


def drop_cut(line: bytes) -> bytes:
    """A last line without the character at its end that was cut with it, which says nothing about the encoding."""
    try:
        line.decode()
    except UnicodeDecodeError as error:
        return line[: error.start] if error.reason == "unexpected end of data" else line
    return line


def is_utf8(text: bytes) -> bool:
    """True if the bytes are UTF-8."""
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def cut_at_lines(blocks: Iterator[bytes], size: int = 1 << 24) -> Iterator[bytes]:
    """The same bytes in blocks of about `size` that end with a line (a longer line is cut, as is the end)."""
    held = bytearray()
    for block in blocks:
        held += block
        if len(held) >= size:
            cut = held.rfind(b"\n") + 1 or len(held)
            yield bytes(held[:cut])
            del held[:cut]
    if held:
        yield bytes(held)


def read_text(path: Path, encoding: Encoding) -> Iterator[bytes]:
    """A delivery's text as UTF-8 bytes, without a byte order mark; undecodable lines hold `UNDECODABLE`."""
    blocks = read_blocks(path)
    if encoding.is_utf8:
        texts = strip_mark(blocks)
    elif encoding.name.startswith(("utf-16", "utf-32")):
        texts = convert_wide(blocks, encoding.name)
    else:
        texts = (convert_lines(block, encoding.name) for block in cut_at_lines(blocks))
    if encoding.is_reversed:
        return mend_reversed(texts)
    return (text.replace(b"\r", b"\n") for text in texts) if encoding.is_mac else texts


def mend_reversed(texts: Iterator[bytes]) -> Iterator[bytes]:
    """The text with LF CR as line feeds alone; a line feed at the end of a block waits for what follows."""
    held = b""
    for text in texts:
        joined = held + text
        whole = len(joined.rstrip(b"\n\r"))
        yield joined[:whole].replace(b"\n\r", b"\n")
        held = joined[whole:]
    yield held.replace(b"\n\r", b"\n")


def strip_mark(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The blocks without a UTF-8 byte order mark at the start."""
    for number, block in enumerate(blocks):
        yield block.removeprefix(codecs.BOM_UTF8) if number == 0 else block


def convert_wide(blocks: Iterator[bytes], name: str) -> Iterator[bytes]:
    """UTF-16 or UTF-32 as UTF-8."""
    decoder = codecs.getincrementaldecoder(name)("undecodable")
    for block in blocks:
        yield decoder.decode(block).encode("utf-8", "surrogatepass")
    yield decoder.decode(b"", final=True).encode("utf-8", "surrogatepass")


def mark_undecodable(error: UnicodeError) -> tuple[str, int]:
    """What stands for bytes that cannot be decoded: a lone surrogate, which is no UTF-8 when it is written as such."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "\ud800", error.end


codecs.register_error("undecodable", mark_undecodable)


def convert_lines(block: bytes, name: str) -> bytes:
    """Whole lines of another encoding as UTF-8; one that does not decode stays as it is, behind `UNDECODABLE`."""
    try:
        return block.decode(name).encode()
    except UnicodeError:
        pass
    lines = []
    for line in block.split(b"\n"):
        try:
            lines.append(line.decode(name).encode())
        except UnicodeError:
            lines.append(UNDECODABLE + line)
    return b"\n".join(lines)
