"""Servers of files for tests: a store that speaks S3 behind a proxy that counts and breaks, and an SFTP server."""

import http.client
import subprocess
import threading
import time
from collections import Counter
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, unquote

import yaml

from tests.worlds.world import column, key, make_contract
from warehouse.contracts.model import Source
from warehouse.contracts.read import read_source

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".venv-s3" / "bin" / "python"
SERVE = """
import sys
from moto.server import ThreadedMotoServer
from moto.s3.models import s3_backends
server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
for line in sys.stdin:  # keys are put here directly: a request each would take minutes
    bucket, prefix, first, last = line.split()
    for number in range(int(first), int(last)):
        s3_backends["123456789012"]["aws"].put_object(bucket, f"{prefix}{number:05d}.csv", b"%d" % number)
    print("put", flush=True)
"""
SIGNED = "AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"
"""What moto takes for a login; it checks none."""
HOP = {"connection", "transfer-encoding", "content-length", "keep-alive", "date", "server"}


class Store:
    """The store behind its proxy. `faults` are what happens to the next reads of objects, in order:
    a status, a word, or what is done to the store while it is in the middle of its answer."""

    def __init__(self, port: int, process: subprocess.Popen) -> None:
        self.port, self.process = port, process
        self.asked: Counter[str] = Counter()
        self.faults: list = []
        self.status: int | None = None
        """What every request is answered."""
        proxy = type("Proxy", (Proxy,), {"store": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), proxy)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def begin(self, bucket: str) -> "Store":
        """A new bucket, and nothing counted."""
        self.ask("PUT", f"/{bucket}")
        self.asked.clear()
        self.faults, self.status, self.bucket = [], None, bucket
        return self

    def put(self, name: str, body: bytes) -> None:
        """Behind the proxy's back."""
        self.ask("PUT", f"/{self.bucket}/{quote(name)}", body)

    def remove(self, name: str) -> None:
        self.ask("DELETE", f"/{self.bucket}/{quote(name)}")

    def fill(self, prefix: str, first: int, last: int) -> None:
        """Objects whose body is their number."""
        self.process.stdin.write(f"{self.bucket} {prefix} {first} {last}\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "put\n"

    def ask(self, method: str, path: str, body: bytes = b"", headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        connection.request(method, path, body, {"Authorization": SIGNED, **(headers or {})})
        answer = connection.getresponse()
        return answer.status, answer.getheaders(), answer.read()


class Proxy(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    store: Store

    def do_GET(self) -> None:
        store, (path, _, query) = self.store, self.path.partition("?")
        kind = "list" if "list-type" in query else "read" if self.command == "GET" else "look"
        store.asked[kind] += 1
        fault = store.faults.pop(0) if kind == "read" and store.faults else None
        code = store.status or (fault if isinstance(fault, int) else 0)
        if code:
            self.send(code, [("Content-Length", "5")], b"Chan!")
            return
        if fault == "reset":
            self.close()
            return
        headers = {k: v for k, v in self.headers.items() if k.lower() in {"range", "if-match"}}
        status, found, body = store.ask("GET", quote(unquote(path)) + (f"?{query}" if query else ""), b"", headers)
        if callable(fault) and status >= 400:
            store.faults.insert(0, fault)
        elif callable(fault):
            fault = fault() or "half"
        kept = [(k, v) for k, v in found if k.lower() not in HOP] + [("Content-Length", str(len(body)))]
        self.send(status, kept, body[: len(body) // 2] if fault in {"half", "stall"} else body)
        if fault == "stall":
            time.sleep(1.5)
        if fault in {"half", "stall"}:
            self.close()

    do_HEAD = do_GET

    def send(self, status: int, headers: list, body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def close(self) -> None:
        self.close_connection = True
        self.connection.shutdown(2)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def run_store():
    process = subprocess.Popen([PYTHON, "-c", SERVE], stdin=-1, stdout=-1, stderr=subprocess.DEVNULL, text=True)
    try:
        yield Store(int(process.stdout.readline()), process)
    finally:
        process.stdin.close()
        process.wait()


class SftpServer:
    """An SFTP server in a thread of its own, with a folder that it serves as its root."""

    def __init__(self, root: Path) -> None:
        import asyncio

        import asyncssh

        self.root, self.key = root, asyncssh.generate_private_key("ssh-ed25519")
        self.loop, self.fault = asyncio.new_event_loop(), None
        """Called before each block that is read, with the path."""
        self.connections: list = []
        owner = self

        class Auth(asyncssh.SSHServer):
            def connection_made(self, conn) -> None:
                owner.connections.append(conn)

            def password_auth_supported(self) -> bool:
                return True

            def validate_password(self, username: str, password: str) -> bool:
                return (username, password) == ("shop", "Hund+Katze-77")

        class Files(asyncssh.SFTPServer):
            def __init__(self, channel) -> None:
                self.pipe = channel
                super().__init__(channel, chroot=str(owner.root))

            def read(self, file_obj, offset, size):
                if owner.fault:
                    owner.fault(self.pipe)
                return super().read(file_obj, offset, size)

        async def serve():
            return await asyncssh.create_server(
                Auth, "127.0.0.1", 0, server_host_keys=[self.key], sftp_factory=Files, allow_scp=False
            )

        self.server = self.loop.run_until_complete(serve())
        self.port = self.server.sockets[0].getsockname()[1]
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    @property
    def host_key(self) -> str:
        return self.key.export_public_key().decode().strip()

    def put(self, name: str, body: bytes) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)

    def remove(self, name: str) -> None:
        (self.root / name).unlink()

    def close(self) -> None:
        """Stop, and leave no socket of a client that broke off open."""
        import asyncio

        async def shut() -> None:
            self.server.close()
            for connection in self.connections:
                connection.abort()
            await asyncio.gather(*(connection.wait_closed() for connection in self.connections))
            await asyncio.sleep(0.02)  # transports close on the loop's next rounds

        asyncio.run_coroutine_threadsafe(shut(), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()


def contract_of(
    server: dict, name: str = "sales", mode: str = "merge", columns=None, kind="reference", **custom
) -> dict:
    """A contract of files on a server; `custom` is of the server."""
    contract = make_contract(name, {"kind": kind, "mode": mode, "path": "x.csv",
                                    "columns": columns or [key("id"), column("v")]})  # fmt: skip
    properties = [{"property": f"c360.{k}", "value": v} for k, v in custom.items()]
    contract["servers"] = [{"server": "s", "format": "csv", **server, "customProperties": properties}]
    contract["schema"][0].pop("quality")
    return contract


def source_of(folder: Path, server: dict, **more) -> Source:
    """The same as a Source."""
    path = folder / "contracts" / f"{more.get('name', 'sales')}.odcs.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(contract_of(server, **more)), "utf-8")
    return read_source(path)
