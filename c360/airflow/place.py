"""Where the tasks of a DAG work, and how they are done: each in a process of the environment that has the program."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from airflow.sdk.exceptions import AirflowException, AirflowFailException

LONGEST = timedelta(hours=20)
"""A night that hangs is over before the next one is due."""
RETRIED: Mapping[str, Any] = {
    "retries": 2, "retry_delay": timedelta(minutes=1), "retry_exponential_backoff": 2.0,
}  # fmt: skip
"""Every task may be begun again: Airflow itself may be what failed. A verdict fails at once."""


@dataclass(frozen=True)
class Place:
    """A home, its contracts, and the Python of an environment that has the program."""

    home: str
    contracts: str
    python: str = sys.executable

    def ask(self, task: str, *, secrets: Mapping[str, str] | None = None, **arguments: Any) -> Any:
        """What a task of `c360.tasks` gives; its log is this process's stderr, and `secrets` are of its environment.

        Raises:
            AirflowFailException: trying again would find the same.
            AirflowException: anything else: a disk, a database, a process that was killed.
        """
        command = [self.python, "-m", "c360.tasks", task, json.dumps(arguments, default=str)]
        try:
            process = subprocess.Popen(
                command, env=os.environ | dict(secrets or {}), stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
        except OSError as error:
            raise AirflowFailException(f"python={self.python!r} cannot be started: {error.strerror}") from None
        with process:
            try:
                said = process.stdout.read() if process.stdout else b""
                process.wait()
            finally:
                process.kill()  # of a task that is ended from outside
        try:
            answer = json.loads(said)
        except ValueError:
            raise AirflowException(f"{task}: its process ended with status {process.returncode}, unanswered") from None
        if "error" in answer:
            raise (AirflowFailException if answer["kind"] == "verdict" else AirflowException)(answer["error"])
        return answer["given"]

    def on_home(self, task: str, **arguments: Any) -> Any:
        """What a task gives that works on the home."""
        return self.ask(task, home=self.home, **arguments)


def make_place(home: str | Path, contracts: str | Path, python: str | Path | None) -> Place:
    """The place of a DAG.

    Raises:
        ValueError: a folder is not given as an absolute path; a worker's own folder is no place to start from.
    """
    for name, path in (("home", home), ("contracts", contracts)):
        if not Path(path).is_absolute():
            raise ValueError(f"{name}={str(path)!r} is no absolute path; write it from / on")
    return Place(str(home), str(contracts), str(python or sys.executable))


def read_secrets(connection: str) -> dict[str, str]:
    """The login of a connection as the environment variable that a task's process reads; none where none is named.

    Raises:
        AirflowFailException: there is no such connection.
    """
    from airflow.sdk import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException

    if not connection:
        return {}
    try:
        found = Connection.get(connection)
    except AirflowNotFoundException:
        cure = f"add it by: airflow connections add {connection} --conn-uri …"
        raise AirflowFailException(f"connection {connection!r} is not known to Airflow; {cure}") from None
    fields = {key: getattr(found, key) for key in ("conn_type", "login", "password", "host", "port", "schema")}
    return {f"AIRFLOW_CONN_{connection.upper()}": json.dumps(fields | {"extra": found.extra_dejson})}


def alert_failed(place: Place, context: Any) -> None:
    """Alert whom the settings name that a run failed; a context without the run has its latest begin."""
    began = getattr(context.get("dag_run"), "start_date", None) or datetime.now(UTC) - LONGEST
    place.ask("failed", home=place.home, contracts=place.contracts, began=began.isoformat())


def alert_missing(home: str, contracts: str, python: str, context: Mapping[str, Any]) -> None:
    """Airflow's deadline has passed: alert whom the settings name if the night is not served."""
    run = {key: context["dag_run"].get(key) for key in ("conf", "logical_date", "run_after", "run_type")}
    Place(home, contracts, python).ask("missing", home=home, contracts=contracts, dag_run=run)
