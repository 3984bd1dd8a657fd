"""Contracts as the pipeline sees them: what a source owes us, by role.

A contract is an Open Data Contract Standard 3.1 file (`*.odcs.yaml`), see https://bitol-io.github.io/open-data-
contract-standard. `contract_files.read_contracts` checks a folder of them and gives one `Source` per file.
Everything downstream works from `Source` and its roles, never from a source's column names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from warehouse.contracts.servers.remote import Remote
from warehouse.errors import C360Error
from warehouse.types.roles import Drift, LoadMode, Severity

if TYPE_CHECKING:
    from warehouse.contracts.rest.request import Api

Refusal = Literal["any", "latest"]


class ContractError(C360Error):
    """A contract, or a folder of contracts, is not as it must be; the message lists every place with its cure."""

    exit_code = 2


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
    """Names of fields; behind `$` they start at the top of the document, else at the record."""
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
    decimal: Literal["comma", "point"] | None = None
    """Of a number written as text (c360.decimal): its decimal sign. None: the values of a delivery tell."""
    thousands: str | None = None
    """Of a number written as text (c360.thousands): the sign between thousands, of numbers.SEPARATORS."""
    credit: Literal["plus", "minus"] | None = None
    """Of an amount (c360.credit): the sign of what has CR behind, the other of what has DR. None: neither is read."""
    scale: Literal["minor"] | int | None = None
    """Of an amount delivered as a whole number (c360.scale): its decimal places, or `minor`: those of its currency."""
    epoch: str | None = None
    """Of a date or a timestamp (c360.epoch): bare numbers are counted from a day, in this unit."""
    means: Mapping[str, str] = field(default_factory=dict)
    """What the column's own words mean (c360.means), as `storniert: cancelled`."""
    carries_down: bool = False
    """A cell that is empty has the value of an earlier line of its order, in the same delivery (c360.carryDown)."""
    marks_deleted: bool | None = None
    """Does it say which rows their source has deleted (c360.deleted)? See `deletion_marks`. None: nobody says."""
    is_sequence: bool = False
    """Of two rows with one key the one in which it is greater is the newer (c360.sequence)."""
    non_merchandise: tuple[str, ...] = ()
    """Of an item_id (c360.nonMerchandise): ids that are no goods, as postage; a `*` stands for any characters."""
    days_since: str | None = None
    """Of a published table (c360.daysSince): it counts whole days from that column, a time, to the end of as_of."""
    moves_daily: bool = False
    """Of a published table (c360.movesDaily, or days_since): it changes with the date alone."""
    copied_from: str | None = None
    """Of a second role (c360.alsoRole): the delivered column of the same source that has it beside its own."""
    head_column: str | None = None
    """Of a line whose order is a row of another source: the column of that row that this one is taken from."""
    made_of: tuple[str, ...] = ()
    """Of a published table (transformSourceObjects): its lineage, see warehouse.contracts.lineage."""

    @property
    def declared_decimal(self) -> str | None:
        """The decimal sign by the contract: where one of comma and point stands between thousands, it is the other."""
        return self.decimal or {"comma": "point", "point": "comma"}.get(self.thousands or "")

    @property
    def paths(self) -> tuple[tuple[str, ...], ...]:
        """Where it may be in an object or a struct: its own path first."""
        return (self.path, *(tuple(name.split(".")) for name in self.also_called))


@dataclass(frozen=True)
class Database:
    """Of a source that lies in a database: which rows are its own."""

    host: str
    port: int
    database: str
    schema: str
    table: str
    """The schema object's physicalName, or its name."""
    query: str | None = None
    """Instead of the table (c360.query)."""
    cursor: str | None = None
    """The column that grows with every change, or xmin (c360.cursor). None: the whole table, each time."""
    overlap: int = 0
    """How far behind the cursor rows are pulled again (c360.overlap): seconds of a time, else the cursor's unit."""


@dataclass(frozen=True)
class Location:
    """Where deliveries come from: one entry of `servers`."""

    type: str
    path: str
    """Absolute path or glob; a relative one in the contract starts at the folder above `contracts/`. Of a source that
    is pulled, where its run puts what it pulls."""
    format: str
    """csv, json, jsonl, parquet or xlsx."""
    delimiter: str | None = None
    encoding: str | None = None
    """None: looked for in the bytes, and then said."""
    quoting: bool | None = None
    quote: Literal["double", "single"] | None = None
    """What encloses fields of CSV (c360.quote). None: double quotes; a file that looks otherwise is refused."""
    comment: str | None = None
    """What a line of CSV begins with that is no record (c360.comment). None: a line that looks so is rejected; `none`:
    there are no such lines."""
    has_header: bool = True
    """False (c360.header): the columns of a CSV file are the declared ones, in their order."""
    footer: str | None = None
    """What the footer of a CSV file begins with (c360.footer); it and what follows are no records."""
    sheet: str | None = None
    """Which sheet of a workbook is the table (c360.sheet). None: the only one that holds something."""
    records: str | None = None
    """Where in a JSON document its records lie (c360.records), see `record_path`. None: documents are records."""
    connection: str = ""
    """The name of the connection that has the login (c360.connection). Empty: the client's own files decide."""
    database: Database | None = None
    api: Api | None = None
    remote: Remote | None = None
    """Of files on a server: where."""
    marker: str = ""
    """Which other file says that a file is complete (c360.marker)."""
    settle: float = 0.0
    """Seconds through which a new file must have stayed as it is (c360.settle)."""
    folder: str = ""
    """Where names of deliveries start; empty: at the part of the path that has no wildcard."""

    @property
    def server(self) -> tuple[object, ...]:
        """What is pulled in one session: the same of all sources of one database, or one API; of files each its own."""
        place, api, files = self.database, self.api, self.remote
        within: tuple[object, ...] = (place.host, place.port, place.database) if place else ()
        within += (api.origin, api.request.auth) if api else ()
        return (self.type, self.connection, *within, *((files.endpoint, files.url) if files else ()))


@dataclass(frozen=True)
class Head:
    """Where the rows lie that lines belong to: a source of kind `orders`, with one row an order."""

    source: str
    key: str
    """The column of the head by which lines name it."""
    line_key: str
    """The column of the lines that names it, of role parent_id."""
    digest: str
    """sha256 of the head's contract."""
    deleted: str = "false"
    """SQL: is the head, as relation h, a row that its source has deleted?"""


@dataclass(frozen=True)
class Source:
    """One contract: a source, its columns and its rules."""

    name: str
    kind: str
    """Of KINDS."""
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
    day_zone: str | None = None
    """Where a moment that says no time begins, as the midnight of its day: the business zone, which a run knows."""
    currency: str | None = None
    late_days: int | None = None
    trust: int = 9
    account_source: str = ""
    """The source whose accounts `account_id` means: this one, unless a relationship names another."""
    catalogue: str | None = None
    """The source whose items `item_id` means, if a relationship names one."""
    has_content_key: bool = False
    """True (c360.key: content): a row is its content and its ordinal among equal rows of one delivery."""
    quality: tuple[Quality, ...] = ()
    latency_days: float | None = None
    latency_severity: Severity = "warning"
    max_quarantine_share: float = 0.05
    max_unknown_share: float = 0.05
    """Share of rows whose status no list of words knows, above which the gate closes (c360.maxUnknownShare)."""
    drift: Drift = "ignore"
    """What a new, undeclared column does; it is left out in any case."""
    is_retired: bool = False
    head: Head | None = None
    """Of lines whose orders are another source's rows. Their columns are among these, see `own`."""

    @property
    def own(self) -> Source:
        """The source with the columns that it delivers itself, each once."""
        columns = (c for c in self.columns if c.head_column is None and c.copied_from is None)
        return replace(self, columns=tuple(columns))

    @property
    def key(self) -> tuple[str, ...]:
        """Columns of the primary key in their declared order; empty if rows have none."""
        keyed = [c for c in self.columns if c.key_position is not None]
        return tuple(c.name for c in sorted(keyed, key=lambda c: c.key_position or 0))

    @property
    def deletion_mark(self) -> Column | None:
        """The column that says which rows were deleted."""
        return next((c for c in self.columns if c.marks_deleted), None)

    @property
    def sequence_column(self) -> Column | None:
        """The column that says which of two rows with one key is the newer."""
        return next((c for c in self.columns if c.is_sequence), None)

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
    relations: tuple[str, ...] = ()
    """Of RELATIONS, those between people that its consumers may see."""
    refusal: Refusal = "any"
    """Whose no keeps a customer back whom likeness holds together: any account's, or only the answer given last."""
    min_confidence: float = 0.0
    """Customers of whom it is less sure that they are one person do not go out, 0 to 1."""


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


def to_days(sla: Mapping[str, Any]) -> float:
    """An SLA's value in days; its unit may be seconds to years, in the standard's spellings."""
    seconds = {
        "s": 1, "sec": 1, "second": 1, "m": 60, "min": 60, "minute": 60, "h": 3600, "hour": 3600, "d": 86400,
        "day": 86400, "w": 604800, "week": 604800, "y": 31557600, "yr": 31557600, "year": 31557600,
    }  # fmt: skip
    unit = str(sla.get("unit", "d")).lower()
    return float(sla["value"]) * seconds[unit if unit in seconds else unit.rstrip("s")] / 86400
