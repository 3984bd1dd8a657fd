"""Reports: the history they carry, and the page with its plots."""

import hashlib
import json
import re
from datetime import timedelta
from xml.etree import ElementTree

import pytest

from tests.worlds.world import AS_OF, SALES_HEAD, find_secret
from warehouse.home.generations import roll_back
from warehouse.monitoring import report as reports
from warehouse.monitoring.charts import COLOURS, draw_bars, draw_columns, round_up, show
from warehouse.monitoring.page import draw_page
from warehouse.monitoring.report import KEPT, SUMMARY, list_nights, remove_old_reports
from warehouse.night import begin_step
from warehouse.run import name_run

NEXT = AS_OF + timedelta(days=1)
VALUES = ("Tai Man", "tai.man", "WONG", "mei@", "9123 4567", "taiman", "Sha Tin", "1980-05-17")
"""Of the people of the tiny company, as they were delivered."""
KEY = "91234567"
"""Such a value as it is compared; four digits of it alone stand in a clock's microseconds now and then."""


def read_report(world, number):
    return json.loads((world.home.generations / str(number) / "report.json").read_text("utf-8"))


def write_report(world, text):
    """As if the first generation had been published with this report."""
    folder = world.home.generations / "1"
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    manifest["files"]["report.json"] = hashlib.sha256(text.encode()).hexdigest()
    for name, body in (("report.json", text), ("manifest.json", json.dumps(manifest))):
        (folder / name).chmod(0o644)
        (folder / name).write_text(body, "utf-8")


@pytest.mark.slow
class TestHistory:
    def test_goes_from_night_to_night_and_back_with_a_rollback(self, sales):
        sales.deliver("sales_2.csv", [SALES_HEAD, "L5,R4,A1,,1,7.00,HKD,2026-03-10 10:00\n", "L6,R4,A1,,x,1,HKD,\n"])
        sales.night(NEXT)
        first, second = read_report(sales, 2)["nights"]
        assert (first["generation"], second["generation"]) == (1, 2)
        assert second["sources"]["sales"] == {
            "deliveries": 1, "records": 2, "loaded": 1, "quarantined": 1, "duplicates": 0, "deleted": 0,
        }  # fmt: skip
        assert second["quarantine"] == [{"source": "sales", "rule": "type:quantity", "records": 1}]
        assert second["freshness"] == {"sales": 1.58}  # 10:00 on the 10th to the end of the 11th
        assert (first["freshness"], set(second["seconds"]) >= {"land", "clean"}) == ({"sales": 5.48}, True)
        assert (second["customers"], second["churn"]["kept"]) == (2, 2)
        roll_back(sales.home)
        sales.night(NEXT)
        assert [night["generation"] for night in read_report(sales, 3)["nights"]] == [1, 3]

    def test_ends_with_the_last_thirty_and_a_run_that_publishes_nothing_adds_none(self, sales):
        write_report(sales, json.dumps({"nights": [{"generation": -n} for n in range(40, 0, -1)]}))
        run = begin_step(sales.home, sales.contracts, NEXT)
        report = dict.fromkeys(SUMMARY) | {"status": "published", "generation": 2}
        nights = list_nights(run.find_parent(), report)
        assert (len(nights), nights[0]["generation"], nights[-1]["generation"]) == (KEPT, -29, 2)
        assert list_nights(run.find_parent(), report | {"status": "closed"})[-1]["generation"] == -1

    def test_says_how_fresh_each_source_is_by_its_own_rows(self, first_night):
        [night] = read_report(first_night, 1)["nights"]
        days = {"consent": 63.58, "crm": 1.0, "posts": 6.62, "sales": 5.48, "tickets": 4.58}
        assert night["freshness"] == pytest.approx(days, abs=0.01)

    @pytest.mark.parametrize("text", ["{", "{}", "[]"])
    def test_of_an_older_program_begins_anew(self, sales, text):
        write_report(sales, text)
        assert list_nights(begin_step(sales.home, sales.contracts, NEXT).find_parent(), {"status": "closed"}) == []

    def test_that_is_damaged_begins_anew(self, sales):
        path = sales.home.generations / "1" / "report.json"
        path.chmod(0o644)
        path.write_text(path.read_text().replace('"sources"', '"sourcer"'))
        assert list_nights(begin_step(sales.home, sales.contracts, NEXT).find_parent(), {"status": "closed"}) == []

    def test_reports_of_runs_are_bounded(self, sales, monkeypatch):
        monkeypatch.setattr(reports, "KEPT_REPORTS", 3)
        for number in range(5):
            for form in ("json", "html"):
                (sales.home.reports / f"2020010{number}T000000.{form}").touch()
        remove_old_reports(sales.home)
        kept = {path.name for path in sales.home.reports.iterdir()}
        assert {"20200103T000000.json", "20200103T000000.html", "20200104T000000.json"} < kept
        assert len(kept) == 6

    def test_a_run_after_the_clock_was_set_back_comes_behind_those_before(self, sales):
        (sales.home.reports / "20990101T000000000000-abcdef.json").write_text("{}", "utf-8")
        begun = [begin_step(sales.home, sales.contracts, NEXT).run_id for _ in range(2)]
        assert [run_id.partition("-")[0] for run_id in begun] == ["20990101T000000000001"] * 2
        assert name_run(sales.root).startswith("20")
        assert name_run(sales.root) < "2099"


class TestPage:
    @pytest.fixture
    def page(self, first_night):
        return (first_night.home.require_current().folder / "report.html").read_text("utf-8")

    def test_stands_in_the_generation_and_in_the_reports(self, first_night, page):
        assert [path.read_text("utf-8") for path in first_night.home.reports.glob("*.html")] == [page]
        assert page == draw_page(read_report(first_night, 1))

    def test_has_a_plot_of_each_kind_that_is_read_out_and_loads_nothing(self, page):
        plots = [ElementTree.fromstring(svg) for svg in re.findall(r'<svg role="img".*?</svg>', page, re.DOTALL)]
        titles = [plot.findtext("title") for plot in plots]
        assert {"Rows of sales", "Records in quarantine, by night", "Days since the newest row, by source",
                "Seconds by night and step", "Customers by night",
                "Customers new, merged, split and gone, by night"} <= set(titles)  # fmt: skip
        assert all(plot.findtext("desc") for plot in plots)
        assert not re.search(r"<script|https?:|url\(|@import|src=", page)

    def test_and_reports_hold_no_value_of_a_customer(self, first_night):
        for value in (*VALUES, KEY):
            assert value == KEY or find_secret(first_night.data, value)
            assert find_secret(first_night.home.reports, value) == set()
            found = find_secret(first_night.home.generations, value)
            places = {re.split(r":|/[^/]*\.parquet", place)[0] for place in found}
            assert places <= {"1/customer_360.duckdb", "1/workings.duckdb", "1/parquet"}

    def test_escapes_names(self, first_night):
        report = read_report(first_night, 1)
        bad = '"><script>&'
        report["quarantine"] = [{"source": bad, "rule": bad, "records": 1}]
        report["nights"][0] |= {"sources": {bad: {"loaded": 1}}, "seconds": {bad: 1.0}, "as_of": bad}
        report["nights"][0]["freshness"] = {bad: 1.0}
        assert "<script" not in draw_page(report)

    def test_of_a_closed_gate_names_rules_and_no_message(self, first_night):
        report = read_report(first_night, 1) | {"status": "closed", "error": "GateClosed: C1 Chan", "nights": []}
        closing = {"rule": "identity.churn", "level": "table", "severity": "critical", "is_passed": False,
                   "failed_count": 3, "checked_count": 9, "message": "C1 Chan"}  # fmt: skip
        page = draw_page(report | {"checks": {"published": [closing]}})
        assert "<li>published: identity.churn (3 of 9)</li>" in page
        assert "a gate closed; nothing was published" in page
        assert "Chan" not in page


class TestPlots:
    def test_columns_are_as_high_as_their_numbers(self):
        svg = draw_columns("t", ["a", "b"], {"x": [5, 0], "y": [5, 2.5]}).split("</svg>")[0] + "</svg>"
        rects = [float(r.get("height")) for r in ElementTree.fromstring(svg).iter("rect")]
        assert rects == [61, 61, 30.5]  # the plot is 122 high and ends at 10

    def test_bars_say_their_numbers(self):
        svg = ElementTree.fromstring(draw_bars("t", {"half": 1_500_000, "whole": 3_000_000}))
        wide = [float(r.get("width")) for r in svg.iter("rect")]
        assert wide[0] * 2 == wide[1]
        assert [t.text for t in svg.iter("text")] == ["half", "1,500,000", "whole", "3,000,000"]

    def test_nothing_is_drawn_as_nothing(self):
        assert "no night yet" in draw_columns("t", [], {"x": []})
        assert "<desc>none</desc>" in draw_bars("t", {})

    @pytest.mark.parametrize(("number", "top"), [(0, 1), (1, 1), (0.3, 0.5), (7, 10), (1_200_000, 2_000_000)])
    def test_an_axis_ends_at_a_round_number(self, number, top):
        assert round_up(number) == pytest.approx(top)

    def test_nothing_that_is_counted_has_a_tick_at_half_of_one(self):
        ticks = [re.findall(r">([\d.,]+)</text>", draw_columns("t", ["a"], {"x": [n]})) for n in (4, 2, 0.4)]
        assert ticks == [["0", "5"], ["0", "1", "2"], ["0", "0.25", "0.5"]]

    def test_a_number_is_read_whole(self):
        assert [show(n) for n in (0, 10, 1_234_567, 0.5, 5.475)] == ["0", "10", "1,234,567", "0.5", "5.47"]

    def test_more_series_than_colours_begin_anew(self):
        names = [f"s{n}" for n in range(COLOURS + 1)]
        assert draw_columns("t", ["a"], {name: [1] for name in names}).count('class="c0"') == 4
