"""Where a login goes in a request: a header, a parameter, or a token that is asked for and renewed."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from warehouse.connectors.seam import Login, PullError
from warehouse.contracts.rest.request import Auth

EARLY = 30
"""Seconds before its end at which a token is renewed."""
SHORTEST = 6
"""Characters of a secret that is looked for in what comes back: a shorter one would be found in anything."""
AskToken = Callable[[str, Mapping[str, str], Mapping[str, str]], Any]
"""Posts a form with headers to an address; gives the body."""


class Credentials:
    """A login, and the token that was got for it."""

    def __init__(self, name: str, auth: Auth | None, login: Login, ask: AskToken) -> None:
        self.name, self.auth, self.login, self.ask = name, auth, login, ask
        self.token, self.ends = "", 0.0
        if auth is not None and not login.password:
            cure = "write the key, token or secret as the password of its connection"
            raise PullError(f"source {name}: its connection has no password; {cure}")

    @property
    def is_renewable(self) -> bool:
        """Can another token be asked for?"""
        return self.auth is not None and self.auth.by == "oauth2"

    @property
    def secrets(self) -> tuple[bytes, ...]:
        """What must not lie in anything that is kept, as it is and as an address has it."""
        known = {self.login.password, self.token}
        spelled = {word for secret in known for word in (secret, quote(secret, safe=""))}
        return tuple(sorted((word.encode() for word in spelled if len(word) >= SHORTEST), key=len, reverse=True))

    def forget(self) -> None:
        """Renew the token with the next request."""
        self.token = ""

    def headers(self) -> dict[str, str]:
        """Headers of a request."""
        auth, login = self.auth, self.login
        if auth is None or auth.by == "query":
            return {}
        if auth.by == "basic":
            return spell_basic(login.user, login.password)
        if auth.by == "header":
            return {auth.name: login.password}
        token = self.find_token(auth) if auth.by == "oauth2" else login.password
        return {auth.name: token} if auth.name else {"Authorization": f"Bearer {token}"}

    def parameters(self) -> dict[str, str]:
        """Parameters of a request."""
        return {self.auth.name: self.login.password} if self.auth and self.auth.by == "query" else {}

    def find_token(self, auth: Auth) -> str:
        """The token, renewed if it is at its end (RFC 6749, section 4.4).

        Raises:
            PullError: none is given.
        """
        if self.token and time.monotonic() < self.ends:
            return self.token
        form = {"grant_type": "client_credentials"} | ({"scope": auth.scope} if auth.scope else {})
        client = {"client_id": self.login.user, "client_secret": self.login.password}
        is_basic = auth.client == "basic"
        headers = spell_basic(quote(self.login.user), quote(self.login.password)) if is_basic else {}
        body = self.ask(str(auth.url), headers, form if is_basic else form | client)
        given = body if isinstance(body, dict) else {}
        if not isinstance(given.get("access_token"), str):
            raise PullError(f"source {self.name}: the address for tokens gave none; correct auth.url in c360.request")
        lasts = given.get("expires_in")
        self.token = given["access_token"]
        self.ends = time.monotonic() + (float(lasts) - EARLY if isinstance(lasts, int | float) else float("inf"))
        return self.token


def spell_basic(user: str, password: str) -> dict[str, str]:
    """Basic authentication (RFC 7617)."""
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}
