"""Features as of labels, held against a reference in plain Python; and what is refused."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.worlds.feature_world import T0, make_world, open_world, work_out
from warehouse.contracts.lint.declaration import Declaration, expand
from warehouse.features import sql as feature_sql
from warehouse.features.as_of_join import has_many_pairs, join_features, load_events, number_customers
from warehouse.features.leakage import LeakageError, require_no_leak

SALE = {"from": "transactions", "where": {"event_type": "sale"}}
DECLARED = [
    {"name": "n_{window}", **SALE, "aggregate": "count", "window": [1, 7, "life"], "default": 0},
    {"name": "rated", **SALE, "aggregate": "count", "column": "rating"},
    {"name": "spent_{window}", "from": "transactions", "aggregate": "sum", "column": "net_amount", "window": [7, None]},
    {"name": "rates_{window}", "from": "transactions", "aggregate": "sum", "column": "rating", "window": [1, 30]},
    {"name": "mean_{window}", **SALE, "aggregate": "mean", "column": "net_amount", "window": [7, "life"],
     "default": -1},
    {"name": "middle_{window}", **SALE, "aggregate": "median", "column": "net_amount", "window": [7, "life"]},
    {"name": "basket_{window}", **SALE, "aggregate": "thread_median", "column": "net_amount", "window": [60, "life"]},
    {"name": "rated_basket", **SALE, "aggregate": "thread_median", "column": "rating", "default": 0},
    {"name": "least_{window}", **SALE, "aggregate": "min", "column": "net_amount", "window": [7, "life"]},
    {"name": "most", **SALE, "aggregate": "max", "column": "rating", "default": 0.5},
    {"name": "last_{window}", **SALE, "aggregate": "last", "column": "channel", "window": [7, "life"],
     "default": "none"},
    {"name": "first_{window}", **SALE, "aggregate": "first", "column": "item_id", "window": [7, "life"]},
    {"name": "items_{window}", **SALE, "aggregate": "distinct", "column": "item_id", "window": [1, 7, "life"],
     "default": 0},
    {"name": "orders", **SALE, "aggregate": "distinct", "column": "thread", "window": 30},
    {"name": "days_{window}", **SALE, "aggregate": "days_active", "window": [7, "life"], "default": 0},
    {"name": "since_{window}", "from": "social", "aggregate": "days_since_last", "window": [7, "life"]},
    {"name": "begun_{window}", "from": "social", "aggregate": "days_since_first", "window": [7, "life"], "default": -1},
    {"name": "big", "from": "transactions", "where": {"net_amount": "> 1", "channel": ["shop", "web"]},
     "aggregate": "count", "window": 30},
    {"name": "spread_{window}", **SALE, "aggregate": "std", "column": "net_amount", "window": [30, "life"]},
    {"name": "rates_spread", "from": "transactions", "aggregate": "std", "column": "rating", "default": 0},
    {"name": "gap_{window}", **SALE, "aggregate": "gap", "window": [8, 31, "life"]},
    {"name": "begun_gap", "from": "social", "aggregate": "gap", "default": 365},
    {"name": "late_{window}", "aggregate": "ratio", "of": ["since_life", "gap_{window}"], "window": [31, "life"]},
    {"name": "likely_share", "aggregate": "ratio", "of": ["spent_7", "spent_life"], "least": 3},
    {"name": "talk_share", "aggregate": "ratio", "of": ["spent_7", "spent_life"], "default": -1},
    {"name": "by_{by}_{window}", **SALE, "aggregate": "count", "window": [7, "life"], "default": 0,
     "by": {"channel": {"shop": "shop", "far": ["web", "phone"]}}},
    {"name": "by_{by}_amount", **SALE, "aggregate": "sum", "column": "net_amount", "by": {"channel": {"shop": "shop"}}},
    {"name": "elsewhere", "from": "transactions", "where": {"channel": "!= shop"}, "aggregate": "count"},
]  # fmt: skip
FEATURES = expand(Declaration.model_validate({"description": "x", **body}) for body in DECLARED)


@pytest.mark.parametrize(("by_arrival", "running"), [(False, False), (False, True), (True, False)])
@pytest.mark.parametrize("seed", range(12))
def test_features_are_what_their_definitions_say(seed, by_arrival, running):
    rows, labels = make_world(seed)
    with open_world(rows, labels) as con:
        join_features(con, FEATURES, by_arrival=by_arrival, running=running)
        require_no_leak(con, FEATURES, by_arrival=by_arrival)
        found = con.sql("SELECT * EXCLUDE (_known_until) FROM feature_row ORDER BY id").fetchall()
    assert len(found) == len(labels)
    for number, (who, at) in enumerate(labels):
        due = [work_out(f, rows, who, at, by_arrival=by_arrival) for f in FEATURES]
        told = dict(zip([f.name for f in FEATURES], found[number][1:], strict=True))
        assert told == pytest.approx(dict(zip(told, due, strict=True))), (who, at)


def test_an_event_at_the_very_time_is_not_known_and_one_at_the_windows_beginning_is():
    rows, _ = make_world(1, events=1)
    event = rows[0] | {"customer_id": "ada", "kind": "transactions", "event_type": "sale", "occurred_at": T0}
    moments = [T0, T0 + timedelta(microseconds=1), T0 + timedelta(days=7), T0 + timedelta(days=7, microseconds=1)]
    with open_world([event], [("ada", at) for at in moments]) as con:
        join_features(con, FEATURES)
        assert con.sql("SELECT n_7, n_life FROM feature_row ORDER BY id").fetchall() == [(0, 0), (1, 1), (1, 1), (0, 1)]


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("e.occurred_at < l.label_time", "e.occurred_at <= l.label_time", r"\d+ labels have features that saw"),
        ("e.occurred_at < l.label_time", "e.occurred_at < l.label_time - INTERVAL 1 DAY", "features differ .*n_life"),
    ],
)
def test_the_audit_refuses_a_join_with_a_planted_fault(monkeypatch, right, wrong, message):
    rows, labels = make_world(3, events=80)
    true_join = feature_sql.join_sql
    monkeypatch.setattr(feature_sql, "join_sql", lambda **given: true_join(**given).replace(right, wrong))
    with open_world(rows, labels) as con:
        join_features(con, FEATURES)
        with pytest.raises(LeakageError, match=message):
            require_no_leak(con, FEATURES)


def test_the_audit_refuses_what_was_not_known_yet():
    rows, labels = make_world(3, events=80)
    with open_world(rows, labels) as con:
        con.execute("ALTER TABLE known_event RENAME TO true_event")
        early = "SELECT * REPLACE (TIMESTAMP '2000-01-01' AS known_from) FROM true_event"
        con.execute(f"CREATE TEMP TABLE known_event AS {early}")
        join_features(con, FEATURES, by_arrival=True)
        con.execute("CREATE OR REPLACE TEMP TABLE known_event AS FROM true_event")
        with pytest.raises(LeakageError, match="features differ"):
            require_no_leak(con, FEATURES, by_arrival=True)


@pytest.mark.parametrize(("events", "labels", "due"), [(200, 200, True), (40, 4, False)])
def test_totals_take_the_place_of_pairs_where_these_are_many(events, labels, due):
    rows, labels = make_world(7, events, labels)
    with open_world(rows, labels) as con:
        number_customers(con)
        load_events(con, FEATURES)
        assert has_many_pairs(con, FEATURES) is due


def test_the_order_of_rows_makes_no_difference():
    rows, labels = make_world(5)
    found = []
    for told in (rows, rows[::-1]):
        with open_world(told, labels) as con:
            join_features(con, FEATURES)
            found.append(con.sql("FROM feature_row ORDER BY id").fetchall())
    assert found[0] == found[1]
