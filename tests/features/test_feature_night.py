"""The night's customer_feature, `c360 features` and `c360 feature`, on whole nights of the tiny company."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import polars as pl
import pytest
import yaml
from polars.testing import assert_frame_equal
from typer.testing import CliRunner

from serving.cli.main import app, exit_status
from tests.worlds.world import AS_OF, SALES_HEAD
from transforms.profile.windows import open_windows
from warehouse.contracts.features import SHIPPED
from warehouse.contracts.load import read_features

pytestmark = pytest.mark.slow

UNTIL = open_windows(AS_OF, "Asia/Hong_Kong").until
NEXT = AS_OF + timedelta(days=1)
LATE = {"name": "rare", "from": "support", "aggregate": "count", "description": "Tickets"}

RATIO = {"aggregate": "ratio", "from": None, "of": ["warmth", "warmth"]}
BY = {"name": "a_{by}"}
OTHERS = [
    {**LATE, "name": "warmth"},
    {**LATE, "name": "last", "from": "transactions", "aggregate": "last", "column": "channel"},
]


def ask(world, *arguments):
    """Run a command on a world; gives its status and what it printed, errors with their message."""
    places = ["--home", str(world.home.root), "--contracts", str(world.contracts)]
    result = CliRunner().invoke(app, [*arguments, *places], catch_exceptions=True)
    if result.exception and not isinstance(result.exception, SystemExit):
        return exit_status(result.exception), str(result.exception)
    return result.exit_code, result.output


def nightly(world) -> pl.DataFrame:
    names = [f.name for f in read_features(world.contracts)]
    columns = ", ".join(f'"{n}"' for n in names)
    rows = world.ask(f"SELECT customer_id, {columns} FROM customer_feature ORDER BY customer_id")
    return pl.DataFrame(rows, schema=["customer_id", *names], orient="row", infer_schema_length=None)


def joined(world, tmp_path, at=UNTIL, **more) -> pl.DataFrame:
    """What `c360 features` gives for every customer at the end of the business day."""
    who = [row[0] for row in world.ask("SELECT customer_id FROM customer_profile ORDER BY 1 DESC")]
    pl.DataFrame({"customer_id": who, "at": at, **more}).write_parquet(tmp_path / "labels.parquet")
    status, said = ask(
        world, "features", "--for", str(tmp_path / "labels.parquet"), "--out", str(tmp_path / "out.parquet")
    )
    assert status == 0, said
    return pl.read_parquet(tmp_path / "out.parquet")


def test_a_model_is_served_what_it_was_trained_on(first_night, tmp_path):
    found = joined(first_night, tmp_path).drop("at").sort("customer_id")
    assert_frame_equal(found, nightly(first_night), check_dtypes=False)
    assert found["sale_life_count"].sum() == 3
    assert found["spent_life_amount"].sum() == pytest.approx(111)


def test_what_did_not_move_is_served_as_of_the_next_night_too(sales, tmp_path):
    """Wong bought twice, and is not counted again when Chan buys: days since, and what is divided by them, go on."""
    more = ["L8,R8,A2,mei@example.com,1,10.00,CNY,2026-02-21 09:00\n"]
    sales.deliver("sales-2.csv", [SALES_HEAD, *more])
    sales.night()
    sales.deliver("sales-3.csv", SALES_HEAD + "L9,R9,A1,tai.man@example.com,1,7.00,HKD,2026-03-11 10:05\n")
    sales.night(NEXT)
    found = joined(sales, tmp_path, open_windows(NEXT, "Asia/Hong_Kong").until).drop("at").sort("customer_id")
    assert_frame_equal(found, nightly(sales), check_dtypes=False, check_exact=True)
    overdue = "SELECT account_id, sale_gap_days, round(overdue_ratio, 6) FROM customer_feature JOIN customer_identity"
    days = (open_windows(NEXT, "Asia/Hong_Kong").until - datetime(2026, 2, 21, 1)) / timedelta(days=1)
    assert sales.ask(f"{overdue} USING (customer_id) ORDER BY 1") == [
        ("A1", 10.0, pytest.approx(13.9167 / 24 / 10, abs=1e-4)), ("A2", 20.0, pytest.approx(days / 20, abs=1e-5))
    ]  # fmt: skip


def test_columns_and_order_of_the_labels_stay(first_night, tmp_path):
    found = joined(first_night, tmp_path, bought=True)
    assert found.columns[:4] == ["customer_id", "at", "bought", read_features(SHIPPED.parent)[0].name]
    assert found["customer_id"].is_sorted(descending=True)


def test_accounts_stand_for_their_customers_and_strangers_are_cold(first_night, tmp_path):
    labels = tmp_path / "labels.csv"
    labels.write_text(
        "shop,member,on\nsales,A1,2026-03-11\nsales,A1,2026-03-01\nsales,A1,2026-03-02\nsales,nobody,2026-03-11\n"
    )
    status, said = ask(
        first_night, "features", "--for", str(labels), "--out", str(tmp_path / "out.csv"), "--id", "shop+member"
    )
    assert status == 0, said
    assert "4 labels of 1 customers" in said
    assert "cold: 2 labels had no event before them, 1 of these of unknown customers" in said
    found = pl.read_csv(tmp_path / "out.csv")
    assert found["sale_life_count"].to_list() == [2, 0, 2, 0]  # a date is the beginning of its business day
    assert found["refund_365_amount"].to_list() == [-50.5, 0, 0, 0]
    assert found["since_sale_days"].null_count() == 2


def test_what_a_night_took_in_is_known_by_the_end_of_its_day(first_night, tmp_path):
    who = first_night.ask("SELECT customer_id FROM customer_identity WHERE account_id = 'A1'")[0][0]
    pl.DataFrame({"customer_id": [who], "at": [UNTIL]}).write_parquet(tmp_path / "labels.parquet")
    for known_by in ("occurrence", "arrival"):
        arguments = ("--for", str(tmp_path / "labels.parquet"), "--out", str(tmp_path / "out.parquet"))
        assert ask(first_night, "features", *arguments, "--known-by", known_by)[0] == 0
        assert pl.read_parquet(tmp_path / "out.parquet")["sale_life_count"].to_list() == [2]


@pytest.fixture
def midnight_sales(sales):
    """Wong, who bought in February, buys at the first moment of March 2nd and of the 6th; Chan bought on the 1st."""
    lines = [f"L{n},R{n},A2,mei@example.com,1,10.00,HKD,2026-03-0{n} 00:00\n" for n in (2, 6)]
    sales.deliver("sales-2.csv", [SALES_HEAD, *(line.replace("L2", "L8").replace("R2", "R8") for line in lines)])
    sales.night()
    return sales


def test_labels_are_of_who_was_known_and_of_what_came_from_then_to_the_horizon(midnight_sales, tmp_path):
    out, trained = tmp_path / "labels.parquet", tmp_path / "trained.parquet"
    days = ["--at", "2026-03-02", "--at", "2026-03-01"]
    status, said = ask(midnight_sales, "labels", "--horizon", "4", *days, "--out", str(out))
    assert status == 0, said
    assert said == f"{out}: 3 labels of 2 customers, as of 2026-03-01, 2026-03-02; 2 bought within 4 days\n"
    status, said = ask(midnight_sales, "features", "--for", str(out), "--out", str(trained))
    assert status == 0, said
    chan, wong = [row[0] for row in midnight_sales.ask("SELECT customer_id FROM customer_identity ORDER BY account_id")]
    chosen = ["customer_id", "label_time", "has_bought_next_4", "spent_next_4_amount", "sale_life_count"]
    first, second = (open_windows(date(2026, 2, 28) + timedelta(days=n), "Asia/Hong_Kong").until for n in (0, 1))
    assert sorted(pl.read_parquet(trained).select(chosen).rows()) == sorted([
        (wong, first, True, 10, 1), (wong, second, True, 10, 1), (chan, second, False, -50.5, 2)
    ])  # fmt: skip


def test_labels_are_as_late_as_the_data_allow(midnight_sales, tmp_path):
    out = tmp_path / "labels.csv"
    status, said = ask(midnight_sales, "labels", "--horizon", "4", "--out", str(out))
    assert status == 0, said
    assert "as of 2026-03-03; 1 bought" in said  # the night is of the 10th, and sales end with the 6th
    told = {line.split(",", 1)[1] for line in out.read_text().splitlines()[1:]}
    assert told == {"2026-03-02 16:00:00,true,10.0", "2026-03-02 16:00:00,false,-50.5"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--horizon", "4", "--at", "2026-03-04"], "end with the transactions of 2026-03-06; take --at 2026-03-03"),
        (["--horizon", "4", "--at", "2026-02-01"], "nobody had an event before 2026-02-01; take a later --at"),
        (["--horizon", "90"], "nobody had an event before 2025-12-07; take a later --at, or a shorter --horizon"),
    ],
)
def test_labels_that_the_data_cannot_tell_are_refused(midnight_sales, tmp_path, arguments, message):
    status, said = ask(midnight_sales, "labels", *arguments, "--out", str(tmp_path / "labels.csv"))
    assert (status, list(tmp_path.glob("labels*"))) == (2, [])
    assert message in said


@pytest.mark.parametrize(
    ("labels", "arguments", "message"),
    [
        ({"customer_id": ["x"], "at": [UNTIL], "sale_7_count": [1]}, [], "sale_7_count is the name of a feature"),
        ({"who": ["x"], "at": [UNTIL]}, [], "there is no column customer_id"),
        ({"customer_id": ["x"], "at": [UNTIL], "till": [UNTIL]}, [], "name the column of the time by --time"),
        ({"customer_id": ["x"], "at": ["then"]}, ["--time", "at"], "it must be a date or a timestamp"),
        ({"customer_id": ["x", "y"], "at": [UNTIL, None]}, [], "1 labels have no at"),
        ({"customer_id": ["x"], "at": [UNTIL]}, ["--known-by", "magic"], "there are: occurrence, arrival"),
        ({"customer_id": ["x"], "at": [UNTIL]}, ["--id", "a+b+c"], "name one column, or two"),
    ],
)
def test_labels_that_cannot_be_used_are_refused_with_the_cure(first_night, tmp_path, labels, arguments, message):
    pl.DataFrame(labels).write_parquet(tmp_path / "labels.parquet")
    out = tmp_path / "out.parquet"
    status, said = ask(
        first_night, "features", "--for", str(tmp_path / "labels.parquet"), "--out", str(out), *arguments
    )
    assert (status, out.exists()) == (2, False)
    assert message in said


def test_a_leak_leaves_the_old_file_as_it_was(first_night, tmp_path, monkeypatch):
    from warehouse.features import sql as feature_sql

    joined(first_night, tmp_path)
    before = (tmp_path / "out.parquet").read_bytes()
    true_join = feature_sql.join_sql
    fault = "e.occurred_at < l.label_time + INTERVAL 9 DAY"
    monkeypatch.setattr(
        feature_sql, "join_sql", lambda **given: true_join(**given).replace("e.occurred_at < l.label_time", fault)
    )
    who = first_night.ask("SELECT customer_id FROM customer_identity WHERE account_id = 'A1'")[0][0]
    at = [UNTIL.replace(day=1)]
    pl.DataFrame({"customer_id": [who], "at": at}).write_parquet(tmp_path / "labels.parquet")
    arguments = ("--for", str(tmp_path / "labels.parquet"), "--out", str(tmp_path / "out.parquet"))
    status, said = ask(first_night, "features", *arguments)
    assert status == 1
    assert "nothing is written" in said
    assert (tmp_path / "out.parquet").read_bytes() == before
    assert {p.name for p in tmp_path.iterdir()} == {"labels.parquet", "out.parquet"}


def test_a_customer_merged_later_has_both_pasts_under_either_id(sales, tmp_path):
    """Found apart, then one in the register: a label of the id that went finds the one that lives on."""
    before = dict(sales.ask("SELECT account_id, customer_id FROM customer_identity"))
    sales.home.root.joinpath("decisions.jsonl").unlink(missing_ok=True)
    status, said = ask_link(sales, "sales:A1", "sales:A2")
    assert status == 0, said
    sales.night()
    ids = sorted(before.values())
    pl.DataFrame({"customer_id": ids, "at": [UNTIL] * 2}).write_parquet(tmp_path / "labels.parquet")
    arguments = ("--for", str(tmp_path / "labels.parquet"), "--out", str(tmp_path / "out.parquet"))
    assert ask(sales, "features", *arguments)[0] == 0
    assert pl.read_parquet(tmp_path / "out.parquet")["sale_life_count"].to_list() == [3, 3]


def ask_link(world, first, second):
    arguments = ["link", first, second, "--reason", "one", "--home", str(world.home.root)]
    result = CliRunner().invoke(app, arguments)
    return result.exit_code, f"{result.output} {result.exception}"


def test_a_declared_feature_is_published_by_the_next_night_and_shown(sales):
    own = {"features": [{**LATE, "name": "sold_count", "from": "transactions", "where": {"event_type": "sale"},
                         "default": 0, "purposes": ["service"]}]}  # fmt: skip
    sales.write_yaml("features.yaml", own)
    assert "not in the generation that is served" in ask(sales, "feature", "sold_count")[1]
    assert sales.night()["status"] == "published"
    assert sales.night()["status"] == "unchanged"
    assert sorted(sales.ask("SELECT sold_count FROM customer_feature")) == [(1,), (2,)]
    comment = "SELECT comment FROM duckdb_columns() WHERE column_name = 'sold_count' AND table_name"
    assert sales.ask(f"{comment} = 'customer_feature'") == [("Tickets.",)]
    shown = ask(sales, "feature", "sold_count")[1]
    assert "count" in shown
    assert "sales.sold_at  as occurred_at" in shown
    assert "over 2 customers: 0 null, 2 different values" in shown
    assert "example: C" in shown


def test_no_text_of_a_customer_is_shown(first_night):
    shown = ask(first_night, "feature", "last_channel")[1]
    assert "otherwise   null" in shown
    assert ask(first_night, "feature", "since_sale_dais")[1].endswith("did you mean 'since_sale_days'?")


def test_a_feature_that_is_not_right_stops_the_night_as_it_begins(sales):
    sales.write_yaml("features.yaml", {"features": [{**LATE, "from": "suport"}]})
    with pytest.raises(Exception, match="did you mean 'support'"):
        sales.night()
    assert sales.generation == 1


@pytest.mark.parametrize(
    ("change", "place", "cure"),
    [
        ({"agregate": "sum"}, "features[0].agregate", "did you mean 'aggregate'?"),
        ({"aggregate": "sums"}, "features[0].aggregate", "did you mean 'sum'?"),
        ({"aggregate": "sum"}, "features[0].column", "name a column"),
        ({"aggregate": "sum", "column": "item_id"}, "features[0].column", "net_amount"),
        ({"aggregate": "max", "column": "channel"}, "features[0].column", "occurred_at"),
        ({"aggregate": "last", "column": "text"}, "features[0].column", "another column"),
        ({"aggregate": "distinct", "column": "item"}, "features[0].column", "did you mean 'item_id'?"),
        ({"aggregate": "days_active", "column": "item_id"}, "features[0].column", "leave it out"),
        ({"where": {"chanel": "web"}}, "features[0].where.chanel", "did you mean 'channel'?"),
        ({"where": {"net_amount": "> much"}}, "features[0].where.net_amount", "numbers"),
        ({"where": {"channel": []}}, "features[0].where.channel", "text"),
        ({"where": {"occurred_at": "> May"}}, "features[0].where.occurred_at", "dates"),
        ({"window": 0}, "features[0].window", "as 90, or life"),
        ({"window": [7, 30]}, "features[0].name", "write {window}"),
        ({"window": [7, 7], "name": "a_{window}"}, "features[0].name", "another"),
        ({"window": []}, "features[0].window", "as 90, or life"),
        ({"window": True}, "features[0].window", "as 90, or life"),
        ({"where": "sale"}, "features[0].where", "write {column: value}"),
        ({"default": True}, "features[0].default", "null"),
        ({"purposes": "service"}, "features[0].purposes", "[service]"),
        ({"name": "as_of"}, "features[0].name", "another"),
        ({"name": "Big"}, "features[0].name", "small letter"),
        ({"default": "none"}, "features[0].default", "null"),
        ({"purposes": ["servise"]}, "features[0].purposes", "did you mean 'service'?"),
        ({"description": ""}, "features[0].description", "what it means"),
        ({"aggregate": "gap", "column": "item_id"}, "features[0].column", "leave it out"),
        ({"aggregate": "std", "column": "channel"}, "features[0].column", "net_amount"),
        ({"from": None}, "features[0].from", "support"),
        ({"of": ["a", "b"]}, "features[0].of", "aggregate: ratio"),
        ({"least": 10}, "features[0].least", "aggregate: ratio"),
        (RATIO | {"of": ["rare"]}, "features[0].of", "[what is divided, by what]"),
        (RATIO | {"from": "support"}, "features[0].from", "leave it out"),
        (RATIO | {"of": ["rare", "warmth"]}, "features[0].of", "counted of events"),
        (RATIO | {"of": ["warm", "warmth"]}, "features[0].of", "did you mean 'warmth'?"),
        (RATIO | {"of": ["last", "warmth"]}, "features[0].of", "name a count"),
        ({"name": "a_{by}"}, "features[0].name", "declare by"),
        ({"by": {"category": {"tea": "Tea"}}}, "features[0].name", "write {by}"),
        (BY | {"by": "category"}, "features[0].by", "{tea: Tea"),
        (BY | {"by": {"text": {"tea": "Tea"}}}, "features[0].by.text", "category"),
        (BY | {"by": {"category": ["Tea"]}}, "features[0].by.category", "a name with its values"),
        (BY | {"by": {"category": {f"n{n}": "x" for n in range(51)}}}, "features[0].by.category", "1 to 50"),
        (BY | {"by": {"category": {"Tea & Co": "Tea"}}}, "features[0].by.category", "as {tea: Tea}"),
        (BY | {"by": {"category": {"other": "Tea"}}}, "features[0].by.category", "leave it out"),
        (BY | {"by": {"category": {"tea": 7}}}, "features[0].by.category.tea", "in quotes"),
        (BY | {"by": {"category": {"tea": "Tea", "cups": ["Tea"]}}}, "features[0].by.category.cups", "one group"),
    ],
)
def test_check_names_the_place_and_the_cure(first_sales, tmp_path, change, place, cure):
    world = first_sales.copy(tmp_path)
    world.write_yaml("features.yaml", {"features": [LATE | change, *OTHERS]})
    result = CliRunner().invoke(app, ["check", "--contracts", str(world.contracts)])
    assert result.exit_code == 1
    (line,) = [line for line in result.stdout.splitlines() if line.startswith("features.yaml")]
    assert line.startswith(f"features.yaml: {place}: ")
    assert cure in line


def test_two_features_of_one_name_are_refused(first_sales, tmp_path):
    world = first_sales.copy(tmp_path)
    text = yaml.safe_dump({"features": [LATE, LATE]})
    (world.contracts / "features.yaml").write_text(text)
    result = CliRunner().invoke(app, ["check", "--contracts", str(world.contracts)])
    assert "name 'rare' is taken by features[0]" in result.stdout


def test_the_features_we_ship_hold_for_any_contracts(first_sales, tmp_path):
    found = read_features(first_sales.contracts)
    assert len(found) == len(read_features(SHIPPED.parent)) >= 15
    assert {p for f in found for p in f.purposes} == {"service"}  # the others are not this company's


def test_a_purpose_gets_what_it_may_use(published, tmp_path):
    (published.contracts / "features.yaml").write_text(yaml.safe_dump({"features": [
        {**LATE, "name": "open", "purposes": ["service"]}, {**LATE, "name": "owners"}]}))  # fmt: skip
    pl.DataFrame({"customer_id": ["C0"], "at": UNTIL}).write_parquet(tmp_path / "labels.parquet")
    paths = ["--for", str(tmp_path / "labels.parquet"), "--out", str(tmp_path / "out.parquet")]
    assert ask(published, "features", *paths, "--purpose", "service")[0] == 0
    assert pl.read_parquet(tmp_path / "out.parquet").columns == ["customer_id", "at", "open"]
    status, said = ask(published, "features", *paths, "--purpose", "servce")
    assert (status, said) == (2, "--purpose servce may use no feature; purposes that may: service")
