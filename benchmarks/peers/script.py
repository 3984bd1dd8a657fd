"""Run a hand-written script: `python benchmarks/peers/script.py sample_world DATA OUT AS_OF TIMEZONE`.

DATA is the folder or file the script reads, OUT the DuckDB file it makes; identity.sql, where accounts are to be
joined, and profile.sql follow.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

SQL = Path(__file__).parent / "sql"
SCRIPTS = {
    "online_retail": ("online_retail", "profile"),
    "sample_world": ("sample_world", "identity", "profile"),
    "event_world": ("event_world", "identity", "profile"),
}


def run_script(name: str, data: str, out: str, as_of: str, timezone: str) -> None:
    """Make OUT: raw, event, identity, person and customer_profile."""
    with duckdb.connect(out) as con:
        con.execute("SET TimeZone = 'UTC'")
        con.execute("SET memory_limit = '8GB'")  # what a laptop has to spare; more than that goes to disk
        for variable, value in {"data": data, "as_of": as_of, "timezone": timezone}.items():
            con.execute(f"SET VARIABLE {variable} = '{value}'")
        con.execute(
            "SET VARIABLE until = timezone('UTC', timezone(getvariable('timezone'),"
            " (getvariable('as_of')::DATE + 1)::TIMESTAMP))"
        )
        for script in SCRIPTS[name]:
            con.execute((SQL / f"{script}.sql").read_text("utf-8"))


if __name__ == "__main__":
    run_script(*sys.argv[1:])
