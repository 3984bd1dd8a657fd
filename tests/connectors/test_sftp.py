"""SFTP: only a server whose key is known, and only files that nobody is writing."""

import os
import threading
import time
from contextlib import nullcontext

import pytest

pytest.importorskip("asyncssh", reason="the driver of SFTP is not installed")

from tests.worlds.file_servers import source_of
from warehouse.connectors import sftp as connector
from warehouse.connectors.seam import Login, PullError, PullFault
from warehouse.connectors.sftp import open_sftp

PASSWORD = "Hund+Katze-77"
BODY = b"id,v\n" + b"".join(b"%d,Chan\n" % n for n in range(60_000))


def login_of(server, **changes):
    fields = {"user": "shop", "password": PASSWORD, "options": {"host_key": server.host_key}} | changes
    return Login(**fields)


def fetch(source, folder, login, state=None):
    """What is new, by name; which of it waits; and the state after it."""
    found, waits, state = {}, [], state or {}
    with open_sftp(source, login) as session:
        for item in session.list_new(source, state):
            fetched = None if item.waits else session.fetch(source, item, state, folder / "fetched")
            if fetched is None or fetched.waits:
                waits.append(item.name)
            else:
                found[item.name], state = (folder / "fetched").read_bytes(), dict(fetched.state)
    return found, waits, state


@pytest.fixture
def source(sftp, tmp_path):
    place = {"type": "sftp", "location": f"sftp://127.0.0.1:{sftp.port}/out/*.csv"}
    return source_of(tmp_path, place, connection="partner", settle="PT2S")


def make_old(server, name: str) -> None:
    os.utime(server.root / name, (1.7e9, 1.7e9))


class TestLogin:
    def test_a_server_whose_key_is_another_is_not_logged_into(self, sftp, source, tmp_path, monkeypatch):
        import asyncssh

        monkeypatch.setenv("HOME", str(tmp_path))  # nothing is known there
        other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
        for options in ({"host_key": other}, {}, {"no_host_key_check": "true"}):
            with pytest.raises(PullError, match="its host key is not known, or another") as caught:
                fetch(source, tmp_path, login_of(sftp, options=options))
            assert caught.value.is_verdict

    @pytest.mark.parametrize(
        ("changes", "said"),
        [({"password": "geheim-1"}, "the login is not accepted"), ({"host": "elsewhere"}, "host is another in its"),
         ({"port": 22}, "port is another in its")],
    )  # fmt: skip
    def test_a_wrong_login_is_named_without_it(self, sftp, source, tmp_path, changes, said):
        with pytest.raises(PullError, match=said) as caught:
            fetch(source, tmp_path, login_of(sftp, **changes))
        assert caught.value.is_verdict
        assert "geheim" not in str(caught.value)

    def test_a_folder_that_is_not_there(self, sftp, source, tmp_path):
        with pytest.raises(PullError, match="no such folder; correct `location`"):
            fetch(source, tmp_path, login_of(sftp))

    def test_a_server_that_is_down_may_be_up_again(self, sftp, source, tmp_path):
        login = login_of(sftp)
        sftp.loop.call_soon_threadsafe(sftp.server.close)
        time.sleep(0.1)
        with pytest.raises(PullFault, match="cannot be reached, or broke off"):
            fetch(source, tmp_path, login)


def test_a_file_that_is_being_written_waits_and_the_others_come(sftp, source, tmp_path):
    sftp.put("out/whole.csv", BODY)
    sftp.put("out/growing.csv", b"id,v\n")
    writer = threading.Timer(0.8, lambda: sftp.put("out/growing.csv", b"id,v\n1,Chan\n"))
    writer.start()
    found, waits, state = fetch(source, tmp_path, login_of(sftp))
    writer.join()
    assert (found, waits) == ({"whole.csv": BODY}, ["growing.csv"])
    for name in ("whole", "growing"):
        make_old(sftp, f"out/{name}.csv")
    assert fetch(source, tmp_path, login_of(sftp), state)[0].keys() == {
        "growing.csv",
        "whole.csv",
    }  # both have new times


@pytest.mark.parametrize("change", [b"id,v\n1,Chan\n", BODY + b"9,Chan\n"], ids=["shorter", "longer"])
def test_a_file_that_changes_while_it_is_read_waits(sftp, source, tmp_path, change):
    sftp.put("out/a.csv", BODY)
    make_old(sftp, "out/a.csv")

    def write(_) -> None:
        sftp.fault = None
        sftp.put("out/a.csv", change)

    sftp.fault = write
    # One that ends before its listed size breaks off: that may be tried again.
    with pytest.raises(PullFault) if len(change) < len(BODY) else nullcontext():
        assert fetch(source, tmp_path, login_of(sftp)) == ({}, ["a.csv"], {})
    make_old(sftp, "out/a.csv")
    assert fetch(source, tmp_path, login_of(sftp))[0] == {"a.csv": change}


def test_a_connection_that_breaks_or_stalls_is_a_fault_that_may_pass(sftp, source, tmp_path, monkeypatch):
    monkeypatch.setattr(connector, "STALL_SECONDS", 0.5)
    sftp.put("out/a.csv", BODY)
    make_old(sftp, "out/a.csv")
    for fault in (lambda channel: channel.get_connection().abort(), lambda _: time.sleep(1)):
        sftp.fault = fault
        with pytest.raises(PullFault, match="cannot be reached, or broke off"):
            fetch(source, tmp_path, login_of(sftp))
    sftp.fault = None
    time.sleep(1)
    monkeypatch.undo()
    assert fetch(source, tmp_path, login_of(sftp))[0] == {"a.csv": BODY}
