"""Files on a server: the `location` of a contract, as a place and a glob below it."""

from __future__ import annotations

import glob
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

SCHEMES: Mapping[str, tuple[str, ...]] = {
    "s3": ("s3",), "azure": ("az", "abfss"), "custom": ("gs",), "sftp": ("sftp",),
}  # fmt: skip
"""By type of server, how its locations begin. The standard has no type for Google's; it is `custom` with gs://."""
REMOTE = frozenset({"s3", "azure", "gcs", "sftp"})
"""Types of servers whose files are pulled, as a Location has them."""
AZURE = re.compile(r"([a-z0-9]{3,24})\.(?:blob|dfs)\.core\.windows\.net")
HOST = re.compile(r"[A-Za-z0-9.-]+(?::\d+)?|\[[0-9A-Fa-f:]+\](?::\d+)?")
BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,221}")


@dataclass(frozen=True)
class Remote:
    """Of a source whose files lie on a server: where."""

    host: str
    """Of SFTP its host, with the port if one is given; of Azure the account; of S3 and GCS nothing."""
    container: str
    """The bucket or container; of SFTP nothing."""
    path: str
    """A path or glob within it, without a slash in front; of SFTP with one, unless it starts at the user's home."""
    url: str
    """The location as the contract has it."""
    endpoint: str = ""
    """Of a store that is not its inventor's (endpointUrl), as https://minio.example.com."""

    @property
    def folder(self) -> str:
        """What comes before the first wildcard: "" or a path that ends with a slash."""
        return split_path(self.path)[0]

    @property
    def pattern(self) -> str:
        """The path or glob below the folder. Deliveries are called by their paths there."""
        return split_path(self.path)[1]


def split_path(path: str) -> tuple[str, str]:
    """The folder that all files of a path or glob lie below, ending with a slash or empty, and the rest."""
    parts = path.split("/")
    first = next((n for n, part in enumerate(parts[:-1]) if glob.has_magic(part)), len(parts) - 1)
    return "".join(f"{part}/" for part in parts[:first]), "/".join(parts[first:])


def read_remote(kind: str, location: str, endpoint: str = "") -> Remote:
    """A location of a server of that type; %20 in it stands for a blank.

    Raises:
        ValueError: it is none; the message is what people should write.
    """
    scheme, _, rest = location.partition("://")
    host, _, path = rest.partition("/")
    path = unquote(path)
    if scheme not in SCHEMES[kind]:
        raise ValueError(f"write {' or '.join(f'{s}://' for s in SCHEMES[kind])}, and where the files are")
    if kind == "sftp":
        if not HOST.fullmatch(host):
            raise ValueError("write sftp://host/folder/*.csv; the user belongs to the connection")
        path = path.removeprefix("~/") if path.startswith("~/") else f"/{path}"
    elif kind == "azure":
        account = AZURE.fullmatch(host)
        container, _, path = path.partition("/")
        if not account or not BUCKET.fullmatch(container):
            raise ValueError(f"write {scheme}://account.blob.core.windows.net/container/folder/*.csv")
        return finish(Remote(account[1], container, path, location, endpoint))
    elif not BUCKET.fullmatch(host):
        raise ValueError(f"write {scheme}://bucket/folder/*.csv, with a name of a bucket")
    places = (host, "") if kind == "sftp" else ("", host)
    return finish(Remote(*places, path, location, endpoint))


def finish(remote: Remote) -> Remote:
    """The same, if it names files."""
    parts = remote.path.removeprefix("/").split("/")
    if not parts[-1] or any(part in {"", ".", ".."} for part in parts):
        raise ValueError("let it end with a file, or a glob such as sales*.csv, and have no empty folders in it")
    return remote
