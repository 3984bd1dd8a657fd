"""`make run`: make the sample world, run its night in a real Airflow, and show a person what came of it.

A second call finds nothing new and says so.
"""

from __future__ import annotations

import json
import os
import sys

from examples.evaluate_sample import score_home, show_score
from examples.sample.world import World
from examples.sample_world import make_world
from serving.cli.progress import show_progress
from serving.cli.report import show_report, show_status
from serving.customer import show_customer
from serving.local_airflow import AirflowError, LocalAirflow
from serving.query import open_home
from warehouse import ROOT
from warehouse.home.layout import Home
from warehouse.monitoring.report import read_last_report

HOME = ROOT / "var"
SAMPLE = HOME / "sample"
NEXT = """try next
  make sql q='select district, count(*), sum(net_amount) from customer_profile group by all order by 2 desc'
  .venv/bin/c360 quarantine --source transactions --rows
  make up"""


def main() -> int:
    """The tour; returns its exit status."""
    # The sample has its own home and settings: nothing that is set for another may reach it.
    for name in [n for n in os.environ if n.startswith("C360_")]:
        del os.environ[name]
    with show_progress() as say:
        say("making the sample world")
        make_world(SAMPLE, World())
        as_of = json.loads((SAMPLE / "world.json").read_text("utf-8"))["as_of"]
        airflow = LocalAirflow(HOME / "airflow", HOME, ROOT / "contracts")
        say("preparing Airflow")
        try:
            airflow.test_night(as_of, say=lambda step: say(f"Airflow: {step}"))
        except AirflowError as error:
            print(f"{error}\n{show_status(HOME)}", file=sys.stderr)
            return 1
    print("\n".join(show_night()))
    return 0


def show_night() -> list[str]:
    """The last run, the night that made what is served, how right its identities are, one customer, and what to try."""
    last, served = read_last_report(Home(HOME)), Home(HOME).require_current()
    lines = [show_report(last), ""] if last and last["status"] == "unchanged" else []
    lines += [show_report(json.loads((served.folder / "report.json").read_text("utf-8"))), ""]
    lines += [show_score(score_home(HOME, SAMPLE / "truth" / "truth.csv")), ""]
    lines += [f"c360 show {(customer := find_example())}", show_customer(HOME, customer), "", NEXT]
    return lines


def find_example() -> str:
    """A customer seen in the most silos: of those the one with most tickets, posts and orders, then the first by id."""
    query = (
        "SELECT customer_id FROM customer_profile"
        " ORDER BY source_count DESC, ticket_count DESC, post_count DESC, order_count DESC, customer_id LIMIT 1"
    )
    with open_home(HOME) as con:
        return str(con.execute(query).fetchall()[0][0])


if __name__ == "__main__":
    sys.exit(main())
