"""What closes each gate of which no contract of a source speaks: published tables, drift, landing, identity, books."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks.reliability.faults.planted import Act, Fault, Line, Sabotage, deliver, post, sale
from benchmarks.reliability.faults.strict import list_published_rules, make_strict
from expectations.model import Rule
from tests.worlds.world import CHAN, CRM_HEAD, SALES, SALES_HEAD, SOURCES, WONG, World
from warehouse.contracts.model import Column
from warehouse.duck import quote

FREE: Mapping[str, str] = {
    "customer_profile.profile_covers_identity": (
        "DELETE FROM customer_profile WHERE customer_id = (SELECT max(customer_id) FROM customer_profile)"
    ),
    "customer_profile.profile_adds_up": "UPDATE customer_profile SET post_count = post_count + 1",
    "customer_feature.a_row_for_each_customer": (
        "DELETE FROM customer_feature WHERE customer_id = (SELECT max(customer_id) FROM customer_feature)"
    ),
    "customer_profile_history.history_is_the_present": "UPDATE customer_profile_history SET valid_to = as_of",
    "customer_profile_history.history_overlaps": (
        "INSERT INTO customer_profile_history BY NAME SELECT * REPLACE (valid_from - 1 AS valid_from,"
        " valid_from + 1 AS valid_to) FROM customer_profile_history WHERE valid_to IS NULL"
    ),
    "customer_event.duplicate_key": (
        "INSERT INTO clean.event FROM clean.event WHERE generation = (SELECT max(generation) FROM clean.event) LIMIT 1"
    ),
    "customer_household.household_members_add_up": "UPDATE customer_household SET household_size = 3",
    "calendar.calendar_reaches_a_year_ahead": "UPDATE calendar SET day = (SELECT max(as_of) + 1 FROM customer_profile)",
    "delivery.books_balance": "UPDATE governance.delivery SET loaded_count = loaded_count + 1",
}
"""What breaks the rules that are SQL of their own, or are asked of the night's own events."""
FIRST: Mapping[str, str] = {
    "customer_household": (
        "INSERT INTO customer_household BY NAME SELECT customer_id, 'alone' AS household_id, 2 AS household_size,"
        " 'address' AS rule FROM customer_profile LIMIT 1"
    ),
    "calendar": (
        "INSERT INTO calendar BY NAME SELECT max(as_of) + 400 AS day, day::TIMESTAMP AS begins_at,"
        " (day + 1)::TIMESTAMP AS ends_at, false AS is_public_holiday FROM customer_profile"
    ),
    "item_history": (
        "INSERT INTO item_history BY NAME SELECT 'goods' AS source, 'tea' AS item_id, as_of AS valid_from"
        " FROM customer_profile LIMIT 1"
    ),
}
"""A row for each table that this company leaves empty: nobody shares a home, and there are no holidays and no goods."""
BEHIND = {"customer_event": "clean.event", "delivery": "governance.delivery"}
"""The tables behind what is a view."""
MISSPELT = {"name": "misspelt", "type": "sql", "severity": "info", "mustBe": 0}
LOST = Sabotage(
    "land",
    ("UPDATE governance.delivery SET loaded_count = loaded_count - 1 WHERE loaded_count > 1",),
    "sales",
    is_of_night=True,
)
MISDECIDED = "UPDATE customer_profile SET service_mode = CASE service_mode WHEN 'human' THEN 'assist' ELSE 'human' END"
SHARED = "INSERT INTO identity.shared_account BY NAME SELECT source, account_id FROM customer_identity LIMIT 1"
LIKENED = "UPDATE customer_identity SET rule = 'likeness' WHERE rule = 'email'"
DRIFTED = (
    "UPDATE profile.feature_drift SET psi = 1, noise = 0, reference_on = current_date, null_share = 0,"
    " reference_null_share = 0"
)
MANY = 21
"""One customer more than may always merge."""


def list_published_faults() -> list[Fault]:
    """One for each rule of a published table that can be broken."""
    return [
        Fault(
            "published",
            name,
            deliver("sales", []),
            Sabotage("profile", (*found_first(name), *queries)),
            is_closing=rule.severity == "critical",
        )
        for name, (rule, column) in list_published_rules().items()
        if (queries := spoil(name, rule, column))
    ]


def found_first(name: str) -> tuple[str, ...]:
    """SQL of a row to spoil, for a table that this company leaves empty."""
    table = name.partition(".")[0]
    return (FIRST[table],) if table in FIRST else ()


def spoil(name: str, rule: Rule, column: Column | None) -> tuple[str, ...]:
    """SQL that breaks a rule by its kind; empty where the kind is not known."""
    table, kind = name.partition(".")[0], rule.name.partition(":")[0]
    table = BEHIND.get(table, table)
    if name in FREE:
        return (FREE[name],)
    if kind == "duplicate_key":
        return (f"INSERT INTO {table} FROM {table} LIMIT 1",)
    if column is None:
        return ()
    place = quote(column.name)
    if kind == "range" and "minimum" not in column.options:
        return f"ALTER TABLE {table} ALTER {place} TYPE DOUBLE", f"UPDATE {table} SET {place} = 'NaN'"
    wrong = {"required": "NULL", "allowed": "'nonsense'", "range": f"{column.options.get('minimum')} - 1"}
    return (f"UPDATE {table} SET {place} = {wrong[kind]}",) if kind in wrong else ()


def list_gate_faults() -> list[Fault]:
    """One for each gate beside the rules, and two for what can end in either way."""
    return [
        Fault(
            "sales", "unexpected_column:till", write(SALES_HEAD.replace("\n", ",till\n"), sale().replace("\n", ",7\n"))
        ),
        Fault("posts", "unexpected_column:likes", deliver("posts", [post(likes=3)]), is_closing=False),
        Fault("sales", "missing_column:amount", write(SALES_HEAD.replace("amount,", ""), sale().replace("5.00,", ""))),
        Fault("crm", "missing_column:district", leave_out_district, is_closing=False),
        Fault("tickets", "missing_column:op", deliver("tickets", []), is_closing=False),
        Fault("posts", "missing_column:is_deleted", deliver("posts", []), is_closing=False),
        Fault("sales", "column_retyped:quantity", deliver("sales", [sale(f"X{n}", quantity="two") for n in range(40)])),
        Fault("other", "missing_delivery", declare_other),
        Fault("sales", "unreadable_delivery", lambda world: world.deliver("sales_2.csv", b"\x1f\x8b\x08 no gzip")),
        Fault("loaded", "sales.quarantine_share", write(SALES_HEAD, SALES[0].replace("100.00", "99.00"))),
        Fault("sales", "misspelt", misspell),
        Fault("published", "customer_profile.service_mode", deliver("sales", []), Sabotage("profile", (MISDECIDED,))),
        Fault("published", "identity.max_accounts_per_customer", set_to(max_accounts_per_customer=2)),
        Fault(
            "published",
            "identity.max_likeness_share",
            marry({"max_merged_share": 1.0, "max_churn_share": 1.0}),
            Sabotage("profile", (LIKENED,)),
            before=sell_apart,
        ),
        Fault(
            "published",
            "identity.shared_account",
            deliver("sales", []),
            Sabotage("profile", (SHARED,)),
            is_closing=False,
        ),
        Fault("published", "identity.max_merged_share", marry({"max_churn_share": 1.0}), before=sell_apart),
        Fault("published", "identity.max_churn_share", marry({"max_merged_share": 1.0}), before=sell_apart),
        Fault("published", "feature_drift", set_to(feature_drift="close"), Sabotage("profile", (DRIFTED,))),
        Fault("published", "identity.precision", label("sales,A1,somebody else")),
        Fault("published", "identity.recall", label("crm,C2,chan")),
        Fault("published", "identity.labels", label(), is_closing=False),
        Fault("", "record counts do not reconcile", deliver("sales", []), LOST),
        Fault(
            "", "does not read back the same", deliver("sales", []), Sabotage("seal", ("DELETE FROM customer_profile",))
        ),
    ]


def leave_out_district(world: World) -> None:
    """A whole picture without its last column."""
    world.deliver("crm_2.csv", "".join(line.rpartition(",")[0] + "\n" for line in (CRM_HEAD, CHAN, WONG)))


def declare_other(world: World) -> None:
    """A source of which nothing was ever delivered."""
    world.declare("other", **SOURCES["posts"] | {"path": "other*.jsonl"})


def write(*lines: Line, to: str = "sales_2.csv") -> Act:
    """Deliver these lines."""
    return lambda world: world.deliver(to, lines)  # type: ignore[arg-type]


def set_to(**settings: float | str) -> Act:
    """Change settings, and deliver something new."""

    def act(world: World) -> None:
        world.write_yaml("settings.yaml", settings)
        deliver("sales", [])(world)

    return act


def misspell(world: World) -> None:
    """A rule on a column that is not there, which closes the gate however lightly it is taken."""
    contract = make_strict("sales")
    contract["schema"][0]["quality"].append(MISSPELT | {"query": "SELECT count(*) FROM ${table} WHERE nothing"})
    world.write_yaml("sales.odcs.yaml", contract)
    deliver("sales", [])(world)


def sell_apart(world: World) -> None:
    """Sales to twice so many people of whom nothing is alike."""
    people = [sale(f"Y{n}", account=f"A{100 + n}", email=f"y{n}@example.com") for n in range(2 * MANY)]
    write(SALES_HEAD, *people, to="sales_1.csv")(world)


def marry(settings: Mapping[str, float]) -> Act:
    """Sales which say that each two of these people are one."""
    pairs = [sale(f"Z{n}", account=f"A{100 + n}", email=f"y{n + MANY}@example.com") for n in range(MANY)]

    def act(world: World) -> None:
        world.write_yaml("settings.yaml", settings)
        write(SALES_HEAD, *pairs)(world)

    return act


def label(*people: str) -> Act:
    """Label Chan's account at the register and these accounts; or, without any, nobody who is there."""
    lines = ["crm,C1,chan", *people] if people else ["crm,nobody,chan"]

    def act(world: World) -> None:
        (world.contracts / "labels.csv").write_text("\n".join(["source,account_id,person", *lines]), "utf-8")
        deliver("sales", [])(world)

    return act
