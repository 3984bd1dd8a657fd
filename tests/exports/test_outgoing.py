"""Who goes out: a no of any account of a customer whom likeness holds together, and how sure a customer must be."""

from datetime import datetime

import duckdb
import polars as pl
import pytest

from serving.outgoing import describe_allowed, keep_allowed
from transforms.clean.consents import pick_consent
from transforms.engine import as_frame
from warehouse.contracts.model import Purpose
from warehouse.contracts.purposes import read_purposes, require_purposes
from warehouse.home.layout import Home
from warehouse.tables import frame_of

ACCOUNTS = [
    ("crm", "a1", "A", "email", 0.99), ("shop", "a2", "A", "email", 0.99),
    ("crm", "b1", "B", "likeness", 0.7), ("shop", "b2", "B", "likeness", 0.7),
    ("crm", "c1", "C", "copy", 0.95), ("shop", "c2", "C", "copy", 0.95),
    ("crm", "d1", "D", "email", 1.0), ("crm", "d2", "D", "email", 1.0), ("shop", "d3", "D", "likeness", 0.92),
    ("crm", "e1", "E", "likeness", 0.8), ("shop", "e2", "E", "likeness", 0.8),
    ("crm", "f1", "F", "account", 1.0),
]  # fmt: skip
ANSWERS = [  # each customer's latest answer is a yes
    ("shop", "a2", False, 1), ("crm", "a1", True, 2),
    ("shop", "b2", False, 1), ("crm", "b1", True, 2),
    ("shop", "c2", False, 1), ("crm", "c1", True, 2),
    ("crm", "d1", False, 1), ("crm", "d2", True, 2),
    ("crm", "e1", False, 1), ("crm", "e1", True, 2), ("shop", "e2", True, 1),  # took the no back
    ("crm", "f1", True, 1),
]  # fmt: skip


@pytest.fixture
def con():
    identity = pl.DataFrame(ACCOUNTS, ["source", "account_id", "customer_id", "rule", "confidence"], orient="row")
    consent = pl.DataFrame(
        [(s, a, "post", y, datetime(2026, 1, day), "d", 1, s) for s, a, y, day in ANSWERS],
        ["source", "account_id", "purpose", "is_granted", "decided_at", "delivery_id", "record", "origin"],
        orient="row",
    )
    profile = identity.group_by("customer_id").agg(pl.col("confidence").min())
    stands = pick_consent(as_frame(consent), as_frame(identity)).to_native()
    with duckdb.connect() as opened:
        opened.execute("CREATE SCHEMA clean")
        for name, rows in [("main.customer_identity", identity), ("clean.consent", consent),
                           ("main.customer_profile", profile), ("main.customer_consent", stands)]:  # fmt: skip
            opened.register("rows", rows)
            opened.execute(f"CREATE TABLE {name} AS FROM rows")
        yield opened


@pytest.mark.parametrize(
    ("asks", "expected"),
    [
        ({"consent": "post"}, "AEF"),
        ({"consent": "post", "refusal": "latest"}, "ABCDEF"),
        ({"consent": None}, "ABCDEF"),
        ({"consent": None, "min_confidence": 0.9}, "ACDF"),
        ({"consent": "post", "min_confidence": 0.9}, "AF"),
        ({"consent": "post", "min_confidence": 1.0}, "F"),
    ],
)
def test_who_goes_out(con, tmp_path, asks, expected) -> None:
    purpose = Purpose("letters", "", pseudonymised=False, **asks)
    kept = keep_allowed(con, Home(tmp_path), purpose).to_native().pl()
    assert sorted(kept["customer_id"]) == list(expected)
    assert frame_of(con, "allowed").to_native().pl().height == len(expected)
    assert len(describe_allowed(purpose)) == bool(purpose.consent) + bool(purpose.min_confidence)


def test_purposes_say_it(tmp_path) -> None:
    path = tmp_path / "purposes.yaml"
    path.write_text("purposes:\n  a: {description: x, refusal: latest, min_confidence: 0.9}\n  b: {description: y}\n")
    strict, usual = require_purposes(tmp_path)
    assert (strict.refusal, strict.min_confidence) == ("latest", 0.9)
    assert (usual.refusal, usual.min_confidence) == ("any", 0.0)
    for wrong in ("min_confidence: 1.5", "refusal: never"):
        path.write_text(f"purposes:\n  a: {{description: x, {wrong}}}\n")
        (problem,) = read_purposes(tmp_path)[1]
        assert wrong.partition(":")[0] in str(problem)
