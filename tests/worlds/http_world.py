"""APIs on this machine that answer as the real ones are documented to, with invented values, and fail when told to."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.worlds.listening import serving
from warehouse.connectors.rest.session import open_rest
from warehouse.connectors.seam import Login
from warehouse.contracts.model import Source

SECRET = "sk_geheim+/77"
LOGIN = Login("client@example.com/token", SECRET)
Query = dict[str, str]
Answer = tuple[dict[str, str], Any]
"""Headers and body."""


@dataclass
class Api:
    """One API: what each path answers to a query, and what goes wrong."""

    paths: Mapping[str, Callable[[Query, str], Answer]] = field(default_factory=dict)
    faults: dict[int, str] = field(default_factory=dict)
    """By number of the request, from 1: a status, or half, reset, repeat, stale."""
    change: Callable[[Any], Any] = field(default_factory=lambda: lambda body: body)
    """What is done to every body: another version of the API."""
    headers: dict[str, str] = field(default_factory=dict)
    """Of an answer with a fault."""
    url: str = ""
    asked: list[tuple[str, Query]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    last: Answer | None = None

    def answer(self, path: str, query: Query, fault: str) -> Answer:
        """Without a fault, or the page before in the place of this one."""
        if fault == "repeat" and self.last:
            return self.last
        headers, body = self.paths[path](query, self.url)
        self.last = (headers, self.change(body))
        return self.last

    def is_accepted(self, headers: Mapping[str, str], query: Query) -> bool:
        """Does a request bring what opens it, in any of the ways?"""
        basic = base64.b64encode(f"{LOGIN.user}:{SECRET}".encode()).decode()
        known = {SECRET, f"Basic {basic}", *self.tokens[-1:]}
        given = (headers.get("Authorization", "").removeprefix("Bearer "), headers.get("X-Shopify-Access-Token"),
                 headers.get("X-Key"), query.get("key"))  # fmt: skip
        return not known.isdisjoint(given)


def make_handler(api: Api) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
            api.asked.append((parts.path, query))
            fault = api.faults.get(len(api.asked), "")
            if fault == "stale":
                api.tokens.append("replaced")  # the one that was given is no longer good
            if fault.isdigit():
                self.say(int(fault), api.headers, {"error": f"no, {query}"})
            elif not api.is_accepted(self.headers, query):
                self.say(401, {}, {"error": "expired"})
            else:
                self.say(200, *api.answer(parts.path, query, fault), fault=fault)

        def do_POST(self) -> None:
            form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
            basic = base64.b64encode(b"client%40example.com/token:sk_geheim%2B/77").decode()
            known = (form.get("client_id"), form.get("client_secret")) == (LOGIN.user, SECRET)
            if not known and self.headers.get("Authorization") != f"Basic {basic}":
                return self.say(401, {}, {"error": "invalid_client"})
            api.tokens.append(f"token-{len(api.tokens)}-geheim")
            return self.say(200, {}, {"access_token": api.tokens[-1], "token_type": "bearer", "expires_in": 7200})

        def say(self, status: int, headers: Mapping[str, str], body: Any, fault: str = "") -> None:
            text = json.dumps(body, indent=1, ensure_ascii=False).encode()
            sent = {"half": text[: len(text) // 2], "reset": b""}.get(fault, text)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(text)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(sent)
            self.close_connection |= sent != text

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


@contextmanager
def running(api: Api) -> Iterator[Api]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), make_handler(api))
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # who breaks off is not told of
    api.url = f"http://127.0.0.1:{server.server_port}"
    with serving(server):
        yield api


def pull(source: Source, folder: Path, state: Mapping[str, Any] | None = None, login: Login = LOGIN) -> tuple[Any, ...]:
    """One pull in a session of its own: the bytes of its delivery, and what fetching came to."""
    path = folder / f"{source.name}.jsonl"
    with open_rest(source, login) as session:
        [item] = session.list_new(source, state or {})
        fetched = session.fetch(source, item, state or {}, path)
    return path.read_bytes(), fetched


def split(records: list[Any], start: int, size: int) -> tuple[list[Any], bool]:
    """A page of records, and whether there are more."""
    return records[start : start + size], start + size < len(records)


def zendesk(name: str, records: list[Any], size: int = 2) -> Callable[[Query, str], Answer]:
    """The cursor-based incremental export: what was updated since a time, or behind a cursor."""

    def answer(query: Query, url: str) -> Answer:
        first, _, start = query.get("cursor", f"{query.get('start_time')}-0").partition("-")
        new = [r for r in records if datetime.fromisoformat(r["updated_at"]) >= datetime.fromtimestamp(int(first), UTC)]
        page, has_more = split(new, int(start), size)
        cursor = f"{first}-{int(start) + len(page)}"
        link = f"{url}/api/v2/incremental/{name}/cursor.json?{urlencode({'cursor': cursor})}"
        return {}, {name: page, "after_url": link, "after_cursor": cursor, "before_url": None, "before_cursor": None,
                    "end_of_stream": not has_more}  # fmt: skip

    return answer


def stripe(path: str, records: list[Any], size: int = 2) -> Callable[[Query, str], Answer]:
    """A list object: the newest first, behind an id."""

    def answer(query: Query, url: str) -> Answer:
        new = sorted(
            (r for r in records if r["created"] >= int(query.get("created[gte]", 0))), key=lambda r: -r["created"]
        )
        after = next((n + 1 for n, r in enumerate(new) if r["id"] == query.get("starting_after")), 0)
        page, has_more = split(new, after, size)
        return {}, {"object": "list", "url": path, "has_more": has_more, "data": page}

    return answer


def linked(path: str, name: str, records: list[Any], since: str = "", size: int = 2) -> Callable[[Query, str], Answer]:
    """A list under a name, or without one by itself, whose next page a Link header names."""

    def answer(query: Query, url: str) -> Answer:
        low, _, start = query.get("page_info", f"{query.get(since, '')}~0").partition("~")
        new = [r for r in records if not low or datetime.fromisoformat(r["updated_at"]) >= datetime.fromisoformat(low)]
        page, has_more = split(new, int(start), size)
        following = urlencode({"limit": size, "page_info": f"{low}~{int(start) + size}"})
        link = f'<{url}{path}?p=1>; rel="previous", <{url}{path}?{following}>; rel="next"'
        return {"Link": link} if has_more else {}, {name: page} if name else page

    return answer
