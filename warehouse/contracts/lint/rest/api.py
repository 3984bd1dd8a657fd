"""Rules for a server that is an HTTP API: its address, its requests, and a key for what is asked for again."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from warehouse.contracts.lint.draft import Draft, custom_path, read_custom, read_list
from warehouse.contracts.problem import Problem
from warehouse.contracts.rest.request import Request, Url
from warehouse.contracts.shape import judge

ALLOWED = ("connection", "request", "records")
"""Custom properties of a server that is an API."""
SHOWN = "add c360.request with a path, and how pages follow each other"


Checked = Generator[Problem, None, Request | None]


def check_api(draft: Draft, server: Mapping[str, Any]) -> Iterator[Problem]:
    """Address, requests and records."""
    custom = read_custom(server)
    for name in sorted(custom.keys() - set(ALLOWED)):
        place = custom_path(server, "servers[0]", name)
        yield draft.problem(place, f"c360.{name} of an API", "leave it out: write what is asked for in c360.request")
    yield from check_address(draft, server.get("location"))
    if custom.get("records") is None:
        place = custom_path(server, "servers[0]", "records")
        cure = "add it, as in tickets[*]; $[*] where the answer is a list"
        yield draft.problem(place, "c360.records is missing", cure)
    request = yield from check_request(draft, server, custom.get("request"))
    if request is not None:
        yield from check_parts(draft, server, request)


def check_address(draft: Draft, location: Any) -> Iterator[Problem]:
    """An address that keeps the login on its way."""
    try:
        TypeAdapter(Url).validate_python(location)
    except ValidationError as refused:
        said = refused.errors()[0].get("ctx", {})
        cure = said.get("cure", "write https:// and the host")
        yield draft.problem("servers[0].location", said.get("message", "the address is missing"), cure)


def check_request(draft: Draft, server: Mapping[str, Any], value: Any) -> Checked:
    """The shape of `c360.request`; gives it, or None if it is not right."""
    if not isinstance(value, Mapping) or not value:
        yield draft.problem(custom_path(server, "servers[0]", "request"), "c360.request is missing", SHOWN)
        return None
    entries = read_list(server, "customProperties")
    number = next(number for number, entry in entries if entry.get("property") == "c360.request")
    request, problems = judge(value, Request, draft.file, "servers", 0, "customProperties", number, "value")
    yield from problems
    return request


def check_parts(draft: Draft, server: Mapping[str, Any], request: Request) -> Iterator[Problem]:
    """A login has a connection; what is asked for again is known by a key."""
    place = custom_path(server, "servers[0]", "request")
    if request.auth is not None and "connection" not in read_custom(server):
        yield draft.problem(place, "auth without c360.connection", "name the connection that has the login")
    if request.since is None:
        return
    if draft.custom.get("loadMode") != "merge":
        cure = "load with merge, or leave since out and load a snapshot"
        yield draft.problem(place, "what is new alone is asked for, and rows come again", cure)
    elif not any(leaf.is_key for leaf in draft.leaves):
        yield draft.problem(place, "since without a primaryKey", "set primaryKey: rows come again by it")
