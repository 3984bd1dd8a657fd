"""APIs that answer at once: nobody waits between attempts here."""

import pytest

pytest.importorskip("httpx2", reason="the client for HTTP is not installed")

from warehouse.connectors.rest import client


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(client, "FIRST_WAIT", 0.001)
