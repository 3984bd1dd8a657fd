"""Rules for where deliveries come from: the first server of a contract, its keys, and no secret in any of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from warehouse.contracts.lint.custom_properties import FORMATS, judge_encoding
from warehouse.contracts.lint.draft import Draft, custom_path, read_custom, read_list
from warehouse.contracts.lint.rest.api import check_api
from warehouse.contracts.problem import Problem, suggest
from warehouse.contracts.read import API, DATABASES, name_files, suffix_format
from warehouse.contracts.servers.remote import SCHEMES, read_remote

SECRET = re.compile(
    r"(?i)passw|passphrase|pwd|secret|token|api[-_]?key|credential|private_?key|authori[sz]ation|cookie"
)
"""Names that give away what no contract may hold."""
LOGIN = re.compile(r"(?i)[a-z][a-z0-9+.-]*://[^/\s@:]*:[^/\s@]+@|\bpassword\s*=")
"""A URL or a connection string with a password in it."""
PULLED = ("connection", "query", "cursor", "overlap")
"""Custom properties of a server that is a database."""
WATCHED = frozenset({"local", "sftp"})
"""Types of servers on which a file that is listed may not be complete."""
XMIN = "xmin"


def check_server(draft: Draft) -> Iterator[Problem]:
    """Where deliveries come from: the first server is the one that is read."""
    servers = read_list(draft.document, "servers")
    yield from (problem for number, server in servers for problem in check_secrets(draft, server, f"servers[{number}]"))
    if not servers:
        yield draft.problem("servers", "the location of the data is missing", "add a server with type, path and format")
        return
    server = servers[0][1]
    if str(server.get("type")) in DATABASES:
        yield from check_database(draft, server)
    elif server.get("type") == API:
        yield from check_api(draft, server)
    elif server.get("type") == "local":
        yield from check_files(draft, server)
    elif str(server.get("type")) in SCHEMES:
        yield from check_remote(draft, server)
        yield from check_files(draft, server)
    else:
        cure = "use local, s3, azure, sftp, postgresql, api, or custom with a location of gs://"
        yield draft.problem("servers[0].type", f"type {server.get('type')} comes later", cure)


def check_secrets(draft: Draft, server: Mapping[str, Any], path: str) -> Iterator[Problem]:
    """Nothing that opens a server stands in a contract, which is read, shared and kept in a history."""
    cure = "take it out, change it, and name a connection by c360.connection"
    named = [(f"{path}.{key}", str(key), value) for key, value in server.items() if key != "customProperties"]
    for number, entry in read_list(server, "customProperties"):
        named.append((f"{path}.customProperties[{number}]", str(entry.get("property")), entry.get("value")))
    for place, name, value in [*named, *list_within(named)]:
        if SECRET.search(name) or (isinstance(value, str) and LOGIN.search(value)):
            yield draft.problem(place, "a contract holds no password or other secret", cure)


def list_within(named: list[tuple[str, str, Any]]) -> Iterator[tuple[str, str, Any]]:
    """What stands in mappings below values, with its place."""
    for place, _, value in named:
        if isinstance(value, Mapping):
            below = [(f"{place}.{key}", str(key), one) for key, one in value.items()]
            yield from below
            yield from list_within(below)


def check_files(draft: Draft, server: Mapping[str, Any]) -> Iterator[Problem]:
    """A path or location, and a format."""
    is_local = server.get("type") == "local"
    for name in sorted({*PULLED[not is_local :], "request"} & read_custom(server).keys()):
        place = custom_path(server, "servers[0]", name)
        yield draft.problem(place, f"c360.{name} of files", "leave it out: it is for a server that is asked")
    path = name_files(server)
    if is_local and not path:
        yield draft.problem("servers[0].path", "the path is empty", "write a file, or a glob such as ./sales*.csv")
    form = server.get("format") or suffix_format(path)
    if "format" not in read_custom(server) and str(form).lower() not in FORMATS:
        yield draft.problem("servers[0].format", f"format {form!r} is not known", suggest(form, FORMATS))
    complaint = judge_encoding(server["encoding"]) if "encoding" in server else None
    if complaint:
        yield draft.problem("servers[0].encoding", *complaint)


def check_remote(draft: Draft, server: Mapping[str, Any]) -> Iterator[Problem]:
    """A location that can be read; what is asked of files that are being written is asked where they can be."""
    kind = str(server["type"])
    try:
        read_remote(kind, name_files(server))
    except ValueError as error:
        yield draft.problem("servers[0].location", "the location cannot be read", str(error))
    if kind not in WATCHED and "settle" in read_custom(server):
        place = custom_path(server, "servers[0]", "settle")
        yield draft.problem(place, "c360.settle of objects", "leave it out: an object is complete when it is listed")


def check_database(draft: Draft, server: Mapping[str, Any]) -> Iterator[Problem]:
    """Columns that a table can have, and a cursor with all that it needs."""
    custom = read_custom(server)
    for name in sorted(custom.keys() - set(PULLED)):
        place = custom_path(server, "servers[0]", name)
        yield draft.problem(place, f"c360.{name} of a database", "leave it out: it is for files")
    for leaf in draft.leaves:
        if "." in leaf.name:
            cure = "declare columns alone; c360.query can take them out of JSON"
            yield draft.problem(leaf.path, f"{leaf.name} lies within another column", cure)
    if "cursor" in custom:
        yield from check_cursor(draft, server, custom)
    elif "overlap" in custom:
        place = custom_path(server, "servers[0]", "overlap")
        yield draft.problem(place, "an overlap without c360.cursor", "name the column that grows with every change")


def check_cursor(draft: Draft, server: Mapping[str, Any], custom: Mapping[str, Any]) -> Iterator[Problem]:
    """What is pulled again by the overlap must be known by a key; xmin is of tables, and needs no overlap."""
    place = custom_path(server, "servers[0]", "cursor")
    is_xmin, has_overlap = custom["cursor"] == XMIN, "overlap" in custom
    if not is_xmin and not has_overlap:
        cure = "declare c360.overlap, longer than any transaction stays open, as PT2H; or take the cursor xmin"
        yield draft.problem(place, "a cursor misses rows that are stamped early and committed late", cure)
    if is_xmin and has_overlap:
        yield draft.problem(place, "the cursor xmin misses nothing", "leave c360.overlap out")
    if is_xmin and "query" in custom:
        yield draft.problem(place, "a query has no xmin", "take the table, or a column of the query with c360.overlap")
    if draft.custom.get("loadMode") == "snapshot":
        yield draft.problem(place, "a full snapshot has no cursor", "leave it out, or load with merge")
    elif not any(leaf.is_key for leaf in draft.leaves):
        yield draft.problem(place, "a cursor without a primaryKey", "set primaryKey: rows come again by it")
