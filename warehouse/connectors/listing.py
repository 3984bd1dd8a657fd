"""What is new among the files that a server lists: those whose name and etag nobody has seen published.

The state keeps twelve bytes for each file that is there (`seen`), so that 10,000 old ones cost 200 kB of a manifest
and no request. A file that goes and comes again is pulled again; landing knows it by its content.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from warehouse.connectors.names import is_marked, is_marker, is_match, is_temporary
from warehouse.connectors.seam import Fetched, Item, PullError, State
from warehouse.connectors.series import sort_key
from warehouse.contracts.model import Source
from warehouse.contracts.servers.remote import Remote


@dataclass(frozen=True)
class Listed:
    """One file as its server lists it."""

    name: str
    """Below the folder of the source's pattern."""
    version: str
    """What changes with its bytes: the etag, or size and time of change."""
    size: int
    """Bytes."""
    modified: datetime


@dataclass
class Seen:
    """The files of one source that are published, or will be with what was fetched since."""

    marks: list[str] = field(default_factory=list)
    newest: datetime | None = None
    """When the newest of them was written."""

    def take(self, file: Listed) -> Fetched:
        """What fetching a file came to: it is among them."""
        self.marks.append(mark_file(file))
        self.newest = max(file.modified, self.newest or file.modified)
        return Fetched({"seen": self.marks}, 0, self.newest)


def mark_file(file: Listed) -> str:
    """Name and version of a file as sixteen letters."""
    digest = hashlib.sha256(f"{file.name}\0{file.version}".encode()).digest()
    return base64.urlsafe_b64encode(digest[:12]).decode()


def is_wanted(name: str, remote: Remote, marker: str) -> bool:
    """Does a source's pattern mean a file, which is no marker and has no name of an unfinished one?"""
    return is_match(name, remote.pattern) and not is_temporary(name) and not is_marker(name, marker)


def choose_new(source: Source, state: State, listed: Iterable[Listed]) -> tuple[list[Item], Seen]:
    """The files that are new, in order of name, those that wait for their marker with them; and which are not new."""
    remote, marker = require_remote(source), source.location.marker
    before = set(state.get("seen", ()))
    known, new, names = Seen(newest=read_moment(state)), list[Listed](), set[str]()
    for file in listed:
        if marker and is_marker(file.name, marker):
            names.add(file.name)
        if is_wanted(file.name, remote, marker):
            mark = mark_file(file)
            if mark in before:
                known.marks.append(mark)
            else:
                new.append(file)
    new.sort(key=lambda file: (sort_key(file.name), file.name))
    waits = {file.name for file in new if not is_marked(file.name, marker, names.__contains__)}
    items = [Item(f.name, {"file": f}, is_file=True, waits=f.name in waits) for f in new]
    return items, known


def read_moment(state: State) -> datetime | None:
    """When the newest file of a state was written."""
    return datetime.fromisoformat(state["watermark"]).astimezone(UTC) if state.get("watermark") else None


def require_remote(source: Source) -> Remote:
    """Where the source's files lie."""
    if source.location.remote is None:
        raise PullError(f"source {source.name}: its contract names no location")
    return source.location.remote
