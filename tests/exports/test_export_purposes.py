"""What goes out for a purpose: its own columns and events, and pseudonyms where it says so; no real id in any byte."""

import json
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.sparse import load_npz

from serving.cli.features import write_features
from serving.recommender.export import ExportOptions, export_recommender
from serving.recommender.selection import NothingError
from tests.worlds.world import AS_OF, SOURCES, World, column
from warehouse.contracts.lineage import names_purposes
from warehouse.contracts.load import read_contracts
from warehouse.errors import UsageError
from warehouse.features.labels import Labels
from warehouse.home.keys import find_keys

pytestmark = pytest.mark.slow

HEAD = "line,receipt,account,email,quantity,amount,currency,sold_at,goods,title,state\n"
ROWS = [
    f"L{n}-{k},R{n}-{k},ACC{n}x,who{n}@example.com,{-1 if k == 4 else 1},{-9 if k == 4 else 9}.00,HKD,"
    f"2026-02-{10 + k} 10:00,thing{k},Thing {k},{'void' if k == 3 else 'done'}\n"
    for n in range(3)
    for k in range(6)
]
PURPOSES = {
    "personalisation": {"description": "Recommend", "pseudonymised": True},
    "research": {"description": "Study", "pseudonymised": True},
    "service": {"description": "Answer"},
}
COLUMNS = [
    *SOURCES["sales"]["columns"], column("goods", "item_id"), column("title", "item_name"), column("state", "status"),
]  # fmt: skip
ALL = tuple(PURPOSES)


def declare(world: World, name: str = "sales", kind: str = "transactions", **closed: tuple[str, ...]) -> None:
    """Sales whose columns name every purpose, or those given for a column."""
    columns = [dict(c) for c in COLUMNS]
    for each in columns:
        custom = list(each.get("customProperties", []))
        each["customProperties"] = [
            *custom,
            {"property": "c360.purposes", "value": list(closed.get(each["name"], ALL))},
        ]
    world.declare(name, kind=kind, mode="merge", path=f"{name}*.csv", columns=columns)


@pytest.fixture(scope="module")
def shop(first_sales, tmp_path_factory):
    world = first_sales.copy(tmp_path_factory.mktemp("shop"))
    declare(world)
    world.write_yaml("purposes.yaml", {"purposes": PURPOSES})
    world.deliver("sales_2.csv", [HEAD, *ROWS])
    world.night()
    return world


def export(world: World, out: Path, purpose: str | None = None, **more: object) -> Path:
    days = {"validation_from": date(2026, 2, 14), "test_from": date(2026, 2, 15)}
    export_recommender(ExportOptions(world.home.root, world.contracts, out, purpose=purpose, **days, **more))
    return out


def read(folder: Path, name: str) -> pl.DataFrame:
    return pl.read_parquet(folder / "parquet" / f"{name}.parquet")


def list_texts(folder: Path) -> dict[str, str]:
    """Everything a folder holds, decoded: bytes as text, Parquet as rows with their names, matrices as numbers."""
    texts = {str(p.relative_to(folder)): p.read_bytes().decode("latin-1") for p in folder.rglob("*") if p.is_file()}
    for path in folder.rglob("*.parquet"):
        texts[f"{path.name}, decoded"] = str(pl.read_parquet(path).rows(named=True))
    for path in folder.rglob("*.npz"):
        texts[f"{path.name}, decoded"] = np.array2string(load_npz(path).toarray())
    return texts


class TestPseudonyms:
    def test_stand_for_every_real_id_in_every_byte(self, shop, tmp_path):
        texts = list_texts(export(shop, tmp_path / "out"))
        real = {row[0] for row in shop.ask("SELECT customer_id FROM customer_profile")}
        real |= {row[0] for row in shop.ask("SELECT account_id FROM customer_identity")}
        secrets = {id_ for id_ in real if len(id_) > 3} | {"@example.com", "L0-1", "R0-1"}
        assert len(secrets) >= 8
        assert [(place, secret) for place, text in texts.items() for secret in secrets if secret in text] == []
        owners = list_texts(export(shop, tmp_path / "owner", "service"))  # the control: what looking finds
        assert {place for place, text in owners.items() for secret in real if secret in text} > {
            "customers_train.parquet, decoded"
        }

    def test_are_the_same_each_time_and_others_for_each_purpose(self, shop, tmp_path):
        first, again, other = (
            read(export(shop, tmp_path / name, purpose), "customers_train")
            for name, purpose in (("a", "personalisation"), ("b", None), ("c", "research"))
        )
        assert first.equals(again)
        assert all(len(name) == 32 and set(name) <= set("0123456789abcdef") for name in first["customer_id"])
        assert first["customer_id"].n_unique() == first.height == 5
        assert not set(first["customer_id"]) & set(other["customer_id"])
        assert sorted(first["order_count"]) == sorted(other["order_count"])
        keys = {p.name for p in find_keys(shop.home.root).glob("purpose-*")}
        assert keys == {"purpose-personalisation.key", "purpose-research.key"}

    def test_stay_from_night_to_night(self, shop, tmp_path):
        world = shop.copy(tmp_path / "world")
        before = read(export(world, tmp_path / "a"), "customer_ids")
        world.deliver(
            "sales_3.csv", [HEAD, ROWS[0].replace("L0", "L9").replace("R0", "R9").replace("0x,who0", "9x,who9")]
        )
        world.night()
        after = read(export(world, tmp_path / "b"), "customer_ids")
        assert set(before["customer_id"]) < set(after["customer_id"])

    def test_lead_from_interactions_to_customers(self, shop, tmp_path):
        out = export(shop, tmp_path / "out")
        ids = read(out, "customer_ids")
        joined = read(out, "interactions_train").join(ids, on="customer_index", suffix="_map")
        assert joined.height == 12
        assert (joined["customer_id"] == joined["customer_id_map"]).all()
        assert ids["customer_id"].is_sorted()  # so that the number of a customer does not tell the place of its real id
        manifest = json.loads((out / "manifest.json").read_text("utf-8"))
        assert manifest["pseudonymised"]
        assert "Pseudonym" in manifest["schema"]["customers"]["customer_id"]["meaning"]

    def test_stand_in_features_too_and_may_ask_for_them(self, shop, tmp_path):
        own = read(export(shop, tmp_path / "out", "service"), "customers_train")["customer_id"]
        named = read(export(shop, tmp_path / "named"), "customers_train")["customer_id"]

        def ask(ids, purpose, labels=None):
            path = tmp_path / "labels.csv"
            pl.DataFrame({"customer_id": [*ids, "Cnobody"], "on": date(2026, 3, 1)}).write_csv(path)
            write_features(
                shop.home.root, shop.contracts, labels or Labels(path), tmp_path / "f.parquet", "occurrence", purpose
            )
            return pl.read_parquet(tmp_path / "f.parquet")

        plain, renamed, asked = ask(own, "service"), ask(own, "personalisation"), ask(named, "personalisation")
        assert plain["customer_id"].to_list() == [*own, "Cnobody"]
        assert set(renamed["customer_id"]) == {*named, None}
        assert asked["customer_id"].to_list() == [*named, None]
        assert (
            sorted(asked["sale_life_count"]) == sorted(renamed["sale_life_count"]) == sorted(plain["sale_life_count"])
        )
        assert sum(asked["sale_life_count"]) > 9
        two = tmp_path / "two.csv"
        two.write_text("shop,member,on\nsales,ACC1x,2026-03-01\n")
        found = ask([], "personalisation", Labels(two, ("shop", "member")))
        assert found["member"].to_list()[0] in set(named)


class TestEvents:
    """Of a night's events, those that the contracts open; contracts may be changed without a night."""

    @pytest.fixture
    def world(self, shop, tmp_path):
        return shop.copy(tmp_path / "world")

    def test_all_columns_open_give_all(self, world, tmp_path):
        rows = pl.concat(
            [read(export(world, tmp_path / "out"), f"interactions_{p}") for p in ("train", "validation", "test")]
        )
        assert rows["kind"].value_counts().sort("kind").rows() == [("cancelled", 3), ("purchase", 12), ("return", 3)]
        assert rows["net_amount"].null_count() == 0

    @pytest.mark.parametrize("name", ["goods", "sold_at"])
    def test_a_closed_item_or_time_keeps_the_rows_in(self, world, tmp_path, name):
        declare(world, **{name: ("service",)})
        with pytest.raises(NothingError):
            export(world, tmp_path / "out")
        assert read(export(world, tmp_path / "out", "service"), "interactions_train").height == 12

    def test_closed_columns_are_null(self, world, tmp_path):
        declare(world, title=("service",), currency=())
        out = export(world, tmp_path / "out")
        rows = read(out, "interactions_train")
        assert rows["net_amount"].null_count() == rows.height == 12
        assert read(out, "items")["item_name"].null_count() == 6
        assert "Thing" not in "".join(list_texts(out).values())
        assert "net_amount" not in read(out, "customers_train").columns
        assert "order_count" in read(out, "customers_train").columns

    def test_a_closed_status_leaves_sales_alone(self, world, tmp_path):
        declare(world, state=("service",))
        out = export(world, tmp_path / "out")
        assert set(read(out, "interactions_train")["kind"]) == {"purchase"}
        assert "order_count" not in read(out, "customers_train").columns

    def test_a_contract_without_purposes_gives_the_least_and_says_so(self, world, tmp_path):
        world.declare("sales", mode="merge", columns=COLUMNS)
        assert not names_purposes(read_contracts(world.contracts).source("sales"))
        out = export(world, tmp_path / "out")
        rows = read(out, "interactions_train")
        assert rows.height == 12
        assert rows.select("net_amount", "channel").null_count().row(0) == (12, 12)
        assert read(out, "customers_train").columns == ["customer_index", "customer_id", "known_at"]
        notes = json.loads((out / "manifest.json").read_text("utf-8"))["notes"]
        assert any("sales names no purpose on any column" in note for note in notes)

    def test_features_that_read_a_closed_column_are_held_back(self, world, tmp_path):
        declare(world, currency=("service",))
        labels = tmp_path / "labels.csv"
        labels.write_text(f"customer_id,on\nC0,{AS_OF}\n")
        arguments = (world.home.root, world.contracts, Labels(labels), tmp_path / "f.parquet", "occurrence")
        said = write_features(*arguments, "personalisation")
        assert "held back: spent_30_amount, since personalisation may not see sales.currency" in said
        found = pl.read_parquet(tmp_path / "f.parquet").columns
        assert "sale_7_count" in found
        assert not [name for name in found if name.startswith("spent")]
        declare(world, sold_at=())
        only = {"name": "sold", "from": "transactions", "aggregate": "count", "description": "Lines"}
        world.write_yaml("features.yaml", {"features": [{**only, "purposes": ["personalisation"]}]})
        with pytest.raises(UsageError, match=r"may use no feature: name it in c360\.purposes of .*sales\.sold_at"):
            write_features(*arguments, "personalisation")
