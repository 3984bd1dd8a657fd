"""What models are trained on knows nothing of validation: by default, in every file, and the audit refuses a leak."""

import shutil
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from scipy.sparse import load_npz, save_npz

from serving.recommender import export as export_module
from serving.recommender import profiles
from serving.recommender.audit import known as known_audit
from serving.recommender.audit.files import LeakError
from serving.recommender.export import ExportOptions, audit_export, export_recommender, settle_dates
from serving.recommender.forms.feast import write_feast
from serving.recommender.permission import find_permission
from serving.recommender.selection import select_rows
from tests.worlds.world import AS_OF, CHAN, CRM_HEAD, SOURCES, WONG, World, column, list_tree
from transforms.profile.windows import open_windows
from warehouse.home.verify import open_generation
from warehouse.profile.as_of import build_past, list_dated

pytestmark = pytest.mark.slow

TOMORROW = open_windows(AS_OF + timedelta(days=1), "Asia/Hong_Kong").until
HEAD = "line,receipt,account,email,quantity,amount,currency,sold_at,goods,title,shelf\n"
BEGIN, TEST = date(2026, 3, 1), date(2026, 3, 6)
FROM = datetime(2026, 2, 28, 16)
EARLY = [
    "L1,R1,A1,tai.man@example.com,2,100.00,HKD,2026-02-01 10:00,tea,Tea,drinks\n",
    "L2,R1,A1,tai.man@example.com,1,50.50,HKD,2026-02-01 10:00,cup,Cup,china\n",
    "L3,R2,A1,tai.man@example.com,-1,-50.50,HKD,2026-02-05 12:30,cup,Cup,china\n",
    "L4,R3,A2,mei@example.com,1,10.00,CNY,2026-02-28 23:59,tea,Black tea,drinks\n",
]
LATE = [
    "L5,R4,A1,tai.man@example.com,9,900.00,HKD,2026-03-01 00:00,tea,Old tea,cellar\n",
    "L6,R5,A3,new@example.com,1,10.00,HKD,2026-03-02 10:00,pot,Pot,china\n",
    "L7,R6,A2,mei@example.com,-1,-10.00,CNY,2026-03-07 10:00,tea,Tea,drinks\n",
    "L8,R7,A1,tai.man@example.com,1,20.00,HKD,2026-03-08 10:00,pot,Pot,china\n",
]
OTHERWISE = ["L6,R5,A2,mei@example.com,5,70.00,HKD,2026-03-05 10:00,tea,Tea?,x\n"]


def post(number: int, at: str, likes: int) -> dict:
    author = {"handle": "@taiman", "email": "tai.man@example.com"}
    return {"id": f"P{number}", "at": at, "text": "nice shop", "author": author, "likes": likes}


def ticket(number: int, at: str, status: str) -> dict:
    user = {"id": "U1", "email": "tai.man@example.com"}
    return {"id": f"T{number}", "user": user, "text": "where is it?", "status": status, "at": at, "solved_at": None}


POSTS = [post(1, "2026-02-10T01:00:00Z", 1), post(2, "2026-03-03T01:00:00Z", 50)]
TICKETS = [ticket(1, "2026-02-20T01:00:00Z", "open"), ticket(2, "2026-03-04T01:00:00Z", "open")]


def found(root: Path, checker, late: list[str], posts: list[dict], tickets: list[dict]) -> World:
    """The tiny company, whose sales say what was sold; what happened before March is always the same."""
    world = World.found(root, checker)
    columns = [*SOURCES["sales"]["columns"], column("goods", "item_id"), column("title", "item_name")]
    world.declare("sales", columns=[*columns, column("shelf", "category")])
    world.deliver_all()
    world.deliver("crm.csv", CRM_HEAD + CHAN + WONG)
    world.deliver("sales.csv", [HEAD, *EARLY, *late])
    world.deliver("posts.jsonl", posts)
    world.deliver("tickets.jsonl", tickets)
    return world


@pytest.fixture(scope="module")
def world(tmp_path_factory, checker):
    world = found(tmp_path_factory.mktemp("leaks"), checker, LATE, POSTS, TICKETS)
    world.night()
    return world


@pytest.fixture(scope="module")
def otherwise(tmp_path_factory, checker):
    """The same past, and another March: other sales, no post, and the old ticket was solved in it."""
    solved = ticket(1, "2026-02-20T01:00:00Z", "solved") | {"solved_at": "2026-03-05T01:00:00Z"}
    world = found(tmp_path_factory.mktemp("otherwise"), checker, OTHERWISE, POSTS[:1], [solved])
    world.night()
    return world


def export(world: World, out: Path, **more: object) -> Path:
    given = {"validation_from": BEGIN, "test_from": TEST} | more
    export_recommender(ExportOptions(world.home.root, world.contracts, out, **given))
    return out


@pytest.fixture(scope="module")
def exported(world, tmp_path_factory):
    return export(world, tmp_path_factory.mktemp("exported") / "out")


def read(folder: Path, name: str) -> pl.DataFrame:
    return pl.read_parquet(folder / "parquet" / f"{name}.parquet")


def known(folder: Path, world: World) -> pl.DataFrame:
    """Customers by the account that everybody here has: of the two in the register."""
    who = dict(world.ask("SELECT customer_id, account_id FROM customer_identity WHERE source = 'crm'"))
    frame = read(folder, "customers_train").filter(pl.col("customer_id").is_in(list(who)))
    frame = frame.with_columns(customer_id=pl.col("customer_id").replace_strict(who)).sort("customer_id")
    return frame.drop("customer_index")


class TestDefault:
    def test_knows_what_came_before_validation_alone(self, world, otherwise, tmp_path):
        one, other = export(world, tmp_path / "one"), export(otherwise, tmp_path / "other")
        customers = known(one, world)
        assert customers.equals(known(other, otherwise))
        assert customers.height == 2
        chosen = customers.select(
            "customer_id", "order_count", "line_count", "net_amount", "post_count", "ticket_count"
        )
        assert chosen.rows() == [("C1", 1, 3, 100.0, 1, 1), ("C2", 1, 1, 11.0, 0, 0)]
        for name, kind in customers.schema.items():
            if kind == pl.Datetime("us"):
                assert (customers[name].drop_nulls() < FROM).all()
        assert {"district", "top_category", "recency_days", "segment"} < set(customers.columns)
        tea = [read(out, "items").filter(pl.col("item_id") == "tea").drop("item_index").row(0) for out in (one, other)]
        assert tea[0] == tea[1]
        assert "Black tea" in tea[0]

    def test_says_beside_it_what_is_so_now(self, world, exported):
        out = exported
        now = read(out, "customers_now").select("customer_id", "order_count", "net_amount").sort("customer_id")
        amount = "net_amount::DOUBLE"
        assert now.rows() == world.ask(f"SELECT customer_id, order_count, {amount} FROM customer_profile ORDER BY ALL")
        assert now["order_count"].sum() > read(out, "customers_train")["order_count"].sum()
        ids = ["customer_index", "customer_id"]
        assert read(out, "customers_now").select(ids).equals(read(out, "customers_train").select(ids))

    def test_leaves_out_what_an_event_says_only_later(self, world, tmp_path):
        columns = set(read(export(world, tmp_path / "out"), "customers_train").columns)
        late = {"like_count", "open_ticket_count", "median_solve_hours", "oldest_complaint_at", "is_vulnerable"}
        late |= {"service_mode", "account_count", "source_count", "confidence", "completeness_share", "p_alive"}
        assert not columns & late
        assert not {"is_ai_opted_out", "service_score", "sources", "account_count"} & set(list_dated())

    def test_takes_the_profile_that_a_night_of_that_week_published(self, tmp_path, checker):
        world = found(tmp_path / "world", checker, LATE, POSTS, TICKETS)
        world.night(BEGIN - timedelta(days=3))
        before = {
            row[0]: row[1:] for row in world.ask("SELECT customer_id, order_count, source_count FROM customer_profile")
        }
        world.night(AS_OF)
        out = export(world, tmp_path / "out")
        told = {
            row[0]: row[1:]
            for row in read(out, "customers_train").select("customer_id", "order_count", "source_count").rows()
        }
        now = [row[0] for row in world.ask("SELECT customer_id FROM customer_profile")]
        assert set(told) == set(now)
        assert {who: values for who, values in told.items() if values[0] is not None} == {
            who: before[who] for who in before if who in now
        }
        assert read(out, "customers_train")["known_at"].unique().to_list() == [
            open_windows(BEGIN - timedelta(days=3), "Asia/Hong_Kong").until - timedelta(microseconds=1)
        ]

    def test_goes_by_the_events_where_the_last_night_is_long_ago(self, tmp_path, checker):
        world = found(tmp_path / "world", checker, [], POSTS[:1], TICKETS[:1])
        world.deliver("sales.csv", [HEAD, *EARLY[:3]])
        world.night(BEGIN - timedelta(days=9))
        world.deliver("sales_2.csv", [HEAD, EARLY[3], *LATE])
        world.night(AS_OF)
        counts = known(export(world, tmp_path / "out"), world).select("customer_id", "order_count", "line_count")
        assert counts.rows() == [("C1", 1, 3), ("C2", 1, 1)]

    def test_a_later_day_must_be_asked_for_and_is_said(self, world, tmp_path):
        request = ExportOptions(
            world.home.root, world.contracts, tmp_path / "out", validation_from=BEGIN, test_from=TEST
        )
        assert "as was asked for" not in str(export_recommender(request)["notes"])
        asked = ExportOptions(**{**vars(request), "features_as_of": AS_OF})
        manifest = export_recommender(asked)
        assert "as was asked for, and know what happened in validation" in manifest["notes"][0]
        assert manifest["features"] == {
            "as_of": AS_OF.isoformat(), "until": "2026-03-10T16:00:00", "from": "generation", "asked": True,
        }  # fmt: skip


@pytest.fixture(scope="module")
def audit(world, exported):
    """What the audit says of a folder, as the export asks it; rows are selected once for all tests."""
    given = ExportOptions(world.home.root, world.contracts, exported, validation_from=BEGIN, test_from=TEST)
    generation = world.home.require_current()
    permission = find_permission(world.contracts, None, generation.read_manifest())
    order = settle_dates(given, generation.as_of, "Asia/Hong_Kong")
    there = set()

    def build_once(given, contracts, rules, windows, table, events):
        """The same generation has the same past; exports of other tests build their own."""
        if given is not con:
            return build_past(given, contracts, rules, windows, table, events)
        kept = f"past_{windows.as_of:%Y%m%d}"
        if kept not in there:
            build_past(con, contracts, rules, windows, kept, events)
            there.add(kept)
        con.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS FROM {kept}")
        return None

    with open_generation(generation, "2GB") as con, pytest.MonkeyPatch.context() as patch:
        patch.setattr(known_audit, "build_past", build_once)
        chosen = select_rows(con, world.home, order, permission)

        def ask(folder: Path) -> str:
            with pytest.raises(LeakError) as said:
                audit_export(con, folder, order, permission, chosen, "2GB")
            return str(said.value)

        audit_export(con, exported, order, permission, chosen, "2GB")
        yield ask


@pytest.fixture
def copy(exported, tmp_path):
    return shutil.copytree(exported, tmp_path / "out")


def read_lines(path: Path) -> tuple[str, list[dict[str, str]]]:
    """The head of a file of RecBole, and its lines by short names: user, item, list, at, rating, kind, channel."""
    head, *lines = path.read_text("utf-8").splitlines()
    short = {"item_id_list": "list", "timestamp": "at", "user_id": "user", "item_id": "item"}
    names = [short.get(name, name) for name in (word.partition(":")[0] for word in head.split("\t"))]
    return head, [dict(zip(names, line.split("\t"), strict=True)) for line in lines]


class TestPlanted:
    """A fault of ours that leaks: in one file, of which another one tells the truth."""

    @pytest.mark.parametrize(
        ("name", "change", "message"),
        [
            ("customers_train", {"order_count": pl.col("order_count") + 1}, "order_count of 3 customers"),
            ("customers_train", {"net_amount": pl.col("net_amount") + 900}, "net_amount of 3 customers"),
            ("customers_train", {"recency_days": pl.lit(1, pl.Int64)}, "recency_days of 3 customers"),
            ("customers_train", {"top_category": pl.lit("cellar")}, "top_category of 3 customers"),
            ("customers_train", {"district": pl.lit("Wan Chai")}, "district of 2 customers"),
            ("customers_train", {"last_seen_at": pl.lit(FROM)}, "3 rows know what came later"),
            ("customers_train", {"known_at": pl.lit(FROM)}, "3 rows know what came later"),
            ("customers_train", {"bought_later": pl.lit(1)}, "customers_train.parquet: holds bought_later"),
            ("customers_now", {"order_count": pl.col("order_count") + 1}, "customers_now.parquet: order_count of 3"),
            ("customers_now", {"known_at": pl.lit(TOMORROW)}, "customers_now.parquet: 3 rows know what came later"),
            ("customers_now", {"next_order": pl.lit(1)}, "customers_now.parquet: holds next_order"),
            ("customers_now", {"customer_index": pl.col("customer_index").reverse()}, "customers_now.parquet: numbers"),
            ("items", {"item_name": pl.lit("Old tea")}, "item_name of 3 items are unknown before 2026-02-28"),
            ("items", {"first_seen_at": pl.lit(FROM)}, "3 items that are known by other interactions"),
            ("items", {"train_customer_count": pl.col("train_customer_count") + 1}, "3 items whose popularity"),
            ("items", {"interaction_count": pl.lit(2)}, "items.parquet: holds interaction_count"),
            ("interactions_train", {"is_positive": pl.lit(True)}, "interactions_train.parquet: is_positive of 1 pairs"),
            ("customers_history", {"line_count": pl.col("line_count") + 1}, "customers_history: line_count of"),
            ("customers_history", {"recency_days": pl.lit(1, pl.Int64)}, "customers_history: recency_days of"),
            ("customers_history", {"bought_later": pl.lit(1)}, "customers_history: holds bought_later"),
            ("customers_history", {"known_at": pl.col("known_at").dt.offset_by("-1mo")}, "holds other days than"),
            ("items_history", {"item_name": pl.lit("Old tea")}, "items_history: item_name of"),
            ("items_history", {"train_customer_count": pl.lit(9, pl.Int64)}, "items_history: popularity of"),
            ("items_history", {"stock_after": pl.lit(1)}, "items_history: holds stock_after"),
            ("items_history", {"last_seen_at": pl.col("known_at")}, "items_history: knows items by other"),
            ("customer_ids", {"customer_index": pl.col("customer_index").reverse()}, "customer_ids.parquet: numbers"),
        ],
    )  # fmt: skip
    def test_in_parquet(self, audit, copy, name, change, message):
        place = copy / "parquet" / name
        for path in place.iterdir() if place.is_dir() else [place.with_suffix(".parquet")]:
            pl.read_parquet(path).with_columns(**change).write_parquet(path)
        assert message in audit(copy)

    @pytest.mark.parametrize(
        ("name", "old", "new"),
        [
            ("recbole/c360/c360.user", "Sha Tin", "Wan Chai"),
            ("recbole/c360/c360.item", "Black tea", "Old tea"),
            ("recbole/context.yaml", "order_count", "order_count_after"),
            ("feast/features.py", "order_count", "order_count_after"),
        ],
    )
    def test_in_other_files(self, audit, copy, name, old, new):
        text = (copy / name).read_text("utf-8")
        assert old in text
        (copy / name).write_text(text.replace(old, new), "utf-8")
        assert f"{Path(name).name}: differs from the Parquet files" in audit(copy)

    @pytest.mark.parametrize(
        ("name", "change", "message"),
        [
            ("sequence.valid", lambda row, _: row | {"list": f"{row['list']} {{pot}}"}, "were not before it"),
            ("sequence.test", lambda row, _: row | {"list": f"{row['list']} {row['item']}"}, "were not before it"),
            ("sequence.test", lambda row, _: row | {"item": "{cup}"}, "hold the positive interactions of test"),
            ("sequence.test", lambda row, _: row | {"user": "{other}"}, "hold the positive interactions of test"),
            ("sequence.test", lambda row, _: row | {"at": "1772800000.0"}, "hold the positive interactions of test"),
            ("sequence.test", lambda row, _: row | {"list": row["item"]}, "1 of the items told before"),
            ("sequence.test", lambda row, _: row | {"list": row["list"].split()[0]}, "each with all before it"),
            ("sequence.valid", lambda _, later: later, "1 of its interactions lie outside the time of validation"),
            ("sequence.train", lambda _, later: later, "1 of its interactions lie outside the time of train"),
            (".train", lambda _, later: later, "1 of its interactions lie outside the time of train"),
            (".valid", lambda row, _: row | {"item": "{cup}"}, "hold the positive interactions of validation"),
            (".test", lambda row, _: row | {"rating": "5.0"}, "hold the positive interactions of test"),
            (".test", lambda row, _: row | {"channel": "web"}, "hold the positive interactions of test"),
        ],
    )  # fmt: skip
    def test_in_lines_of_recbole(self, audit, copy, name, change, message):
        dataset = "c360_sequence" if name.startswith("sequence") else "c360"
        path = copy / "recbole" / dataset / f"{dataset}.{name.rpartition('.')[2]}.inter"
        (head, rows), (_, others) = (read_lines(p) for p in (path, path.with_name(f"{dataset}.test.inter")))
        changed = change(rows[-1] if rows else None, others[-1])
        numbers = {item: str(number) for number, item in read(copy, "item_ids").rows()}
        other = (int(others[-1]["user"]) + 1) % 3
        filled = {key: value.format(**numbers, other=other) for key, value in changed.items()}
        lines = ["\t".join(row.values()) for row in [*rows[:-1], filled]]
        path.write_text("\n".join([head, *lines, ""]), "utf-8")
        assert message in audit(copy)

    @pytest.mark.parametrize("part", ["train", "validation"])
    def test_in_the_matrices(self, audit, copy, part):
        path = copy / "implicit" / f"{part}.npz"
        save_npz(path, load_npz(path) + load_npz(copy / "implicit" / "test.npz"))
        assert f"{part}.npz: is not the matrix of the interactions of {part}" in audit(copy)

    def test_in_what_is_written_refuses_the_export_and_what_was_there_stays(self, world, copy, monkeypatch):
        before = list_tree(copy)

        def plant(con, folder):
            write_feast(con, folder)
            path = folder / "parquet" / "customers_train.parquet"
            pl.read_parquet(path).with_columns(pl.col("order_count") + 1).write_parquet(path)

        monkeypatch.setattr(export_module, "write_feast", plant)
        with pytest.raises(LeakError, match="order_count of 3 customers"):
            export(world, copy)
        assert list_tree(copy) == before

    def test_in_the_day_of_the_profiles(self, world, tmp_path, monkeypatch):
        monkeypatch.setattr(profiles, "find_way", lambda *_: ("generation", AS_OF))
        with pytest.raises(LeakError, match="as of 2026-03-10, which ends after validation begins"):
            export(world, tmp_path / "out")

    def test_in_the_folding_of_the_past(self, world, tmp_path, monkeypatch):
        late = open_windows(AS_OF, "Asia/Hong_Kong")
        monkeypatch.setattr(profiles, "build_past", lambda con, contracts, rules, _, table: build_past(
            con, contracts, rules, late, table))  # fmt: skip
        with pytest.raises(LeakError, match=r"line_count of \d customers is not that of the events before 2026-02-28"):
            export(world, tmp_path / "out")
