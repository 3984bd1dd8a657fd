"""Drift of features: is tonight's customer_feature spread as on a reference day?

    customer_feature ─ deciles, nulls ─→ profile.feature_distribution, a row a night and feature
    that of the reference day ─ tonight counted in its bins ─→ PSI, null share ─→ profile.feature_drift ─→ gate, report

The population stability index (PSI) is the sum over bins of (p − q) ln(p / q). Bins are null, the usual value (at least
a tenth of the customers have it), and tenths of all others; of text, the nine most frequent values and the rest.
Without a change PSI is near (1/n + 1/m) χ² of one degree fewer than bins (Yurdakul 2018): what chance alone gives once
in a million features is no drift, whatever the setting says.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import log
from statistics import NormalDist

import duckdb

from expectations.model import CheckResult
from warehouse.contracts.features import Feature
from warehouse.contracts.settings import Settings
from warehouse.duck import fetch_row, insert_rows, literal, quote
from warehouse.types.roles import Severity

DISTRIBUTIONS, DRIFT = "profile.feature_distribution", "profile.feature_drift"
TABLES = f"""
    CREATE TABLE IF NOT EXISTS {DISTRIBUTIONS} (
        as_of DATE, feature VARCHAR, definition VARCHAR, usual DOUBLE, edges DOUBLE[], words VARCHAR[], counts BIGINT[]
    );
    CREATE OR REPLACE TABLE {DRIFT} (
        feature VARCHAR, reference_on DATE, psi DOUBLE, noise DOUBLE, null_share DOUBLE, reference_null_share DOUBLE
    )
"""
TENTHS = [n / 10 for n in range(1, 10)]
LEAST = 100
"""Customers that both days must have for a judgement."""
BY_CHANCE = 1e-6
"""How often chance alone may make a feature drift."""
NULL = 0
"""The bin of nulls."""
SHOWN = 10
"""Features that a message names."""


@dataclass(frozen=True)
class Bins:
    """Where the values of a feature fall: null (0), the usual value or words, each by itself, then what is left."""

    usual: float | None = None
    edges: tuple[float, ...] = ()
    """Greatest value of each bin but the last, ascending."""
    words: tuple[str, ...] = ()

    def sql(self, feature: Feature) -> str:
        """The number of the bin of a feature's value."""
        value = value_sql(feature)
        if not is_number(feature):
            tests = [f"{value} = {literal(word)}" for word in self.words]
        else:
            tests = [f"{value} = {number_sql(self.usual)}"] if self.usual is not None else []
            tests += [f"{value} <= {number_sql(edge)}" for edge in self.edges]
        cases = "".join(f" WHEN {test} THEN {n}" for n, test in enumerate(tests, 1))
        return f"CASE WHEN {value} IS NULL THEN {NULL}{cases} ELSE {len(tests) + 1} END"

    @property
    def count(self) -> int:
        """How many there are."""
        return 2 + len(self.words) + (self.usual is not None) + len(self.edges)


@dataclass(frozen=True)
class Reference:
    """How a feature was spread on the night that tonight is compared with."""

    as_of: date
    bins: Bins
    counts: Sequence[int]


def is_number(feature: Feature) -> bool:
    """Is it told by tenths? All but text is: of times, the days."""
    return feature.type != "VARCHAR"


def value_sql(feature: Feature) -> str:
    """Its value, as a number where it is one."""
    name = quote(feature.name)
    if feature.type in {"DATE", "TIMESTAMP"}:
        return f"epoch({name})"
    return f"CAST({name} AS DOUBLE)" if is_number(feature) else name


def number_sql(number: float | None) -> str:
    """A number as SQL, to the last digit."""
    return f"'{number!r}'::DOUBLE"


def watch_features(con: duckdb.DuckDBPyConnection, features: Sequence[Feature], as_of: date, day: date | None) -> None:
    """Keep how tonight's customer_feature is spread, and make DRIFT: how far that is from the reference day.

    What is of the calendar's day is the same for all, and not watched; nor is anything of fewer customers than LEAST.
    `day`: the last night up to it is the reference; None: the last night before tonight. Only a night of the same
    definition counts; without one psi is null.
    """
    con.execute(TABLES)
    con.execute(f"DELETE FROM {DISTRIBUTIONS} WHERE as_of >= ?", [as_of])
    watched = [feature for feature in features if not feature.is_of_day]
    if fetch_row(con, "SELECT count(*) FROM main.customer_feature")[0] < LEAST:
        con.execute(f"INSERT INTO {DRIFT} (feature) SELECT unnest(?)", [[feature.name for feature in watched]])
        return
    references, compared, found = find_references(con, day), [], []
    for feature in watched:
        definition = hashlib.sha256(repr(feature).encode()).hexdigest()[:16]
        compared.append(compare(con, feature, references.get((feature.name, definition))))
        bins = find_bins(con, feature)
        counts = count(con, feature, bins)
        found.append((as_of, feature.name, definition, bins.usual, list(bins.edges), list(bins.words), counts))
    insert_rows(con, DRIFT, compared)
    insert_rows(con, DISTRIBUTIONS, found)


def find_bins(con: duckdb.DuckDBPyConnection, feature: Feature) -> Bins:
    """The bins of tonight's values."""
    value = value_sql(feature)
    said = f"SELECT {value} AS v FROM main.customer_feature WHERE {quote(feature.name)} IS NOT NULL"
    frequent = con.execute(
        f"SELECT v, count(*), sum(count(*)) OVER () FROM ({said}) GROUP BY v ORDER BY 2 DESC, 1 LIMIT 9"
    ).fetchall()
    if not is_number(feature):
        return Bins(words=tuple(str(word) for word, *_ in frequent))
    usual = next((float(v) for v, n, total in frequent[:1] if n * 10 >= total), None)
    others = "" if usual is None else f" WHERE v <> {number_sql(usual)}"
    [(edges,)] = con.execute(f"SELECT quantile_disc(v, {TENTHS}) FROM ({said}){others}").fetchall()
    return Bins(usual, tuple(sorted({float(edge) for edge in edges or ()})))


def count(con: duckdb.DuckDBPyConnection, feature: Feature, bins: Bins) -> list[int]:
    """Tonight's customers in each bin."""
    rows = con.execute(f"SELECT {bins.sql(feature)}, count(*) FROM main.customer_feature GROUP BY 1").fetchall()
    found = dict(rows)
    return [int(found.get(n, 0)) for n in range(bins.count)]


def find_references(con: duckdb.DuckDBPyConnection, day: date | None) -> dict[tuple[str, str], Reference]:
    """By name and definition of a feature, how it was spread on the last night up to the day, or of all."""
    rows = con.execute(
        f"SELECT feature, definition, as_of, usual, edges, words, counts FROM {DISTRIBUTIONS}"
        " WHERE as_of <= coalesce(?, as_of)"
        " QUALIFY row_number() OVER (PARTITION BY feature, definition ORDER BY as_of DESC) = 1",
        [day],
    ).fetchall()
    return {
        (feature, definition): Reference(as_of, Bins(usual, tuple(edges), tuple(words)), counts)
        for feature, definition, as_of, usual, edges, words, counts in rows
    }


def compare(con: duckdb.DuckDBPyConnection, feature: Feature, reference: Reference | None) -> tuple[object, ...]:
    """The row of a feature in DRIFT."""
    if reference is None:
        return feature.name, None, None, None, None, None
    now, before = count(con, feature, reference.bins), reference.counts
    shares = [one[NULL] / max(sum(one), 1) for one in (now, before)]
    return feature.name, reference.as_of, measure_psi(before, now), expect_noise(before, now), *shares


def measure_psi(before: Sequence[int], now: Sequence[int]) -> float:
    """PSI of two counts by bin; each bin that is not empty on both days has half a customer more."""
    pairs = [(a + 0.5, b + 0.5) for a, b in zip(before, now, strict=True) if a or b]
    first, second = (sum(side) for side in zip(*pairs, strict=True)) if pairs else (1, 1)
    return sum((b / second - a / first) * log((b / second) / (a / first)) for a, b in pairs)


def expect_noise(before: Sequence[int], now: Sequence[int]) -> float | None:
    """The PSI that chance alone exceeds in BY_CHANCE of all cases; None: there are too few customers to tell.

    The quantile of χ² after Wilson and Hilferty (1931).
    """
    if min(sum(before), sum(now)) < LEAST:
        return None
    freedom = max(sum(1 for a, b in zip(before, now, strict=True) if a or b) - 1, 1)
    spread = 2 / (9 * freedom)
    quantile: float = freedom * (1 - spread + NormalDist().inv_cdf(1 - BY_CHANCE) * spread**0.5) ** 3
    return (1 / sum(before) + 1 / sum(now)) * quantile


def list_drift(con: duckdb.DuckDBPyConnection, settings: Settings) -> list[dict[str, object]]:
    """What the report says of each feature, the greatest PSI first; counts and shares, no value."""
    rows = con.execute(f"FROM {DRIFT} ORDER BY psi DESC NULLS LAST, feature").fetchall()
    return [
        {
            "feature": feature,
            "reference_on": None if reference is None else reference.isoformat(),
            "psi": None if psi is None else round(psi, 4),
            "null_share": None if now is None else round(now, 4),
            "reference_null_share": None if before is None else round(before, 4),
            "is_drifted": is_drifted(psi, noise, settings.max_feature_psi),
        }
        for feature, reference, psi, noise, now, before in rows
    ]


def is_drifted(psi: float | None, noise: float | None, limit: float) -> bool:
    """Is it more than the setting allows and more than chance gives?"""
    return psi is not None and noise is not None and psi > max(limit, noise)


def check_features(con: duckdb.DuckDBPyConnection, settings: Settings) -> CheckResult:
    """One result for all features: do they stand as on the reference day? Features are named, no value is."""
    found = list_drift(con, settings)
    drifted, judged = [f for f in found if f["is_drifted"]], [f for f in found if f["psi"] is not None]
    severity: Severity = "critical" if settings.feature_drift == "close" else "warning"
    if settings.feature_reference and not judged and found:
        message = (
            f"there is no night up to {settings.feature_reference} whose features are known by today's definitions;"
            " take a later day for feature_reference in settings.yaml, or leave it out"
        )
        return CheckResult("feature_drift", "table", severity, False, len(found), len(found), message)
    named = ", ".join(
        f"{f['feature']} (PSI {f['psi']:.2f}, null {f['reference_null_share']:.0%} → {f['null_share']:.0%})"
        for f in drifted[:SHOWN]
    )
    more = f" and {len(drifted) - SHOWN} more" if len(drifted) > SHOWN else ""
    message = ""
    if drifted:
        message = (
            f"{len(drifted)} features are spread otherwise than on {drifted[0]['reference_on']}: {named}{more};"
            " see what their sources delivered. If it is right, raise max_feature_psi in settings.yaml, or take a later"
            " feature_reference"
        )
    return CheckResult("feature_drift", "table", severity, not drifted, len(drifted), len(judged), message)
