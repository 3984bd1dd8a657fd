"""One request after another to one API: at the pace it allows, again after what may pass, and never without an end.

Of an answer that is refused only its status is said: its text, and an address with its parameters, may hold values or
the login itself.
"""

from __future__ import annotations

import codecs
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import httpx2
import msgspec
import stamina

from warehouse.connectors.rest.auth import Credentials
from warehouse.connectors.seam import Login, PullError, PullFault
from warehouse.contracts.rest.request import Api, Limits

ATTEMPTS = 8
FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
"""Seconds between attempts where the server does not say how long; doubled each time."""
TIMEOUT = 60.0
"""Seconds without a byte."""
PAGE_BYTES = 64 << 20
"""A longer page is not read."""
PASSING = frozenset({408, 425, 429})
"""Statuses below 500 that may pass."""
RESETS = ("x-rate-limit-reset", "x-ratelimit-reset", "ratelimit-reset")
"""Headers by which some say when they answer again: a moment, seconds since 1970, or seconds from now."""
EPOCH = 1_000_000_000
"""A larger number of seconds is a moment."""
VERDICTS = {
    401: "the login is not accepted; renew the user or password of its connection",
    403: "the login may not read it; give it that right",
    404: "there is no such path; correct the server's location, or path in c360.request",
    410: "what is asked for is no longer there; correct path in c360.request",
}
"""What a status says, and the cure."""
Answer = TypeVar("Answer")

for _name in ("httpx2", "httpcore2"):
    logging.getLogger(_name).setLevel(logging.WARNING)  # each request would be logged with all of its address
stamina.instrumentation.set_on_retry_hooks(())  # it would print to where results go; a pull's notes say how often


class AgainError(Exception):
    """What may pass; `wait` is for how long in seconds, None if the server does not say."""

    def __init__(self, reason: str, wait: float | None = None, *, is_verdict: bool = False) -> None:
        super().__init__(reason)
        self.wait, self.is_verdict = wait, is_verdict


@dataclass(frozen=True)
class Page:
    """One answer."""

    url: str
    """What was asked, with its parameters: never shown."""
    body: bytes
    document: Any
    """The body, read as JSON."""
    next_link: str | None
    """Of its Link header (RFC 8288)."""


class Client:
    """A session with one API."""

    def __init__(self, name: str, api: Api, login: Login) -> None:
        self.name, self.api = name, api
        self.http = httpx2.Client(
            timeout=TIMEOUT, follow_redirects=False,
            headers={"Accept": "application/json", "User-Agent": "customer-360"},
        )  # fmt: skip
        self.credentials = Credentials(name, api.request.auth, login, self.post_form)
        self.begin(name, api.request.limits)
        self.last_sent = float("-inf")

    def begin(self, name: str, limits: Limits) -> None:
        """Begin the pull of one source."""
        self.name = self.credentials.name = name
        self.limits, self.bytes, self.pages, self.repeated = limits, 0, 0, 0
        self.deadline = time.monotonic() + limits.max_minutes * 60

    @property
    def where(self) -> str:
        """The source and host, for messages."""
        return f"source {self.name} ({self.api.origin.partition('//')[2]})"

    def read_page(
        self, url: str, parameters: Mapping[str, Any], headers: Mapping[str, str], judge: Callable[[Page], Answer]
    ) -> Answer:
        """Ask for one page until what came can be judged; `judge` raises AgainError where it is half, or an old one.

        Raises:
            PullError, PullFault: it does not come.
        """
        if self.pages >= self.limits.max_pages:
            raise self.endless(f"{self.pages} pages were pulled", "maxPages")
        self.pages += 1
        renewed: list[bool] = []

        def ask() -> Answer:
            sent = {**parameters, **self.credentials.parameters()}
            response = self.send("GET", url, renewed, params=sent, headers={**headers, **self.credentials.headers()})
            return judge(response)

        return self.repeat(ask)

    def post_form(self, url: str, headers: Mapping[str, str], form: Mapping[str, str]) -> Any:
        """Send a form; gives what was answered."""
        return self.repeat(lambda: self.send("POST", url, [True], headers=headers, data=form).document)

    def repeat(self, ask: Callable[[], Answer]) -> Answer:
        """Ask until it goes well, or will not."""
        try:
            for attempt in stamina.retry_context(
                on=self.find_wait, attempts=ATTEMPTS, timeout=None, wait_initial=FIRST_WAIT, wait_max=LONGEST_WAIT,
                wait_jitter=FIRST_WAIT,
            ):  # fmt: skip
                with attempt:
                    return ask()
        except AgainError as error:
            kind = PullError if error.is_verdict else PullFault
            raise kind(f"{self.where}: {error}; nothing of it was kept") from None
        raise AssertionError("an attempt returns or raises")

    def find_wait(self, error: Exception) -> bool | float:
        """For stamina: how long to wait before the next attempt; False where there is none, or no time for it."""
        if not isinstance(error, AgainError):
            return False
        if time.monotonic() + (error.wait or 0.0) > self.deadline:
            return False
        self.repeated += 1
        return True if error.wait is None else error.wait

    def send(self, method: str, url: str, renewed: list[bool], **sent: Any) -> Page:
        """One request; `renewed` remembers whether its token has been."""
        self.keep_pace()
        try:
            with self.http.stream(method, url, **sent) as response:
                self.require_accepted(response, renewed)
                body = self.read_body(response)
                following = response.links.get("next", {}).get("url")
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            cure = "see whether the server is up and may be reached from here"
            raise AgainError(f"it cannot be reached, or broke off ({type(error).__name__}); {cure}") from None
        except httpx2.InvalidURL:
            raise PullError(f"{self.where}: an address is none; correct path in c360.request") from None
        body = body.removeprefix(codecs.BOM_UTF8)
        try:
            return Page(url, body, msgspec.json.decode(body), following)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise AgainError("it answered with what is no JSON; see what it says to a browser") from None

    def keep_pace(self) -> None:
        """Wait until the next request may go out, and refuse one that is too late."""
        gap = 60 / self.limits.per_minute if self.limits.per_minute else 0.0
        if (pause := self.last_sent + gap - time.monotonic()) > 0:
            time.sleep(pause)
        self.require_time()
        self.last_sent = time.monotonic()

    def require_time(self) -> None:
        """Raise PullError where the pull takes too long."""
        if time.monotonic() > self.deadline:
            raise self.endless(f"{self.pages} pages took {self.limits.max_minutes} minutes", "maxMinutes")

    def read_body(self, response: Any) -> bytes:
        """The whole body, as far as the limits let it."""
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            self.require_time()
            if self.bytes + len(body) > self.limits.max_megabytes << 20:
                raise self.endless(f"{self.pages} pages came to {self.limits.max_megabytes} MB", "maxMegabytes")
            if len(body) > PAGE_BYTES:
                raise PullError(f"{self.where}: a page has more than 64 MB; ask for smaller ones in c360.request")
        self.bytes += len(body)
        return bytes(body)

    def endless(self, what: str, limit: str) -> PullError:
        """A limit that was reached, as an error."""
        cure = f"correct paging in c360.request, or raise limits.{limit}"
        return PullError(f"{self.where}: {what} without an end; {cure}; nothing of it was kept")

    def require_accepted(self, response: Any, renewed: list[bool]) -> None:
        """Raise AgainError or PullError for a status that is not 200."""
        status, wait = response.status_code, read_wait(response.headers, datetime.now(UTC))
        if status == 200:
            return
        if status == 401 and self.credentials.is_renewable and not renewed:
            renewed.append(True)
            self.credentials.forget()
            raise AgainError(VERDICTS[401], 0.0, is_verdict=True)
        if status >= 500 or status in PASSING or (status == 403 and "retry-after" in response.headers):
            late = f" and asks to wait {wait:.0f} s" if wait else ""
            cure = "lower limits.perMinute in c360.request" if status in {403, 429} else "try again later"
            raise AgainError(f"it answers {status}{late}; {cure}", wait)
        if 300 <= status < 400:
            raise PullError(f"{self.where}: it answers from elsewhere ({status}); correct the server's location")
        if response.request.method == "POST":
            raise PullError(f"{self.where}: no token is given; renew its connection, or correct auth ({status})")
        said = VERDICTS.get(status, "the request is not understood; correct parameters in c360.request")
        raise PullError(f"{self.where}: {said} ({status})")


def read_wait(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds after which a server answers again, as it says; None if it does not."""
    text = next((headers[name] for name in ("retry-after", *RESETS) if name in headers), "").strip()
    try:
        seconds = float(text)
        return max(0.0, seconds - now.timestamp() if seconds > EPOCH else seconds)
    except ValueError:
        pass
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = read(text)
        except (ValueError, TypeError):
            continue
        return max(0.0, (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now.timestamp())
    return None
