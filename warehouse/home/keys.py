"""Secret keys, kept outside the home: whoever is handed a home, or a copy of it, has no key of it.

A key is 32 random bytes in a file of its own (0600, in a folder of 0700), made when it is first needed. A lost key
loses what was named by it, pseudonyms and what a model remembers of values, and nothing else.
"""

from __future__ import annotations

import os
import secrets
import urllib.parse
from contextlib import suppress
from pathlib import Path

from warehouse.files import sync
from warehouse.home.layout import HomeError

KEYS = "C360_KEYS"
"""Environment variable: the folder of the keys; without it, `<home>.keys` beside the home."""
SIZE = 32


def find_keys(home: Path) -> Path:
    """The folder in which the keys of a home lie."""
    home = home.resolve()
    return Path(os.environ.get(KEYS) or home.with_name(f"{home.name}.keys"))


def read_key(home: Path, name: str) -> bytes:
    """The key of that name, made if there is none yet; two processes that make it at once get the same.

    Raises:
        HomeError: the file is no key, or cannot be made or read.
    """
    path = find_keys(home) / f"{urllib.parse.quote(name, safe='')}.key"
    try:
        if not path.is_file():
            make_key(path)
        key = path.read_bytes()
    except OSError as error:
        raise HomeError(f"{path}: {error.strerror}; keys lie there, or where {KEYS} says") from None
    if len(key) != SIZE:
        raise HomeError(f"{path} is not a key of {SIZE} bytes; put the right file back, or remove it to have a new key")
    return key


def make_key(path: Path) -> None:
    """Write a new key whole, or leave the one that another process has just written."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(secrets.token_bytes(SIZE))
    sync(fresh)
    with suppress(FileExistsError):
        os.link(fresh, path)
    fresh.unlink()
    sync(path.parent)
