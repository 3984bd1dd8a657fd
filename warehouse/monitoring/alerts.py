"""Alerts: a closed gate, a failed run and late profiles go to the configured recipients, by webhook and e-mail.

An alert carries names of sources and rules, and counts; no message of a check, since one may name customers. It never
changes how a night ends: it is sent in a few seconds or not, and a failure is logged on stderr, without any address.
"""

from __future__ import annotations

import json
import smtplib
import ssl
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any, Literal
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from warehouse.contracts.settings import Settings, read_settings
from warehouse.home.layout import Home
from warehouse.home.lock import BusyError
from warehouse.monitoring.deadline import find_due, find_served
from warehouse.shown_time import RUN, UNKNOWN, show_run

SAID = {"closed": "a gate is closed", "failed": "the run failed", "late": "the profiles are late"}


PATIENCE = 5.0
"""Seconds that all of them together may take."""
STALL = 4.0
"""Seconds that one answer may take."""


@dataclass(frozen=True)
class Broken:
    """A rule that closed a gate, and how often it was broken."""

    source: str
    rule: str
    failed_count: int


@dataclass(frozen=True)
class Alert:
    """One alert, as its recipients get it."""

    kind: Literal["closed", "failed", "late"]
    as_of: str | None
    """The business date that is missing; None for a run that ended before it had one."""
    served_as_of: str | None
    """The business date that is served; None where nothing is."""
    run_id: str | None = None
    error: str | None = None
    """The kind of error that ended a run."""
    rules: tuple[Broken, ...] = ()
    timezone: str = UNKNOWN
    """The business zone, in which the text says times."""

    @property
    def title(self) -> str:
        """It in one line."""
        night = f", night of {self.as_of}" if self.as_of else ""
        return f"customer-360: {SAID[self.kind]}{night}"

    @property
    def text(self) -> str:
        """It as a person reads it."""
        lines = [self.title, *(f"{r.source}: {r.rule}: {r.failed_count:,} failed" for r in self.rules)]
        lines += [f"error: {self.error}"] if self.error else []
        lines += [f"run: {show_run(self.run_id, self.timezone)}"] if self.run_id else []
        return "\n".join([*lines, f"served: as of {self.served_as_of or 'no date'}; more by: c360 report, c360 status"])

    def to_dict(self) -> dict[str, Any]:
        """It as plain data; `text` is what chat programs show."""
        return {"text": self.text, **asdict(self)}


@contextmanager
def alerting(home: Home, contracts: Path) -> Iterator[None]:
    """Tell if the night inside fails, or publishes what was due before; how it ends is its own affair."""
    from warehouse.errors import without_panic  # parsing the DAG needs none of it

    began, before = datetime.now(UTC), find_served(home)
    try:
        with without_panic():
            yield
    except BusyError:
        raise  # the run that holds the home tells of itself
    except Exception as error:
        notify_failure(home, contracts, began, type(error).__name__)
        raise
    tell_if_came_late(home, contracts, before)


@contextmanager
def harmless() -> Iterator[None]:
    """Whatever fails inside is said by its kind, and goes no further."""
    from warehouse.errors import without_panic

    try:
        with without_panic():
            yield
    except Exception as error:
        say(f"an alert failed: {type(error).__name__}")


def notify_failure(home: Home, contracts: Path, began: datetime, error: str | None = None) -> None:
    """Tell of a run that failed, by its report if it has left one since it began."""
    from warehouse.home.verify import DamageError  # these load DuckDB
    from warehouse.monitoring.report import read_last_report

    with harmless():
        report, since = None, began.astimezone(UTC).strftime(RUN)
        with suppress(DamageError):  # an earlier report that is torn is no reason to say nothing of this run
            report = read_last_report(home)
        if report is None or report["run_id"] < since or report["status"] not in {"closed", "failed"}:
            report = {"status": "failed", "error": error}
        tell(read_settings(contracts), describe_failure(report, find_served(home)))


def describe_failure(report: Mapping[str, Any], served: date | None) -> Alert:
    """A closed gate with the rules that closed it, or a failed run with the kind of its error."""
    from expectations.model import CheckResult

    about, timezone = (report.get("as_of"), to_text(served), report.get("run_id")), report.get("timezone", UNKNOWN)
    if report["status"] == "failed":
        kind = (report["error"] or "").partition(" ")[0].rstrip(":")  # what follows may name customers
        return Alert("failed", *about, error=kind or None, timezone=timezone)
    results = [(source, CheckResult(**r)) for source, found in report["checks"].items() for r in found]
    rules = tuple(Broken(source, r.rule, r.failed_count) for source, r in results if r.is_closing)
    return Alert("closed", *about, rules=rules, timezone=timezone)


def tell_if_came_late(home: Home, contracts: Path, before: date | None) -> None:
    """Tell if the night that is served now was missing (`before` was served) when its deadline passed."""
    with harmless():
        settings, served = read_settings(contracts), find_served(home)
        due = find_due(settings, datetime.now(UTC))
        if due and served and (before is None or before < due) and served >= due:
            tell(settings, Alert("late", to_text(due), to_text(served)))


def notify_if_missing(home: str, contracts: str, context: Mapping[str, Any]) -> None:
    """Airflow's deadline has passed: tell if the night of that run is not served. A backfill has no deadline."""
    with harmless():
        settings, run = read_settings(Path(contracts)), context["dag_run"]
        due, served = find_night(settings, run), find_served(Home(Path(home)))
        if run["run_type"] != "backfill" and (served is None or served < due):
            tell(settings, Alert("late", to_text(due), to_text(served)))


def find_night(settings: Settings, run: Mapping[str, Any]) -> date:
    """The business date of one of Airflow's runs, as the DAG finds it."""
    if given := (run["conf"] or {}).get("as_of"):
        return date.fromisoformat(given)
    moment = datetime.fromisoformat(run["logical_date"] or run["run_after"])
    return moment.astimezone(ZoneInfo(settings.timezone)).date() - timedelta(days=1)


def tell(settings: Settings, alert: Alert) -> None:
    """Send an alert every way that the settings name; what failed is said."""
    for way, kind in send(settings, alert.title, alert.text, alert.to_dict()).items():
        say(f"the alert by {way} failed: {kind}")


def say(text: str) -> None:
    """A line on stderr, if anybody is there to read it."""
    with suppress(OSError, ValueError):
        print(f"c360: {text}", file=sys.stderr)


def to_text(day: date | None) -> str | None:
    """A date as ISO 8601."""
    return day.isoformat() if day else None


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
