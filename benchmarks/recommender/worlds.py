"""Worlds of which recommenders learn: each is published by nights of its own, and exported as anybody would.

Two nights for a shop: one that ends before validation begins, whose profiles are the features, and the last one.
"""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import yaml

from benchmarks.worlds import ROOT, SHARED, lay_out_retail, lay_out_sample
from serving.recommender.export import ExportOptions, export_recommender
from warehouse.home.layout import remove_folder

RETAIL = SHARED / "uci_online_retail" / "online_retail.parquet"
MOVIES = "recbole/dataset_example/ml-100k/ml-100k"


class AbsentError(Exception):
    """A set cannot be had here; the message says why."""


@dataclass(frozen=True)
class Exported:
    """A world as a recommender gets it."""

    title: str
    folder: Path
    """Its export."""


def run_night(folder: Path, home: str, as_of: str) -> Path:
    """Publish the world of a folder as of a day; gives the home. What is set for other homes does not reach it."""
    command = [sys.executable, "-c", "from serving.cli.main import main; main()", "run", "--as-of", as_of]
    command += ["--contracts", str(folder / "contracts"), "--home", str(folder / home)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("C360_")}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the night of {folder.name} ended with {done.returncode}: {done.stderr[-500:]}")
    return folder / home


def export_shop(folder: Path, name: str) -> Exported:
    """UCI Online Retail (`retail`) or the sample world (`sample`)."""
    if name == "retail" and not RETAIL.is_file():
        raise AbsentError("../shared/data/uci_online_retail is not there")
    world = lay_out_retail(folder, RETAIL, "UCI Online Retail") if name == "retail" else lay_out_sample(folder)
    request = ExportOptions(run_night(folder, "home", world.as_of), folder / "contracts", folder / "export")
    export_recommender(request)
    return Exported("UCI Online Retail" if name == "retail" else "sample world", request.out)


def fetch_movies(folder: Path) -> pl.DataFrame:
    """MovieLens 100k, one row a rating: user, movie, stars, rated_at, title, genres; from the wheel of `recbole`.

    The wheel is fetched from the package index into a temporary folder, and nothing of it is kept.
    """
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--disable-pip-version-check", "-d"]
    done = subprocess.run([*command, str(folder), "recbole==1.2.1"], capture_output=True, text=True, check=False)
    wheels = list(folder.glob("recbole-*.whl"))
    if done.returncode or not wheels:
        raise AbsentError("the wheel of recbole cannot be fetched from the package index")
    with zipfile.ZipFile(wheels[0]) as wheel:
        tables = [
            pl.read_csv(wheel.read(f"{MOVIES}.{ending}"), separator="\t", infer_schema=False, quote_char=None)
            for ending in ("inter", "item")
        ]
    ratings, movies = (t.rename({c: c.partition(":")[0] for c in t.columns}) for t in tables)
    return ratings.join(movies, on="item_id", how="left").select(
        rating_id=pl.concat_str("user_id", pl.lit("-"), "item_id"),
        user="user_id",
        movie="item_id",
        stars=pl.col("rating").cast(pl.Float64),
        rated_at=pl.from_epoch(pl.col("timestamp").cast(pl.Float64).cast(pl.Int64), time_unit="s"),
        title="movie_title",
        genres="class",
    )


ROLES = {
    "rating_id": ("string", "event_id"), "user": ("string", "account_id"), "movie": ("string", "item_id"),
    "stars": ("number", "rating"), "rated_at": ("timestamp", "occurred_at"), "title": ("string", "item_name"),
    "genres": ("string", "category"),
}  # fmt: skip


def export_movies(folder: Path, ratings: pl.DataFrame) -> Exported:
    """The ratings through a night and the export."""
    (folder / "contracts").mkdir(parents=True)
    ratings.write_parquet(folder / "ratings.parquet")
    columns = [
        {"name": name, "logicalType": kind, "customProperties": [{"property": "c360.role", "value": role}]}
        for name, (kind, role) in ROLES.items()
    ]
    columns[0] |= {"primaryKey": True, "primaryKeyPosition": 1, "required": True}
    contract = {
        "apiVersion": "v3.1.0", "kind": "DataContract", "id": "urn:c360:source:ratings", "name": "ratings",
        "version": "1.0.0", "status": "active",
        "servers": [{"server": "local", "type": "local", "path": "./ratings.parquet", "format": "parquet"}],
        "schema": [{"name": "ratings", "physicalType": "file", "logicalType": "object", "properties": columns}],
        "customProperties": [
            {"property": "c360.kind", "value": "social"}, {"property": "c360.loadMode", "value": "append"},
            {"property": "c360.timezone", "value": "UTC"},
        ],
    }  # fmt: skip
    (folder / "contracts" / "ratings.odcs.yaml").write_text(yaml.safe_dump(contract), "utf-8")
    (folder / "contracts" / "settings.yaml").write_text("timezone: UTC\n", "utf-8")
    last = str(ratings["rated_at"].dt.date().max())
    request = ExportOptions(run_night(folder, "home", last), folder / "contracts", folder / "export")
    export_recommender(request)
    remove_folder(request.home)
    return Exported("MovieLens 100k", request.out)
