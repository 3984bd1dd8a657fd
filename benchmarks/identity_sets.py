"""Public sets of records with a known truth, their columns mapped to roles by hand as a user would.

Every set is a table of source, record, roles and `truth`; what holds or gives away the truth reaches no matcher.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

DATA = Path(__file__).parents[2] / "shared/data"
SILOS = ("census2020", "ssa_2020", "tax1040_2020", "w2_2020", "wic2020")


@dataclass(frozen=True)
class Set:
    """One set: how to read it, and whether its sources are linked instead of freed from duplicates."""

    read: Callable[[], pl.DataFrame]
    is_link: bool = False


def read_csv(path: Path) -> pl.DataFrame:
    """A CSV as text, names and values without blanks around them, empty ones null."""
    rows = pl.read_csv(path, infer_schema=False)
    rows = rows.rename({c: c.strip() for c in rows.columns})
    return rows.with_columns(pl.all().str.strip_chars().replace("", None))


def join(*columns: str) -> pl.Expr:
    """Columns that are parts of one value, in order."""
    return pl.concat_str(*columns, separator=" ", ignore_nulls=True).replace("", None)


def read_febrl(*names: str) -> pl.DataFrame:
    """FEBRL sets, one source each; `soc_sec_id` stays hidden."""
    return pl.concat(
        read_csv(DATA / f"febrl/dataset{name}.csv").select(
            "given_name",
            "surname",
            "postcode",
            source=pl.lit(name),
            record=pl.col("rec_id"),
            birth_date="date_of_birth",
            city="suburb",
            district="state",
            address=join("street_number", "address_1", "address_2"),
            truth=pl.col("rec_id").str.extract(r"rec-(\d+)"),
        )
        for name in names
    )


def read_fake() -> pl.DataFrame:
    """Splink's fake_1000."""
    rows = read_csv(DATA / "splink/fake_1000.csv")
    return rows.select(
        "surname",
        "city",
        "email",
        source=pl.lit("fake"),
        record="unique_id",
        given_name="first_name",
        birth_date="dob",
        truth="cluster",
    )


def read_silos() -> pl.DataFrame:
    """Five silos of pseudopeople; `ssn` stays hidden."""
    return pl.concat([read_silo(name) for name in SILOS], how="diagonal")


def read_silo(name: str) -> pl.DataFrame:
    """One silo, with the roles that it has."""
    rows = pl.read_parquet(DATA / f"pseudopeople/dev_{name}.parquet").with_row_index("row")
    rows = rows.with_columns(pl.all().cast(pl.String))
    middle = "middle_name" if "middle_name" in rows.columns else "middle_initial"
    before = "mailing_address_" if "mailing_address_city" in rows.columns else ""
    roles = {"birth_date": "date_of_birth", "gender": "sex"}
    roles |= {"city": before + "city", "district": before + "state", "postcode": before + "zipcode"}
    found = {role: pl.col(column) for role, column in roles.items() if column in rows.columns}
    parts = [before + p for p in ("street_number", "street_name", "unit_number", "po_box")]
    if kept := [p for p in parts if p in rows.columns]:
        found["address"] = join(*kept)
    given = join("first_name", middle)
    return rows.select(
        source=pl.lit(name), record="row", given_name=given, surname="last_name", **found, truth="simulant_id"
    )


def read_organisations() -> pl.DataFrame:
    """Early-childhood sites of Chicago."""
    rows = read_csv(DATA / "dedupe_example/csv_example_input_with_true_ids.csv")
    return rows.select(
        source=pl.lit("sites"),
        record="Id",
        full_name="Site name",
        address="Address",
        postcode="Zip",
        phone="Phone",
        email="Email Address",
        truth="True Id",
    )


def read_restaurants() -> pl.DataFrame:
    """Two guides of restaurants."""
    found = []
    for number in ("1", "2"):
        with (DATA / f"fodors_zagats/restaurant-{number}.csv").open(encoding="utf-8") as lines:
            rows = [r for r in csv.reader(lines, skipinitialspace=True) if r][1:]
        found += [(number, str(i), r[0], r[1], r[2], r[4].strip("' ")) for i, r in enumerate(rows)]
    return pl.DataFrame(found, schema=["source", "record", "full_name", "address", "city", "truth"], orient="row")


SETS: Mapping[str, Set] = {
    "FEBRL 2": Set(lambda: read_febrl("2")),
    "FEBRL 3": Set(lambda: read_febrl("3")),
    "FEBRL 4": Set(lambda: read_febrl("4a", "4b"), is_link=True),
    "fake_1000": Set(read_fake),
    "pseudopeople": Set(read_silos),
    "dedupe example": Set(read_organisations),
    "Fodor's and Zagat's": Set(read_restaurants, is_link=True),
}
