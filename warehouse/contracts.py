"""Contracts as the pipeline sees them: what a source owes us, by role.

A contract is an Open Data Contract Standard 3.1 file (`*.odcs.yaml`), see https://bitol-io.github.io/open-data-
contract-standard. `read_contracts` checks the folder (see `contract_rules`) and gives one `Source` per file.
Everything downstream works from `Source` and its roles, never from a source's column names.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

import yaml

from warehouse.contract_rules.yaml_text import LOADER

Kind = Literal["transactions", "social", "support", "customers", "consent", "reference"]
LoadMode = Literal["append", "merge", "snapshot"]
Severity = Literal["critical", "warning", "info"]
Drift = Literal["freeze", "ignore"]
"""What a delivery does whose columns are not the declared ones: it closes the gate, or is told in a warning."""

KINDS: tuple[str, ...] = ("transactions", "social", "support", "customers", "consent", "reference")
LOAD_MODES: tuple[str, ...] = ("append", "merge", "snapshot")
DRIFTS: tuple[str, ...] = ("freeze", "ignore")
IDENTITY_ROLES: tuple[str, ...] = (
    "account_id", "full_name", "given_name", "surname", "email", "phone", "birth_date", "gender", "address",
    "postcode", "district", "handle", "national_id", "language",
)  # fmt: skip
ACTIVITY_ROLES: tuple[str, ...] = (
    "event_id", "event_type", "occurred_at", "amount", "currency", "quantity", "item_id", "item_name", "category",
    "channel", "status", "text", "rating", "sentiment", "parent_id", "resolved_at", "agent",
    "like_count", "reply_count", "unit_price",
)  # fmt: skip
ROLES = (*IDENTITY_ROLES, *ACTIVITY_ROLES)
SEVERITIES: Mapping[str, Severity] = {
    "critical": "critical", "error": "critical", "major": "critical", "high": "critical",
    "warning": "warning", "medium": "warning", "minor": "warning", "low": "warning",
    "info": "info",
}  # fmt: skip


class ContractError(Exception):
    """A contract, or a folder of contracts, is not as it must be; the message lists every place with its cure."""


@dataclass(frozen=True)
class Quality:
    """One entry of a `quality` list, as the standard writes it."""

    name: str
    type: str
    """library, sql, text or custom."""
    metric: str | None
    """nullValues, missingValues, invalidValues, duplicateValues or rowCount, of type library."""
    arguments: Mapping[str, Any]
    query: str | None
    """Of type sql: `${table}` (or `{table}`) stands for the table, `${column}` for the column."""
    bounds: Mapping[str, Any]
    """The `must…` entries, as mustBe or mustBeLessThan."""
    unit: str
    """rows or percent."""
    severity: Severity
    description: str


@dataclass(frozen=True)
class Column:
    """One declared leaf of a source's schema."""

    name: str
    """The path in the delivery, joined with dots; also the name of the column in `raw`."""
    path: tuple[str, ...]
    type: str
    """logicalType of the standard: string, integer, number, boolean, date, timestamp, time, array."""
    role: str | None = None
    required: bool = False
    unique: bool = False
    key_position: int | None = None
    format: str | None = None
    """For date, timestamp and time: a pattern of the JDK's DateTimeFormatter, as the standard asks. None: ISO 8601."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """logicalTypeOptions, as minimum, maxLength or pattern; without `format`, except for strings."""
    quality: tuple[Quality, ...] = ()
    purposes: tuple[str, ...] = ()
    classification: str | None = None
    description: str = ""
    physical_type: str | None = None
    """physicalType as written: the type the source itself gives the column, such as DECIMAL(18,2) or BIGINT."""
    drift: Drift | None = None
    """None: `expectations.drift` decides by what the column is."""
    also_called: tuple[str, ...] = ()
    """Other names that it may have in a delivery, as it was or will be called; of nested ones joined with dots."""
    days_since: str | None = None
    """Of a published table (c360.daysSince): it counts whole days from that column, a time, to the end of as_of."""
    moves_daily: bool = False
    """Of a published table (c360.movesDaily, or days_since): it changes with the date alone."""

    @property
    def paths(self) -> tuple[tuple[str, ...], ...]:
        """Where it may be in an object or a struct: its own path first."""
        return (self.path, *(tuple(name.split(".")) for name in self.also_called))


@dataclass(frozen=True)
class Location:
    """Where deliveries come from: one entry of `servers`."""

    type: str
    path: str
    """Absolute path or glob; a relative one in the contract starts at the folder above `contracts/`."""
    format: str
    """csv, json, jsonl or parquet."""
    delimiter: str | None = None
    encoding: str | None = None
    """None: looked for in the bytes, and then said."""
    quoting: bool | None = None


@dataclass(frozen=True)
class Source:
    """One contract: a source, its columns and its rules."""

    name: str
    kind: Kind
    load_mode: LoadMode
    columns: tuple[Column, ...]
    location: Location
    path: Path
    """The contract file."""
    version: str
    description: str
    digest: str
    """sha256 of the contract file's bytes."""
    timezone: str = "UTC"
    currency: str | None = None
    late_days: int | None = None
    trust: int = 9
    account_source: str = ""
    """The source whose accounts `account_id` means: this one, unless a relationship names another."""
    has_content_key: bool = False
    """True (c360.key: content): a row is its content and its ordinal among equal rows of one delivery."""
    quality: tuple[Quality, ...] = ()
    latency_days: float | None = None
    latency_severity: Severity = "warning"
    max_quarantine_share: float = 0.05
    drift: Drift = "ignore"
    """What a new, undeclared column does; it is left out in any case."""
    is_retired: bool = False

    @property
    def key(self) -> tuple[str, ...]:
        """Columns of the primary key in their declared order; empty if rows have none."""
        keyed = [c for c in self.columns if c.key_position is not None]
        return tuple(c.name for c in sorted(keyed, key=lambda c: c.key_position or 0))

    def having(self, role: str) -> tuple[Column, ...]:
        """Columns with the role, in declared order."""
        return tuple(c for c in self.columns if c.role == role)

    def name_of(self, role: str) -> str | None:
        """Name of the one column with the role, or None."""
        return next((c.name for c in self.columns if c.role == role), None)


@dataclass(frozen=True)
class Purpose:
    """Why a consumer may see data: one entry of purposes.yaml."""

    name: str
    description: str
    consent: str | None
    """The consent purpose a person must have granted; None: no consent is asked."""
    pseudonymised: bool


@dataclass(frozen=True)
class Contracts:
    """A folder of contracts that was read and found right."""

    folder: Path
    sources: tuple[Source, ...]
    purposes: tuple[Purpose, ...]
    retired: tuple[str, ...] = ()
    """Names of sources whose contract says `status: retired`: everything loaded of them is to be forgotten."""

    def source(self, name: str) -> Source:
        """The source of that name; raises ContractError if there is none."""
        for source in self.sources:
            if source.name == name:
                return source
        known = ", ".join(s.name for s in self.sources)
        raise ContractError(f"no source named {name!r} in {self.folder}; there are: {known}")

    @property
    def versions(self) -> dict[str, dict[str, str]]:
        """What a generation was built from, for its manifest: version and sha256 of each source's contract."""
        return {s.name: {"version": s.version, "sha256": s.digest} for s in self.sources}


def read_contracts(folder: Path) -> Contracts:
    """Read every `*.odcs.yaml` of a folder and its `purposes.yaml`.

    Raises:
        ContractError: the folder is missing or empty, or a contract breaks the standard or a rule of ours.
    """
    from warehouse.contract_rules.whole import list_problems

    problems = list_problems(folder)
    if problems:
        raise ContractError("\n".join(str(p) for p in problems))
    return load_contracts(folder)


def load_contracts(folder: Path) -> Contracts:
    """The contracts of a folder that is known to be right, as `read_contracts` reads them."""
    folder = folder.resolve()
    found = [read_source(path) for path in sorted(folder.glob("*.odcs.yaml"))]
    sources = tuple(source for source in found if not source.is_retired)
    retired = tuple(source.name for source in found if source.is_retired)
    return Contracts(folder, sources, read_purposes(folder / "purposes.yaml"), retired)


def digest_folder(folder: Path) -> str:
    """sha256 over the bytes of everything `read_contracts` reads: while it is the same, so is what was found right."""
    paths = (*sorted(folder.glob("*.odcs.yaml")), folder / "purposes.yaml")
    digests = [hashlib.sha256(p.read_bytes()).hexdigest() + p.name for p in paths if p.is_file()]
    return hashlib.sha256("".join(digests).encode()).hexdigest()


def read_purposes(path: Path) -> tuple[Purpose, ...]:
    """The purposes of a `purposes.yaml`, in its order; none without the file, which is right if no column names one."""
    if not path.exists():
        return ()
    entries = (yaml.safe_load(path.read_text("utf-8")) or {}).get("purposes", {})
    return tuple(
        Purpose(name, e.get("description", ""), e.get("consent"), bool(e.get("pseudonymised", False)))
        for name, e in entries.items()
    )


def read_source(path: Path) -> Source:
    """One contract file, already found right, as a Source."""
    body = path.read_bytes()
    document = yaml.load(body, LOADER)
    table = document["schema"][0]
    custom = read_custom(document)
    columns = tuple(read_columns(table["properties"]))
    sla = {entry["property"]: entry for entry in document.get("slaProperties", [])}
    return Source(
        name=document["name"],
        kind=custom.get("kind", "reference"),
        load_mode=custom.get("loadMode", "append"),
        columns=columns,
        location=read_location((document.get("servers") or [{"type": "local"}])[0], path.parent.resolve().parent),
        path=path,
        version=str(document.get("version", "")),
        description=(document.get("description") or {}).get("purpose", ""),
        digest=hashlib.sha256(body).hexdigest(),
        timezone=custom.get("timezone", "UTC"),
        currency=custom.get("currency"),
        late_days=custom.get("lateDays"),
        trust=int(custom.get("trust", 9)),
        account_source=read_account_source(table["properties"]) or document["name"],
        has_content_key=custom.get("key") == "content",
        quality=tuple(read_quality(table, table["name"])),
        latency_days=to_days(sla["latency"]) if "latency" in sla else None,
        latency_severity=SEVERITIES[custom.get("latencySeverity", "warning")],
        is_retired=document.get("status") == "retired",
        max_quarantine_share=float(custom.get("maxQuarantineShare", 0.05)),
        drift=custom.get("drift", "ignore"),
    )


def read_custom(element: Mapping[str, Any]) -> dict[str, Any]:
    """The `c360.` custom properties of a contract, table or property, without the prefix."""
    entries = element.get("customProperties") or []
    return {e["property"].removeprefix("c360."): e["value"] for e in entries if e["property"].startswith("c360.")}


def read_columns(properties: list[dict[str, Any]], above: tuple[str, ...] = ()) -> list[Column]:
    """The leaves of nested `properties`, in declared order."""
    columns: list[Column] = []
    for prop in properties:
        path = (*above, prop.get("physicalName") or prop["name"])
        if prop.get("properties"):
            columns += read_columns(prop["properties"], path)
        else:
            columns.append(read_column(prop, path))
    return columns


def read_column(prop: Mapping[str, Any], path: tuple[str, ...]) -> Column:
    """One leaf property."""
    options = {k: to_text(v) for k, v in (prop.get("logicalTypeOptions") or {}).items()}
    is_time = prop.get("logicalType") in {"date", "timestamp", "time"}
    custom = read_custom(prop)
    return Column(
        name=".".join(path),
        path=path,
        type=prop.get("logicalType", "string"),
        role=custom.get("role"),
        required=bool(prop.get("required") or prop.get("primaryKey")),
        unique=bool(prop.get("unique")),
        key_position=(prop.get("primaryKeyPosition") or 1) if prop.get("primaryKey") else None,
        format=options.pop("format", None) if is_time else None,
        options=options,
        quality=tuple(read_quality(prop, ".".join(path))),
        purposes=tuple(custom.get("purposes", ())),
        classification=prop.get("classification"),
        description=prop.get("description", ""),
        physical_type=prop.get("physicalType"),
        drift=custom.get("drift"),
        also_called=tuple(custom.get("alsoCalled", ())),
        days_since=custom.get("daysSince"),
        moves_daily=bool(custom.get("movesDaily") or custom.get("daysSince")),
    )


def to_text(value: Any) -> Any:
    """A date that YAML read as a date, as the ISO text it was written as; anything else as it is."""
    return value.isoformat() if isinstance(value, date | datetime) else value


def read_quality(element: Mapping[str, Any], where: str) -> list[Quality]:
    """The `quality` entries of a table or a property; one without a name is called after its metric and place."""
    rules = []
    for number, entry in enumerate(element.get("quality") or [], start=1):
        metric = entry.get("metric") or entry.get("rule")
        rules.append(
            Quality(
                name=entry.get("name") or f"{metric or entry.get('type', 'rule') + str(number)}:{where}",
                type=entry.get("type", "library"),
                metric=metric,
                arguments=entry.get("arguments") or {},
                query=entry.get("query"),
                bounds={k: v for k, v in entry.items() if k.startswith("must")},
                unit=entry.get("unit", "rows"),
                severity=SEVERITIES[entry.get("severity", "error")],
                description=entry.get("description", ""),
            )
        )
    return rules


def read_account_source(properties: list[dict[str, Any]]) -> str | None:
    """The source that the account id's relationship names, as in `to: users.odcs.yaml#schema/users/properties/id`."""
    for prop in properties:
        if read_custom(prop).get("role") == "account_id":
            for relation in prop.get("relationships") or []:
                return str(relation["to"]).split("#")[0].split("/")[-1].removesuffix(".odcs.yaml") or None
        nested = read_account_source(prop["properties"]) if prop.get("properties") else None
        if nested:
            return nested
    return None


def read_location(server: Mapping[str, Any], base: Path) -> Location:
    """One server of a contract; a relative path starts at the folder above `contracts/`."""
    custom = read_custom(server)
    path = str(server.get("path") or server.get("location") or "")
    form = str(custom.get("format") or server.get("format") or suffix_format(path)).lower()
    return Location(
        type=server["type"],
        path=str(base / path),
        format=form,
        delimiter=custom.get("delimiter") or server.get("delimiter"),
        encoding=custom.get("encoding") or server.get("encoding"),
        quoting=custom.get("quoting"),
    )


def suffix_format(path: str) -> str:
    """The format a file name speaks of, compression aside."""
    name = path.removesuffix(".gz").removesuffix(".zst")
    return name.rsplit(".", 1)[-1].lower() if "." in name.rsplit("/", 1)[-1] else ""


def to_days(sla: Mapping[str, Any]) -> float:
    """An SLA's value in days; its unit may be seconds to years, in the standard's spellings."""
    seconds = {
        "s": 1, "sec": 1, "second": 1, "m": 60, "min": 60, "minute": 60, "h": 3600, "hour": 3600, "d": 86400,
        "day": 86400, "w": 604800, "week": 604800, "y": 31557600, "yr": 31557600, "year": 31557600,
    }  # fmt: skip
    unit = str(sla.get("unit", "d")).lower()
    return float(sla["value"]) * seconds[unit if unit in seconds else unit.rstrip("s")] / 86400
