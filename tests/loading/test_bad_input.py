"""Bad deliveries, end to end: each gives a named reason, no record is lost, and the last good generation stays served.

One night takes all deliveries with bad rows, and publishes; another all those that are bad as a whole, each a source of
its own, and each closes the gate.
"""

import gzip
import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import polars as pl
import pytest
import yaml
import zstandard

from tests.worlds.world import AS_OF, POSTS, RATES, SALES, SALES_HEAD, SOURCES, World, column, list_tree
from warehouse.checks import GateClosed
from warehouse.contracts.model import ContractError
from warehouse.contracts.settings import SettingsError
from warehouse.landing import files as deliveries

pytestmark = pytest.mark.slow

GOOD = "".join((SALES_HEAD, *SALES))
LINE = "L9,R9,A9,z@example.com,1,1.00,HKD,2026-03-01 10:00\n"
LAST = LINE.replace("L9", "L10")
POST = {"id": "P9", "at": "2026-03-02T01:00:00Z", "text": "x", "author": {"handle": "@z"}}
BOMB = "[" * 200_000 + "]" * 200_000


def posts(*lines: object) -> str:
    return "".join(line if isinstance(line, str) else json.dumps(line) + "\n" for line in (*POSTS, *lines))


def reorder(text: str) -> str:
    return "".join(",".join(reversed(line.split(","))) + "\n" for line in text.splitlines())


def drop(text: str, place: int) -> str:
    return "".join(
        ",".join(p for i, p in enumerate(line.split(",")) if i != place) + "\n" for line in text.splitlines()
    )


def encode_big5_line(text: str) -> bytes:
    return b"".join(line.encode("big5" if "陳" in line else "utf-8") for line in text.splitlines(keepends=True))


@dataclass(frozen=True)
class Case:
    """A delivery with bad rows: how many records there are, which are duplicates, and the rule of each bad one."""

    text: str
    records: int
    rules: Mapping[int, str] = field(default_factory=dict)
    duplicates: int = 0
    encode: Callable[[str], bytes] = str.encode

    def deliver(self, world: World, name: str, path: str) -> None:
        """Deliver it with keys of its own, so that all cases can be deliveries of one source."""
        world.deliver(path, self.encode(re.sub(r"\b([LP]\d+)\b", rf"{name}-\1", self.text)))


SALES_CASES = {
    "stray_quote": Case(GOOD + LINE.replace("A9", 'A"9') + LAST, 6),
    "open_quote": Case(GOOD + LINE.replace("R9", '"R9') + LAST, 6),
    "open_quote_short": Case(GOOD + 'L9,"R9,A9\n' + LAST, 6, {5: "unclosed_quote"}),
    "too_many_fields": Case(GOOD + LINE.replace("R9", "R,9") + LAST, 6, {5: "field_count"}),
    "unfinished": Case(GOOD + LINE[:20], 5, {5: "unfinished_line"}),
    "no_last_line_end": Case(GOOD + LINE.rstrip(), 5),
    "nul": Case(GOOD + LINE.replace("A9", "A\0") + LAST, 6, {5: "nul_byte"}),
    "big_field": Case(GOOD + LINE.replace("A9", "x" * 3_000_000) + LAST, 6),
    "big5_line": Case(GOOD + LINE.replace("A9", "陳大文") + LAST, 6, {5: "encoding"}, encode=encode_big5_line),
    "no_number": Case(GOOD + LINE.replace(",1,", ",two,"), 5, {5: "type:quantity"}),
    "no_date": Case(GOOD + LINE.replace("2026-03-01 10:00", "46082"), 5, {5: "type:sold_at"}),
    "huge_number": Case(GOOD + LINE.replace("1.00", "1e400"), 5, {5: "type:amount"}),
    "future": Case(GOOD + LINE.replace("2026", "2062"), 5, {5: "future:sold_at"}),
    "no_key": Case(GOOD + LINE.replace("L9", ""), 5, {5: "required:line"}),
    "doubled": Case(GOOD + LINE + LINE + LINE.replace("1.00", "2.00"), 7, {7: "duplicate_key"}, duplicates=1),
    "unrated": Case(GOOD + LINE.replace("HKD", "XAU"), 5, {5: "no_rate:currency"}),
    "extra": Case("".join(f"{line},x\n" for line in GOOD.splitlines()), 4),
    "reordered": Case(reorder(GOOD), 4),
    "renamed": Case(GOOD.replace("email", "e_mail"), 4),
    "utf16": Case(GOOD, 4, encode=lambda text: text.encode("utf-16")),
    "windows_lines": Case(GOOD.replace("\n", "\r\n"), 4),
    "gzip": Case(GOOD, 4, encode=lambda text: gzip.compress(text.encode())),
    "zstd": Case(GOOD, 4, encode=lambda text: zstandard.compress(text.encode())),
}
POST_CASES = {
    "no_json": Case(posts("no json\n", POST), 5, {4: "not_json"}),
    "no_object": Case(posts("[1, 2]\n", POST), 5, {4: "not_an_object"}),
    "cut_json": Case(posts(POST, '{"id": "P10", "at'), 5, {5: "unfinished_line"}),
    "nul_json": Case(posts('{"id": "P1\0"}\n', POST), 5, {4: "nul_byte"}),
    "bomb": Case(posts('{"id": "P8", "text": ' + BOMB + "}\n", POST), 5, {4: "too_deep"}),
    "json_date": Case(posts({**POST, "at": True}, {**POST, "at": "soon", "id": "P8"}), 5, {4: "type:at", 5: "type:at"}),
    "json_doubled": Case(posts(POST, POST, {**POST, "text": "y"}), 6, {6: "duplicate_key"}, duplicates=1),
    "json_no_account": Case(posts({**POST, "author": 5}), 4, {4: "not_an_object"}),
}
CASES = {f"sales_{name}.csv": case for name, case in SALES_CASES.items()} | {
    f"posts_{name}.jsonl": case for name, case in POST_CASES.items()
}
# name: (like, delivery, what is said)
GATES: dict[str, tuple[str, str | bytes | None, str]] = {
    "missing": ("sales", None, "missing_delivery: missing: no file matches"),
    "empty": ("sales", "", "missing_column:line"),
    "header_only": ("sales", SALES_HEAD, "row_count:header_only: found 0"),
    "column_missing": ("sales", drop(GOOD, 5), "missing_column:amount"),
    "column_renamed": ("sales", GOOD.replace("sold_at", "soldat"), "missing_column:sold_at"),
    "no_header": ("sales", "".join(SALES), "unreadable_delivery: source no_header, delivery no_header.csv: its"),
    "header_twice": ("sales", GOOD.replace("email", "line"), "header names the column 'line' 2 times"),
    "damaged_gzip": ("sales", gzip.compress(GOOD.encode())[:-9], "delivery damaged_gzip.csv: the gzip data is damaged"),
    "damaged_zstd": ("sales", zstandard.compress(GOOD.encode())[:-9], "delivery damaged_zstd.csv: the zstd data"),
    "binary": ("sales", bytes(range(256)) * 40, "binary.csv"),
    "all_bad": ("sales", GOOD + LINE * 3 + "x\n" * 8, "quarantine_share: all_bad.csv: 15 records, 5 accepted, 8 "),
    "empty_json": ("posts", "", "row_count:empty_json: found 0"),
    "other_json": ("posts", '{"data": [1, 2]}\n', "quarantine_share: other_json.jsonl: 1 records"),
    "no_parquet": ("parquet", b"PAR1 this is no Parquet file PAR1", "delivery no_parquet.parquet"),
    "folder": ("sales", None, "source folder: folder.csv is a directory where a file is due"),
    "growing": ("sales", GOOD, "growing.csv grew while it was read"),
}  # fmt: skip


def declare(world: World, name: str, like: str, **changes: object) -> str:
    """A source of that name, like one of the usual ones; gives the name of its delivery."""
    base = SOURCES["posts" if like == "posts" else "sales"]
    ending = {"posts": "jsonl", "sales": "csv", "parquet": "parquet"}[like]
    world.declare(name, **(base | {"path": f"{name}.{ending}"} | changes))
    return f"{name}.{ending}"


@pytest.fixture(scope="module")
def spoilt_rows(first_sales: World, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A night with the deliveries of CASES, published; and a source whose delivery lacks an optional column."""
    world = first_sales.copy(tmp_path_factory.mktemp("rows"))
    world.declare("posts")
    for path, case in CASES.items():
        case.deliver(world, path.split(".")[0], path)
    world.deliver(declare(world, "optional_gone", "sales"), drop(GOOD, 3))
    world.night()
    return world


@pytest.fixture(scope="module")
def spoilt_deliveries(first_sales: World, tmp_path_factory: pytest.TempPathFactory) -> tuple[World, str]:
    """A night with every source of GATES, and what it said when it was closed."""
    world = first_sales.copy(tmp_path_factory.mktemp("gates"))
    for name, (like, body, _) in GATES.items():
        path = declare(world, name, like, custom={"maxQuarantineShare": 0.05})
        if body is not None:
            world.deliver(path, body)
    (world.data / "folder.csv").mkdir()
    copy_hashed = deliveries.copy_hashed

    def copy_while_it_grows(file, copy):
        result = copy_hashed(file, copy)
        if file.name.endswith("growing.csv"):
            with (world.data / "growing.csv").open("a") as more:
                more.write(LINE)
        return result

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deliveries, "copy_hashed", copy_while_it_grows)
        patch.setattr(deliveries, "PAUSE_SECONDS", 0.001)
        with pytest.raises(GateClosed) as closed:
            world.night()
    return world, str(closed.value)


@pytest.mark.parametrize("path", CASES)
def test_a_bad_row_is_named_and_no_other_is_lost(spoilt_rows, path):
    case, source = CASES[path], path.split("_")[0]
    found = {record: rule for name, record, rule in spoilt_rows.quarantined(source) if name == path}
    assert found == case.rules
    bad, loaded = len(case.rules), case.records - len(case.rules) - case.duplicates
    books = "SELECT physical_count, loaded_count, quarantined_count, duplicate_count FROM delivery WHERE name = ?"
    assert spoilt_rows.ask(books, path) == [(case.records, loaded, bad, case.duplicates)]
    events = "SELECT count(*) FROM customer_event JOIN delivery USING (source, delivery_id) WHERE name = ?"
    assert spoilt_rows.ask(events, path) == [(loaded,)]


def test_the_books_of_all_of_them_balance(spoilt_rows):
    spoilt_rows.require_balance()
    assert spoilt_rows.ask("SELECT count(*) FROM delivery WHERE generation = 2") == [(len(CASES) + 2,)]


def test_quarantine_keeps_the_row_as_it_was_delivered(spoilt_rows):
    row = "SELECT row FROM quarantine.record WHERE rule = 'type:quantity'"
    assert [json.loads(row)["quantity"] for (row,) in spoilt_rows.ask(row)] == ["two"]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("sales_extra.csv", "left out: x (4 records)"),
        ("sales_renamed.csv", "left out: e_mail (4 records)"),
        ("sales_open_quote.csv", "1 records had a stray quote, taken as a character"),
        ("sales_utf16.csv", "encoding utf-16 (sniffed)"),
    ],
)
def test_what_was_left_out_or_put_right_is_said(spoilt_rows, path, said):
    notes = [note["note"].lower() for note in spoilt_rows.report["notes"] if note["delivery"] == path]
    assert said in notes


def test_an_optional_column_that_is_gone_is_a_warning(spoilt_rows):
    failed = [r for r in spoilt_rows.report["checks"]["optional_gone"] if not r["is_passed"]]
    assert [(r["rule"], r["severity"]) for r in failed] == [("missing_column:email", "warning")]
    assert spoilt_rows.books("optional_gone") == [(4, 4, 0, 0)]


@pytest.mark.parametrize("path", ["sales_reordered.csv", "sales_gzip.csv", "sales_zstd.csv", "sales_utf16.csv"])
def test_another_order_or_packing_gives_the_same_events(spoilt_rows, path):
    events = (
        "SELECT record, account_id, net_amount, occurred_at, quantity FROM customer_event"
        " JOIN delivery USING (source, delivery_id) WHERE name = ? ORDER BY ALL"
    )
    assert spoilt_rows.ask(events, path) == spoilt_rows.ask(events, "sales.csv")


@pytest.mark.parametrize("name", GATES)
def test_a_bad_delivery_closes_the_gate_and_is_named(spoilt_deliveries, name):
    world, said = spoilt_deliveries
    reason = GATES[name][2]
    assert any(line.startswith(f"  {name}: ") and reason in line for line in said.splitlines()), said
    assert reason in world.report["error"]


def test_a_closed_gate_names_no_good_source(spoilt_deliveries):
    world, said = spoilt_deliveries
    assert {line.split(":")[0].strip() for line in said.splitlines()[1:]} == set(GATES)
    assert (world.generation, world.report["status"]) == (1, "closed")
    world.require_balance()


def test_no_value_of_a_headerless_delivery_is_said(spoilt_deliveries):
    world, said = spoilt_deliveries
    assert "example.com" not in said + json.dumps(world.report)
    assert "example.com" not in (world.home.root / "data_docs" / "index.html").read_text()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read_stops_the_night(sales):
    sales.deliver("sales_2.csv", GOOD + LINE).chmod(0)
    before = list_tree(sales.home.generations)
    with pytest.raises(PermissionError):
        sales.night()
    assert (sales.report["status"], list_tree(sales.home.generations)) == ("failed", before)
    assert "Permission denied" in sales.report["error"]


def test_a_fault_of_the_disk_stops_the_night_and_names_the_file(sales, monkeypatch):
    def fail(path, folder):
        raise PermissionError(13, "Permission denied", str(path))

    sales.deliver("sales_2.csv", GOOD + LINE)
    monkeypatch.setattr("warehouse.landing.land.take_snapshot", fail)
    with pytest.raises(PermissionError):
        sales.night()
    assert (sales.report["status"], sales.generation) == ("failed", 1)
    assert "Permission denied" in sales.report["error"]
    assert "sales_2.csv" in sales.report["error"]
    monkeypatch.undo()
    assert sales.night()["status"] == "published"


def test_a_path_with_blanks_and_chinese_characters_works(tmp_path, checker):
    world = World.found(tmp_path / '百貨 公司\'s "shop"', checker, ["sales", "fx_rates"])
    world.declare("sales", path="銷售 *.csv")
    world.deliver("銷售 三月.csv", GOOD)
    world.deliver("fx.csv", RATES)
    assert world.night()["status"] == "published"
    assert world.ask("SELECT name, loaded_count FROM delivery WHERE source = 'sales'") == [("銷售 三月.csv", 4)]


def test_parquet_in_its_own_types_works(tmp_path, checker):
    world = World.found(tmp_path, checker, ["fx_rates"])
    declare(world, "day", "parquet")
    frame = pl.read_csv(GOOD.encode(), try_parse_dates=True)
    world.data.joinpath("day.parquet").parent.mkdir(exist_ok=True)
    frame.write_parquet(world.data / "day.parquet")
    world.deliver("fx.csv", RATES)
    world.run_to("identify")
    assert world.books("day") == [(4, 4, 0, 0)]
    assert [str(n) for (n,) in world.ask("SELECT sum(net_amount) FROM customer_event")] == ["111.0000"]


class TestContracts:
    """Nothing begins with contracts that are not right; what is served stays."""

    def refuse(self, world: World, said: str, error: type[Exception] = ContractError) -> None:
        before = list_tree(world.home.root)
        with pytest.raises(error, match=said):
            world.night()
        assert list_tree(world.home.generations) == {
            name.removeprefix("generations/"): body for name, body in before.items() if name.startswith("generations/")
        }

    def test_a_typing_mistake_is_named_with_path_and_cure(self, sales):
        path = sales.contracts / "sales.odcs.yaml"
        path.write_text(path.read_text().replace("logicalType: timestamp", "logicaltype: timestamp"))
        self.refuse(sales, r"sales\.odcs\.yaml: schema\[0\]\.properties\[7\].*logicalType")

    def test_an_unknown_role_is_named_with_the_nearest(self, sales):
        columns = [*SOURCES["sales"]["columns"], column("shop", "chanel")]
        sales.declare("sales", columns=columns)
        self.refuse(sales, "chanel.*channel")

    def test_a_missing_folder_is_named(self, sales):
        sales.contracts.rename(sales.root / "elsewhere")
        self.refuse(sales, "contracts")

    def test_an_empty_folder_is_named(self, sales):
        for path in sales.contracts.iterdir():
            path.unlink()
        self.refuse(sales, "contracts")

    def test_a_purpose_without_a_list_of_purposes_is_named(self, sales):
        columns = [*SOURCES["sales"]["columns"], column("shop", "channel")]
        columns[-1]["customProperties"].append({"property": "c360.purposes", "value": ["service"]})
        sales.declare("sales", columns=columns)
        (sales.contracts / "purposes.yaml").unlink()
        self.refuse(sales, r"purposes\.yaml")

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("curency: HKD\n", "'curency' is not a setting; did you mean 'currency'"),
            ("currency: [HKD\n", r"settings\.yaml: line 2, column 1: is not YAML"),
            ("- HKD\n", "is a list, not a mapping"),
            ("currency: hong kong dollars\n", "currency must be three capital letters"),
            ("timezone: Asia/Hong Kong\n", "timezone"),
            ("max_accounts_per_identifier: many\n", "max_accounts_per_identifier"),
            ("memory_limit: lots\n", "memory_limit"),
        ],
    )
    def test_a_setting_that_cannot_be_used_is_named(self, sales, text, said):
        (sales.contracts / "settings.yaml").write_text(text)
        self.refuse(sales, said, SettingsError)

    def test_no_purposes_are_needed_where_no_column_names_one(self, sales):
        (sales.contracts / "purposes.yaml").unlink()
        assert sales.night()["status"] == "unchanged"
        assert yaml.safe_load((sales.contracts / "sales.odcs.yaml").read_text())["name"] == "sales"
        assert sales.report["as_of"] == AS_OF.isoformat()
