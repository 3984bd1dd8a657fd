"""A tiny company for tests of whole nights: six sources of a handful of rows, and its contracts, in its own folder.

People: Chan Tai Man shops, posts, asks for help and answered a consent notice; Mei Wong is in the register and shops;
Lee Ka Fai posts only.
"""

import hashlib
import json
import shutil
from collections.abc import Iterable, Mapping
from concurrent.futures import Executor
from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import yaml

from tests.worlds.stages import run_stages
from warehouse.duck import open_published, quote
from warehouse.home.layout import Home
from warehouse.monitoring.report import read_last_report
from warehouse.night import begin_step, run_night
from warehouse.run import RunOptions

AS_OF = date(2026, 3, 10)
CRM_HEAD = "no,name,phone,email,birth_date,district\n"
CHAN = "C1,CHAN Tai Man,+852 9123 4567,tai.man@example.com,1980-05-17,Sha Tin\n"
WONG = 'C2,"WONG, Mei",6123 4567,mei@example.com,1991-02-03,Wan Chai\n'
SALES_HEAD = "line,receipt,account,email,quantity,amount,currency,sold_at\n"
SALES = (
    "L1,R1,A1,tai.man@example.com,2,100.00,HKD,2026-03-01 10:00\n",
    "L2,R1,A1,tai.man@example.com,1,50.50,HKD,2026-03-01 10:00\n",
    "L3,R2,A1,tai.man@example.com,-1,-50.50,HKD,2026-03-05 12:30\n",
    "L4,R3,A2,mei@example.com,1,10.00,CNY,2026-02-01 09:00\n",
)
POSTS = (
    {"id": "P1", "at": "2026-03-02T01:00:00Z", "text": "nice shop",
     "author": {"handle": "@taiman", "email": "tai.man@example.com"}},
    {"id": "P2", "at": "2026-03-03T01:00:00Z", "text": "好正", "author": {"handle": "@taiman"}},
    {"id": "P3", "at": "2026-03-04T01:00:00Z", "text": "too slow", "author": {"handle": "@kafai"}},
)  # fmt: skip
TICKETS = (
    {"id": "T1", "user": {"id": "U1", "email": "Tai.Man@Example.com"}, "text": "where is it?", "status": "open",
     "at": "2026-03-06T02:00:00Z", "solved_at": None},
)  # fmt: skip
CONSENT_HEAD = "customer,purpose,decision,at\n"
CONSENTS = ("C1,direct_marketing,granted,2026-01-05 10:00\n", "C2,direct_marketing,withdrawn,2026-01-06 10:00\n")
RATES = "currency,valid_from,rate_to_hkd\nHKD,2020-01-01,1\nCNY,2020-01-01,1.1\n"


def column(name: str, role: str | None = None, kind: str = "string", **more: Any) -> dict[str, Any]:
    """One property of a contract."""
    body: dict[str, Any] = {"name": name, "logicalType": kind, **more}
    if role:
        body["customProperties"] = [{"property": "c360.role", "value": role}]
    return body


def key(name: str, role: str | None = None, **more: Any) -> dict[str, Any]:
    return column(name, role, primaryKey=True, primaryKeyPosition=1, required=True, **more)


MINUTE = {"format": "yyyy-MM-dd HH:mm"}
MONEY = {"physicalType": "DECIMAL(18,2)"}
SOURCES: dict[str, dict[str, Any]] = {
    "crm": {
        "kind": "customers", "mode": "snapshot", "path": "crm*.csv",
        "columns": [
            key("no", "account_id"), column("name", "full_name"), column("phone", "phone"), column("email", "email"),
            column("birth_date", "birth_date", "date"), column("district", "district"),
        ],
    },
    "sales": {
        "kind": "transactions", "mode": "append", "path": "sales*.csv",
        "columns": [
            key("line", "event_id"), column("receipt", "parent_id"), column("account", "account_id"),
            column("email", "email"), column("quantity", "quantity", "integer", required=True),
            column("amount", "amount", "number", required=True, **MONEY), column("currency", "currency"),
            column("sold_at", "occurred_at", "timestamp", required=True, logicalTypeOptions=MINUTE),
        ],
    },
    "posts": {
        "kind": "social", "mode": "append", "path": "posts*.jsonl",
        "columns": [
            key("id", "event_id"), column("at", "occurred_at", "timestamp", required=True), column("text", "text"),
            {"name": "author", "logicalType": "object", "properties": [
                column("handle", "account_id", required=True), column("email", "email")]},
        ],
    },
    "tickets": {
        "kind": "support", "mode": "merge", "path": "tickets*.jsonl",
        "columns": [
            key("id", "event_id"),
            {"name": "user", "logicalType": "object", "properties": [
                column("id", "account_id", required=True), column("email", "email")]},
            column("text", "text"), column("status", "status"), column("at", "occurred_at", "timestamp", required=True),
            column("solved_at", "resolved_at", "timestamp"),
        ],
    },
    "consent": {
        "kind": "consent", "mode": "append", "path": "consent*.csv", "custom": {"key": "content"},
        "columns": [
            column("customer", "account_id", required=True,
                   relationships=[{"type": "foreignKey", "to": "crm.odcs.yaml#schema/crm/properties/no"}]),
            column("purpose", "category", required=True), column("decision", "status", required=True),
            column("at", "occurred_at", "timestamp", required=True, logicalTypeOptions=MINUTE),
        ],
    },
    "fx_rates": {
        "kind": "reference", "mode": "snapshot", "path": "fx*.csv",
        "columns": [
            key("currency", "currency"), column("valid_from", "occurred_at", "date"),
            column("rate_to_hkd", "amount", "number"),
        ],
    },
}  # fmt: skip
USUAL: Mapping[str, Any] = {
    "crm.csv": CRM_HEAD + CHAN + WONG, "sales.csv": [SALES_HEAD, *SALES], "posts.jsonl": POSTS,
    "tickets.jsonl": TICKETS, "consent.csv": [CONSENT_HEAD, *CONSENTS], "fx.csv": RATES,
}  # fmt: skip
PURPOSES = {"purposes": {"service": {"description": "Answer a customer"}}}


def make_contract(name: str, source: Mapping[str, Any]) -> dict[str, Any]:
    """A contract as the standard writes it; bad rows alone close no gate unless a test says so."""
    custom = {
        "kind": source["kind"], "loadMode": source["mode"], "timezone": "Asia/Hong_Kong",
        "maxQuarantineShare": 1.0, **source.get("custom", {}),
    }  # fmt: skip
    if source["kind"] == "transactions":
        custom.setdefault("currency", "HKD")
    form = "jsonl" if "json" in source["path"] else source["path"].rsplit(".", 1)[-1]
    return {
        "apiVersion": "v3.1.0", "kind": "DataContract", "id": f"urn:c360:source:{name}", "name": name,
        "version": "1.0.0", "status": "active",
        "servers": [{"server": "local", "type": "local", "path": f"./data/{source['path']}",
                     "format": source.get("format", form)}],
        "schema": [{
            "name": name, "physicalType": "file", "logicalType": "object",
            "quality": [{"type": "library", "metric": "rowCount", "mustBeGreaterThan": 0, "severity": "error"}],
            "properties": deepcopy(source["columns"]),
        }],
        "customProperties": [{"property": f"c360.{k}", "value": v} for k, v in custom.items()],
    }  # fmt: skip


class World:
    """The company: `data/` for deliveries, `contracts/`, and `home/`, where generations are published."""

    def __init__(self, root: Path, checker: Executor) -> None:
        self.root, self.checker = root, checker
        self.data, self.contracts = root / "data", root / "contracts"
        self.home = Home(root / "home")

    @classmethod
    def found(cls, root: Path, checker: Executor, sources: Iterable[str] = SOURCES) -> "World":
        """A new company, with the contracts of these sources and no delivery yet."""
        world = cls(root, checker)
        for folder in (world.data, world.contracts):
            folder.mkdir(parents=True)
        for name in sources:
            world.declare(name)
        world.write_yaml("purposes.yaml", PURPOSES)
        return world

    def copy(self, root: Path) -> "World":
        """The same company elsewhere, with everything it has published."""
        shutil.copytree(self.root, root, symlinks=True, dirs_exist_ok=True)
        return World(root, self.checker)

    def declare(self, name: str, **changes: Any) -> None:
        """Write a source's contract: the usual one with changes to kind, mode, path, columns or custom."""
        self.write_yaml(f"{name}.odcs.yaml", make_contract(name, SOURCES.get(name, {}) | changes))

    def write_yaml(self, name: str, document: object) -> None:
        (self.contracts / name).write_text(yaml.safe_dump(document, sort_keys=False, allow_unicode=True), "utf-8")

    def deliver(self, name: str, body: str | bytes | Iterable[str] | Iterable[Mapping[str, Any]]) -> Path:
        """Write a delivery: text, bytes, lines, or objects as JSON lines."""
        path = self.data / name
        if not isinstance(body, str | bytes):
            body = "".join(part if isinstance(part, str) else json.dumps(part) + "\n" for part in body)
        path.write_bytes(body.encode() if isinstance(body, str) else body)
        return path

    def deliver_all(self) -> None:
        """The usual delivery of each source."""
        for name, body in USUAL.items():
            self.deliver(name, body)

    def night(self, as_of: date | None = AS_OF, **options: Any) -> dict[str, Any]:
        """One whole night; gives its report."""
        try:
            return dict(run_night(self.home, self.contracts, as_of, options=RunOptions(**options)))
        finally:
            self.checker.submit(bool).result()  # what an ended night left to be checked is done with

    def run_to(self, stage: str, as_of: date | None = AS_OF, **options: Any) -> None:
        """A night that ends with a stage (load, clean, identify, profile), and serves what that left."""
        try:
            run = begin_step(self.home, self.contracts, as_of, RunOptions(**options))
            run_stages(run, self.checker, stage)
        finally:
            self.checker.submit(bool).result()

    @property
    def generation(self) -> int | None:
        """Number of the generation that is served."""
        current = self.home.find_current()
        return current.number if current else None

    @property
    def report(self) -> dict[str, Any]:
        """The report of the last run."""
        report = read_last_report(self.home)
        assert report is not None
        return report

    def ask(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Rows of a query on the current generation."""
        with open_published(self.home.require_current().workings) as con:
            return con.execute(query, list(parameters)).fetchall()

    def books(self, source: str, generation: int | None = None) -> list[tuple[int, ...]]:
        """Physical, loaded, quarantined and duplicate records of each delivery taken in by a night."""
        return self.ask(
            "SELECT physical_count, loaded_count, quarantined_count, duplicate_count FROM delivery"
            " WHERE source = ? AND generation = ? ORDER BY name",
            source, generation or self.generation,
        )  # fmt: skip

    def quarantined(self, source: str) -> list[tuple[str, int, str]]:
        """Delivery (its file's name), record number and rule of everything in quarantine."""
        return self.ask(
            "SELECT d.name, q.record, q.rule FROM quarantine.record AS q JOIN delivery AS d USING (source, delivery_id)"
            " WHERE source = ? ORDER BY ALL",
            source,
        )

    def require_balance(self) -> None:
        """Every record of every delivery ever taken in is loaded, deleted, in quarantine, or a duplicate."""
        rows = self.ask(
            "SELECT source, name, physical_count, loaded_count + quarantined_count + duplicate_count"
            " + deleted_count FROM delivery"
        )
        assert rows
        assert [row for row in rows if row[2] != row[3]] == []
        kept = self.ask("SELECT count(*) FROM quarantine.record")
        assert kept == self.ask("SELECT sum(quarantined_count) FROM delivery")


def list_tree(folder: Path) -> dict[str, tuple[int, str]]:
    """Mode and sha256 of each file."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mode & 0o777, hashlib.sha256(path.read_bytes()).hexdigest())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def find_secret(folder: Path, secret: str) -> set[str]:
    """Where a text stands in any file below a folder: `file`, or `file:schema.table.column` for a decoded database."""
    found: set[str] = set()
    for path in (p for p in sorted(folder.rglob("*")) if p.is_file() and not p.is_symlink()):
        name = str(path.relative_to(folder))
        if path.suffix == ".duckdb":
            found |= {f"{name}:{place}" for place in find_in_database(path, secret)}
        elif secret.encode() in path.read_bytes() or secret in name:
            found.add(name)
    return found


def find_in_database(path: Path, secret: str) -> set[str]:
    """Columns of a database, names, comments and views included, that hold a text."""
    with duckdb.connect(str(path), read_only=True) as con:
        tables = con.execute("SELECT schema_name, table_name FROM duckdb_tables()").fetchall()
        found = {
            f"{schema}.{table}.{name}"
            for schema, table in tables
            for name in [r[0] for r in con.execute(f"DESCRIBE {quote(schema)}.{quote(table)}").fetchall()]
            if con.execute(
                f"SELECT count(*) FROM {quote(schema)}.{quote(table)} WHERE contains({quote(name)}::VARCHAR, ?)",
                [secret],
            ).fetchall()[0][0]
        }
        catalogue = con.execute(
            "SELECT sql, comment FROM duckdb_tables() UNION ALL SELECT sql, comment FROM duckdb_views()"
            " UNION ALL SELECT column_name, comment FROM duckdb_columns()"
        ).fetchall()
        return found | ({"catalogue"} if secret in str(catalogue) else set())
