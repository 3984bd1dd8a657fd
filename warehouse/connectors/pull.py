"""Pulling: what is new of a source becomes immutable deliveries in the run's folder, before they are landed.

Sources of one database are pulled together, in one session that sees them at one moment; whichever is asked for first
brings them all. What was pulled lies in the folder of the run, and the states after it go into the manifest of the
generation that the run publishes: a run that fails, is killed or closes a gate leaves neither, and the next one pulls
again from what is published.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from warehouse.connectors.logins import read_environment
from warehouse.connectors.names import is_to_come
from warehouse.connectors.objects import open_objects
from warehouse.connectors.postgresql import open_postgresql
from warehouse.connectors.rest.session import open_rest
from warehouse.connectors.seam import Connector, Fetched, FindLogin, Item, OpenConnector, PullError, State
from warehouse.connectors.sftp import open_sftp
from warehouse.contracts.model import Source
from warehouse.files import replacing, write_whole
from warehouse.home.verify import sha256_of
from warehouse.run import FILES, Run

CONNECTORS: dict[str, OpenConnector] = {
    "postgresql": open_postgresql, "postgres": open_postgresql, "api": open_rest,
    "s3": open_objects, "gcs": open_objects, "azure": open_objects, "sftp": open_sftp,
}  # fmt: skip
"""By type of server; files of this machine (`local`) are not pulled."""
LONGEST_NAME = 230
"""Bytes of a file's name: 255, less what a file is called while it is written."""
RECORD = "pulled.json"
"""In a source's folder: what was pulled, written last."""


def is_pulled(run: Run, name: str) -> bool:
    """Is it a source that this run pulls? Files are not, nor anything where rows are replayed."""
    return run.source(name).location.type in CONNECTORS and run.options.replay is None


def pull_source(run: Run, name: str, find_login: FindLogin = read_environment) -> list[str]:
    """Pull a source and all others of its server, unless this run has done so; gives names of files that wait.

    Raises:
        PullError: it cannot be pulled; nothing of its server's sources stays.
    """
    group = list_group(run, name)
    with hold_group(run, group[0].name):
        record = read_record(run, name)
        if record is None or (record.get("files") and not (run.pulled(name) / FILES).is_dir()):
            pull_group(run, group, find_login)
        return list((read_record(run, name) or {}).get("waiting", ()))


def drop_files(run: Run, name: str) -> None:
    """Remove a source's pulled files, which hold what no contract declares; landing them again pulls them again."""
    shutil.rmtree(run.pulled(name) / FILES, ignore_errors=True)


def list_group(run: Run, name: str) -> list[Source]:
    """A source and all that are seen at the same moment, in order of name."""
    server = run.source(name).location.server
    found = (run.source(source.name) for source in run.contracts.sources)
    return sorted((source for source in found if source.location.server == server), key=lambda s: s.name)


@contextmanager
def hold_group(run: Run, name: str) -> Iterator[None]:
    """Be the only process of the run that pulls these sources; others wait."""
    folder = run.folder / "pulled"
    folder.mkdir(exist_ok=True)
    with (folder / f".{name}.lock").open("w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def pull_group(run: Run, group: list[Source], find_login: FindLogin) -> None:
    """Pull all sources of one server in one session; all of them, or none."""
    for source in group:
        shutil.rmtree(run.pulled(source.name), ignore_errors=True)  # of an attempt that was killed
    location, states = group[0].location, read_states(run, is_before=True)
    records: dict[str, dict[str, Any]] = {}
    try:
        with CONNECTORS[location.type](group[0], find_login(location.connection)) as connector:
            for source in group:
                records[source.name] = pull_one(run, connector, source, states.get(source.name, {}))
    except BaseException:
        for source in group:
            shutil.rmtree(run.pulled(source.name), ignore_errors=True)
        raise
    for name, record in records.items():
        write_whole(run.pulled(name) / RECORD, json.dumps(record, indent=1))


def pull_one(run: Run, connector: Connector, source: Source, before: State) -> dict[str, Any]:
    """Fetch what is new of one source; gives the record of it."""
    folder, start = run.pulled(source.name), time.monotonic()
    folder.mkdir(parents=True)
    choice, notes, rows, size, files, waiting = digest_choice(source), list[str](), 0, 0, 0, list[str]()
    state = before if before.get("choice", choice) == choice else {}
    if before and not state:
        notes.append("the contract asks for other rows or columns than before: all were pulled again")
    for item in connector.list_new(source, state):
        if item.waits or (item.is_file and is_to_come(item.name, run.as_of)):
            waiting.append(item.name)
            continue
        path = name_target(run, source, item)
        with replacing(path) as fresh:
            fetched = connector.fetch(source, item, state, fresh)
        notes += fetched.notes
        if fetched.waits:
            waiting.append(item.name)
            path.unlink()
            continue
        is_new, state = judge_fetched(item, fetched, state, path)
        if is_new:
            path.chmod(0o400)
            rows, size, files = rows + fetched.row_count, size + path.stat().st_size, files + item.is_file
        else:
            path.unlink()
    state = {**state, "choice": choice, "pulled_at": datetime.now(UTC).isoformat(timespec="seconds")}
    counts = {"rows": rows, "files": files, "bytes": size, "seconds": round(time.monotonic() - start, 3)}
    return {"state": state, **counts, "waiting": waiting, "notes": notes}


def name_target(run: Run, source: Source, item: Item) -> Path:
    """Where an item is put, in folders that are there.

    Raises:
        PullError: it is called as no file can be.
    """
    folder = run.pulled(source.name)
    if not item.is_file:
        return folder / f"{source.name}-{run.number:09d}{item.name}"
    path = folder / FILES / item.name
    parts = item.name.split("/")
    if any(part in {"", ".", ".."} or "\0" in part or len(part.encode()) > LONGEST_NAME for part in parts):
        raise PullError(f"source {source.name}: no file can be called {item.name[:LONGEST_NAME]!r}; have it renamed")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        is_folder = path.is_dir()
    except (FileExistsError, NotADirectoryError):
        is_folder = True
    if is_folder:
        cure = "have one of them renamed, or let `location` name only one"
        raise PullError(f"source {source.name}: {item.name} lies where another name has a folder; {cure}")
    return path


def judge_fetched(item: Item, fetched: Fetched, state: State, path: Path) -> tuple[bool, State]:
    """Is what was fetched new, and the state after it; a table is the same again if its bytes are."""
    after = {**fetched.state, "watermark": fetched.watermark.isoformat(timespec="seconds")}
    if item.is_file:
        return fetched.is_new, after
    content = sha256_of(path)
    return fetched.is_new and content != state.get("content"), {**after, "content": content}


def digest_choice(source: Source) -> str:
    """sha256 over what a contract asks of the server; where it has changed, all of it is pulled again."""
    if source.location.remote is not None:  # what is in a file does not hang on what is declared of it
        return hashlib.sha256(json.dumps(asdict(source.location.remote)).encode()).hexdigest()
    columns = [[list(path) for path in column.paths] + [column.type] for column in source.columns]
    location = {**asdict(source.location), "path": "", "connection": ""}
    for name in ("remote", "marker", "settle", "folder"):  # they are of files
        del location[name]
    return hashlib.sha256(json.dumps([location, columns, source.load_mode], default=str).encode()).hexdigest()


def read_record(run: Run, name: str) -> dict[str, Any] | None:
    """What this run has pulled of a source; None before it has."""
    path = run.pulled(name) / RECORD
    return dict(json.loads(path.read_text("utf-8"))) if path.is_file() else None


def read_states(run: Run, *, is_before: bool = False) -> dict[str, State]:
    """By source, up to where it was pulled: once the run is published, or before it."""
    parent = run.find_parent()
    states: dict[str, State] = parent.read_manifest().get("pulls", {}) if parent else {}
    for source in () if is_before else run.contracts.sources:
        if record := read_record(run, source.name):
            states[source.name] = record["state"]
    known = {source.name for source in run.contracts.sources if source.location.type in CONNECTORS}
    return {name: state for name, state in states.items() if name in known}


def count_pulls(run: Run) -> list[dict[str, Any]]:
    """For the report, one entry a source that is pulled.

    It has source, rows (None of files), files, bytes, seconds, waiting (names), watermark (None where nothing was ever
    there), pulled_at and notes.
    """
    found = []
    for name, state in sorted(read_states(run).items()):
        nothing = {"rows": 0, "files": 0, "bytes": 0, "seconds": 0.0, "waiting": [], "notes": []}
        record = {k: v for k, v in (read_record(run, name) or nothing).items() if k != "state"}
        if run.source(name).location.remote is not None:
            record["rows"] = None
        times = {key: state.get(key) for key in ("watermark", "pulled_at")}
        found.append({"source": name, **record, **times})
    return found
