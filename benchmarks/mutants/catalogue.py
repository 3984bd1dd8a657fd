"""The faults: a line of the code, what it is changed to, and the tests that must fail then.

They stand where a slip is easy and its harm great: which value survives, who is merged, what a window holds, what is
guarded.
"""

from __future__ import annotations

from typing import NamedTuple


class Mutant(NamedTuple):
    """One fault."""

    file: str
    old: str
    """Stands in the file once."""
    new: str
    tests: str
    """Files of tests, with blanks between them."""


SURVIVORSHIP = "transforms/profile/survivorship.py"
GOLDEN = "transforms/profile/golden_record.py"
GOLDEN_TESTS = "tests/profile/test_golden.py tests/values/test_placeholders.py"
CUSTOMER_IDS = "transforms/identity/customer_ids.py"
IDENTITY_TESTS = "tests/identity/test_identify.py tests/identity/test_identity_night.py"
OVERRIDES = "transforms/matching/clusters/overrides.py"
GUARDS = "transforms/matching/model/guards.py"
LINKAGE = "transforms/matching/clusters/linkage.py"
COMPONENTS = "transforms/matching/clusters/components.py"
CONTRADICTIONS = "transforms/matching/comparison/contradictions.py"
MATCHING_TESTS = "tests/matching"
CONSENTS = "transforms/clean/consents.py"
MERGE = "warehouse/loading/merge.py"

MUTANTS = (
    # Which value survives.
    Mutant(SURVIVORSHIP, 'nw.col("customer_count") > max_accounts', 'nw.col("customer_count") >= max_accounts',
           "tests/values/test_placeholders.py tests/nights/test_incremental.py"),
    Mutant(SURVIVORSHIP, ".then(nw.lit(UNFIT)).otherwise(standing)", ".then(standing).otherwise(standing)",
           GOLDEN_TESTS),
    Mutant(SURVIVORSHIP, "OWN, UNREAD, UNFIT = 2, 1, 0", "OWN, UNREAD, UNFIT = 1, 2, 0", GOLDEN_TESTS),
    Mutant(SURVIVORSHIP, '(nw.col("said_by") >= 2)', '(nw.col("said_by") >= 1)', GOLDEN_TESTS),
    Mutant(SURVIVORSHIP, '(nw.col("last_seen_at") - nw.lit(EPOCH))', '(nw.lit(EPOCH) - nw.col("last_seen_at"))',
           GOLDEN_TESTS),
    Mutant(SURVIVORSHIP, 'told=nw.col("seen_count").sum()', 'told=nw.col("seen_count").max()', GOLDEN_TESTS),
    Mutant(SURVIVORSHIP, 'nw.coalesce("unfit", "of_many")', 'nw.col("unfit")', GOLDEN_TESTS),
    Mutant(GOLDEN, 'trusted=-nw.col("trust").fill_null(9)', 'trusted=-nw.col("trust").fill_null(0)', GOLDEN_TESTS),
    Mutant(GOLDEN, 'same=nw.coalesce("key", "value")', 'same=nw.col("value")', GOLDEN_TESTS),
    Mutant(GOLDEN, "+ is_barren", "", GOLDEN_TESTS),
    Mutant(GOLDEN, '.str.slice(5, 5) > as_of', '.str.slice(5, 5) >= as_of', GOLDEN_TESTS),
    # Who is merged, and under which name.
    Mutant(CUSTOMER_IDS, 'nw.col("account_count") <= max_accounts', 'nw.col("account_count") < max_accounts',
           IDENTITY_TESTS),
    Mutant(CUSTOMER_IDS, "nw.lit(1_000_000_000)", "nw.lit(0)", IDENTITY_TESTS),
    Mutant(CUSTOMER_IDS, 'created_on").min().over("cluster")', 'created_on").max().over("cluster")', IDENTITY_TESTS),
    Mutant(CUSTOMER_IDS, 'confidence=nw.col("probability").max()', 'confidence=nw.col("probability").min()',
           IDENTITY_TESTS),
    Mutant(CUSTOMER_IDS, 'nw.col("valid_from") < when', 'nw.col("valid_from") <= when',
           f"{IDENTITY_TESTS} tests/nights/test_incremental.py"),
    Mutant(GOLDEN, 'confidence=nw.col("confidence").min()', 'confidence=nw.col("confidence").max()',
           f"{GOLDEN_TESTS} {IDENTITY_TESTS}"),
    Mutant(LINKAGE, "MARGIN = 1.5", "MARGIN = 0.0", MATCHING_TESTS),
    Mutant(LINKAGE, 'is_one = own[0] >= limits[0] or', "is_one = own[0] > -1e9 or", MATCHING_TESTS),
    Mutant(LINKAGE, "if count <= limits[1] and bounded", "if bounded", MATCHING_TESTS),
    Mutant(COMPONENTS, " | (probability >= MUST)", "", MATCHING_TESTS),
    Mutant(OVERRIDES, "np.where(is_torn[group], ", "np.where(is_torn[group] & False, ",
           f"{MATCHING_TESTS} tests/identity/test_decisions.py"),
    Mutant("transforms/matching/clusters/cluster_splits.py", "< -DOUBT", "< -1e9", MATCHING_TESTS),
    # What is guarded.
    Mutant(GUARDS, 'filter(pl.col("names") > max_names_per_identifier)', 'filter(pl.col("names") > 1)', MATCHING_TESTS),
    Mutant(GUARDS, 'found &= vectors.level[:, model.names.index("national_id")] <',
           'found &= vectors.level[:, model.names.index("national_id")] >=', MATCHING_TESTS),
    Mutant(GUARDS, "<= 1)\n    return found", "<= 0)\n    return found", MATCHING_TESTS),
    Mutant(GUARDS, "& (own <= FEW * other)", "", MATCHING_TESTS),
    Mutant(GUARDS, "found |= (vectors.flags & rule) == rule", "found |= (vectors.flags & rule) == -1", MATCHING_TESTS),
    Mutant(CONTRADICTIONS, "SAME_YEAR = 1", "SAME_YEAR = -1", MATCHING_TESTS),
    Mutant(CONTRADICTIONS, "value in PLACEHOLDERS", "value in ()", MATCHING_TESTS),
    Mutant("warehouse/identity/gates.py", "HAVING count(*) > ? ORDER", "HAVING count(*) > 10 * ? ORDER",
           "tests/identity"),
    # What a window holds.
    Mutant("transforms/profile/aggregates/facts.py", 'nw.col("occurred_at") < until)',
           'nw.col("occurred_at") <= until)', "tests/profile"),
    Mutant("transforms/profile/windows.py", "timedelta(days=n)", "timedelta(days=n - 1)", "tests/profile"),
    Mutant("transforms/profile/windows.py", "ZoneInfo(timezone)).astimezone(UTC)", "UTC)", "tests/profile"),
    Mutant("warehouse/features/sql.py", "e.occurred_at < l.label_time{arrived}",
           "e.occurred_at <= l.label_time{arrived}", "tests/features"),
    Mutant("warehouse/features/sql.py", '"true" if feature.days is None else f"{moment} >= {label_time}',
           '"true" if feature.days is None else f"{moment} > {label_time}', "tests/features"),
    Mutant("warehouse/features/sql.py", "e.arrived_at <= l.label_time", "e.arrived_at >= l.label_time",
           "tests/features"),
    # What a customer allowed, and what a later delivery may replace.
    Mutant(CONSENTS, '.is_in(GRANTED).fill_null(False)', '.is_in(GRANTED).fill_null(True)',
           "tests/cleaning tests/home/test_consents.py"),
    Mutant(CONSENTS, 'refusal=(~nw.col("is_granted"))', 'refusal=(nw.col("is_granted"))',
           "tests/cleaning tests/home/test_consents.py"),
    Mutant(MERGE, "AND one.place < other.place", "AND one.place > other.place", "tests/landing/test_order.py"),
    Mutant(MERGE, 'f"DELETE FROM {table} WHERE _key IN (SELECT _key FROM displaced)"',
           'f"DELETE FROM {table} WHERE false AND _key IN (SELECT _key FROM displaced)"',
           "tests/landing/test_order.py"),
    Mutant("transforms/profile/service_mode.py", '"at_least": number >= value', '"at_least": number > value',
           "tests/profile"),
)  # fmt: skip
