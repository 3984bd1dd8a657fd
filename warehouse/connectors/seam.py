"""What every connector is: it lists what is new of a source since its state, and fetches it into a file.

A state says up to where a source was pulled. It lies in the manifest of a generation, so it moves only when what was
pulled by it is published.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from warehouse.contracts.model import Source
from warehouse.errors import C360Error

DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES)
"""Faults of our own disk, not of a server."""
State = Mapping[str, Any]
"""Plain data, for JSON; its keys are the connector's own. Empty: nothing of the source was ever published."""


class PullError(C360Error):
    """A source cannot be pulled, and trying again would find the same; the message names source, fault and cure."""


class PullFault(PullError):
    """A source cannot be reached, or broke off; trying again may help."""

    is_verdict = False


@dataclass(frozen=True)
class Item:
    """One delivery that can be fetched."""

    name: str
    """Ending of the delivery's name, as `.parquet`; of a file (`is_file`) all of it, with its folders."""
    detail: Mapping[str, Any] = field(default_factory=dict)
    """What the connector wants to know when it fetches it."""
    is_file: bool = False
    """True where the source has a name for it: it is delivered under that name, byte for byte."""
    waits: bool = False
    """True where it is there, and not complete yet: it is not fetched tonight."""


@dataclass(frozen=True)
class Fetched:
    """What fetching one item came to."""

    state: State
    """The source's state once this is published."""
    row_count: int
    """Of a file 0: its rows are counted where it is landed."""
    watermark: datetime
    """Up to when (UTC) the source's rows are known now: its newest cursor or file, else the moment of the snapshot."""
    is_new: bool = True
    """False where nothing has changed since the state."""
    notes: tuple[str, ...] = ()
    """What people should know of it, without values."""
    waits: bool = False
    """True where it turned out to be not complete yet; what was written is not kept."""


class Connector(Protocol):
    """A session with one server, in which every source of it is seen at one moment."""

    def list_new(self, source: Source, state: State) -> Sequence[Item]:
        """What is new of a source since its state; raises PullError."""
        ...

    def fetch(self, source: Source, item: Item, state: State, path: Path) -> Fetched:
        """Write one item whole to the file at `path`; raises PullError, and then the file is worth nothing."""
        ...


@dataclass(frozen=True)
class Login:
    """Who may read a server; never shown."""

    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    host: str = ""
    """As its connection says; empty: it says none."""
    port: int | None = None
    database: str = ""
    options: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Such as sslmode."""


FindLogin = Callable[[str], Login]
"""Gives the login of a connection by its name; raises PullError."""
OpenConnector = Callable[[Source, Login], AbstractContextManager[Connector]]
