"""Object stores: S3 and what speaks like it, Google Cloud Storage, Azure Blob Storage.

A store lists a thousand objects a request, with their etags; only what is new is read, in ranges, each under the
condition that the object is still the one that was listed. Requests that fail, break off or stall are tried again by
the client, from where the bytes end.
"""

from __future__ import annotations

import glob
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO

from warehouse.connectors.listing import Listed, Seen, choose_new, require_remote
from warehouse.connectors.names import is_marker
from warehouse.connectors.seam import Fetched, Item, Login, PullError, PullFault, State
from warehouse.contracts.model import Source
from warehouse.contracts.servers.remote import Remote

CURE = "install it by: pip install 'customer-360[objects]'"
KEYS = "write its keys, and what is in its extra, as the store gave them"
ATTEMPTS = 3
"""How often an object that changes while it is read is read from its start."""
RANGE_BYTES = 64 << 20
"""What one request asks for."""
BLOCK_BYTES = 4 << 20
CLIENT: dict[str, Any] = {"connect_timeout": "10s", "read_timeout": "30s", "timeout": "15m"}
RETRIES: dict[str, Any] = {"max_retries": 8, "retry_timeout": timedelta(minutes=10)}
AZURE_ENDPOINT = "https://{account}.blob.core.windows.net"
UNKNOWN_LOGINS = ("role_arn", "profile_name", "assume_role_method", "impersonation_chain", "connection_string")
"""Options of Airflow's connections that say who one is in ways that are not followed here."""
FAULTS: Mapping[str, str] = {
    "404": "there is no such bucket or container; correct `location` in the contract",
    "403": "the login may not list or read it; grant it that, and see whether the clock is right",
    "401": "the login is not accepted; renew the connection's keys",
    "400": "the store does not accept the request; see whether the connection's keys and region_name are right",
    "region": "the bucket is of another region; write it as region_name into the connection",
    "InvalidPathError": "an object has a name that is no path, as one with // in it; have it renamed",
}
"""By HTTP status or kind of error: what happened, and the cure. What is not here may pass."""
CHANGED = "412"
"""The status of an object that is another than the one that was asked for."""
WEAK = "W/"
STATUS = re.compile(r"status code: (\d{3})|configured (region)")


@contextmanager
def open_objects(source: Source, login: Login) -> Iterator[Objects]:
    """A store, opened with the login.

    Raises:
        PullError, PullFault: it cannot be opened, or what is done inside fails; without the store's own words.
    """
    try:
        from obstore.exceptions import BaseError
    except ImportError:
        raise PullError(f"source {source.name}: the driver of object stores is missing; {CURE}") from None
    try:
        store = open_store(source, require_remote(source), login)
    except (BaseError, ValueError):
        raise PullError(f"source {source.name}: the connection's login cannot be read; {KEYS}") from None
    try:
        yield Objects(store)
    except (BaseError, FileNotFoundError, TimeoutError) as error:
        raise describe(source, error) from None


def open_store(source: Source, remote: Remote, login: Login) -> Any:
    """The client of one bucket or container; without a connection it is who the machine is.

    Raises:
        PullError: the connection says what cannot be followed.
    """
    from obstore.store import AzureStore, GCSStore, S3Store

    options = login.options
    for name in UNKNOWN_LOGINS:
        if options.get(name):
            cure = "give it keys, or leave c360.connection out and let the machine have the role"
            raise PullError(f"source {source.name}: its connection has {name}, which is not followed; {cure}")
    said = options.get("endpoint_url", "")
    if said and said.rstrip("/") != remote.endpoint.rstrip("/"):
        cure = "write endpointUrl in the contract, or take it out of the connection"
        raise PullError(f"source {source.name}: endpoint_url is another in its connection than in its contract; {cure}")
    is_open = {"allow_http": True} if remote.endpoint.startswith("http://") else {}
    shared: dict[str, Any] = {"client_options": {**CLIENT, **is_open}, "retry_config": RETRIES}
    kind = source.location.type
    if kind == "azure":
        endpoint = AZURE_ENDPOINT.format(account=remote.host)
        shared["client_options"]["allow_http"] = endpoint.startswith("http://")
        names = {"account_name": remote.host, "container_name": remote.container, "endpoint": endpoint}
        return AzureStore(config={**names, **azure_keys(source, remote, login)}, **shared)
    if kind == "gcs":
        config = {"bucket": remote.container, **({"base_url": remote.endpoint} if remote.endpoint else {})}
        return GCSStore(config={**config, **google_keys(options)}, **shared)
    region = {"region": options["region_name"]} if options.get("region_name") else {}
    config = {"bucket": remote.container, **region, **({"endpoint": remote.endpoint} if remote.endpoint else {})}
    return S3Store(config=config, **s3_keys(login), **shared)


def s3_keys(login: Login) -> dict[str, Any]:
    """Who one is to S3; all of it from the connection, so that nothing of the environment is mixed in."""
    if not login.user:
        return {}
    keys = {"access_key_id": login.user, "secret_access_key": login.password, "expires_at": None}
    token = login.options.get("aws_session_token")
    return {"credential_provider": lambda: {**keys, "token": token}}


def google_keys(options: Mapping[str, str]) -> dict[str, str]:
    """Who one is to Google, as its connection in Airflow says: the key of a service account, or its file."""
    names = {"keyfile_dict": "service_account_key", "key_path": "service_account", "is_anonymous": "skip_signature"}
    plain = {name.removeprefix("extra__google_cloud_platform__"): value for name, value in options.items()}
    return {ours: plain[name] for name, ours in names.items() if plain.get(name)}


def azure_keys(source: Source, remote: Remote, login: Login) -> dict[str, str]:
    """Who one is to Azure, as its connection in Airflow says: a key of the account, a token, or an application.

    Raises:
        PullError: the key is another account's.
    """
    tenant, token = login.options.get("tenant_id"), login.options.get("sas_token")
    if tenant:
        return {"tenant_id": tenant, "client_id": login.user, "client_secret": login.password}
    if login.user and login.user != remote.host:
        cure = "correct one of them"
        raise PullError(f"source {source.name}: the account is another in its connection than in its contract; {cure}")
    if token:
        return {"sas_key": token}
    return {"account_key": login.password} if login.password else {}


def describe(source: Source, error: BaseException) -> PullError:
    """An error without its text, which may quote what was sent."""
    code, where = find_code(error), f"source {source.name} ({require_remote(source).url})"
    if code in FAULTS:
        return PullError(f"{where}: {FAULTS[code]} ({code})")
    return PullFault(
        f"{where}: it cannot be reached, or broke off ({code}); nothing of it was kept. Try again, and if that does not"
        " help see whether the store may be reached from here, and whether the connection names the bucket's region"
    )


def find_code(error: BaseException) -> str:
    """The HTTP status of an error, or what kind it is."""
    found = STATUS.search(str(error))
    return found[1] or found[2] if found else type(error).__name__


@dataclass
class Objects:
    """A bucket or container."""

    store: Any
    seen: dict[str, Seen] = field(default_factory=dict)
    """By source."""

    def list_new(self, source: Source, state: State) -> Sequence[Item]:
        """Objects that are new or have changed, by etag."""
        remote = require_remote(source)
        items, self.seen[source.name] = choose_new(source, state, self.list_objects(source, remote))
        return items

    def list_objects(self, source: Source, remote: Remote) -> Iterator[Listed]:
        """What lies below the source's folder; empty objects that consoles make for folders are left out."""
        import obstore

        is_deep = "/" in remote.pattern or "**" in remote.pattern
        pages = (
            obstore.list(self.store, remote.folder, chunk_size=1000)
            if is_deep
            else [obstore.list_with_delimiter(self.store, remote.folder)["objects"]]
        )
        for page in pages:
            for found in page:
                name = found["path"].removeprefix(remote.folder)
                is_folder = not found["size"] and "." not in name.rsplit("/", 1)[-1] and glob.has_magic(remote.pattern)
                if not is_folder or is_marker(name, source.location.marker):
                    yield describe_object(name, found)

    def fetch(self, source: Source, item: Item, state: State, path: Path) -> Fetched:
        """Read an object whole; one that changes meanwhile is read as it is then.

        Raises:
            PullFault: it changes again and again.
        """
        from obstore.exceptions import BaseError

        key, file = require_remote(source).folder + item.name, item.detail["file"]
        for _ in range(ATTEMPTS):
            try:
                with path.open("wb") as target:
                    if self.read(key, file, target):
                        return self.seen[source.name].take(file)
            except BaseError as error:
                if find_code(error) != CHANGED:
                    raise
            file = self.look(key, item.name)
        raise PullFault(f"source {source.name}: {item.name} changes while it is read; try again when it is whole")

    def look(self, key: str, name: str) -> Listed:
        """One object as it is now."""
        import obstore

        return describe_object(name, obstore.head(self.store, key))

    def read(self, key: str, file: Listed, target: BinaryIO) -> bool:
        """Write an object's bytes; False, or an error with CHANGED, where it is not the one that was listed."""
        import obstore

        for start in range(0, max(file.size, 1), RANGE_BYTES):
            options: dict[str, Any] = {"if_match": f'"{file.version}"'} if is_etag(file) else {}
            if file.size > RANGE_BYTES:
                options["range"] = (start, min(start + RANGE_BYTES, file.size))
            result = obstore.get(self.store, key, options=options)
            now = describe_object(file.name, result.meta)
            if (now.version, now.size) != (file.version, file.size):
                return False  # a store that knows no conditions
            for block in result.stream(min_chunk_size=BLOCK_BYTES):
                target.write(block)
        return target.tell() == file.size


def is_etag(file: Listed) -> bool:
    """Has the store given an etag of the bytes? A weak one (W/) is of their meaning, and no condition."""
    return not file.version.startswith(WEAK) and file.version != time_version(file.size, file.modified)


def describe_object(name: str, found: Mapping[str, Any]) -> Listed:
    """An object of a list, or as it is read; Azure's lists have etags without their quotes."""
    size, modified = found["size"], found["last_modified"]
    return Listed(name, (found["e_tag"] or "").replace('"', "") or time_version(size, modified), size, modified)


def time_version(size: int, modified: Any) -> str:
    """What tells one version of an object from another where there are no etags."""
    return f"{size} {modified.isoformat(timespec='seconds')}"
