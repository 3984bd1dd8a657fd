"""Run a hand-written script: `python benchmarks/peers/script.py sample_world DATA OUT AS_OF TIMEZONE`.

DATA is the folder or file the script reads, OUT the DuckDB file it makes; profile.sql, which all share, follows.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

HERE = Path(__file__).parent


def run_script(name: str, data: str, out: str, as_of: str, timezone: str) -> None:
    """Make OUT: raw, event, identity, person and customer_profile."""
    with duckdb.connect(out) as con:
        con.execute("SET TimeZone = 'UTC'")
        for variable, value in {"data": data, "as_of": as_of, "timezone": timezone}.items():
            con.execute(f"SET VARIABLE {variable} = '{value}'")
        con.execute(
            "SET VARIABLE until = timezone('UTC', timezone(getvariable('timezone'),"
            " (getvariable('as_of')::DATE + 1)::TIMESTAMP))"
        )
        for script in (name, "profile"):
            con.execute((HERE / f"{script}.sql").read_text("utf-8"))


if __name__ == "__main__":
    run_script(*sys.argv[1:])
