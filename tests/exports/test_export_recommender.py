"""`c360 export recommender`: the same rows in every form, nothing known early, and nothing lost when it is refused."""

import json
import re
import shutil
import subprocess
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest
import yaml
from scipy.sparse import load_npz, save_npz

from serving.recommender.audit.files import LeakError, find_faults, require_no_leak
from serving.recommender.export import ExportOptions, export_recommender
from serving.recommender.selection import NothingError
from tests.worlds.world import AS_OF, CONSENT_HEAD, SOURCES, column, list_tree
from warehouse import ROOT
from warehouse.errors import UsageError
from warehouse.home.verify import sha256_of

pytestmark = pytest.mark.slow

HEAD = "line,receipt,account,email,quantity,amount,currency,sold_at,goods,title,shelf\n"
SALES = [
    "L1,R1,A1,tai.man@example.com,2,100.00,HKD,2026-02-01 10:00,tea,Tea,drinks\n",
    "L2,R1,A1,tai.man@example.com,1,50.50,HKD,2026-02-01 10:00,cup,Cup,china\n",
    "L3,R2,A1,tai.man@example.com,-1,-50.50,HKD,2026-02-05 12:30,cup,Cup,china\n",
    "L4,R3,A2,mei@example.com,1,10.00,CNY,2026-02-02 09:00,tea,Tea,drinks\n",
    'L5,R4,A3,new@example.com,1,10.00,HKD,2026-03-01 00:00,pot,"Pot\t""blue""",china\n',  # 28 February in UTC
    "L6,R5,A2,mei@example.com,1,10.00,HKD,2026-03-10 23:59,cup,Cup,china\n",
    "L7,R6,A1,tai.man@example.com,1,10.00,HKD,2026-03-11 00:00,pot,Pot,china\n",  # the day after
    "L8,R7,A1,tai.man@example.com,1,10.00,HKD,2026-03-02 10:00,,,\n",  # nothing is said of what was sold
]
FEAST = ROOT / ".venv-feast" / "bin" / "feast"
PARTS = ("train", "validation", "test")
POT = 'Pot\t"blue"'


@pytest.fixture(scope="module")
def goods_world(tmp_path_factory, first_night):
    """The usual company, whose sales say what was sold; published as generation 2."""
    world = first_night.copy(tmp_path_factory.mktemp("goods"))
    columns = [*SOURCES["sales"]["columns"], column("goods", "item_id"), column("title", "item_name")]
    world.declare("sales", columns=[*columns, column("shelf", "category")], mode="merge")
    world.deliver("sales_2.csv", [HEAD, *SALES])
    world.night()
    return world


@pytest.fixture(scope="module")
def later(goods_world, tmp_path_factory):
    """The same world two nights later: generation 3."""
    world = goods_world.copy(tmp_path_factory.mktemp("later"))
    assert world.night(date(2026, 3, 12))["status"] == "published"
    return world


@pytest.fixture
def order(goods_world, tmp_path):
    """A request with any of its fields changed; by default validation begins on 1 March and test on 10 March."""

    def make(**changes: object) -> ExportOptions:
        given = {"validation_from": date(2026, 3, 1), "test_from": date(2026, 3, 10), "out": tmp_path / "out"} | changes
        return ExportOptions(home=goods_world.home.root, contracts=goods_world.contracts, **given)

    return make


@pytest.fixture(scope="module")
def folder(goods_world, tmp_path_factory):
    """The usual export, for tests that change nothing."""
    out = tmp_path_factory.mktemp("export") / "out"
    export_recommender(
        ExportOptions(
            goods_world.home.root, goods_world.contracts, out, validation_from=date(2026, 3, 1), test_from=AS_OF
        )
    )
    return out


@pytest.fixture
def export(order):
    """Its folder."""

    def make(**changes: object) -> Path:
        request = order(**changes)
        export_recommender(request)
        return request.out

    return make


def read(folder: Path, name: str) -> pl.DataFrame:
    return pl.read_parquet(folder / "parquet" / f"{name}.parquet")


def manifest_of(folder: Path) -> dict:
    return json.loads((folder / "manifest.json").read_text("utf-8"))


class TestRows:
    def test_are_split_at_local_midnight_and_end_with_the_day(self, folder):
        found = {part: read(folder, f"interactions_{part}") for part in PARTS}
        assert [found[part].height for part in PARTS] == [4, 1, 1]
        assert found["validation"]["occurred_at"].to_list() == [datetime(2026, 2, 28, 16)]
        assert found["test"]["occurred_at"].to_list() == [datetime(2026, 3, 10, 15, 59)]
        rows = found["train"].select("item_id", "kind", "value", "net_amount").rows()
        assert rows == [
            ("cup", "purchase", 1.0, 50.5), ("tea", "purchase", 2.0, 100.0), ("tea", "purchase", 1.0, 11.0),
            ("cup", "return", -1.0, -50.5),
        ]  # fmt: skip

    def test_of_items_and_customers_know_what_they_should(self, folder):
        items = read(folder, "items").select("item_id", "item_name", "train_interaction_count")
        assert items.rows() == [("cup", "Cup", 0), ("pot", None, 0), ("tea", "Tea", 2)]  # the cup was returned
        customers = read(folder, "customers_train")
        assert customers.height == 4  # a poster, who has bought nothing, is one of them
        assert not {"full_name", "email", "phone", "birth_date", "address"} & set(customers.columns)
        assert {"order_count", "district", "top_category"} <= set(customers.columns)

    def test_of_cold_ones_are_counted(self, folder):
        cold = manifest_of(folder)["cold"]
        assert cold["validation"] == {"customers": 1, "cold_customers": 1, "items": 1, "cold_items": 1}
        assert cold["test"] == {"customers": 1, "cold_customers": 0, "items": 1, "cold_items": 1}
        assert manifest_of(folder)["not_positive"] == {"train": 1, "validation": 0, "test": 0}

    def test_of_no_customer_hold_a_value_that_identifies(self, folder):
        texts = [str(pl.read_parquet(path).rows()) for path in (folder / "parquet").rglob("*.parquet")]
        texts += [
            p.read_text("utf-8")
            for p in folder.rglob("*.*")
            if p.suffix in {".inter", ".user", ".item", ".json", ".html"}
        ]
        texts = [re.sub("[0-9a-f]{16,}", "", text) for text in texts]  # a digest may have any digits
        assert any("Sha Tin" in text for text in texts)
        assert not [text for text in texts for secret in ("Tai Man", "@example", "9123", "1980") if secret in text]


class TestForms:
    def test_recbole_reads_back_as_the_positive_interactions(self, folder, export):
        for part, short in zip(PARTS, ("train", "valid", "test"), strict=True):
            path = folder / "recbole" / "c360" / f"c360.{short}.inter"
            lines = pl.read_csv(path, separator="\t", quote_char=None)
            rows = read(folder, f"interactions_{part}").filter("is_positive")
            assert lines["item_id:token"].to_list() == rows["item_index"].to_list()
            assert lines["user_id:token"].to_list() == rows["customer_index"].to_list()
            assert lines["rating:float"].to_list() == rows["value"].to_list()
            assert lines["timestamp:float"].to_list() == [t / 1e6 for t in rows["occurred_at"].dt.epoch("us")]
        later = export(validation_from=AS_OF, test_from=AS_OF)  # where training knows the pot, and its tab
        assert read(later, "items")["item_name"].to_list() == ["Cup", POT, "Tea"]
        head, *rows = (later / "recbole" / "c360" / "c360.item").read_text("utf-8").splitlines()
        assert head.split("\t")[:2] == ["item_id:token", "item_first_seen_at:float"]
        assert {len(row.split("\t")) for row in rows} == {len(head.split("\t"))}
        users = (later / "recbole" / "c360" / "c360.user").read_text("utf-8").splitlines()[0]
        assert not set(users.split("\t")) & set(head.split("\t"))  # RecBole takes them for one, and fails
        for family in ("general", "sequential", "context"):
            shipped = yaml.safe_load((later / "recbole" / f"{family}.yaml").read_text("utf-8"))
            assert (shipped["topk"], shipped["valid_metric"]) == ([3], "NDCG@3")  # there are no more items

    def test_matrices_hold_the_counts_of_pairs(self, folder):
        train = load_npz(folder / "implicit" / "train.npz")
        ids = {row[1]: row[0] for row in read(folder, "item_ids").rows()}
        assert train.shape == (read(folder, "customers_train").height, 3)
        assert train.sum(axis=0).tolist() == [[{ids["cup"]: 0, ids["pot"]: 0, ids["tea"]: 2}[n] for n in range(3)]]

    def test_numbers_lead_back_to_ids(self, folder):
        rows = read(folder, "interactions_train").join(read(folder, "customer_ids"), on="customer_index", suffix="_map")
        assert rows.height == 4
        assert (rows["customer_id"] == rows["customer_id_map"]).all()

    def test_the_feast_repository_is_python_that_names_the_files(self, folder):
        text = (folder / "feast" / "features.py").read_text("utf-8")
        compile(text, "features.py", "exec")
        assert 'Field(name="order_count", dtype=Int64)' in text
        assert 'Field(name="item_name", dtype=String)' in text

    def test_sequences_hold_what_came_before_and_nothing_of_the_same_moment(self, folder, export):
        later = export(validation_from=AS_OF, test_from=AS_OF)
        found = {}
        for out in (folder, later):
            for short in ("train", "valid", "test"):
                path = out / "recbole" / "c360_sequence" / f"c360_sequence.{short}.inter"
                lines = pl.read_csv(path, separator="\t", quote_char=None, infer_schema=False)
                ids = dict(zip(*(map(str, c) for c in read(out, "item_ids").get_columns()), strict=True))
                rows = zip(lines["item_id:token"], lines["item_id_list:token_seq"], strict=True)
                found[out, short] = [(ids[item], [ids[n] for n in before.split()]) for item, before in rows]
        assert found[folder, "test"] == found[later, "valid"] + found[later, "test"] == [("cup", ["tea"])]
        assert found[folder, "train"] == found[folder, "valid"] == []  # first moments have nothing before them

    @pytest.mark.slow
    def test_feast_knows_features_at_past_moments_and_keeps_its_registry_outside(self, folder, tmp_path):
        if not FEAST.exists():
            pytest.skip("Feast is not installed; it has an environment of its own: make peers")
        copy = shutil.copytree(folder, tmp_path / "copy")
        before = list_tree(copy)
        command = [FEAST.with_name("python"), "-W", "ignore", "-m", "benchmarks.peers.feast_features", copy]
        said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert said.returncode == 0, said.stderr[-2000:]
        moments = read(folder, "interactions_train").select("customer_id", "occurred_at").n_unique()
        assert said.stdout.split()[-2:] == [str(moments)] * 2
        assert list_tree(copy) == before
        assert {path.name for path in tmp_path.glob("*.db")} == {"out.feast_registry.db", "out.feast_online.db"}
        gathered = tmp_path / "copy.feast_customers_history.parquet"
        assert pl.read_parquet(gathered).height == manifest_of(folder)["counts"]["customers_history"]

    def test_the_manifest_tells_the_files_as_they_are(self, folder):
        told = manifest_of(folder)
        there = {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}
        assert there == {*told["files"], "manifest.json"}
        assert all(sha256_of(folder / name) == file["sha256"] for name, file in told["files"].items())
        for part in PARTS:
            rows = read(folder, f"interactions_{part}")
            assert told["counts"]["interactions"][part] == rows.height
            assert told["files"][f"parquet/interactions_{part}.parquet"]["rows"] == rows.height
            assert list(told["schema"]["interactions"]) == rows.columns
        assert all(c["meaning"] for c in told["schema"]["customers"].values())
        assert (told["generation"], told["as_of"]) == (2, AS_OF.isoformat())

    def test_the_card_tells_of_every_column_and_shows_no_value(self, folder):
        page = (folder / "card.html").read_text("utf-8")
        assert not re.search(r"<script|https?:|url\(|@import|src=", page)
        rows = dict(re.findall(r'<tr><th scope="row">(\w+)</th>(.*?)</tr>', page))
        columns = {*read(folder, "customers_train").columns, *read(folder, "interactions_train").columns}
        assert columns - {"customer_id", "customer_index", "item_id", "item_index"} < set(rows)
        assert "<td>sales.quantity, sales.amount, sales.currency</td>" in rows["net_amount"]
        assert "<td>crm.district</td>" in rows["district"]
        assert "too few to tell" in rows["district"]
        assert "before 2026-03-01" in page
        assert "owner's own" in page
        assert "under 10 of under 10 customers" in page
        assert not [word for word in ("Sha Tin", "Tea", "tea", "china", "Tai Man") if re.search(rf"\b{word}\b", page)]

    def test_two_exports_are_the_same_bytes(self, export, folder):
        assert list_tree(export()) == list_tree(folder)


class TestAudit:
    @pytest.fixture
    def folder(self, folder, tmp_path):
        copy = shutil.copytree(folder, tmp_path / "copy")
        assert list(find_faults(copy)) == []
        return copy

    def plant(self, folder: Path, name: str, change) -> str:
        """Rewrite a Parquet file, and its checksum too, as one who hides a leak would; gives what the audit says."""
        path = folder / "parquet" / f"{name}.parquet"
        change(pl.read_parquet(path)).write_parquet(path)
        manifest = manifest_of(folder)
        manifest["files"][f"parquet/{name}.parquet"]["sha256"] = sha256_of(path)
        (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
        with pytest.raises(LeakError) as said:
            require_no_leak(folder)
        return str(said.value)

    @pytest.mark.parametrize("at", [datetime(2026, 2, 28, 16), None])
    def test_catches_an_interaction_of_validation_in_train(self, folder, at):
        said = self.plant(
            folder, "interactions_train", lambda f: f.with_columns(occurred_at=pl.lit(at, pl.Datetime("us")))
        )
        assert "interactions_train.parquet: 4 of its interactions lie outside the time of train" in said

    def test_catches_an_interaction_after_the_day(self, folder):
        late = pl.lit(datetime(2026, 3, 10, 16)).cast(pl.Datetime("us"))
        said = self.plant(folder, "interactions_test", lambda f: f.with_columns(occurred_at=late))
        assert "interactions_test.parquet: 1 of its interactions lie outside the time of test" in said

    def test_catches_popularity_that_knows_the_test(self, folder):
        every = pl.Series("train_interaction_count", [2, 1, 2])
        said = self.plant(folder, "items", lambda f: f.with_columns(every))
        assert "items.parquet: 2 items whose popularity in training is not that of training" in said

    def test_catches_features_that_know_what_came_later(self, folder):
        late = pl.lit(datetime(2026, 3, 10, 16)).cast(pl.Datetime("us"))
        said = self.plant(folder, "customers_train", lambda f: f.with_columns(last_seen_at=late))
        assert "customers_train.parquet: 4 rows know what came later" in said

    def test_catches_a_matrix_and_lines_of_another_part(self, folder):
        save_npz(folder / "implicit" / "train.npz", load_npz(folder / "implicit" / "test.npz"))
        recbole = folder / "recbole" / "c360"
        (recbole / "c360.train.inter").write_bytes((recbole / "c360.test.inter").read_bytes())
        said = "; ".join(find_faults(folder))
        assert "train.npz: is not the matrix of the interactions of train" in said
        assert "c360.train.inter: 1 of its interactions lie outside the time of train" in said
        assert "implicit/train.npz: is not the file that was written" in said

    def test_is_run_before_anything_is_put_in_place(self, export, order, monkeypatch):
        folder = export()
        before = list_tree(folder)
        monkeypatch.setattr(
            "serving.recommender.audit.files.bounds_of", lambda m: dict.fromkeys(PARTS, ("2020-01-01",) * 2)
        )
        with pytest.raises(LeakError):
            export_recommender(order())
        assert list_tree(folder) == before
        assert [p.name for p in folder.parent.iterdir()] == [folder.name]


class TestAsOf:
    def test_a_day_before_the_generation_needs_the_history_of_profiles(self, order):
        with pytest.raises(UsageError, match="customer_profile_history begins on 2026-03-10"):
            export_recommender(order(as_of=date(2026, 3, 9)))

    def test_a_day_after_the_generation_is_refused(self, order):
        with pytest.raises(UsageError, match="lies after the current generation"):
            export_recommender(order(as_of=date(2026, 3, 11)))

    def test_an_export_to_the_same_folder_changes_what_is_new_and_equals_a_full_one(self, later, folder, tmp_path):
        out = Path(shutil.copytree(folder, tmp_path / "out"))
        inode = {path: path.stat().st_ino for path in out.rglob("*.*")}
        for place in (out, tmp_path / "full" / "out"):
            export_recommender(
                ExportOptions(
                    later.home.root, later.contracts, place, validation_from=date(2026, 3, 1), test_from=AS_OF
                )
            )
        told, full = manifest_of(out), manifest_of(tmp_path / "full" / "out")
        trees = [list_tree(place) for place in (out, tmp_path / "full" / "out")]
        assert trees[0].keys() == trees[1].keys()
        assert {str(name) for name, data in trees[0].items() if trees[1][name] != data} == {"manifest.json"}
        before = {name: file["sha256"] for name, file in manifest_of(folder)["files"].items()}
        kept = {name for name, file in told["files"].items() if file["generation"] == 2}
        assert kept == {name for name, file in full["files"].items() if file["sha256"] == before.get(name)}
        assert {"parquet/interactions_train.parquet", "parquet/customers_history/2026-02-28.parquet"} < kept
        assert not {"parquet/interactions_test.parquet", "parquet/customers_now.parquet", "card.html"} & kept
        assert {name for name in told["files"] if inode.get(out / name) == (out / name).stat().st_ino} == kept
        assert {file["generation"] for file in full["files"].values()} == {3}

    def test_the_histories_hold_as_many_ends_of_months_as_are_asked_for(self, export):
        days = [each["as_of"] for each in manifest_of(export(months=0))["history"]]
        assert days == ["2026-02-28", "2026-03-10"]

    def test_features_come_from_the_history(self, goods_world, later, tmp_path):
        world, day = later, date(2026, 3, 10)
        before = goods_world.ask("SELECT customer_id, order_count, recency_days FROM customer_profile ORDER BY ALL")
        after = world.ask("SELECT customer_id, order_count, recency_days FROM customer_profile ORDER BY ALL")
        request = ExportOptions(world.home.root, world.contracts, tmp_path / "out", features_as_of=day)
        assert export_recommender(request)["features_as_of"] == "2026-03-10"
        told = read(tmp_path / "out", "customers_train").select("customer_id", "order_count", "recency_days").rows()
        assert told
        assert set(told) <= set(before)
        assert not {row for row in told if row[2] is not None} & set(after)  # every buyer has aged by two days
        early = ExportOptions(world.home.root, world.contracts, tmp_path / "out", features_as_of=date(2026, 1, 31))
        with pytest.raises(UsageError, match="customer_profile_history begins on 2026-03-10"):
            export_recommender(early)


class TestFolder:
    def test_that_holds_something_else_is_refused_and_stays(self, order, tmp_path):
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "thesis.txt").write_text("mine")
        with pytest.raises(UsageError, match="holds something other"):
            export_recommender(order())
        assert (tmp_path / "out" / "thesis.txt").read_text() == "mine"

    def test_that_is_empty_or_an_export_is_replaced(self, export, tmp_path):
        (tmp_path / "out").mkdir()
        (export() / "left.txt").write_text("from before")
        assert not (export(core=1) / "left.txt").exists()


class TestChoice:
    def test_the_core_holds_who_and_what_is_frequent(self, export):
        folder = export(core=2)
        assert set(read(folder, "items")["item_id"]) == {"cup", "tea"}
        assert read(folder, "customers_train").height == 2
        assert sum(manifest_of(folder)["counts"]["interactions"].values()) == 5  # the return is one of them

    def test_nothing_left_is_said(self, order):
        with pytest.raises(NothingError, match="none is in the 3-core"):
            export_recommender(order(core=3))

    def test_only_who_consented_to_the_purpose_is_exported(self, goods_world, order, tmp_path):
        world = goods_world.copy(tmp_path / "world")
        entry = {"description": "Recommend", "consent": "tips"}
        world.write_yaml("purposes.yaml", {"purposes": {"personalisation": entry, "count": {"description": "Count"}}})
        answers = ["C1,tips,granted,2026-02-01 10:00\n", "C2,tips,granted,2026-02-01 10:00\n"]
        world.deliver("consent_2.csv", [CONSENT_HEAD, *answers, "C2,tips,withdrawn,2026-02-02 10:00\n"])
        world.night()
        request = ExportOptions(world.home.root, world.contracts, tmp_path / "out")
        manifest = export_recommender(request)
        assert (manifest["purpose"], manifest["consent"], manifest["counts"]["customers"]) == (
            "personalisation",
            "tips",
            1,
        )
        assert sum(manifest["counts"]["interactions"].values()) == 3
        other = ExportOptions(world.home.root, world.contracts, tmp_path / "all", purpose="count")
        assert export_recommender(other)["counts"]["customers"] == 4

    def test_what_the_contract_declares_to_be_no_goods_is_left_out_and_counted(self, goods_world, tmp_path):
        world = goods_world.copy(tmp_path / "world")
        declared = yaml.safe_load((world.contracts / "sales.odcs.yaml").read_text("utf-8"))
        goods = next(c for c in declared["schema"][0]["properties"] if c["name"] == "goods")
        goods["customProperties"].append({"property": "c360.nonMerchandise", "value": ["cu*", "POST"]})
        world.write_yaml("sales.odcs.yaml", declared)
        request = ExportOptions(world.home.root, world.contracts, tmp_path / "out")
        manifest = export_recommender(request)
        assert manifest["non_merchandise"] == {"interactions": 3, "items": 1}
        assert read(request.out, "items")["item_id"].to_list() == ["pot", "tea"]
        assert sum(manifest["counts"]["interactions"].values()) == 3
        goods["customProperties"][-1]["value"] = ["cup", "tea", "p*"]
        world.write_yaml("sales.odcs.yaml", declared)
        with pytest.raises(NothingError, match=r"c360\.nonMerchandise declares to be no goods"):
            export_recommender(request)

    def test_an_unknown_purpose_and_foreign_contracts_are_refused(self, order, tmp_path):
        with pytest.raises(UsageError, match=r"--purpose fun is not in purposes\.yaml; there are: service"):
            export_recommender(order(purpose="fun"))
        request = order()
        for path in request.contracts.glob("fx*"):
            (tmp_path / "contracts").mkdir()
            (tmp_path / "contracts" / path.name).write_bytes(path.read_bytes())
        foreign = ExportOptions(request.home, tmp_path / "contracts", request.out)
        with pytest.raises(UsageError, match="has no contract for consent, crm, posts, sales, tickets"):
            export_recommender(foreign)
