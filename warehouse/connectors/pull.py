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
from typing import Any

from warehouse.connectors.logins import read_environment
from warehouse.connectors.postgresql import open_postgresql
from warehouse.connectors.rest.session import open_rest
from warehouse.connectors.seam import Connector, FindLogin, OpenConnector, State
from warehouse.contracts.model import Source
from warehouse.files import replacing, write_whole
from warehouse.home.verify import sha256_of
from warehouse.run import Run

CONNECTORS: dict[str, OpenConnector] = {
    "postgresql": open_postgresql, "postgres": open_postgresql, "api": open_rest,
}  # fmt: skip
"""By type of server, as the contract has it; files (`local`) are not pulled."""
RECORD = "pulled.json"
"""In a source's folder: what was pulled, written last."""


def is_pulled(run: Run, name: str) -> bool:
    """Is it a source that this run pulls? Files are not, nor anything where rows are replayed."""
    return run.source(name).location.type in CONNECTORS and run.options.replay is None


def pull_source(run: Run, name: str, find_login: FindLogin = read_environment) -> None:
    """Pull a source and all others of its server, unless this run has done so.

    Raises:
        PullError: it cannot be pulled; nothing of its server's sources stays.
    """
    group = list_group(run, name)
    with hold_group(run, group[0].name):
        if read_record(run, name) is None:
            pull_group(run, group, find_login)


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
    choice, notes, rows, size = digest_choice(source), list[str](), 0, 0
    state = before if before.get("choice", choice) == choice else {}
    if before and not state:
        notes.append("the contract asks for other rows or columns than before: all were pulled again")
    for item in connector.list_new(source, state):
        path = folder / f"{source.name}-{run.number:09d}{item.name}"
        with replacing(path) as fresh:
            fetched = connector.fetch(source, item, state, fresh)
        content, notes = sha256_of(path), [*notes, *fetched.notes]
        is_new = fetched.is_new and content != state.get("content")
        state = {**fetched.state, "content": content, "watermark": fetched.watermark.isoformat(timespec="seconds")}
        if is_new:
            path.chmod(0o400)
            rows, size = rows + fetched.row_count, size + path.stat().st_size
        else:
            path.unlink()
    state = {**state, "choice": choice, "pulled_at": datetime.now(UTC).isoformat(timespec="seconds")}
    seconds = round(time.monotonic() - start, 3)
    return {"state": state, "rows": rows, "bytes": size, "seconds": seconds, "notes": notes}


def digest_choice(source: Source) -> str:
    """sha256 over what a contract asks of the server; where it has changed, all rows are pulled again."""
    columns = [[list(path) for path in column.paths] + [column.type] for column in source.columns]
    location = {**asdict(source.location), "path": "", "connection": ""}
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
    """For the report, one entry a source that is pulled: source, rows, bytes, seconds, watermark, pulled_at, notes."""
    found = []
    for name, state in sorted(read_states(run).items()):
        record = read_record(run, name) or {"rows": 0, "bytes": 0, "seconds": 0.0, "notes": []}
        times = {key: state[key] for key in ("watermark", "pulled_at")}
        found.append({"source": name, **{k: v for k, v in record.items() if k != "state"}, **times})
    return found
