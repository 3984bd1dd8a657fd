"""Alerts and the deadline: who is told what, and that telling changes nothing."""

import json
import socket
import time
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from email.message import EmailMessage
from zoneinfo import ZoneInfo

import pytest

from tests.worlds.listening import mail_server, web_server
from tests.worlds.world import AS_OF, USUAL
from warehouse.checks import GateClosed
from warehouse.contracts.model import ContractError
from warehouse.contracts.settings import Settings, SettingsError, require_valid
from warehouse.home.layout import Home
from warehouse.home.lock import BusyError, hold_lock
from warehouse.monitoring import alerts as alert_ways
from warehouse.monitoring.alerts import Alert, describe_failure, notify_if_missing, tell
from warehouse.monitoring.deadline import describe_lateness, find_due, find_served, wait_from

pytestmark = pytest.mark.slow

NEXT = AS_OF + timedelta(days=1)
LATE = Alert("late", "2026-03-10", None)
VALUES = ("Tai Man", "tai.man", "WONG", "mei@", "9123", "taiman", "Sha Tin")
"""Of the people of the tiny company."""


@pytest.fixture
def hook():
    """A webhook: its address, and what was posted."""
    with web_server() as server:
        yield server


def hong_kong(hour: int, minute: int = 0, day: int = 11) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=ZoneInfo("Asia/Hong_Kong"))


class TestNight:
    def test_a_closed_gate_is_told_by_rule_and_count_and_names_no_customer(self, published, hook):
        assert all(value in str(USUAL) for value in VALUES)
        with mail_server() as (smtp, mails):
            people = "ops@example.com, dpo@example.com"
            published.write_yaml(
                "settings.yaml",
                {"max_accounts_per_customer": 2, "alert_webhook": hook[0], "smtp": smtp, "alert_email": people},
            )
            with pytest.raises(GateClosed, match="identity") as closed:
                published.night(NEXT)
        customer = published.ask("SELECT customer_id FROM customer_profile ORDER BY account_count DESC")[0][0]
        assert customer in str(closed.value)
        [alert] = hook[1]
        assert (alert["kind"], alert["as_of"], alert["served_as_of"]) == ("closed", str(NEXT), str(AS_OF))
        assert alert["rules"] == [
            {"source": "published", "rule": "identity.max_accounts_per_customer", "failed_count": 1}
        ]
        [mail] = mails
        assert isinstance(mail, EmailMessage)
        assert (mail["To"], mail["From"]) == (people, "ops@example.com")
        assert mail["Subject"] == f"customer-360: a gate is closed, night of {NEXT}"
        assert mail.get_content().splitlines() == alert["text"].splitlines()
        assert [v for v in (*VALUES, customer) if v in json.dumps(alert, ensure_ascii=False)] == []

    def test_a_run_that_fails_before_it_has_begun_is_told_by_kind(self, sales, hook):
        sales.write_yaml("settings.yaml", {"alert_webhook": hook[0]})
        sales.declare("sales", kind="nonsense")
        with pytest.raises(ContractError):
            sales.night(NEXT)
        assert [(a["kind"], a["error"], a["run_id"]) for a in hook[1]] == [("failed", "ContractError", None)]

    def test_a_night_that_comes_after_its_deadline_is_told_once_and_is_then_in_time(self, sales, hook):
        settings = require_valid({"deadline": "00:00"})
        sales.write_yaml("settings.yaml", {"deadline": "00:00", "alert_webhook": hook[0]})
        now = datetime.now(UTC)
        yesterday = now.astimezone(ZoneInfo("Asia/Hong_Kong")).date() - timedelta(days=1)
        due = f"{yesterday + timedelta(days=1)} 00:00 HKT"
        assert f"{yesterday} were due at {due}" in describe_lateness(sales.home, settings, now)
        sales.night(yesterday)
        assert [(a["kind"], a["as_of"]) for a in hook[1]] == [("late", str(yesterday))]
        assert describe_lateness(sales.home, settings, now) is None
        assert sales.night(yesterday)["status"] == "unchanged"
        assert len(hook[1]) == 1

    def test_a_home_that_another_run_holds_is_no_alert(self, sales, hook):
        sales.write_yaml("settings.yaml", {"alert_webhook": hook[0]})
        with hold_lock(sales.home, "another"), pytest.raises(BusyError):
            sales.night(NEXT)
        assert hook[1] == []

    def test_an_alert_that_fails_leaves_the_error_of_the_night(self, sales, capsys):
        sales.write_yaml("settings.yaml", {"alert_webhook": "http://127.0.0.1:1/s3cret"})
        sales.declare("sales", kind="nonsense")
        with pytest.raises(ContractError):
            sales.night(NEXT)
        assert capsys.readouterr().err == "c360: the alert by webhook failed: ConnectionRefusedError\n"


class TestSending:
    @pytest.mark.parametrize(("status", "headers"), [(500, {}), (302, {"Location": "http://127.0.0.1:1/"})])
    def test_a_refusal_or_a_redirect_is_said_without_the_address(self, capsys, status, headers):
        with web_server(status, **headers) as (address, told):
            tell(require_valid({"alert_webhook": address}), LATE)
        assert len(told) == 1
        assert capsys.readouterr().err == f"c360: the alert by webhook failed: HTTPError {status}\n"

    def test_whoever_does_not_answer_is_not_waited_for(self, capsys, monkeypatch):
        monkeypatch.setattr(alert_ways, "PATIENCE", 1.0)
        monkeypatch.setattr(alert_ways, "STALL", 3.0)
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen()
            port = silent.getsockname()[1]
            given = {
                "alert_webhook": f"http://127.0.0.1:{port}",
                "smtp": f"smtp://127.0.0.1:{port}",
                "alert_email": "ops@example.com",
            }
            begun = time.monotonic()
            tell(require_valid(given), LATE)
            assert time.monotonic() - begun < 2.5  # together, not one after the other
        said = capsys.readouterr().err.splitlines()
        assert said == [f"c360: the alert by {way} failed: no answer within 1 s" for way in ("webhook", "e-mail")]

    def test_a_login_is_not_sent_without_tls(self, capsys):
        with mail_server() as (smtp, told):
            given = {"smtp": smtp.replace("//", "//user:pass@"), "alert_email": "ops@example.com"}
            tell(require_valid(given), LATE)
        assert (told, capsys.readouterr().err) == ([], "c360: the alert by e-mail failed: SMTPNotSupportedError\n")

    def test_an_error_is_told_by_its_kind_only(self):
        report = {"status": "failed", "error": "HomeError: Chan Tai Man is not here", "as_of": "2026-03-10"}
        alert = describe_failure(report, None)
        assert alert.error == "HomeError"
        assert "Chan" not in json.dumps(alert.to_dict())


class TestDeadline:
    @pytest.mark.parametrize(
        ("now", "due"),
        [
            (hong_kong(5, 59), date(2026, 3, 9)),
            (hong_kong(6), date(2026, 3, 10)),
            (hong_kong(23, 59), date(2026, 3, 10)),
            (hong_kong(6).astimezone(UTC), date(2026, 3, 10)),
        ],
    )
    def test_what_is_due_is_the_day_before_once_the_hour_has_come(self, now, due):
        assert find_due(require_valid({"deadline": "06:00"}), now) == due

    def test_without_a_deadline_nothing_is_late(self, tmp_path):
        assert find_due(Settings(), hong_kong(6)) is None
        assert describe_lateness(Home(tmp_path), Settings(), hong_kong(6)) is None

    def test_where_nothing_is_published_or_readable_it_is_late(self, tmp_path):
        settings = require_valid({"deadline": "06:00"})
        assert "those of no date are served" in describe_lateness(Home(tmp_path), settings, hong_kong(6))
        (tmp_path / "current").symlink_to("generations/7")
        assert find_served(Home(tmp_path)) is None

    @pytest.mark.parametrize(
        ("deadline", "timezone", "hours"),
        [("06:00", "Asia/Hong_Kong", 4), ("01:00", "Asia/Hong_Kong", 23), ("06:00", "Europe/London", 12)],
    )
    def test_airflow_looks_when_the_deadline_has_come_in_either_season(self, deadline, timezone, hours):
        settings = require_valid({"deadline": deadline, "timezone": timezone})
        assert wait_from(settings, clock(2), "Asia/Hong_Kong") == timedelta(hours=hours)

    @pytest.mark.parametrize(
        ("change", "is_told"),
        [
            ({}, False),  # the first night is served
            ({"logical_date": "2026-03-11T18:00:00Z"}, True),
            ({"conf": {"as_of": "2026-03-11"}}, True),
            ({"logical_date": None, "run_after": "2026-03-11T18:00:00Z"}, True),
            ({"logical_date": "2026-03-11T18:00:00Z", "run_type": "backfill"}, False),
        ],
    )
    def test_airflow_tells_of_a_night_that_is_not_there(self, sales, hook, change, is_told):
        sales.write_yaml("settings.yaml", {"deadline": "06:00", "alert_webhook": hook[0]})
        run = {"logical_date": "2026-03-10T18:00:00Z", "run_type": "scheduled", "conf": None} | change
        notify_if_missing(str(sales.home.root), str(sales.contracts), {"dag_run": run})
        assert [a["as_of"] for a in hook[1]] == ["2026-03-11"] * is_told


class TestSettings:
    @pytest.mark.parametrize(
        "given",
        [
            {"deadline": "6:00"}, {"deadline": 630}, {"deadline": "24:00"}, {"alert_webhook": "ftp://s3cret"},
            {"alert_webhook": "https://"}, {"alert_webhook": "https://h:s3cret/"}, {"alert_webhook": "http://a b"},
            {"alert_email": "ops", "smtp": "smtp://h"}, {"alert_email": "a@b.example"}, {"smtp": "mail.example"},
            {"alert_email": "a@b.example\nBcc: c@d.example", "smtp": "smtp://h"},
        ],
    )  # fmt: skip
    def test_what_could_not_be_used_is_refused_and_no_secret_shown(self, given):
        with pytest.raises(SettingsError, match=f"settings: {next(iter(given))} ") as refused:
            require_valid(given)
        assert "s3cret" not in str(refused.value)

    def test_secrets_are_not_shown(self):
        settings = require_valid({"alert_webhook": "https://h/s3cret", "smtp": "smtps://u:s3cret@h"})
        assert "s3cret" not in repr(settings) + str(settings.list_changing())
