"""The card of an export as one HTML page: what it holds, of what it is made, for what it may be used, and its limits.

It needs no network, and shows no customer's value and nothing of a small group (`figures`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

import duckdb

from expectations.data_docs import STYLE as PAGE_STYLE
from serving.recommender.card.figures import SMALL, TENTHS, Figures, measure_columns
from serving.recommender.open_events import is_column_open
from serving.recommender.permission import IDENTIFYING, Permission
from transforms.recommend import SPLITS
from warehouse.contracts.lineage import find_sources
from warehouse.contracts.published import published
from warehouse.monitoring.charts import STYLE, draw_bars

EVENT = {
    "kind": ("event_type",), "value": ("rating", "quantity", "event_type"), "occurred_at": ("occurred_at",),
    "is_positive": ("event_type", "quantity", "net_amount"), "first_seen_at": ("occurred_at",),
    "last_seen_at": ("occurred_at",), "train_interaction_count": ("item_id", "event_type", "quantity", "net_amount"),
    "train_customer_count": ("item_id", "event_type", "quantity", "net_amount"),
}  # fmt: skip
"""By column of interactions and items, the columns of customer_event that it is made of; else the one of its name."""
TABLES = {
    "customers_train": ("customer", "customer_index", "Customers in training"),
    "interactions": ("interaction", "customer_index", "Interactions"),
    "items": ("item", "item_index", "Items"),
}
"""By part of the manifest's schema: the table of the selection, of whom a row is, and how it is called."""
HEADS = ("Column", "Type", "Meaning", "Made of", "Null", "Distribution")
HOW = {"generation": "as it is served", "history": "as that night published them", "events": "built of events"}


def draw_card(con: duckdb.DuckDBPyConnection, manifest: Mapping[str, Any], permission: Permission) -> str:
    """The whole page; on the export's connection."""
    return "".join(list_parts(con, manifest, permission))


def list_parts(con: duckdb.DuckDBPyConnection, manifest: Mapping[str, Any], permission: Permission) -> Iterator[str]:
    """The page, part by part."""
    title = f"Export for recommenders as of {manifest['as_of']}"
    counts = manifest["counts"]
    yield (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{PAGE_STYLE}{STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{escape(title)}</h1>\n<p>Generation {manifest['generation']}, as of {manifest['generation_as_of']}."
        f" {show_count(counts['customers'])} customers, {counts['items']:,} items. No customer's value is on this page,"
        f" and nothing of fewer than {SMALL} customers.</p>\n"
    )
    yield from list_purpose(manifest, permission)
    yield from list_split(manifest)
    yield from list_limits(manifest)
    for part, (table, who, called) in TABLES.items():
        schema = manifest["schema"]["customers" if part == "customers_train" else part]
        columns = {name: found for name, found in measure_columns(con, table, who).items() if name in schema}
        yield f"<h2>{called}</h2>\n"
        yield from list_columns(schema, columns, permission, is_customer=part == "customers_train")
    yield from list_origin(manifest)
    yield "</main>\n</body>\n</html>\n"


def list_purpose(manifest: Mapping[str, Any], permission: Permission) -> Iterator[str]:
    """For what it may be used, and whose rows are in it."""
    yield "<h2>Purpose</h2>\n"
    if permission.purpose is None:
        yield "<p>No purpose of recommending is declared: this is the owner's own, and goes to nobody else.</p>\n"
        return
    purpose, said = permission.purpose, []
    if purpose.consent:
        said.append(f"only of customers who consented to {purpose.consent}")
        said.append("whose accounts all agree" if purpose.refusal == "any" else "by the answer given last")
    if purpose.min_confidence:
        said.append(f"who are one person by at least {purpose.min_confidence:g}")
    if purpose.pseudonymised:
        said.append("by pseudonyms of this purpose")
    yield f"<p><strong>{escape(purpose.name)}</strong>: {escape(purpose.description)}. For nothing else"
    yield f"; {escape(', '.join(said))}.</p>\n" if said else ".</p>\n"


def list_split(manifest: Mapping[str, Any]) -> Iterator[str]:
    """The parts, and as of when customers are known."""
    split, parts = manifest["split"], manifest["counts"]["interactions"]
    yield "<h2>Training, validation and test</h2>\n"
    yield draw_bars("Interactions by part", {part: parts[part] for part in SPLITS if parts[part] >= SMALL})
    yield f"<p>Training is before {split['validation_on']}, validation before {split['test_on']}, test up to"
    yield f" {manifest['as_of']}; days of {escape(manifest['timezone'])}.</p>\n<ul>\n"
    for part, cold in manifest["cold"].items():
        of = {name: show_count(number) for name, number in cold.items()}
        yield f"<li>{part}: {of['cold_customers']} of {of['customers']} customers and {of['cold_items']} of"
        yield f" {of['items']} items are unknown to training</li>\n"
    yield "</ul>\n"


def list_limits(manifest: Mapping[str, Any]) -> Iterator[str]:
    """What it does not know, and what is left out."""
    features, left_out, past = manifest["features"], manifest["non_merchandise"], manifest["history"]
    lines = [
        f"Point in time: customers in training are as of {features['as_of']} ({HOW[features['from']]}), items as the"
        f" interactions before {manifest['split']['validation_on']} show them. Each row of a history knows what"
        " occurred up to its known_at, and nothing later.",
        f"The histories hold {len(past)} days: "
        + ", ".join(f"{each['as_of']} ({HOW[each['from']]})" for each in past) + ".",
        f"Left out: {show_count(left_out['interactions'])} interactions with {left_out['items']:,} items that are no"
        " goods.",
        "Not positive, since nothing is left of what was bought: "
        + ", ".join(f"{show_count(manifest['not_positive'][part])} in {part}" for part in SPLITS) + ".",
        f"Never in it: {', '.join(sorted(IDENTIFYING))}, and columns that the purpose may not see.",
        "What a source says of people tells no time: registers count as they are now.",
        *manifest["notes"],
    ]  # fmt: skip
    if manifest["k_core"]:
        lines.append(f"Only the {manifest['k_core']}-core: customers with so many items, and items with so many.")
    yield "<h2>Limits</h2>\n<ul>\n" + "".join(f"<li>{escape(line)}</li>\n" for line in lines) + "</ul>\n"


def list_columns(
    schema: Mapping[str, Mapping[str, str]],
    columns: Mapping[str, Figures],
    permission: Permission,
    *,
    is_customer: bool,
) -> Iterator[str]:
    """A table of columns: meaning, lineage, nulls and distribution."""
    yield '<div class="wide"><table>\n<thead><tr>'
    yield "".join(f'<th scope="col">{head}</th>' for head in HEADS) + "</tr></thead>\n<tbody>\n"
    for name, found in columns.items():
        made = ", ".join(find_lineage(name, permission, is_customer=is_customer))
        cells = (schema[name]["type"], schema[name]["meaning"], made)
        yield f'<tr><th scope="row">{escape(name)}</th>' + "".join(f"<td>{escape(cell)}</td>" for cell in cells)
        yield f'<td class="count">{show_count(found.nulls)}</td><td>{escape(describe(found))}</td></tr>\n'
    yield "</tbody>\n</table></div>\n"


def find_lineage(name: str, permission: Permission, *, is_customer: bool) -> list[str]:
    """The columns of contracts that a column is made of, as source.column."""
    contracts, purpose = permission.contracts, permission.purpose
    if name == "known_at":
        return []
    if is_customer:
        own = {column.name: column.made_of for column in published("customer_profile").columns}
        return list_names(find_sources(contracts.sources, own.get(name, ())))
    made = {column.name: column.made_of for column in published("customer_event").columns}
    found, sold = dict[str, None](), [source for source in contracts.sources if source.name_of("item_id")]
    for part in EVENT.get(name, (name,)):
        opened = [source for source in sold if purpose is None or is_column_open(source, purpose, part)]
        found |= dict.fromkeys(list_names(find_sources(opened, made[part])))
    return list(found)


def list_names(found: Sequence[tuple[Any, Any]]) -> list[str]:
    """Sources and their columns by name."""
    return [f"{source.name}.{column.name}" for source, column in found]


def show_count(count: int) -> str:
    """A count, unless it is that of a small group."""
    return f"{count:,}" if not count or count >= SMALL else f"under {SMALL}"


def describe(found: Figures) -> str:
    """The distribution of a column in words."""
    if found.quantiles:
        return "; ".join(f"{share:.0%} {value}" for share, value in zip(TENTHS, found.quantiles, strict=True))
    if found.shares:
        return "; ".join(f"{word} {share:.0%}" for word, share in found.shares.items())
    return "too few to tell"


def list_origin(manifest: Mapping[str, Any]) -> Iterator[str]:
    """Of which contracts and which program it is."""
    yield "<h2>Origin</h2>\n<ul>\n"
    for name, version in sorted(manifest["contracts"].items()):
        yield f"<li>contract {escape(name)} {escape(str(version))}</li>\n"
    for name, version in sorted(manifest["code"].items()):
        yield f"<li>{escape(name)} {escape(str(version))}</li>\n"
    yield f"</ul>\n<p>Checksums of the files: manifest.json. Format {escape(manifest['format'])}.</p>\n"
