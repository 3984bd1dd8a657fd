"""Files on an SFTP server, whose key is known beforehand.

A server lists names, sizes and times, and no etag: a file is new if one of them is. Nothing tells that a file is
complete: a sender says so by a marker (`c360.marker`), or a new file is watched for a while (`c360.settle`) and left
for the next night if it changes. After it was read it is looked at again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from stat import S_ISDIR, S_ISLNK, S_ISREG
from typing import Any

from warehouse.connectors.listing import Listed, Seen, choose_new, require_remote
from warehouse.connectors.names import is_temporary
from warehouse.connectors.seam import DISK, Fetched, Item, Login, PullError, PullFault, State
from warehouse.contracts.model import Source
from warehouse.contracts.servers.remote import Remote

CURE = "install it by: pip install 'customer-360[sftp]'"
PORT = 22
LOGIN_SECONDS = 30
STALL_SECONDS = 60.0
"""How long a server may say nothing."""
RECENT = 3600.0
"""Seconds: a file that was written longer ago than this is not watched."""
UNKNOWN = (
    "its host key is not known, or another than the known one; ask its owner for the key, and add it to"
    " ~/.ssh/known_hosts, or to the connection as host_key"
)
FAULTS: Mapping[str, str] = {
    "HostKeyNotVerifiable": UNKNOWN,
    "PermissionDenied": "the login is not accepted; renew the connection's user, password or private_key",
    "KeyExchangeFailed": "it and this machine have no algorithm in common; see what the server offers",
    "SFTPNoSuchFile": "there is no such folder; correct `location` in the contract",
    "SFTPNoSuchPath": "there is no such folder; correct `location` in the contract",
    "SFTPPermissionDenied": "the user may not list or read it; grant it that",
    "KeyImportError": "private_key or host_key of the connection cannot be read; give it as OpenSSH writes it",
    "KeyEncryptionError": "the private key wants another private_key_passphrase in the connection",
}
"""By kind of error: what happened, and the cure. What is not here may pass."""


@contextmanager
def open_sftp(source: Source, login: Login) -> Iterator[Sftp]:
    """A session with a server whose key is known.

    Raises:
        PullError, PullFault: it cannot be opened, or what is done inside fails; without the server's own words.
    """
    try:
        import asyncssh
    except ImportError:
        raise PullError(f"source {source.name}: the driver of SFTP is missing; {CURE}") from None
    asyncssh.set_log_level("ERROR")  # it would log who logs in
    errors = (asyncssh.Error, asyncssh.KeyImportError, asyncssh.KeyEncryptionError, OSError, TimeoutError)
    remote = require_remote(source)
    with asyncio.Runner() as runner:
        connection: Any = None
        try:
            connection = runner.run(within(asyncssh.connect(**spell_login(source, remote, login))))
            client = runner.run(within(connection.start_sftp_client()))
            yield Sftp(runner, client)
        except errors as error:
            if isinstance(error, OSError) and error.errno in DISK:
                raise
            raise describe(source, error) from None
        finally:
            if connection is not None:
                connection.abort()
                runner.run(connection.wait_closed())


def spell_login(source: Source, remote: Remote, login: Login) -> dict[str, Any]:
    """What asyncssh is to be told; the contract says where, the login who and by which key the server is known.

    Raises:
        PullError: the login is another server's.
    """
    import asyncssh

    host, port = split_host(remote.host)
    for name, said, ours in (("host", login.host, host), ("port", login.port, port)):
        if said and said != ours:
            cure = f"correct one of them; the contract's is {ours}"
            raise PullError(f"source {source.name}: {name} is another in its connection than in its contract; {cure}")
    options, told = login.options, dict[str, Any]()
    passphrase = options.get("private_key_passphrase")
    if options.get("private_key"):
        told["client_keys"] = [asyncssh.import_private_key(options["private_key"], passphrase)]
    elif options.get("key_file"):
        told["client_keys"] = [asyncssh.read_private_key(options["key_file"], passphrase)]
    elif login.user:
        told["client_keys"] = None
    if login.user:
        told |= {"username": login.user, "agent_path": None}
    if login.password:
        told["password"] = login.password
    if key := options.get("host_key"):
        known = key if " " in key.strip() else f"ssh-rsa {key}"
        told["known_hosts"] = ([asyncssh.import_public_key(known)], [], [])
    return {
        "host": host, "port": port, "config": None, "connect_timeout": LOGIN_SECONDS, "login_timeout": LOGIN_SECONDS,
        "keepalive_interval": 15, **told,
    }  # fmt: skip


def split_host(host: str) -> tuple[str, int]:
    """Host and port."""
    name, _, port = host.rpartition(":") if not host.endswith("]") else (host, "", "")
    return (name.strip("[]"), int(port)) if name and port else (host.strip("[]"), PORT)


async def within(work: Awaitable[Any]) -> Any:
    """What comes of something, unless the server says nothing for too long."""
    return await asyncio.wait_for(work, STALL_SECONDS)


def describe(source: Source, error: BaseException) -> PullError:
    """An error without its text, which the server may have written."""
    remote, kind = require_remote(source), type(error).__name__
    where = f"source {source.name} ({remote.url})"
    if kind in FAULTS:
        return PullError(f"{where}: {FAULTS[kind]}")
    return PullFault(
        f"{where}: it cannot be reached, or broke off ({kind}); nothing of it was kept. Try again, and if that does"
        " not help see whether the server is up and may be reached from here"
    )


@dataclass
class Sftp:
    """A session with one server."""

    runner: asyncio.Runner
    client: Any
    seen: dict[str, Seen] = field(default_factory=dict)
    """By source."""

    def list_new(self, source: Source, state: State) -> Sequence[Item]:
        """Files that are new or have changed, by size and time; those that change while they are watched wait."""
        remote = require_remote(source)
        listed = self.runner.run(self.list_files(remote))
        items, self.seen[source.name] = choose_new(source, state, listed)
        watched = [item for item in items if not item.waits and is_recent(item.detail["file"])]
        if not (watched and source.location.settle):
            return items
        time.sleep(source.location.settle)
        changed = {item.name for item in watched if not self.is_same(remote, item.detail["file"])}
        return [replace(item, waits=item.waits or item.name in changed) for item in items]

    async def list_files(self, remote: Remote) -> list[Listed]:
        """What lies below the source's folder, as deep as its pattern goes."""
        parts = remote.pattern.split("/")
        depth = None if "**" in parts else len(parts)
        return [file async for file in self.walk(remote.folder, "", depth)]

    async def walk(self, folder: str, below: str, depth: int | None) -> AsyncIterator[Listed]:
        """Files of one folder, and of those in it; links to files are followed, links to folders are not."""
        for entry in await read_folder(self.client, folder + below or "."):
            name = f"{below}{entry.filename}"
            if entry.filename in {".", ".."}:
                continue
            attributes = entry.attrs
            if S_ISLNK(attributes.permissions or 0):
                attributes = await self.look(folder + name)
                if attributes is None or S_ISDIR(attributes.permissions or 0):
                    continue
            if S_ISDIR(attributes.permissions or 0):
                if not is_temporary(f"{name}/x") and (depth is None or name.count("/") + 1 < depth):
                    async for file in self.walk(folder, f"{name}/", depth):
                        yield file
            elif S_ISREG(attributes.permissions or 0) or not attributes.permissions:
                yield describe_file(name, attributes)

    async def look(self, path: str) -> Any:
        """Attributes of what is there now; None where nothing is."""
        import asyncssh

        try:
            return await within(self.client.stat(path))
        except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
            return None

    def is_same(self, remote: Remote, file: Listed) -> bool:
        """Is a file as it was listed?"""
        found = self.runner.run(self.look(remote.folder + file.name))
        return found is not None and describe_file(file.name, found) == file

    def fetch(self, source: Source, item: Item, state: State, path: Path) -> Fetched:
        """Read a file whole; one that changes meanwhile waits for the next night."""
        remote, file, seen = require_remote(source), item.detail["file"], self.seen[source.name]
        self.runner.run(self.read(remote.folder + file.name, path))
        if path.stat().st_size == file.size and self.is_same(remote, file):
            return seen.take(file)
        return Fetched({"seen": seen.marks}, 0, seen.newest or file.modified, waits=True)

    async def read(self, remote: str, path: Path) -> None:
        """Copy a file's bytes, many blocks on their way at a time.

        Raises:
            TimeoutError: none comes for too long.
        """
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(STALL_SECONDS) as limit:
            await self.client.get(
                remote,
                str(path),
                follow_symlinks=True,
                sparse=False,
                progress_handler=lambda *_: limit.reschedule(loop.time() + STALL_SECONDS),
            )


async def read_folder(client: Any, folder: str) -> list[Any]:
    """Names in a folder, with their attributes; raises TimeoutError where nothing more comes for too long."""
    loop, found = asyncio.get_running_loop(), []
    async with asyncio.timeout(STALL_SECONDS) as limit:
        async for entry in client.scandir(folder):
            found.append(entry)
            limit.reschedule(loop.time() + STALL_SECONDS)
    return found


def is_recent(file: Listed) -> bool:
    """May somebody still be writing it?"""
    return time.time() - file.modified.timestamp() < RECENT


def describe_file(name: str, attributes: Any) -> Listed:
    """A file as its attributes have it."""
    nanoseconds = getattr(attributes, "mtime_ns", None) or 0
    modified = datetime.fromtimestamp(attributes.mtime or 0, UTC)
    return Listed(name, f"{attributes.size} {attributes.mtime}.{nanoseconds:09d}", attributes.size or 0, modified)
