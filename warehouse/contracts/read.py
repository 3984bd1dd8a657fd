"""Contract files read into what `contracts` declares: Open Data Contract Standard 3.1."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from warehouse.contracts.model import Column, Contracts, Database, Head, Location, Quality, Source, to_days
from warehouse.contracts.purposes import require_purposes
from warehouse.contracts.rest.request import Api, Request
from warehouse.contracts.servers.remote import SCHEMES, read_remote
from warehouse.contracts.servers.values import to_seconds
from warehouse.contracts.yaml_reader import read_yaml
from warehouse.types.deletion_marks import is_deleted
from warehouse.types.record_path import is_path, read_place
from warehouse.types.roles import IDENTIFIERS, MONEY_ROLES, SEVERITIES

DATABASES = frozenset({"postgresql", "postgres"})
"""Types of servers whose tables are pulled."""
API = "api"
"""The type of a server that answers requests."""
DEFAULT_SETTLE: Mapping[str, int] = {"sftp": 10}
"""Seconds through which a new file is watched, by type of server; what is copied there is written bit by bit."""
TAKEN = frozenset({*IDENTIFIERS, "account_id", "occurred_at", "status", "channel", "event_type", "agent"})
"""Roles that a line has from its order, where it has none itself."""


def load_contracts(folder: Path) -> Contracts:
    """The contracts of a folder that is known to be right, as `read_contracts` reads them."""
    folder = folder.resolve()
    found = [read_source(path) for path in sorted(folder.glob("*.odcs.yaml"))]
    heads = {source.path.name: source for source in found if source.kind == "orders"}
    sources = tuple(with_head(source, heads) for source in found if not source.is_retired)
    retired = tuple(source.name for source in found if source.is_retired)
    return Contracts(folder, sources, require_purposes(folder), retired)


def with_head(source: Source, heads: Mapping[str, Source]) -> Source:
    """Lines whose order is a row of another source have the roles of that row which they lack themselves."""
    document, _ = read_yaml(source.path)
    found = find_head(document["schema"][0]["properties"]) if source.kind == "transactions" else None
    line_key, head = source.name_of("parent_id"), heads.get(found[0]) if found else None
    if found is None or head is None or line_key is None:
        return source
    taken = [c for c in head.columns if c.role in TAKEN and not source.having(str(c.role))]
    columns = [
        replace(with_no_rules(c), name=f"{head.name}.{c.name}", head_column=c.copied_from or c.name, copied_from=None)
        for c in taken
    ]
    own_account = source.having("account_id")
    return replace(
        source,
        columns=(*source.columns, *columns),
        account_source=source.account_source if own_account else head.account_source,
        head=Head(head.name, found[1], line_key, head.digest, is_deleted(head, "h.")),
    )


def find_head(properties: list[dict[str, Any]]) -> tuple[str, str] | None:
    """The file and the column that the relationship of the order's number leads to."""
    for prop in properties:
        if read_custom(prop).get("role") == "parent_id":
            for relation in prop.get("relationships") or []:
                file, _, place = str(relation["to"]).partition("#")
                return file.rsplit("/", 1)[-1], place.rsplit("/", 1)[-1]
        nested = find_head(prop["properties"]) if prop.get("properties") else None
        if nested:
            return nested
    return None


def digest_folder(folder: Path) -> str:
    """sha256 over the bytes of everything `read_contracts` reads: while it is the same, so is what was found right."""
    paths = (*sorted(folder.glob("*.odcs.yaml")), folder / "purposes.yaml", folder / "service_rules.yaml")
    digests = [hashlib.sha256(p.read_bytes()).hexdigest() + p.name for p in paths if p.is_file()]
    return hashlib.sha256("".join(digests).encode()).hexdigest()


def read_source(path: Path) -> Source:
    """One contract file, already found right, as a Source."""
    body = path.read_bytes()
    document, _ = read_yaml(path)
    table = document["schema"][0]
    custom = read_custom(document)
    server = (document.get("servers") or [{"type": "local"}])[0]
    location = read_location(server, path.parent.resolve().parent)
    if server["type"] in DATABASES:
        location = replace(location, database=read_database(server, table))
    if server["type"] == API:
        location = replace(location, api=read_api(server))
    found = read_columns(table["properties"], is_nested=location.records is not None)
    columns = tuple(with_defaults(column, custom) for column in [*found, *list_copies(table["properties"], found)])
    sla = {entry["property"]: entry for entry in document.get("slaProperties", [])}
    return Source(
        name=document["name"],
        kind=custom.get("kind", "reference"),
        load_mode=custom.get("loadMode", "append"),
        columns=columns,
        location=location,
        path=path,
        version=str(document.get("version", "")),
        description=(document.get("description") or {}).get("purpose", ""),
        digest=hashlib.sha256(body).hexdigest(),
        timezone=custom.get("timezone", "UTC"),
        currency=custom.get("currency"),
        late_days=custom.get("lateDays"),
        trust=int(custom.get("trust", 9)),
        account_source=read_relation(table["properties"], "account_id") or document["name"],
        catalogue=read_relation(table["properties"], "item_id"),
        has_content_key=custom.get("key") == "content",
        quality=tuple(read_quality(table, table["name"])),
        latency_days=to_days(sla["latency"]) if "latency" in sla else None,
        latency_severity=SEVERITIES[custom.get("latencySeverity", "warning")],
        is_retired=document.get("status") == "retired",
        max_quarantine_share=float(custom.get("maxQuarantineShare", 0.05)),
        max_unknown_share=float(custom.get("maxUnknownShare", 0.05)),
        drift=custom.get("drift", "ignore"),
    )


def with_no_rules(column: Column) -> Column:
    """A column without what is asked of it where it is delivered."""
    return replace(column, required=False, unique=False, key_position=None)


def list_copies(properties: list[dict[str, Any]], columns: list[Column]) -> list[Column]:
    """A column more for each that has a second role: the same values, under that role."""
    second = read_second_roles(properties)
    return [
        replace(with_no_rules(column), name=f"{column.name} ({role})", role=role, copied_from=column.name, quality=())
        for column, role in zip(columns, second, strict=True)
        if role is not None
    ]


def read_second_roles(properties: list[dict[str, Any]]) -> list[str | None]:
    """By leaf, in declared order, its second role."""
    found: list[str | None] = []
    for prop in properties:
        found += (
            read_second_roles(prop["properties"]) if prop.get("properties") else [read_custom(prop).get("alsoRole")]
        )
    return found


def with_defaults(column: Column, custom: Mapping[str, Any]) -> Column:
    """A column with what its contract says of all numbers, where it says nothing itself."""
    if column.type not in {"number", "integer"}:
        return column
    names = ("decimal", "thousands", *(("credit", "scale") if column.role in MONEY_ROLES else ()))
    return replace(column, **{name: custom[name] for name in names if getattr(column, name) is None and name in custom})


def read_custom(element: Mapping[str, Any]) -> dict[str, Any]:
    """The `c360.` custom properties of a contract, table or property, without the prefix."""
    entries = element.get("customProperties") or []
    return {e["property"].removeprefix("c360."): e["value"] for e in entries if e["property"].startswith("c360.")}


def read_columns(
    properties: list[dict[str, Any]], above: tuple[str, ...] = (), called: str = "", *, is_nested: bool = False
) -> list[Column]:
    """The leaves of nested `properties`, in declared order.

    Where records lie within documents (`is_nested`), a physicalName may be a path from the top of the document.
    """
    columns: list[Column] = []
    for prop in properties:
        physical = str(prop.get("physicalName") or prop["name"])
        is_placed = is_nested and is_path(physical)
        path = read_place(physical) if is_placed else (*above, physical)
        name = f"{called}.{prop['name'] if is_placed else physical}".removeprefix(".")
        if prop.get("properties"):
            columns += read_columns(prop["properties"], path, name, is_nested=is_nested)
        else:
            columns.append(read_column(prop, path, name))
    return columns


def read_column(prop: Mapping[str, Any], path: tuple[str, ...], name: str) -> Column:
    """One leaf property."""
    options = dict(prop.get("logicalTypeOptions") or {})
    is_time = prop.get("logicalType") in {"date", "timestamp", "time"}
    custom = read_custom(prop)
    return Column(
        name=name,
        path=path,
        type=prop.get("logicalType", "string"),
        role=custom.get("role"),
        required=bool(prop.get("required") or prop.get("primaryKey")),
        unique=bool(prop.get("unique")),
        key_position=(prop.get("primaryKeyPosition") or 1) if prop.get("primaryKey") else None,
        format=options.pop("format", None) if is_time else None,
        options=options,
        quality=tuple(read_quality(prop, name)),
        purposes=tuple(custom.get("purposes", ())),
        classification=prop.get("classification"),
        description=prop.get("description", ""),
        physical_type=prop.get("physicalType"),
        drift=custom.get("drift"),
        also_called=tuple(custom.get("alsoCalled", ())),
        decimal=custom.get("decimal"),
        thousands=custom.get("thousands"),
        credit=custom.get("credit"),
        scale=custom.get("scale"),
        epoch=custom.get("epoch"),
        means=read_words(custom.get("means", {})),
        carries_down=bool(custom.get("carryDown")),
        marks_deleted=custom.get("deleted"),
        is_sequence=custom.get("sequence") is True,
        non_merchandise=tuple(custom.get("nonMerchandise", ())),
        days_since=custom.get("daysSince"),
        moves_daily=bool(custom.get("movesDaily") or custom.get("daysSince")),
        made_of=tuple(prop.get("transformSourceObjects") or ()),
    )


def read_words(means: Mapping[str, Any]) -> dict[str, str]:
    """Words and their meanings; YAML makes True of a bare yes, on and true, and False of no, off and false."""
    truths = {"True": ("yes", "on", "true"), "False": ("no", "off", "false")}
    return {word: str(meaning) for key, meaning in means.items() for word in truths.get(key, (key,))}


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


def read_relation(properties: list[dict[str, Any]], role: str) -> str | None:
    """The source that a role's relationship names, as in `to: users.odcs.yaml#schema/users/properties/id`."""
    for prop in properties:
        if read_custom(prop).get("role") == role:
            for relation in prop.get("relationships") or []:
                return str(relation["to"]).split("#")[0].split("/")[-1].removesuffix(".odcs.yaml") or None
        nested = read_relation(prop["properties"], role) if prop.get("properties") else None
        if nested:
            return nested
    return None


def read_location(server: Mapping[str, Any], base: Path) -> Location:
    """One server of a contract; a relative path starts at the folder above `contracts/`.

    What is pulled from a database comes as Parquet, and from an API as one answer a line.
    """
    custom = read_custom(server)
    path, settle = name_files(server), custom.get("settle")
    form = str(custom.get("format") or server.get("format") or suffix_format(path)).lower()
    if server["type"] in DATABASES:
        form = "parquet"
    if server["type"] == API:
        path, form = "", "jsonl"
    endpoint, is_remote = str(server.get("endpointUrl") or ""), server["type"] in SCHEMES
    return Location(
        type="gcs" if server["type"] == "custom" else server["type"],
        path=str(base / path),
        format=form,
        delimiter=custom.get("delimiter") or server.get("delimiter"),
        encoding=custom.get("encoding") or server.get("encoding"),
        quoting=custom.get("quoting"),
        quote=custom.get("quote"),
        comment=custom.get("comment"),
        has_header=custom.get("header", True),
        footer=custom.get("footer"),
        sheet=custom.get("sheet"),
        records=custom.get("records"),
        connection=custom.get("connection", ""),
        remote=read_remote(server["type"], path, endpoint) if is_remote else None,
        marker=custom.get("marker", ""),
        settle=to_seconds(settle) if settle else 0 if "marker" in custom else DEFAULT_SETTLE.get(server["type"], 0),
    )


def name_files(server: Mapping[str, Any]) -> str:
    """The path or location of files, as the contract has it; "" where it has none."""
    return str(server.get("path") or server.get("location") or "").strip()


def read_database(server: Mapping[str, Any], table: Mapping[str, Any]) -> Database:
    """Of a server that is a database, where the contract's table lies, and which of its rows are asked for."""
    custom = read_custom(server)
    overlap = custom.get("overlap", 0)
    return Database(
        host=str(server["host"]),
        port=int(server["port"]),
        database=str(server["database"]),
        schema=str(server["schema"]),
        table=str(table.get("physicalName") or table["name"]),
        query=custom.get("query"),
        cursor=custom.get("cursor"),
        overlap=to_seconds(overlap) if isinstance(overlap, str) else overlap,
    )


def read_api(server: Mapping[str, Any]) -> Api:
    """Of a server that is an API, where it is and what is asked of it."""
    return Api(str(server["location"]).rstrip("/"), Request.model_validate(read_custom(server)["request"]))


def suffix_format(path: str) -> str:
    """The format a file name speaks of, compression aside."""
    name = path.removesuffix(".gz").removesuffix(".zst").removesuffix(".zip")
    return name.rsplit(".", 1)[-1].lower() if "." in name.rsplit("/", 1)[-1] else ""
