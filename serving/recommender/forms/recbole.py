"""The export as RecBole's atomic files (tab-separated, types in the heads), and one yaml a family of models.

`recbole/c360/` holds positive interactions, customers and items, for general and context-aware models;
`recbole/c360_sequence/` each positive interaction with those before it, for sequential ones. `general.yaml`,
`context.yaml` and `sequential.yaml` name them as RecBole's `benchmark_filename` wants it. Customers and items go by
their numbers, which no value can break.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import yaml

from transforms.recommend import NEGATIVE, SPLITS
from warehouse.contracts.published import published
from warehouse.duck import columns_of, fetch_row, literal, quote
from warehouse.types.shown_text import show_cell_sql

DATASET = "c360"
SEQUENCES = "c360_sequence"
SHORT = dict(zip(SPLITS, ("train", "valid", "test"), strict=True))
"""What RecBole calls the parts."""
WANTED = f"kind NOT IN ({', '.join(map(literal, NEGATIVE))})"
POSITIVE = "is_positive"
NUMBERS = ("BIGINT", "INTEGER", "DOUBLE", "BOOLEAN", "HUGEINT", "FLOAT", "DECIMAL", "SMALLINT", "TINYINT", "UBIGINT")
IN_TIME = "occurred_at, customer_index, item_index, source, delivery_id, record"
"""An order that tells all interactions apart."""
LONGEST = 20
"""Interactions before one that are told with it."""
WORDS = ("item_name",)
"""Text that goes out as the list of its words."""
NAMES = frozenset({"top_item_name"})
"""Text that names what a column beside it has the id of."""
TOP = 10
"""Items of a list that is judged, at most."""
COMMON = {
    "data_path": "./",
    "checkpoint_dir": "../../recbole_saved",
    "benchmark_filename": list(SHORT.values()),
    "eval_args": {"group_by": "user", "order": "TO", "split": {"RS": [0.8, 0.1, 0.1]}, "mode": "full"},
    "metrics": ["Recall", "NDCG"],
}
SEQUENTIAL = {
    "load_col": {"inter": ["user_id", "item_id", "item_id_list"]},
    "alias_of_item_id": ["item_id_list"],
    "MAX_ITEM_LIST_LENGTH": LONGEST,
    "train_neg_sample_args": None,
    "repeatable": True,
}
ABOUT = """\
# {what} models of RecBole 1.2.1 on this export. In this folder:
#   python -c "from recbole.quick_start import run; run('{model}', None, ['{name}.yaml'])"
# From PyTorch 2.6 on it needs TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD=1 to read its own checkpoint again. What it saves lies
# beside the export, which is replaced as a whole.
"""


def write_recbole(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Write `recbole/`."""
    for name in (DATASET, SEQUENCES):
        (folder / "recbole" / name).mkdir(parents=True)
    inter = (
        'customer_index AS "user_id:token", item_index AS "item_id:token", value AS "rating:float",'
        ' epoch_us(occurred_at) / 1e6 AS "timestamp:float",'
        f' {clean("kind")} AS "kind:token", {clean("channel")} AS "channel:token"'
    )
    for part, short in SHORT.items():
        query = f"SELECT {inter} FROM interaction WHERE split = {literal(part)} AND {POSITIVE}"
        copy(con, f"{query} ORDER BY {IN_TIME}", folder / "recbole" / DATASET / f"{DATASET}.{short}.inter")
    write_sequences(con, folder, "interaction", IN_TIME)
    write_known(con, folder)


def write_sequences(con: duckdb.DuckDBPyConnection, folder: Path, rows: str, order: str) -> None:
    """Write each positive interaction of `rows` with the items before it, the latest last, into `c360_sequence/`.

    What happened at the same moment is not before it, so that nothing of a basket tells of the basket; a customer's
    first moment has nothing before it, and is left out.
    """
    for part, short in SHORT.items():
        query = f"""
            WITH mine AS (
                SELECT *, rank() OVER (PARTITION BY customer_index ORDER BY occurred_at) - 1 AS before
                FROM {rows} WHERE {POSITIVE}),
            done AS (
                SELECT customer_index, list(item_index ORDER BY {order}) AS items FROM mine GROUP BY customer_index)
            SELECT customer_index AS "user_id:token", item_index AS "item_id:token",
                array_to_string(items[greatest(1, before - {LONGEST - 1}):before], ' ') AS "item_id_list:token_seq",
                epoch_us(occurred_at) / 1e6 AS "timestamp:float"
            FROM mine JOIN done USING (customer_index)
            WHERE split = {literal(part)} AND before > 0 ORDER BY {order}"""
        copy(con, query, folder / "recbole" / SEQUENCES / f"{SEQUENCES}.{short}.inter")


def write_known(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Write what is known of items and customers, of tables `item` and `customer`, and the yaml that names it."""
    target = folder / "recbole" / DATASET
    target.mkdir(parents=True, exist_ok=True)
    load: dict[str, list[str]] = {"inter": ["user_id", "item_id"]}
    floats: list[str] = []
    for table, key, ending in (("customer", "user_id", "user"), ("item", "item_id", "item")):
        number, left_out = f"{table}_index", {f"{table}_id", f"{table}_index", "known_at"} | NAMES
        columns = {name: kind for name, kind in columns_of(con, table).items() if name not in left_out}
        heads = {called(table, name): sql for c, kind in columns.items() for name, sql in list_heads(c, kind).items()}
        query = ", ".join([f'{quote(number)} AS "{key}:token"', *(f'{sql} AS "{name}"' for name, sql in heads.items())])
        copy(con, f"SELECT {query} FROM {table} ORDER BY {number}", target / f"{DATASET}.{ending}")
        used = [name for name, sql in heads.items() if has_values(con, table, sql)]
        load[ending] = [key, *(name.partition(":")[0] for name in used)]
        floats += [name.removesuffix(":float") for name in used if name.endswith(":float")]
    top = min(fetch_row(con, "SELECT count(*) FROM item")[0], TOP)  # RecBole fails where a list is to hold more
    common = COMMON | {"topk": [top], "valid_metric": f"NDCG@{top}"}
    context = {
        "dataset": DATASET, **common, "load_col": load, "numerical_features": floats, "normalize_field": floats,
        "train_neg_sample_args": {"distribution": "uniform", "sample_num": 1},
    }  # fmt: skip
    general = {"dataset": DATASET, **common, "load_col": {"inter": ["user_id", "item_id"]}}
    sequential = {"dataset": SEQUENCES, **common, **SEQUENTIAL}
    for name, model, body in (
        ("general", "BPR", general), ("sequential", "SASRec", sequential), ("context", "DeepFM", context),
    ):  # fmt: skip
        about = ABOUT.format(what=name.capitalize(), model=model, name=name)
        text = yaml.dump(body, Dumper=Plain, sort_keys=False, default_flow_style=None, width=110)
        (folder / "recbole" / f"{name}.yaml").write_text(about + text, "utf-8")


def called(table: str, head: str) -> str:
    """A column's head in its file: RecBole takes columns of one name for one, so an item's own has its prefix."""
    is_shared = table == "item" and head.partition(":")[0] in {c.name for c in published("customer_profile").columns}
    return f"item_{head}" if is_shared else head


class Plain(yaml.SafeDumper):
    """Writes what stands in two places twice, since nobody wants to look up an anchor."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: D102 - as PyYAML calls it
        return True


def list_heads(name: str, kind: str) -> dict[str, str]:
    """A column as RecBole wants it: SQL by name and type; none where RecBole has no type for it."""
    if kind == "VARCHAR":
        return {f"{name}:{'token_seq' if name in WORDS else 'token'}": clean(name)}
    if kind == "VARCHAR[]":
        return {f"{name}:token_seq": as_tokens(quote(name))}
    if kind.startswith("MAP(VARCHAR"):
        shares = f"array_to_string(map_values({quote(name)}), ' ')"
        return {f"{name}_of:token_seq": as_tokens(f"map_keys({quote(name)})"), f"{name}:float_seq": shares}
    if kind in {"DATE", "TIMESTAMP"}:
        return {f"{name}:float": f"epoch_us({quote(name)}::TIMESTAMP) / 1e6"}
    if kind.split("(", maxsplit=1)[0] in NUMBERS:
        return {f"{name}:float": f"{quote(name)}::DOUBLE"}
    return {}


def as_tokens(words: str) -> str:
    """SQL: a list of texts with blanks between, of which none is within one."""
    told = f"array_to_string(list_transform({words}, lambda w: regexp_replace(w, '[\\s\"]+', '_', 'g')), ' ')"
    return show_cell_sql(told)


def clean(name: str) -> str:
    """A text without what would end a field or a line, or be a formula where somebody opens the file as a table."""
    return show_cell_sql(f"trim(regexp_replace({quote(name)}, '[\\t\\r\\n\"]+', ' ', 'g'))")


def has_values(con: duckdb.DuckDBPyConnection, table: str, sql: str) -> bool:
    """Do rows have two values or more? A column of one tells a model nothing, and RecBole cannot normalize it."""
    return bool(fetch_row(con, f"SELECT count(DISTINCT nullif(({sql})::VARCHAR, '')) > 1 FROM {table}")[0])


def copy(con: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    """Write the rows of a query with tabs between, and no quotes."""
    options = "FORMAT csv, DELIMITER '\t', HEADER true, QUOTE '', ESCAPE ''"
    con.execute(f"COPY ({query}) TO {literal(str(path))} ({options})")
