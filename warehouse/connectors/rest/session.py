"""An HTTP API as a source: its pages, one behind another, become one delivery with a page on each line.

A page is kept as it was received (line ends between values become spaces, so that it is one line), and landing takes
the records out of it by `c360.records`. A page that comes twice is asked for again, and one without records is left
out, so that faults on the way leave the same bytes as none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from warehouse.connectors.seam import Fetched, Item, Login, PullError, State
from warehouse.contracts.model import Source
from warehouse.contracts.rest.request import Api
from warehouse.types.record_path import ROOT, read_path

if TYPE_CHECKING:
    from warehouse.connectors.rest.client import Client, Page

CURE = "install it by: pip install 'customer-360[rest]'"
BREAKS = bytes.maketrans(b"\r\n", b"  ")
"""A line end stands only between values in JSON: in a text it is written as an escape."""
HIDDEN = b"***"
"""What stands in a page in the place of a login that the server has sent back."""


@contextmanager
def open_rest(source: Source, login: Login) -> Iterator[Rest]:
    """A session with a source's API.

    Raises:
        PullError: the HTTP client is not installed, or the login is another server's or not whole.
    """
    try:
        from warehouse.connectors.rest.client import Client
    except ImportError:
        raise PullError(f"source {source.name}: the client for HTTP is missing; {CURE}") from None
    api = require_api(source)
    require_same_host(source.name, api, login)
    client = Client(source.name, api, login)
    with client.http:
        yield Rest(client)


def require_api(source: Source) -> Api:
    """Where the source's API is."""
    if source.location.api is None:
        raise PullError(f"source {source.name}: its contract names no API")
    return source.location.api


def require_same_host(name: str, api: Api, login: Login) -> None:
    """Raise PullError where a connection is another server's: its login is sent nowhere else."""
    host = login.host.rpartition("//")[2].partition("/")[0].partition(":")[0].lower()
    known = api.origin.rpartition("//")[2].partition(":")[0]
    if host and host != known:
        cure = f"correct one of them; the contract's is {known}"
        raise PullError(f"source {name}: host is another in its connection than in its contract; {cure}")


class Rest:
    """A session: the sources of one API, one after another, at the pace that it allows."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def list_new(self, source: Source, state: State) -> Sequence[Item]:
        """One delivery: all pages, or those of what is new."""
        return [Item(".jsonl")]

    def fetch(self, source: Source, item: Item, state: State, path: Path) -> Fetched:
        """Write every page to the file."""
        from warehouse.connectors.rest.since import Furthest, keep_reach, read_reach, spell_since

        api, now = require_api(source), datetime.now(UTC)
        self.client.begin(source.name, api.request.limits)
        since = api.request.since
        before = read_reach(since, state) if since else None
        reach = Furthest(since, before, now, source.timezone, self.client.where) if since else None
        count = 0
        with path.open("wb") as file:
            for page, items in self.read_pages(source, api, spell_since(since, before, now) if since else {}):
                if reach:
                    reach.add(items)
                if items:
                    file.write(self.to_line(page))
                    count += len(items)
        known = reach.reach if reach else None
        is_new, again = count > 0 or source.load_mode == "snapshot", self.client.repeated
        notes = (f"{again} times a page was asked for again, as one did not come, or not whole",) if again else ()
        return Fetched(keep_reach(known), count, known if isinstance(known, datetime) else now, is_new, notes)

    def read_pages(self, source: Source, api: Api, new: dict[str, str]) -> Iterator[tuple[Page, list[Any]]]:
        """Every page with its records; `new` asks for what is new."""
        from warehouse.connectors.rest.client import AgainError
        from warehouse.connectors.rest.paging import Next, find_next, require_items

        request, client, seen = api.request, self.client, set[bytes]()
        levels, paging = read_path(source.location.records or ROOT), request.paging
        position = paging.first if paging and paging.by == "number" else 0
        counted = {paging.parameter: str(position)} if paging and paging.by in {"number", "offset"} else {}
        asked: Next | None = Next(api.url + request.path, {**request.parameters, **new, **counted}, position)

        def judge(page: Page) -> tuple[Page, list[Any]]:
            """A page and its records, none of which came before."""
            items = require_items(page, levels, paging, client.where)
            if digest(items) in seen:
                cure = "correct paging in c360.request"
                raise AgainError(f"a page came twice, and again when it was asked for again; {cure}", is_verdict=True)
            return page, items

        while asked is not None:
            page, items = client.read_page(asked.url, asked.parameters, request.headers, judge)
            if items:
                seen.add(digest(items))
            yield page, items
            asked = find_next(asked, page, items, api, client.where)

    def to_line(self, page: Page) -> bytes:
        """A page on a line of its own, without the login."""
        line = page.body.translate(BREAKS)
        for secret in self.client.credentials.secrets:
            line = line.replace(secret, HIDDEN)
        return line.strip() + b"\n"


def digest(items: list[Any]) -> bytes:
    """By which the records of a page are known again."""
    return hashlib.sha256(msgspec.json.encode(items)).digest()
