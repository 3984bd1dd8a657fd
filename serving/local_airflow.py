"""An Airflow of this project's own, on this machine alone: one folder, SQLite, nothing of another Airflow's settings.

python -m serving.local_airflow up      scheduler and web page until Ctrl-C, for `make up`
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from warehouse import ROOT
from warehouse.errors import C360Error
from warehouse.home.lock import close_to_others

POOL = ("customer_360_writer", "1", "the one writer of the customer-360")
PASSWORDS = "simple_auth_manager_passwords.json.generated"
START_SECONDS = 240


class AirflowError(C360Error):
    """Airflow could not do what was asked; the message says where its log is."""


@dataclass(frozen=True)
class LocalAirflow:
    """One Airflow: where it keeps its files, which home and contracts its DAG works on, and its address."""

    folder: Path
    home: Path
    contracts: Path
    port: int = 8080

    @property
    def address(self) -> str:
        """Where its web page and its API are."""
        return f"http://localhost:{self.port}"

    @property
    def log(self) -> Path:
        """The file that holds everything Airflow says."""
        return self.folder / "airflow.log"

    def environment(self, inherited: Mapping[str, str] = os.environ) -> dict[str, str]:
        """The environment of its processes: the caller's, without what is meant for another Airflow."""
        kept = {k: v for k, v in inherited.items() if not k.lstrip("_").startswith("AIRFLOW")}
        return kept | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{inherited.get('PATH', os.defpath)}",
            "C360_HOME": str(self.home.absolute()),
            "C360_CONTRACTS": str(self.contracts.absolute()),
            "AIRFLOW_HOME": str(self.folder.absolute()),
            "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__PARALLELISM": "4",
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.address}/execution/",
            "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(self.port),
            "AIRFLOW__API__BASE_URL": self.address,
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(self.port + 1),
            "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(self.port + 2),
            "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        }

    def call(self, *arguments: str, tell: Callable[[str], None] = lambda _: None) -> None:
        """Run an `airflow` command; every line goes to the log, and to `tell`.

        Raises:
            AirflowError: it failed.
        """
        close_to_others(self.folder)
        with self.log.open("a", encoding="utf-8") as log, self.start(*arguments, out=subprocess.PIPE) as process:
            for line in process.stdout or ():
                log.write(line)
                tell(line)
        if process.returncode:
            raise AirflowError(f"airflow {' '.join(arguments)} failed; see the end of {self.log}")

    def start(self, *arguments: str, out: int) -> subprocess.Popen[str]:
        """Start an `airflow` command in a process group of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "airflow", *arguments],
            env=self.environment(), cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
            text=True, encoding="utf-8", errors="replace", start_new_session=True, umask=0o077,
        )  # fmt: skip

    def prepare(self) -> None:
        """Make its database and the writer's pool, once for each version of Airflow."""
        mark, wanted = self.folder / "prepared", version("apache-airflow")
        if mark.is_file() and mark.read_text("utf-8") == wanted:
            return
        self.call("db", "migrate")
        self.call("pools", "set", *POOL)
        mark.write_text(wanted, "utf-8")

    def test_night(self, as_of: str, *, say: Callable[[str], None] = lambda _: None) -> None:
        """Run the DAG's tasks one after the other, now; `say` is told each.

        Raises:
            AirflowError: a task failed.
        """

        def tell(line: str) -> None:
            if "[DAG TEST] starting task_id=" in line:
                say(line.partition("task_id=")[2].split()[0].rpartition(".")[2].replace("_", " "))

        self.prepare()
        self.call("dags", "test", "customer_360", "--conf", json.dumps({"as_of": as_of}), tell=tell)

    @contextmanager
    def standing(self) -> Iterator[subprocess.Popen[str]]:
        """Inside, the whole Airflow is up: scheduler, DAG processor, triggerer, API; afterwards none of it is.

        Raises:
            AirflowError: the port is taken, or Airflow did not come up.
        """
        require_free(self.port)
        self.prepare()
        with self.log.open("a", encoding="utf-8") as log:
            process = self.start("standalone", out=log.fileno())
            try:
                self.wait_until_healthy(process)
                yield process
            finally:
                end_group(process)

    def wait_until_healthy(self, process: subprocess.Popen[str]) -> None:
        """Wait until every part says that it is healthy."""
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and process.poll() is None:
            if self.is_healthy():
                return
            time.sleep(1)
        raise AirflowError(f"Airflow did not come up within {START_SECONDS} s; see the end of {self.log}")

    def is_healthy(self) -> bool:
        """Do database, scheduler and DAG processor answer well?"""
        try:
            with urllib.request.urlopen(f"{self.address}/api/v2/monitor/health", timeout=10) as answer:
                parts = json.load(answer)
        except (OSError, ValueError):  # it does not listen yet, or not fully
            return False
        return all(parts[name]["status"] == "healthy" for name in ("metadatabase", "scheduler", "dag_processor"))

    def read_password(self, user: str = "admin") -> str:
        """The password that Airflow made for a user."""
        return str(json.loads((self.folder / PASSWORDS).read_text("utf-8"))[user])


def require_free(port: int) -> None:
    """Raise AirflowError if something listens on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise AirflowError(f"port {port} is in use; choose another: make up C360_PORT={port + 10}") from None


def end_group(process: subprocess.Popen[str], patience: float = 20) -> None:
    """End a process and all that it started: as Ctrl-C does, and by force what is left after that."""
    for how, wait in ((signal.SIGINT, patience), (signal.SIGTERM, patience / 2), (signal.SIGKILL, patience)):
        try:
            os.killpg(process.pid, how)
        except ProcessLookupError:
            break
        end = time.monotonic() + wait
        while has_group(process) and time.monotonic() < end:
            process.poll()
            time.sleep(0.2)
    process.wait()


def has_group(process: subprocess.Popen[str]) -> bool:
    """Is anything of the process's group alive?"""
    try:
        os.killpg(process.pid, 0)
    except ProcessLookupError:
        return False
    return True


def main() -> int:
    """`make up`: the whole Airflow until it is interrupted."""
    home, contracts = (Path(os.environ.get(f"C360_{n}", d)) for n, d in (("HOME", "var"), ("CONTRACTS", "contracts")))
    airflow = LocalAirflow(ROOT / "var" / "airflow", home, contracts, int(os.environ.get("C360_PORT", "8080")))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    print(f"starting Airflow on {airflow.address}; this takes half a minute, or two on a busy machine", flush=True)
    try:
        with airflow.standing() as process:
            print(f"  address   {airflow.address}")
            print(f"  login     admin, password {airflow.read_password()} (kept in {airflow.folder / PASSWORDS})")
            print(f"  works on  {home.absolute()} by {contracts.absolute()}, every night at 02:00 Asia/Hong_Kong")
            print(f"  log       {airflow.log}\nCtrl-C stops it", flush=True)
            return process.wait()
    except AirflowError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped")
        return 0


if __name__ == "__main__":
    sys.exit(main())
