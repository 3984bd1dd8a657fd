"""Object stores: what is new costs as many reads as it has objects, and no fault of a store changes a byte."""

import hashlib
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

pytest.importorskip("obstore", reason="the driver of object stores is not installed")

from tests.worlds.file_servers import source_of
from warehouse.connectors import objects
from warehouse.connectors.listing import Listed, mark_file
from warehouse.connectors.objects import open_objects
from warehouse.connectors.seam import Login, PullError, PullFault

LOGIN = Login("AKIA", "geheim-77", options={"region_name": "us-east-1"})
BODY = b"id,v\n" + b"".join(b"%d,Chan\n" % n for n in range(30_000))


def fetch(source, folder, state=None, login=LOGIN):
    """What is new, by name, and the state after it."""
    found, state = {}, state or {}
    with open_objects(source, login) as session:
        for item in session.list_new(source, state):
            fetched = session.fetch(source, item, state, folder / "fetched")
            found[item.name], state = (folder / "fetched").read_bytes(), dict(fetched.state)
    return found, state


@pytest.fixture
def source(store, tmp_path):
    server = {"type": "s3", "location": f"s3://{store.bucket}/out/*.csv", "endpointUrl": store.url}
    return source_of(tmp_path, server, connection="s3")


def test_ten_new_among_ten_thousand_cost_eleven_lists_and_ten_reads(store, source, tmp_path):
    store.fill("out/", 0, 10_010)
    etags = [hashlib.md5(b"%d" % n).hexdigest() for n in range(10_000)]
    old = [Listed(f"{n:05d}.csv", etag, 0, datetime.now(UTC)) for n, etag in enumerate(etags)]
    found, state = fetch(source, tmp_path, {"seen": [mark_file(file) for file in old]})
    assert found == {f"{n:05d}.csv": b"%d" % n for n in range(10_000, 10_010)}
    assert dict(store.asked) == {"list": 11, "read": 10}
    assert len(state["seen"]) == 10_010


@pytest.fixture
def hasty(monkeypatch):
    """Stalls and retries are short."""
    monkeypatch.setitem(objects.CLIENT, "read_timeout", "500ms")
    monkeypatch.setitem(objects.RETRIES, "max_retries", 3)


@pytest.mark.parametrize("range_bytes", [objects.RANGE_BYTES, 100_000])
@pytest.mark.parametrize("faults", [[500], [503, 503], ["reset"], ["half"], ["stall"], ["half", 500, "reset"]], ids=str)
def test_a_fault_changes_no_byte(store, source, tmp_path, hasty, monkeypatch, faults, range_bytes):
    monkeypatch.setattr(objects, "RANGE_BYTES", range_bytes)
    store.put("out/a.csv", BODY)
    store.put("out/b.csv", BODY[::-1])
    store.faults = list(faults)
    found, state = fetch(source, tmp_path)
    assert found == {"a.csv": BODY, "b.csv": BODY[::-1]}
    assert store.faults == []
    assert fetch(source, tmp_path, state)[0] == {}


@pytest.mark.parametrize("range_bytes", [objects.RANGE_BYTES, 100_000])
def test_an_object_that_changes_while_it_is_read_is_read_as_it_is_then(
    store, source, tmp_path, hasty, monkeypatch, range_bytes
):
    monkeypatch.setattr(objects, "RANGE_BYTES", range_bytes)
    store.put("out/a.csv", BODY)
    store.faults = [lambda: store.put("out/a.csv", BODY[::-1])]
    found, state = fetch(source, tmp_path)
    assert found == {"a.csv": BODY[::-1]}
    assert fetch(source, tmp_path, state)[0] == {}  # it was its new version that was noted
    store.put("out/a.csv", BODY)
    store.faults = [lambda n=n: store.put("out/a.csv", BODY + b"%d" % n) for n in range(9)]
    with pytest.raises(PullFault, match=r"a\.csv changes while it is read"):
        fetch(source, tmp_path, state)


@pytest.mark.parametrize(
    ("status", "said", "is_verdict"),
    [(403, "the login may not list or read it", True), (404, "no such bucket", True), (301, "another region", True),
     (500, "it cannot be reached, or broke off", False)],
)  # fmt: skip
def test_an_error_says_the_cure_and_nothing_of_the_stores(store, source, tmp_path, hasty, status, said, is_verdict):
    store.status = status
    with pytest.raises(PullError, match=said) as caught:
        fetch(source, tmp_path)
    assert caught.value.is_verdict == is_verdict
    assert "Chan" not in str(caught.value)
    assert "geheim" not in str(caught.value)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"endpoint_url": "https://elsewhere"}, "endpoint_url is another"),
        ({"role_arn": "arn:x"}, "has role_arn, which is not"),
    ],
)
def test_a_connection_that_cannot_be_followed_is_refused(source, tmp_path, options, said):
    with pytest.raises(PullError, match=said):
        fetch(source, tmp_path, login=Login("AKIA", "geheim-77", options=options))


def test_google_is_read_alike(store, tmp_path):
    store.put("out/2026/a.csv", b"id\n1\n")
    place = {"type": "custom", "location": f"gs://{store.bucket}/out/**/*.csv", "endpointUrl": store.url}
    assert fetch(source_of(tmp_path, place), tmp_path, login=Login(options={"is_anonymous": "true"}))[0] == {
        "2026/a.csv": b"id\n1\n"
    }


AZURE = b"""<?xml version="1.0" encoding="utf-8"?><EnumerationResults><Blobs><Blob><Name>out/a b.csv</Name><Properties>
<Last-Modified>Mon, 30 Nov 2026 10:00:00 GMT</Last-Modified><Etag>0x1</Etag><Content-Length>5</Content-Length>
<Content-Type>text/csv</Content-Type><BlobType>BlockBlob</BlobType></Properties></Blob></Blobs><NextMarker />
</EnumerationResults>"""


def test_azure_is_read_with_the_key_of_its_account(tmp_path, monkeypatch):
    asked = []

    class Azure(BaseHTTPRequestHandler):
        def do_GET(self):
            login = self.headers["Authorization"].partition(":")[0]
            asked.append((self.path.partition("?")[0], login, self.headers["If-Match"]))
            body = AZURE if "comp=list" in self.path else b"id\n1\n"
            self.send_response(200)
            head = {
                "Content-Type": "text/csv",
                "ETag": '"0x1"',
                "Last-Modified": "Mon, 30 Nov 2026 10:00:00 GMT",
                "Content-Length": str(len(body)),
            }
            for name, value in head.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Azure)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    monkeypatch.setattr(objects, "AZURE_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    place = {"type": "azure", "location": "az://myshop.blob.core.windows.net/exports/out/*.csv"}
    source = source_of(tmp_path, place, connection="azure")
    try:
        assert fetch(source, tmp_path, login=Login("myshop", "Z2VoZWlt"))[0] == {"a b.csv": b"id\n1\n"}
    finally:
        server.shutdown()
        server.server_close()
    assert asked == [
        ("/exports", "SharedKey myshop", None),
        ("/exports/out/a%20b.csv", "SharedKey myshop", '"0x1"'),
    ]
    with pytest.raises(PullError, match="the connection's login cannot be read"):
        fetch(source, tmp_path, login=Login("myshop", "no base64!"))
    with pytest.raises(PullError, match="the account is another in its connection"):
        fetch(source, tmp_path, login=Login("other", "Z2VoZWlt"))
