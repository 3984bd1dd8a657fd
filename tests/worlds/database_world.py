"""A real PostgreSQL, and contracts of sources that lie in it."""

from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pyarrow.parquet as pq
from adbc_driver_postgresql import dbapi

from tests.worlds.world import World, column, key, make_contract
from warehouse.connectors.postgresql import open_postgresql
from warehouse.connectors.seam import Login
from warehouse.contracts.model import Source
from warehouse.contracts.read import read_source

LOGIN = Login("postgres")


class Server:
    """A running server, and the schema of one test."""

    def __init__(self, uri: str, schema: str = "public") -> None:
        self.host = parse_qs(urlsplit(uri).query)["host"][0]
        self.schema = schema

    @contextmanager
    def connect(self, *, autocommit: bool = True, user: str = "postgres"):
        where = f"host='{self.host}' dbname='postgres' user='{user}' options='-c search_path={self.schema}'"
        with dbapi.connect(where, autocommit=autocommit) as connection, connection.cursor() as cursor:
            yield connection, cursor

    def run(self, *statements: str) -> None:
        with self.connect() as (_, cursor):
            for statement in statements:
                cursor.execute(statement)

    def ask(self, query: str) -> list[tuple]:
        with self.connect() as (_, cursor):
            cursor.execute(query)
            return cursor.fetchall()

    def contract(self, name: str, kind: str, mode: str, columns: list, **custom) -> dict:
        """A contract of a table of the same name; `custom` is of the server."""
        contract = make_contract(name, {"kind": kind, "mode": mode, "path": "x.csv", "columns": columns})
        contract["servers"] = [
            {
                "server": "shop", "type": "postgresql", "host": self.host, "port": 5432, "database": "postgres",
                "schema": self.schema,
                "customProperties": [{"property": f"c360.{k}", "value": v} for k, v in custom.items()],
            }
        ]  # fmt: skip
        contract["schema"][0].pop("quality")
        return contract

    def declare(self, world: World, name: str, kind: str, mode: str, columns: list, **custom) -> None:
        world.write_yaml(f"{name}.odcs.yaml", self.contract(name, kind, mode, columns, **custom))

    def source(self, folder: Path, name: str, columns: list, mode: str = "merge", **custom) -> Source:
        """The same as a Source; the columns are names of strings, or whole properties."""
        import yaml

        known = [key(c) if n == 0 and isinstance(c, str) else column(c) if isinstance(c, str) else c
                 for n, c in enumerate(columns)]  # fmt: skip
        path = folder / "contracts" / f"{name}.odcs.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(self.contract(name, "reference", mode, known, **custom)), "utf-8")
        return read_source(path)


def pull(source: Source, folder: Path, state=None, login: Login = LOGIN):
    """One pull in a session of its own: its rows, and the state after it."""
    with open_postgresql(source, login) as session:
        return fetch(session, source, folder, state)


def fetch(session, source: Source, folder: Path, state=None):
    """The rows of a source in a session, as tuples, and the state after them."""
    [item] = session.list_new(source, state or {})
    path = folder / f"{source.name}.parquet"
    fetched = session.fetch(source, item, state or {}, path)
    rows = [tuple(row.values()) for row in pq.read_table(path).to_pylist()]
    assert len(rows) == fetched.row_count
    return rows, dict(fetched.state)
