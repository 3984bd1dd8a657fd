"""Nobody waits between attempts here, and the servers are on this machine."""

import pytest


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    pytest.importorskip("httpx2", reason="the client for HTTP is not installed")
    from warehouse.connectors.rest import client

    monkeypatch.setattr(client, "FIRST_WAIT", 0.001)
