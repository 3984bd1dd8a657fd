"""Public sets of records with a known truth, and which of their columns have which role, as a user would tell it.

A set is read as it was delivered: source, record, truth, and its own columns under their own names, which is how peers
that look at names get it. Ours gets the roles made of them. What holds or gives away the truth is in neither.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from warehouse import ROOT

DATA = ROOT.parent / "shared/data"
SILOS = ("census2020", "ssa_2020", "tax1040_2020", "w2_2020", "wic2020")
LABELS = ["source", "record", "truth"]

FEBRL = {
    "given_name": ("given_name",),
    "surname": ("surname",),
    "postcode": ("postcode",),
    "birth_date": ("date_of_birth",),
    "city": ("suburb",),
    "district": ("state",),
    "address": ("street_number", "address_1", "address_2"),
}
FAKE = {
    "surname": ("surname",),
    "city": ("city",),
    "email": ("email",),
    "given_name": ("first_name",),
    "birth_date": ("dob",),
}
SILO = {
    "given_name": ("first_name", "middle_name"),
    "surname": ("last_name",),
    "birth_date": ("date_of_birth",),
    "gender": ("sex",),
    "city": ("city",),
    "district": ("state",),
    "postcode": ("zipcode",),
    "address": ("street_number", "street_name", "unit_number", "po_box"),
}
SITES = {
    "full_name": ("Site name",),
    "address": ("Address",),
    "postcode": ("Zip",),
    "phone": ("Phone",),
    "email": ("Email Address",),
}
RESTAURANTS = {"full_name": ("name",), "address": ("address",), "city": ("city",)}


@dataclass(frozen=True)
class Set:
    """One set: how to read it, its columns by role, and whether its sources are linked instead of freed from copies."""

    read: Callable[[], pl.DataFrame]
    roles: Mapping[str, tuple[str, ...]]
    is_link: bool = False

    def read_roles(self) -> pl.DataFrame:
        """source, record, truth, and the roles; columns that are parts of one value are joined."""
        return self.read().select(*LABELS, **{role: join(*columns) for role, columns in self.roles.items()})


def read_csv(path: Path) -> pl.DataFrame:
    """A CSV as text, names and values without blanks around them, empty ones null."""
    rows = pl.read_csv(path, infer_schema=False)
    rows = rows.rename({c: c.strip() for c in rows.columns})
    return rows.with_columns(pl.all().str.strip_chars().replace("", None))


def join(*columns: str) -> pl.Expr:
    """Columns that are parts of one value, in order."""
    return pl.concat_str(*columns, separator=" ", ignore_nulls=True).replace("", None)


def list_columns(roles: Mapping[str, tuple[str, ...]]) -> list[str]:
    """The columns that have a role."""
    return [column for columns in roles.values() for column in columns]


def read_febrl(*names: str) -> pl.DataFrame:
    """FEBRL sets, one source each; `soc_sec_id` stays hidden."""
    return pl.concat(
        read_csv(DATA / f"febrl/dataset{name}.csv")
        .with_columns(source=pl.lit(name), record="rec_id", truth=pl.col("rec_id").str.extract(r"rec-(\d+)"))
        .select(*LABELS, *list_columns(FEBRL))
        for name in names
    )


def read_fake() -> pl.DataFrame:
    """Splink's fake_1000."""
    rows = read_csv(DATA / "splink/fake_1000.csv")
    labelled = rows.with_columns(source=pl.lit("fake"), record="unique_id", truth="cluster")
    return labelled.select(*LABELS, *list_columns(FAKE))


def read_silos() -> pl.DataFrame:
    """Five silos of pseudopeople under one set of names; `ssn` stays hidden."""
    return pl.concat([read_silo(name) for name in SILOS], how="diagonal")


def read_silo(name: str) -> pl.DataFrame:
    """One silo, with the columns that it has."""
    rows = pl.read_parquet(DATA / f"pseudopeople/dev_{name}.parquet").with_row_index("record")
    rows = rows.with_columns(pl.all().cast(pl.String))
    before = "mailing_address_" if "mailing_address_city" in rows.columns else ""
    old = {before + column: column for column in ("city", "state", "zipcode", *SILO["address"])}
    old |= {"simulant_id": "truth", "middle_initial": "middle_name"}
    rows = rows.rename({o: n for o, n in old.items() if o in rows.columns}).with_columns(source=pl.lit(name))
    return rows.select(*LABELS, *(c for c in list_columns(SILO) if c in rows.columns))


def read_organisations() -> pl.DataFrame:
    """Early-childhood sites of Chicago."""
    rows = read_csv(DATA / "dedupe_example/csv_example_input_with_true_ids.csv")
    labelled = rows.with_columns(source=pl.lit("sites"), record="Id", truth="True Id")
    return labelled.select(*LABELS, *list_columns(SITES))


def read_restaurants() -> pl.DataFrame:
    """Two guides of restaurants."""
    found = []
    for number in ("1", "2"):
        with (DATA / f"fodors_zagats/restaurant-{number}.csv").open(encoding="utf-8") as lines:
            rows = [r for r in csv.reader(lines, skipinitialspace=True) if r][1:]
        found += [(number, str(i), r[4].strip("' "), *r[:3]) for i, r in enumerate(rows)]
    return pl.DataFrame(found, schema=[*LABELS, *list_columns(RESTAURANTS)], orient="row")


SETS: Mapping[str, Set] = {
    "FEBRL 2": Set(lambda: read_febrl("2"), FEBRL),
    "FEBRL 3": Set(lambda: read_febrl("3"), FEBRL),
    "FEBRL 4": Set(lambda: read_febrl("4a", "4b"), FEBRL, is_link=True),
    "fake_1000": Set(read_fake, FAKE),
    "pseudopeople": Set(read_silos, SILO),
    "dedupe example": Set(read_organisations, SITES),
    "Fodor's and Zagat's": Set(read_restaurants, RESTAURANTS, is_link=True),
}
