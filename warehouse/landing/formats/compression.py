"""The bytes of a delivery, whatever it is packed in: plain, gzip, zstd or zip, told by the first bytes, not the name.

Packed data that is damaged or ends early is refused as a whole: nobody can say how many records the missing rest held.
"""

from __future__ import annotations

import gzip
import os
import tempfile
import zipfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO

import zstandard

from warehouse.landing.files import BLOCK_BYTES, DeliveryError

GZIP = b"\x1f\x8b"
ZIP = b"PK\x03\x04"
SPREADSHEET = "[Content_Types].xml"
"""A member of every workbook and document of Office."""
ZSTD = b"\x28\xb5\x2f\xfd"
FEED_BYTES = 1024
"""Bytes given to zstd at a time: one kilobyte unpacks to 32 MB at worst, so that a bomb cannot fill the memory."""
HARMLESS_BYTES = 1_000_000
"""So much may be unpacked out of anything."""
UNPACKED_LIMIT = "C360_UNPACKED_GB"
"""Environment variable: how many gigabytes a packed delivery may unpack to (default 50)."""


def read_blocks(path: Path) -> Iterator[bytes]:
    """A delivery's unpacked bytes in blocks of some size; nothing for an empty file.

    Raises:
        DeliveryError: the packing is damaged, ends early, or unpacks to more than the limit.
    """
    with path.open("rb") as file:
        start = file.read(4)
        file.seek(0)
        if start.startswith(GZIP):
            yield from require_limit(read_gzip(file))
        elif start == ZSTD:
            yield from require_limit(read_zstd(file))
        elif start == ZIP:
            yield from require_limit(read_zip(file))
        else:
            while block := file.read(BLOCK_BYTES):
                yield block


def require_ratio(path: Path, most: int) -> None:
    """Raise DeliveryError if a packed delivery is over a megabyte and unpacks to more than `most` times its size.

    What people and programs write packs to a tenth or a thirtieth; what packs far better holds one thing many times.
    """
    if not is_packed(path):
        return
    bound, size = max(most * path.stat().st_size, HARMLESS_BYTES), 0
    for block in read_blocks(path):
        size += len(block)
        if size > bound:
            raise DeliveryError(
                f"it unpacks to more than {most:,} times its size; if that is right, raise max_unpack_ratio in"
                " settings.yaml, or have it delivered unpacked"
            )


def read_start(path: Path, size: int) -> bytes:
    """The first unpacked bytes of a delivery: `size` of them, or all if it is shorter."""
    start = b""
    for block in read_blocks(path):
        start += block
        if len(start) >= size:
            break
    return start[:size]


def is_packed(path: Path) -> bool:
    """True if the first bytes are those of gzip, zstd or zip."""
    with path.open("rb") as file:
        start = file.read(4)
    return start.startswith(GZIP) or start in (ZSTD, ZIP)


def read_gzip(file: BinaryIO) -> Iterator[bytes]:
    """Unpack all members of a gzip file."""
    try:
        with gzip.GzipFile(fileobj=file) as members:
            while block := members.read(BLOCK_BYTES):
                yield block
    except (EOFError, OSError, zlib.error) as error:
        raise DeliveryError("the gzip data is damaged or ends early; have it delivered again") from error


def read_zstd(file: BinaryIO) -> Iterator[bytes]:
    """Unpack all frames of a zstd file."""
    # The library's own stream reader takes a frame that ends early for a complete one, hence frame by frame.
    frame = zstandard.ZstdDecompressor().decompressobj()
    try:
        while feed := file.read(FEED_BYTES):
            while feed:
                if frame.eof:
                    frame = zstandard.ZstdDecompressor().decompressobj()
                block = frame.decompress(feed)
                feed = frame.unused_data if frame.eof else b""
                if block:
                    yield block
    except zstandard.ZstdError as error:
        raise DeliveryError("the zstd data is damaged; have it delivered again") from error
    if not frame.eof:
        raise DeliveryError("the zstd data ends early; have it delivered again")


def is_office(names: Collection[str]) -> bool:
    """True for the files of a document that is an archive itself, rather than an archive of documents."""
    return SPREADSHEET in names or "mimetype" in names


@contextmanager
def unpacked_copy(path: Path) -> Iterator[IO[bytes]]:
    """What is packed in a file, as a file that can be read in any order."""
    with tempfile.TemporaryFile() as copy:
        for block in read_blocks(path):
            copy.write(block)
        copy.seek(0)
        yield copy


def read_zip(file: BinaryIO) -> Iterator[bytes]:
    """Unpack the one file of a zip archive; what a Macintosh adds does not count."""
    try:
        with zipfile.ZipFile(file) as archive:
            names = [n for n in archive.namelist() if not n.endswith("/") and not n.startswith("__MACOSX/")]
            if is_office(names):
                raise DeliveryError(
                    "it is a workbook; declare the format xlsx (c360 resolve: call it .xlsx), or have it saved as CSV"
                )
            if len(names) != 1:
                raise DeliveryError(
                    f"the zip archive holds {len(names)} files; have each delivered by itself, or alone in one"
                )
            with archive.open(names[0]) as member:
                while block := member.read(BLOCK_BYTES):
                    yield block
    except RuntimeError as error:  # what the library raises for want of a password
        raise DeliveryError("the zip archive has a password; have it delivered without") from error
    except (zipfile.BadZipFile, EOFError, zlib.error, NotImplementedError, OSError) as error:
        raise DeliveryError(
            "the zip archive is damaged or packed in an unknown way; have it delivered again"
        ) from error


def require_limit(blocks: Iterator[bytes], most: float | None = None, cure: str = "") -> Iterator[bytes]:
    """The blocks as they are, as long as they are within the limit for packed deliveries.

    `most` gigabytes are a bound of the format's own, and `cure` is what to do above it.
    """
    try:
        gigabytes = float(os.environ.get(UNPACKED_LIMIT, "50"))
    except ValueError as error:
        raise DeliveryError(
            f"{UNPACKED_LIMIT} in the environment is not a number; write gigabytes, as in 50"
        ) from error
    bound, size = gigabytes, 0
    raised = f"if that is right, set {UNPACKED_LIMIT} higher"
    if most is not None and most < gigabytes:
        bound, raised = most, cure
    for block in blocks:
        size += len(block)
        if size > bound * 1e9:
            raise DeliveryError(f"it unpacks to more than {bound:g} GB; {raised}")
        yield block
