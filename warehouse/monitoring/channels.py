"""How an alert is sent: posted as JSON to a webhook, and by e-mail; all at once, and within PATIENCE seconds."""

from __future__ import annotations

import json
import smtplib
import ssl
import time
import urllib.request
from collections.abc import Callable, Mapping
from email.message import EmailMessage
from functools import partial
from threading import Thread
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urlsplit

from warehouse.contracts.settings import Settings

PATIENCE = 5.0
"""Seconds that all of them together may take."""
STALL = 4.0
"""Seconds that one answer may take."""


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """An address that sends elsewhere is no address of a webhook; elsewhere might be anything."""

    def redirect_request(self, *_: Any) -> None:
        """Follow nothing, so that the answer counts as an error."""


def send(settings: Settings, title: str, text: str, body: Mapping[str, Any]) -> dict[str, str]:
    """Send it every way that is set, beside each other; gives the kind of error by way, empty if all went well."""
    ways: dict[str, Callable[[], None]] = {}
    if settings.alert_webhook:
        ways["webhook"] = partial(post, settings.alert_webhook, body)
    if settings.alert_email:
        ways["e-mail"] = partial(mail, settings, title, text)
    failed = dict.fromkeys(ways, f"no answer within {PATIENCE:.0f} s")

    def attempt(way: str) -> None:
        try:
            ways[way]()
            del failed[way]
        except Exception as error:
            failed[way] = kind_of(error)

    threads = [Thread(target=attempt, args=(way,), daemon=True) for way in ways]  # a daemon delays no exit
    for thread in threads:
        thread.start()
    end = time.monotonic() + PATIENCE
    for thread in threads:
        thread.join(max(end - time.monotonic(), 0))
    return dict(failed)


def post(address: str, body: Mapping[str, Any]) -> None:
    """POST a body as JSON."""
    request = urllib.request.Request(
        address, json.dumps(body).encode(), {"Content-Type": "application/json", "User-Agent": "customer-360"}
    )
    with urllib.request.build_opener(NoRedirect).open(request, timeout=STALL):
        pass


def mail(settings: Settings, title: str, text: str) -> None:
    """Send a text to everybody of `alert_email`; a login is only ever sent over TLS."""
    server = urlsplit(settings.smtp)
    people = [address.strip() for address in settings.alert_email.split(",")]
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = people[0], ", ".join(people), title
    message.set_content(text)
    host, secure = server.hostname or "", ssl.create_default_context()
    if server.scheme == "smtps":
        session: smtplib.SMTP = smtplib.SMTP_SSL(host, server.port or 465, timeout=STALL, context=secure)
    else:
        session = smtplib.SMTP(host, server.port or 25, timeout=STALL)
    with session:
        if server.username:
            if server.scheme == "smtp":
                session.starttls(context=secure)
            session.login(unquote(server.username), unquote(server.password or ""))
        session.send_message(message)


def kind_of(error: Exception) -> str:
    """An error by its kind and number, never by its text, which may hold an address."""
    if isinstance(error, URLError) and isinstance(error.reason, Exception):
        error = error.reason
    code = error.code if isinstance(error, HTTPError) else getattr(error, "smtp_code", "")
    return f"{type(error).__name__} {code}".strip()
