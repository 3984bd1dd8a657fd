"""The requests of a source that is an HTTP API, as its contract writes them in `c360.request`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, model_validator

from warehouse.contracts.rest.place import read_steps
from warehouse.contracts.shape import Part, Text, wrong

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
TIMES = frozenset({"iso", "seconds", "milliseconds"})
"""Formats of a `since` that are times."""


def require_place(text: str) -> str:
    """Refuse what is no place in a body."""
    try:
        read_steps(text)
    except ValueError as error:
        raise wrong(f"{text!r} is no place in a body: {error}", "write names, as in meta.next or data[-1].id") from None
    return text


def require_duration(value: Any) -> Any:
    """Refuse what is no duration of ISO 8601; pydantic takes numbers and times of a day, too."""
    if not isinstance(value, str) or not value.startswith("P"):
        raise wrong(f"overlap is {value!r}", "write a duration, as PT10M or P1D")
    return value


def read_parameter(value: Any) -> tuple[str, ...]:
    """The values of a parameter as they are sent, one or several."""
    values = value if isinstance(value, list) else [value]
    if not values or not all(isinstance(one, str | int | float) for one in values):
        raise wrong("a parameter is no text, number or list of them", "write a value, in quotes if it is a time")
    return tuple(str(one).lower() if isinstance(one, bool) else str(one) for one in values)


def require_safe(url: str) -> str:
    """Refuse an address by which a login could be read on its way, or which holds one."""
    parts = urlsplit(url)
    is_open = parts.scheme == "http" and parts.hostname not in LOOPBACK
    if is_open or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise wrong(
            "the address does not begin with https://", "write https://, and the host; http:// only on localhost"
        )
    if parts.username or parts.password or parts.query or parts.fragment:
        raise wrong("the address holds a login, a parameter or a fragment", "write scheme, host and path alone")
    return url


Place = Annotated[Text, AfterValidator(require_place)]
Parameters = dict[str, Annotated[tuple[str, ...], PlainValidator(read_parameter)]]
Url = Annotated[Text, AfterValidator(require_safe)]
Count = Annotated[int, Field(strict=True, ge=1)]


class Paging(Part):
    """How one page leads to the next."""

    by: Literal["number", "offset", "cursor", "next", "link"]
    """number, offset, cursor (in the body), next (a link in the body) or link (the Link header)"""
    parameter: Text = ""
    """the parameter that takes the page's number, the offset or the cursor"""
    first: Annotated[int, Field(strict=True, ge=0)] = 1
    """the number of the first page, a whole number; 1 if it is left out"""
    at: Place | None = None
    """where the cursor or the next link stands in a body, as in meta.after_cursor or data[-1].id"""
    more: Place | None = None
    """where a body says true as long as there are more pages, as in has_more"""
    end: Place | None = None
    """where a body says true on the last page, as in end_of_stream"""
    count: Place | None = None
    """where a body says how many records it holds, as in meta.result_count"""

    @model_validator(mode="after")
    def require_parts(self) -> Paging:
        """Each way needs something else."""
        if self.by in {"number", "offset", "cursor"} and not self.parameter:
            raise wrong(f"paging by {self.by} without a parameter", "write the parameter that takes it", "parameter")
        if self.by in {"cursor", "next"} and self.at is None:
            raise wrong(f"paging by {self.by} without its place", "write where it stands in a body", "at")
        return self


class Since(Part):
    """What is new is asked for by a parameter."""

    parameter: Text
    """the parameter that asks for what is new, as in updated_at_min or created[gte]"""
    field: Place
    """the field of a record that grows with every change, as in updated_at"""
    format: Literal["iso", "seconds", "milliseconds", "number"] = "iso"
    """iso, seconds or milliseconds (since 1970), or number (an id that grows)"""
    start: Text = ""
    """the value of the first pull in quotes: a date, as 2020-01-01, or a number; everything if it is left out"""
    overlap: Annotated[timedelta, BeforeValidator(require_duration)] = timedelta()
    """a duration, as PT10M: how far back is asked for again, since rows are shown later than they are stamped"""
    until: Text = ""
    """the parameter that ends what is asked for by the overlap before now, where records change so long"""

    @model_validator(mode="after")
    def require_parts(self) -> Since:
        """A time wants an overlap, a number cannot have one; the start is of the same kind."""
        if self.format in TIMES and not self.overlap:
            raise wrong(
                "rows that are shown later than they are stamped are missed", "write overlap, as PT10M", "overlap"
            )
        if self.format not in TIMES and (self.overlap or self.until):
            raise wrong("a number has no overlap and no end", "leave them out", "overlap" if self.overlap else "until")
        try:
            _ = self.first
        except ValueError:
            raise wrong(
                f"start is {self.start!r}", "write a date or a time, or a number for a number", "start"
            ) from None
        return self

    @property
    def first(self) -> datetime | int | None:
        """What the first pull asks for; None: everything."""
        if not self.start:
            return None
        if self.format not in TIMES:
            return int(self.start)
        moment = datetime.fromisoformat(self.start)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class Auth(Part):
    """Where the login goes, which is the connection's."""

    by: Literal["basic", "bearer", "header", "query", "oauth2"]
    """basic, bearer, header, query or oauth2 (client credentials)"""
    name: Text = ""
    """the header or parameter that takes the password or token, as in X-Shopify-Access-Token"""
    url: Url | None = None
    """of oauth2, the address that gives tokens"""
    scope: Text = ""
    """of oauth2, the scopes that are asked for"""
    client: Literal["basic", "body"] = "basic"
    """of oauth2, how the client says who it is: basic or body"""

    @model_validator(mode="after")
    def require_parts(self) -> Auth:
        """Each way needs something else."""
        if self.by in {"header", "query"} and not self.name:
            raise wrong(f"auth by {self.by} without a name", "write the name of the header or parameter", "name")
        if (self.by == "oauth2") != (self.url is not None):
            raise wrong("an address for tokens is of oauth2", "write url with oauth2, and only there", "url")
        return self


class Limits(Part):
    """What stops an answer without an end, and how fast is asked."""

    per_minute: Count | None = Field(None, alias="perMinute")
    """how many requests are sent in a minute at most, a whole number"""
    max_pages: Count = Field(10_000, alias="maxPages")
    """pages of one pull at most, a whole number; 10000 if it is left out"""
    max_megabytes: Count = Field(2_048, alias="maxMegabytes")
    """megabytes of one pull at most, a whole number; 2048 if it is left out"""
    max_minutes: Count = Field(120, alias="maxMinutes")
    """minutes of one pull at most, a whole number; 120 if it is left out"""


class Request(Part):
    """The requests that give a source's records."""

    path: Text
    """the path below the server's location, as in /api/v2/tickets.json"""
    parameters: Parameters = Field(default_factory=dict)
    """parameters of the first request and their values"""
    headers: dict[str, Text] = Field(default_factory=dict)
    """headers and their values, as in {Stripe-Version: 2026-01-28}"""
    paging: Paging | None = None
    """how one page leads to the next: by, and what it needs; a single page if it is left out"""
    since: Since | None = None
    """how what is new is asked for: parameter, field, format, start, overlap, until; left out, all is, each night"""
    auth: Auth | None = Field(None, repr=False)
    """where the login goes: by, and what it needs; none if it is left out"""
    limits: Limits = Field(Limits.model_validate({}), repr=False)
    """perMinute, maxPages, maxMegabytes, maxMinutes"""
    # What is not in the repr is no part of what is asked for: a change of it pulls nothing again.


@dataclass(frozen=True)
class Api:
    """Of a source that is an HTTP API: where it is, and what is asked of it."""

    url: str
    """Without a slash at its end."""
    request: Request

    @property
    def origin(self) -> str:
        """Scheme and host: nothing else gets the login."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}".lower()
