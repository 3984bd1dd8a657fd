"""A workbook as the archive that it is (ECMA-376): its sheets, its number formats, and what is no workbook of ours."""

from __future__ import annotations

import shutil
import tempfile
import xml.etree.ElementTree as ET
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from warehouse.landing.files import BLOCK_BYTES, DeliveryError
from warehouse.landing.formats.compression import SPREADSHEET, ZIP, is_office, is_packed, require_limit, unpacked_copy

OLE = b"\xd0\xcf\x11\xe0"
"""How files of old programs begin, and those that Office has put a password on."""
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
WORKBOOK, RELATIONS, STYLES = "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml"
READ = ("xl/", "_rels/", SPREADSHEET)
UNREAD = ("xl/media/", "xl/embeddings/", "xl/vbaProject.bin")
MOST_GIGABYTES = 1.0
"""A workbook is read as a whole, so that what it unpacks to has to fit into the memory."""
PART_BYTES = 16 << 20
"""Bytes that a list of sheets or of formats may have."""
NO_WORKBOOK = "it is no .xlsx workbook; have it saved as one, or declare the format that it is in"
DAMAGED = "the workbook is damaged or packed in an unknown way; have it delivered again"


@dataclass(frozen=True)
class Sheet:
    """A worksheet."""

    name: str
    part: str
    """Name of its part of the archive."""


@contextmanager
def open_package(path: Path) -> Iterator[zipfile.ZipFile]:
    """The workbook's parts, unpacked; what was packed around it is taken off.

    Raises:
        DeliveryError: it is no .xlsx workbook, is damaged, has a password, or unpacks to too much.
    """
    try:
        with unwrapped(path) as file, zipfile.ZipFile(file) as packed:
            require_workbook(packed)
            with tempfile.TemporaryFile() as copy:
                with zipfile.ZipFile(copy, "w") as parts:
                    copy_parts(packed, parts)
                with zipfile.ZipFile(copy) as parts:
                    yield parts
    except (zipfile.BadZipFile, EOFError, zlib.error, NotImplementedError, ET.ParseError, KeyError) as error:
        raise DeliveryError(DAMAGED) from error
    except RuntimeError as error:  # what the library raises for want of a password
        raise DeliveryError("the workbook has a password; have it delivered without") from error


@contextmanager
def unwrapped(path: Path) -> Iterator[IO[bytes]]:
    """The workbook itself, where it lies in gzip, zstd or an archive of one file."""
    with path.open("rb") as file:
        start = file.read(4)
        if start == OLE:
            raise DeliveryError(name_old(file.read()))
        is_wrapped = is_packed(path) and not (start == ZIP and is_office(list_members(file)))
        if start != ZIP and not is_wrapped:
            raise DeliveryError(NO_WORKBOOK)
        if not is_wrapped:
            file.seek(0)
            yield file
            return
    with unpacked_copy(path) as copy:
        yield copy


def name_old(body: bytes) -> str:
    """What a file of an old program is, and the cure."""
    if ENCRYPTED in body:
        return "the workbook has a password; have it delivered without"
    return "it is a workbook of the old kind (.xls); have it saved as .xlsx or CSV"


def list_members(file: IO[bytes]) -> list[str]:
    """The names of the files in an archive."""
    with zipfile.ZipFile(file) as archive:
        return archive.namelist()


def require_workbook(archive: zipfile.ZipFile) -> None:
    """Raise DeliveryError, with what it is, unless it is an .xlsx workbook."""
    names = set(archive.namelist())
    if "mimetype" in names:
        raise DeliveryError("it is a spreadsheet in OpenDocument (.ods); have it saved as .xlsx or CSV")
    if "xl/workbook.bin" in names:
        raise DeliveryError("it is a binary workbook (.xlsb); have it saved as .xlsx or CSV")
    if WORKBOOK not in names:
        raise DeliveryError(NO_WORKBOOK)


def copy_parts(packed: zipfile.ZipFile, parts: zipfile.ZipFile) -> None:
    """Unpack what is read of a workbook, within the limit: no reader behind this meets a bomb."""
    names = [
        name
        for name in dict.fromkeys(packed.namelist())
        if name.startswith(READ) and not name.startswith(UNREAD) and not name.endswith("/")
    ]
    for _ in require_limit(read_blocks_of(packed, names), MOST_GIGABYTES, "have it saved as CSV"):
        pass
    for name in names:
        with packed.open(name) as part, parts.open(name, "w", force_zip64=True) as copy:
            shutil.copyfileobj(part, copy, BLOCK_BYTES)


def read_blocks_of(archive: zipfile.ZipFile, names: Iterable[str]) -> Iterator[bytes]:
    """The unpacked bytes of parts."""
    for name in names:
        with archive.open(name) as part:
            while block := part.read(BLOCK_BYTES):
                yield block


def read_part(archive: zipfile.ZipFile, name: str) -> ET.Element:
    """A part that lists something."""
    if archive.getinfo(name).file_size > PART_BYTES:
        raise DeliveryError(DAMAGED)
    return ET.fromstring(archive.read(name))


def list_sheets(archive: zipfile.ZipFile) -> list[Sheet]:
    """The worksheets, in their order; charts and macros are none."""
    targets = {
        relation.get("Id"): place_part(relation.get("Target", ""))
        for relation in read_part(archive, RELATIONS).iter()
        if relation.get("Type", "").endswith("/worksheet")
    }
    sheets = []
    for element in read_part(archive, WORKBOOK).iter():
        if bare_tag(element.tag) == "sheet":
            ids = [value for name, value in element.attrib.items() if name.endswith("}id")]
            part = targets.get(ids[0]) if ids else None
            if part is not None:
                sheets.append(Sheet(element.get("name", ""), part))
    return sheets


def place_part(target: str) -> str:
    """The name of a part that a relation leads to."""
    return target[1:] if target.startswith("/") else f"xl/{target}"


def bare_tag(tag: str) -> str:
    """A tag without its namespace."""
    return tag.rpartition("}")[2]


def read_formats(archive: zipfile.ZipFile) -> list[str]:
    """By the number of a cell's style, the code of its number format; "" for one of those that programs know."""
    if STYLES not in archive.namelist():
        return []
    styles = read_part(archive, STYLES)
    codes = {e.get("numFmtId"): e.get("formatCode", "") for e in styles.iter() if bare_tag(e.tag) == "numFmt"}
    cells = next((e for e in styles if bare_tag(e.tag) == "cellXfs"), ())
    return [codes.get(e.get("numFmtId"), "") for e in cells]
