"""Working files as landing leaves them: a few rows, typed, in a DuckDB file of their own."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from expectations.gates import check_source
from warehouse.contracts.model import Column, Location, Quality, Source
from warehouse.duck import quote

AS_OF = date(2026, 3, 10)
ZONE = "Asia/Hong_Kong"
TYPES = {"string": "VARCHAR", "integer": "BIGINT", "number": "DOUBLE", "boolean": "BOOLEAN", "date": "DATE",
         "timestamp": "TIMESTAMP", "time": "TIME", "array": "VARCHAR"}  # fmt: skip


def make_column(name: str, kind: str = "string", **more: Any) -> Column:
    return Column(name=name, path=tuple(name.split(".")), type=kind, **more)


def make_key(name: str = "id", kind: str = "string") -> Column:
    return make_column(name, kind, required=True, key_position=1)


def make_source(*columns: Column, **more: Any) -> Source:
    settings: dict[str, Any] = {
        "name": "shop", "kind": "transactions", "load_mode": "append", "path": Path("contracts/shop.odcs.yaml"),
        "version": "1.0.0", "description": "", "digest": "0" * 64, "timezone": ZONE, "max_quarantine_share": 1.0,
        "location": Location("local", "/nowhere/*.csv", "csv"),
    } | more  # fmt: skip
    return Source(columns=columns, **settings)


def make_quality(metric: str | None = None, **more: Any) -> Quality:
    settings: dict[str, Any] = {
        "name": f"{metric}:somewhere", "type": "library", "arguments": {}, "query": None, "bounds": {"mustBe": 0},
        "unit": "rows", "severity": "critical", "description": "",
    } | more  # fmt: skip
    return Quality(metric=metric, **settings)


def land(
    file: Path,
    source: Source,
    *deliveries: Sequence[Mapping[str, Any]],
    missing: Mapping[int, Sequence[str]] | None = None,
    unread: Mapping[int, int] | None = None,
) -> Path:
    """A working file; `_mistyped` of a row names its unreadable columns, `unread` counts records that never landed."""
    with duckdb.connect(str(file)) as con:
        names = [c.name for c in source.columns]
        columns = ", ".join(f"{quote(c.name)} {TYPES[c.type]}" for c in source.columns)
        con.execute(
            "CREATE TABLE delivery (delivery_id VARCHAR, name VARCHAR, physical_count BIGINT, sequence INTEGER,"
            " is_redelivery BOOLEAN, notes VARCHAR[])"
        )
        con.execute(
            f"CREATE TABLE landed (_delivery_id VARCHAR, _record BIGINT, {columns}, _mistyped VARCHAR[], _row VARCHAR)"
        )
        con.execute(
            'CREATE TABLE quarantine (delivery_id VARCHAR, record BIGINT, rule VARCHAR, rules VARCHAR[], "row" VARCHAR)'
        )
        con.execute("CREATE TABLE missing_column (delivery_id VARCHAR, column_name VARCHAR)")
        for number, rows in enumerate(deliveries):
            own, lost = f"d{number}", (unread or {}).get(number, 0)
            con.execute(
                "INSERT INTO delivery VALUES (?, ?, ?, ?, false, [])",
                [own, f"day{number}.csv", len(rows) + lost, number],
            )
            for record, row in enumerate(rows, start=1):
                bad = row.get("_mistyped", [])
                values = [None if n in bad else row.get(n) for n in names]
                raw = json.dumps({n: str(row.get(n)) for n in names}) if bad else None
                marks = ", ".join("?" * (len(names) + 4))
                con.execute(f"INSERT INTO landed VALUES ({marks})", [own, record, *values, bad, raw])
            for record in range(len(rows) + 1, len(rows) + lost + 1):
                con.execute(
                    "INSERT INTO quarantine VALUES (?, ?, 'unclosed_quote', ['unclosed_quote'], NULL)", [own, record]
                )
            for name in (missing or {}).get(number, ()):
                con.execute("INSERT INTO missing_column VALUES (?, ?)", [own, name])
    return file


class Night:
    """A checked file: results by rule, and where each record went, as `(delivery number, record)`."""

    def __init__(self, file: Path, source: Source, *, as_of: date = AS_OF) -> None:
        self.results = check_source(file, source, as_of, ZONE)
        self.by_rule = {r.rule: r for r in self.results}
        self.broken = {r.rule for r in self.results if not r.is_passed}
        with duckdb.connect(str(file), read_only=True) as con:
            self.quarantine = {
                (int(d[1:]), n): rules
                for d, n, rules in con.execute("SELECT delivery_id, record, rules FROM quarantine").fetchall()
            }
            self.kept_rows = con.execute('SELECT "row" FROM quarantine ORDER BY delivery_id, record').fetchall()
            self.duplicate = {(int(d[1:]), n) for d, n in con.execute("FROM duplicate").fetchall()}
            self.accepted = {
                (int(d[1:]), n) for d, n in con.execute("SELECT _delivery_id, _record FROM accepted").fetchall()
            }
            self.written = con.execute("SELECT rule, is_passed, failed_count FROM check_result").fetchall()


def run_night(file: Path, source: Source, *deliveries: Sequence[Mapping[str, Any]], **more: Any) -> Night:
    return Night(land(file, source, *deliveries, **more), source)
