"""What is true in the sample world, for scoring and for tests; never for a matcher."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import polars as pl

from examples.sample.consent import AI_SERVICE, PURPOSES, Decisions
from examples.sample.dirt import EXPECTED, Dirt
from examples.sample.people import SILOS, Account, Person
from warehouse import ROOT

RATES = ROOT / "contracts" / "reference" / "fx_rates.csv"


def write_truth(
    folder: Path, people: list[Person], accounts: dict[str, list[Account]], sales: pl.DataFrame, decisions: Decisions
) -> None:
    """Write `truth/truth.csv` (an account a row) and `truth/people.csv` (a person a row)."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [(silo, a.account_id, a.person.person_id) for silo in SILOS for a in accounts[silo]]
    truth = pl.DataFrame(rows, schema=["source", "account_id", "person_id"], orient="row").sort("source", "account_id")
    truth.write_csv(folder / "truth.csv")
    sold = sum_sales(sales, pl.read_csv(RATES))
    everyone = describe_people(people, accounts, decisions).join(sold, on="person_id", how="left")
    everyone.with_columns(pl.col(sold.columns[1:]).fill_null(0)).write_csv(folder / "people.csv")


def describe_people(people: list[Person], accounts: dict[str, list[Account]], decisions: Decisions) -> pl.DataFrame:
    """One row a person: names, how many accounts where, traps, and the consent that counts (none: never answered)."""
    held = {silo: Counter(a.person.person_id for a in accounts[silo]) for silo in SILOS}
    return pl.DataFrame(
        [
            {
                "person_id": p.person_id,
                "name_zh": p.name.chinese,
                "name_en": f"{p.name.surname.upper()} {p.name.given} {p.name.western}".strip(),
                "silos": " ".join(silo for silo in SILOS if held[silo][p.person_id]),
                "account_count": sum(held[silo][p.person_id] for silo in SILOS),
                "traps": " ".join(p.traps),
                **{
                    f"consent_{purpose}": decisions.get(p.person_id, {}).get(purpose, "none")
                    for purpose in (*PURPOSES, AI_SERVICE)
                },
            }
            for p in people
        ]
    )


def sum_sales(sales: pl.DataFrame, rates: pl.DataFrame) -> pl.DataFrame:
    """One row a person: orders and net amount in HKD, on loyalty accounts and (`guest_`) without one.

    An order counts if something on it was sold and it was not cancelled; returns lower the amount. A guest's sales are
    a person's in truth, and may or may not be found by the phone or email left with them.
    """
    day = pl.col("sold_at").str.slice(0, 10)
    dated = (
        sales.filter(pl.col("person_id").is_not_null(), pl.col("status") != "cancelled")
        .with_columns(day.alias("day"))
        .sort("day")
    )
    rated = dated.join_asof(
        rates.with_columns(pl.col("rate_to_hkd").cast(pl.Decimal(18, 3))).sort("valid_from"),
        left_on="day", right_on="valid_from", by="currency", check_sortedness=False,
    )  # fmt: skip
    net, sold = pl.col("amount") * pl.col("rate_to_hkd"), pl.col("order_no").filter(pl.col("quantity") > 0)
    is_guest = pl.col("account").is_null()
    return rated.group_by("person_id").agg(
        sold.filter(~is_guest.filter(pl.col("quantity") > 0)).n_unique().alias("order_count"),
        net.filter(~is_guest).sum().cast(pl.Decimal(18, 2)).alias("net_amount"),
        sold.filter(is_guest.filter(pl.col("quantity") > 0)).n_unique().alias("guest_order_count"),
        net.filter(is_guest).sum().cast(pl.Decimal(18, 2)).alias("guest_net_amount"),
    ).sort("person_id")  # fmt: skip


def write_dirt(folder: Path, dirt: list[Dirt]) -> None:
    """Write `truth/dirt.csv`: file, record (from 1, a header not counted), kind, what is expected of a pipeline."""
    rows = sorted((d.file, d.record, d.kind, EXPECTED[d.kind]) for d in dirt)
    pl.DataFrame(rows, schema=["file", "record", "kind", "expected"], orient="row").write_csv(folder / "dirt.csv")
