"""From one page to the next: what is asked after a page, and whether it was the last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

from warehouse.connectors.rest.client import AgainError, Page
from warehouse.connectors.seam import PullError
from warehouse.contracts.rest.place import MISSING, find_value
from warehouse.contracts.rest.request import Api, Paging
from warehouse.types.record_path import Level

Parameters = Mapping[str, Any]
CHANGED = "the API is another than before, or c360.request does not fit it"


@dataclass(frozen=True)
class Next:
    """What is asked for one page."""

    url: str
    parameters: Parameters
    position: int
    """The number of the page, or the records before it."""


def find_items(document: Any, levels: tuple[Level, ...]) -> list[Any] | None:
    """The list in a body that holds the records, or what holds them; None where there is none.

    It is the first list on the way: of `orders[*].line_items[*]`, the orders.
    """
    for level in levels:
        if level.name is not None:
            if not isinstance(document, dict) or level.name not in document:
                return None
            document = document[level.name]
        if isinstance(document, list):
            return document
        if level.depth:
            return list(document.values()) if isinstance(document, dict) else None
    return [document] if isinstance(document, dict) else None


def require_items(page: Page, levels: tuple[Level, ...], paging: Paging | None, where: str) -> list[Any]:
    """The records of a page, as many as it says itself.

    Raises:
        AgainError: it has others than it says.
        PullError: they are not where the contract says.
    """
    items, count = find_items(page.document, levels), None
    if paging and paging.count:
        count = require_value(page, paging.count, where, int)
    if items is None and count == 0:
        return []
    if items is None or not all(isinstance(item, dict) for item in items):
        raise PullError(f"{where}: a page has no records where c360.records says; {CHANGED}")
    if count is not None and count != len(items):
        raise AgainError(f"a page has {len(items)} records and says that it has {count}")
    return items


def require_value(page: Page, place: str, where: str, kind: type) -> Any:
    """What stands at a place of every page.

    Raises:
        PullError: something else stands there.
    """
    found = find_value(page.document, place)
    if type(found) is not kind:
        raise PullError(f"{where}: a page has no {'number' if kind is int else 'true or false'} at {place}; {CHANGED}")
    return found


def find_next(asked: Next, page: Page, items: list[Any], api: Api, where: str) -> Next | None:
    """What is asked after a page; None after the last one.

    Raises:
        PullError: the page says that there is more, and not where; or that it is elsewhere.
    """
    paging = api.request.paging
    if paging is None or is_last(page, items, paging, where):
        return None
    if paging.by in {"number", "offset"}:
        position = asked.position + (1 if paging.by == "number" else len(items))
        return Next(asked.url, {**asked.parameters, paging.parameter: str(position)}, position)
    found = page.next_link if paging.by == "link" else find_value(page.document, str(paging.at))
    if found is MISSING or found is None or found == "":
        if paging.more or paging.end:
            raise PullError(f"{where}: a page says that there are more, and not where; {CHANGED}")
        return None
    if paging.by == "cursor":
        return Next(asked.url, {**asked.parameters, paging.parameter: str(found)}, 0)
    return follow(asked.url, str(found), api, where)


def is_last(page: Page, items: list[Any], paging: Paging, where: str) -> bool:
    """Does a page say that it is the last? One that is counted, and says nothing, is the last if it is empty."""
    if paging.more and not require_value(page, paging.more, where, bool):
        return True
    if paging.end and require_value(page, paging.end, where, bool):
        return True
    return not items and paging.by in {"number", "offset"} and not (paging.more or paging.end)


def follow(url: str, link: str, api: Api, where: str) -> Next:
    """The request of a link; its parameters apart, so that the login's own is not there twice.

    Raises:
        PullError: it leads away from the API.
    """
    parts = urlsplit(urljoin(url, link))
    if f"{parts.scheme}://{parts.netloc}".lower() != api.origin:
        cure = "correct the server's location; the login is sent nowhere else"
        raise PullError(f"{where}: the next page lies on another host; {cure}")
    auth, parameters = api.request.auth, dict[str, list[str]]()
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        if not (auth and auth.by == "query" and name == auth.name):
            parameters.setdefault(name, []).append(value)
    return Next(parts._replace(query="", fragment="").geturl(), parameters, 0)
