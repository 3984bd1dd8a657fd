"""The ledger of consents, `ledgers/consents.parquet` in the home: every answer that the last night knew.

It stands beside the generations and is never rolled back, as people's decisions are. A night writes it before it is
served. A night that follows the one that wrote it last takes its place; after a rollback, what the ledger has and the
night lacks is kept in the night (clean.consent_kept), and so in the ledger: a withdrawal outlives the generation and
the delivery that it came with. Exports ask the generation that is served and the ledger, and both must say yes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import narwhals as nw
import polars as pl

from transforms.clean.consents import pick_consent, pick_with_kept
from warehouse.duck import fetch_row, literal, open_database, open_scratch
from warehouse.errors import C360Error
from warehouse.files import remove_unfinished, replacing
from warehouse.home.generations import list_generations
from warehouse.home.layout import Generation, Home, require_own_files
from warehouse.tables import frame_of, keep

if TYPE_CHECKING:
    from transforms.engine import Frame

LEDGERS, CONSENTS = "ledgers", "consents.parquet"
MANIFEST = "consents"
"""What a generation's manifest calls the digest of the ledger that it wrote."""
ANSWER = "source, account_id, purpose, is_granted, decided_at, delivery_id, record"
TYPED = (
    "source::VARCHAR AS source, account_id::VARCHAR AS account_id, purpose::VARCHAR AS purpose,"
    " is_granted::BOOLEAN AS is_granted, decided_at::TIMESTAMP AS decided_at, delivery_id::VARCHAR AS delivery_id,"
    " record::BIGINT AS record, origin::VARCHAR AS origin"
)
"""The columns of a ledger's file, whatever a damaged one says that they are."""
SAME = ("source", "account_id", "purpose", "is_granted", "decided_at")
"""What makes two answers one, whichever deliveries they came with."""
KEPT = "clean.consent_kept"
"""The answers of a night that none of its own deliveries holds, in the columns of clean.consent without origin."""


class ConsentError(C360Error):
    """The ledger of consents is missing or damaged, so that nobody can say who withdrew; the message says the cure."""


@dataclass(frozen=True)
class Ledger:
    """A ledger that was read and found whole."""

    digest: str
    """sha256 over its answers, as hex."""
    generation: int
    """The night that wrote it."""
    rows: str
    """Its answers as SQL: ANSWER and origin, the source that told it (null: kept)."""


def ledger_file(home: Home) -> Path:
    """Where a home's ledger is."""
    return home.root / LEDGERS / CONSENTS


def list_answers(con: duckdb.DuckDBPyConnection, database: str = "") -> str:
    """All answers of a generation as SQL, its own and the kept ones; `database` is one that is attached, as `old.`."""
    own = f"SELECT {ANSWER}, origin FROM {database}clean.consent"
    name = database.removesuffix(".") or fetch_row(con, "SELECT current_database()")[0]
    query = "SELECT count(*) FROM duckdb_tables() WHERE database_name = ? AND schema_name = 'clean' AND table_name = ?"
    if not fetch_row(con, query, [name, KEPT.removeprefix("clean.")])[0]:
        return own
    return f"{own} UNION ALL SELECT {ANSWER}, NULL FROM {database}{KEPT}"


def digest_answers(con: duckdb.DuckDBPyConnection, rows: str) -> str:
    """sha256 over answers in a fixed order, as hex."""
    found = hashlib.sha256()
    for batch in con.sql(f"SELECT {ANSWER}, origin FROM ({rows}) ORDER BY ALL").to_arrow_reader(100_000):
        frame = pl.from_arrow(batch)
        if isinstance(frame, pl.DataFrame):
            times = frame.with_columns(pl.col("decided_at").dt.epoch("us"))
            found.update(times.write_csv(include_header=False).encode())
    return found.hexdigest()


def write_ledger(home: Home, generation: int, database: Path, memory_limit: str = "2GB") -> str:
    """Write all answers of a generation's database as the ledger, whole or not at all; gives their digest."""
    path = ledger_file(home)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    remove_unfinished(path)
    with (
        open_database(database, read_only=True, memory_limit=memory_limit) as con,
        replacing(path, 0o600) as fresh,
    ):
        rows = list_answers(con)
        digest = digest_answers(con, rows)
        said = f"KV_METADATA {{digest: {literal(digest)}, generation: {literal(str(generation))}}}"
        con.execute(
            f"COPY (SELECT {ANSWER}, origin FROM ({rows}) ORDER BY ALL) TO {literal(str(fresh))}"
            f" (FORMAT parquet, COMPRESSION zstd, {said})"
        )
    return digest


def find_ledger(home: Home) -> Ledger | None:
    """The ledger of a home; None where no generation ever wrote one.

    Raises:
        ConsentError: it is missing, damaged, or older than the newest generation.
    """
    path, named = ledger_file(home), find_named(home)
    if not path.exists():
        if named is None:
            return None
        raise ConsentError(f"{path} is missing, so nobody can say who withdrew consent; {cure(named)}")
    try:
        ledger = read_ledger(path)
    except (duckdb.Error, ValueError, KeyError) as error:
        raise ConsentError(f"{path} is damaged ({type(error).__name__}); {cure(named)}") from None
    is_old = named is not None and ledger.generation <= named.number
    if named is not None and is_old and (ledger.generation, ledger.digest) != (named.number, named_digest(named)):
        raise ConsentError(f"{path} is not what generation {named.number} wrote; {cure(named)}")
    return ledger


def read_ledger(path: Path) -> Ledger:
    """A ledger that is whole; raises ValueError where its answers are not those that were written."""
    rows = f"SELECT {TYPED} FROM read_parquet({literal(str(path))})"
    with open_scratch() as con:
        said = con.execute(f"SELECT key, value FROM parquet_kv_metadata({literal(str(path))})").fetchall()
        told = {bytes(key).decode(): bytes(value).decode() for key, value in said}
        if digest_answers(con, rows) != told["digest"]:
            raise ValueError("other answers than were written")
    return Ledger(told["digest"], int(told["generation"]), rows)


def cure(named: Generation | None) -> str:
    """What to do about a ledger that cannot be used."""
    again = f", or have it written again from generation {named.number} by the next night: c360 run" if named else ""
    return f"put the file back from a backup{again}; until then nothing goes out for a purpose that asks consent"


def find_named(home: Home) -> Generation | None:
    """The newest generation that wrote a ledger."""
    return next((g for g in list_generations(home) if named_digest(g) is not None), None)


def named_digest(generation: Generation) -> str | None:
    """The digest of the ledger that a generation wrote; None for one of an earlier program."""
    digest = generation.read_manifest().get(MANIFEST)
    return None if digest is None else str(digest)


def find_ledger_faults(home: Home) -> list[str]:
    """What is wrong with the ledger of a home."""
    try:
        find_ledger(home)
    except ConsentError as error:
        return [str(error)]
    return []


def mend_ledger(home: Home) -> None:
    """Write a ledger that is missing or damaged again, from the newest generation, whose manifest names its digest.

    Call it with the lock held, before generations are removed.

    Raises:
        ConsentError: there is no such generation, or it holds other answers than it wrote.
    """
    try:
        find_ledger(home)
    except ConsentError:
        named = find_named(home)
        if named is None:
            raise
        with open_database(require_own_files(named).workings, read_only=True) as con:
            digest = digest_answers(con, list_answers(con))
        if digest != named_digest(named):
            raise ConsentError(
                f"{ledger_file(home)} is missing or damaged, and generation {named.number}, which wrote it, is damaged"
                " too (c360 verify); put the file back from a backup"
            ) from None
        write_ledger(home, named.number, named.workings)


def find_newest(home: Home) -> Generation | None:
    """The newest generation, whichever is served."""
    return next(iter(list_generations(home)), None)


def load_known(con: duckdb.DuckDBPyConnection, home: Home, ledger: Ledger | None) -> None:
    """Make the temporary table known_answer, of all answers that a home knows, in the columns of a ledger.

    They are the ledger's; in a home without one, those of its newest generation. A query that filters the file itself
    would trust what its footer says of it, which no digest covers.
    """
    newest = None if ledger else find_newest(home)
    at = fetch_row(con, "SELECT path FROM duckdb_databases() WHERE database_name = current_database()")[0]
    try:
        if newest is None:
            rows = ledger.rows if ledger else f"SELECT {ANSWER}, origin FROM clean.consent LIMIT 0"
        elif Path(at).resolve() == newest.workings.resolve():
            rows = list_answers(con)
        else:
            con.execute(f"ATTACH {literal(str(newest.workings))} AS newest (READ_ONLY)")
            rows = list_answers(con, "newest.")
        con.execute(f"CREATE OR REPLACE TEMP TABLE known_answer AS {rows}")
        con.execute("DETACH DATABASE IF EXISTS newest")
    except duckdb.Error as error:
        raise ConsentError(
            f"{newest.workings if newest else ledger_file(home)}: cannot be read ({type(error).__name__}), and may know"
            " of withdrawn consents; put it back from a backup"
        ) from None


def keep_consents(
    con: duckdb.DuckDBPyConnection, home: Home, parent: Generation | None, sources: Iterable[str], until: datetime
) -> None:
    """Make clean.consent_kept: answers that were known before tonight, and that tonight's deliveries lack.

    In an unbroken line these are the answers of a source that is retired, so that a withdrawal of it stays one; after a
    rollback, or a night that was killed as it was published, all of them.

    Args:
        con: the run's database.
        home: where the ledger is.
        parent: the generation that the run started from.
        sources: names of the sources that are declared tonight.
        until: end of the business date (UTC).
    """
    con.execute(f"CREATE TABLE IF NOT EXISTS {KEPT} AS SELECT {ANSWER} FROM clean.consent LIMIT 0")
    ledger = find_ledger(home)
    load_known(con, home, ledger)
    among = f"origin NOT IN ({', '.join(map(literal, sources))})" if is_unbroken(home, parent, ledger) else "true"
    is_same = " AND ".join(f"c.{name} IS NOT DISTINCT FROM k.{name}" for name in SAME)
    con.execute(
        f"CREATE OR REPLACE TABLE {KEPT} AS SELECT {ANSWER} FROM"
        f" (SELECT {ANSWER} FROM {KEPT} UNION ALL SELECT {ANSWER} FROM known_answer WHERE {among}) AS k"
        f" WHERE NOT EXISTS (FROM clean.consent AS c WHERE {is_same} AND c.decided_at < TIMESTAMP '{until}')"
        f" QUALIFY row_number() OVER (PARTITION BY {', '.join(SAME)} ORDER BY delivery_id, record) = 1 ORDER BY ALL"
    )
    con.execute("DROP TABLE temp.known_answer")


def is_unbroken(home: Home, parent: Generation | None, ledger: Ledger | None) -> bool:
    """Does a run that starts from `parent` start from the answers that were written last?"""
    if ledger is not None:
        return parent is not None and named_digest(parent) == ledger.digest
    newest = find_newest(home)
    return newest is None or (parent is not None and newest.number == parent.number)


def is_ledger_of(home: Home, manifest: Mapping[str, Any]) -> bool:
    """Is the ledger the one that a generation with this manifest wrote?"""
    ledger = find_ledger(home)
    return bool(manifest.get(MANIFEST) == (ledger.digest if ledger else None))


def stand_of(con: duckdb.DuckDBPyConnection, until: datetime, protective: Collection[str]) -> Frame:
    """customer_consent of a night: its own answers up to `until`, and the kept ones."""
    identity = frame_of(con, "main.customer_identity")
    if not fetch_row(con, f"SELECT count(*) FROM {KEPT}")[0]:
        return pick_consent(frame_of(con, "clean.consent"), identity, until)
    return pick_with_kept(frame_of(con, "clean.consent"), frame_of(con, KEPT), identity, until, protective)


def keep_granted(con: duckdb.DuckDBPyConnection, home: Home, consent: str) -> Frame:
    """Make the temporary table `granted` (customer_id): who may go out for a purpose that asks this consent, now.

    Who has granted it both by the generation of this connection and by all that the home knows, whenever it was
    answered: by the answer given last, of all accounts that the generation gives the customer.

    Raises:
        ConsentError: the ledger is missing or damaged.
    """
    load_known(con, home, find_ledger(home))
    word = consent.strip().lower()
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE answer AS SELECT {ANSWER} FROM"
        f" ({list_answers(con)} UNION ALL FROM known_answer) WHERE purpose = {literal(word)}"
        f" QUALIFY row_number() OVER (PARTITION BY {', '.join(SAME)} ORDER BY delivery_id, record) = 1"
    )
    last = pick_consent(frame_of(con, "temp.answer"), frame_of(con, "main.customer_identity"))
    served = frame_of(con, "main.customer_consent").filter(nw.col("purpose") == word)
    both = [frame.filter(nw.col("is_granted")).select("customer_id") for frame in (served, last)]
    return keep(con, "granted", both[0].join(both[1], on="customer_id", how="semi"))
