"""The experiments of `make reliability`, each a few times: things are broken, and what must hold holds."""

import errno
from datetime import date
from pathlib import Path

import duckdb
import pytest

from benchmarks.reliability.faults.alternatives import delete_rows, reject_rows, replace_in_place
from benchmarks.reliability.faults.clocks import set_clocks
from benchmarks.reliability.faults.disk import fill_disks, starve
from benchmarks.reliability.faults.flips import flip_bits
from benchmarks.reliability.faults.hundred import judge_growth, run_nights
from benchmarks.reliability.faults.kills import kill_nights, start_together
from benchmarks.reliability.faults.malformed import spoil_files
from benchmarks.reliability.faults.surroundings import cut_network, move_clocks
from benchmarks.reliability.histories import shuffle_histories
from benchmarks.reliability.outcome import BEGIN, END, Outcome, show_outcomes, write_table
from benchmarks.reliability.readers import read_through_publishes
from tests.worlds.world import AS_OF
from warehouse.errors import describe_error
from warehouse.monitoring.report import Report, read_last_report, read_seconds, time_step
from warehouse.night import begin_step


def require_held(outcomes):
    """Every outcome that could be had here held in each run."""
    done = [outcome for outcome in outcomes if not outcome.skipped]
    if not done:
        pytest.skip(outcomes[0].skipped)
    assert [outcome.faults for outcome in done] == [[]] * len(done)
    assert all(outcome.runs for outcome in done)


def test_a_run_in_which_something_did_not_hold_is_told(tmp_path):
    outcome = Outcome("a bit", "verify finds it")
    assert not outcome.is_held
    outcome.add("byte 1", [])
    assert outcome.is_held
    outcome.add("byte 2", ["verify found nothing"])
    assert not outcome.is_held
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nearlier\n{END}\nafter\n", "utf-8")
    write_table(page, show_outcomes([outcome]))
    said = page.read_text("utf-8")
    assert "| a bit | 2 | verify finds it | 1 of 2 |" in said
    assert "- a bit: byte 2: verify found nothing" in said
    assert (said.startswith("before"), said.endswith("after\n"), "earlier" in said) == (True, True, False)


def test_a_killed_night_is_repeated_with_the_same_rows(tmp_path):
    require_held(kill_nights(tmp_path, 1))


def test_a_flipped_bit_is_found(tmp_path):
    require_held(flip_bits(tmp_path, 12))


def test_readers_see_one_generation_at_a_time(tmp_path):
    require_held(read_through_publishes(tmp_path, publishes=2, readers=3))


def test_of_starts_at_once_one_runs(tmp_path):
    require_held(start_together(tmp_path, 1, 4))


@pytest.mark.slow
def test_a_full_disk_harms_nothing(tmp_path):
    require_held(fill_disks(tmp_path, 2))


def test_a_report_that_a_full_disk_cuts_short_is_none(sales, monkeypatch):
    run = begin_step(sales.home, sales.contracts, AS_OF)
    with time_step(run.folder, "land"):
        pass
    (run.folder / "seconds" / "check.").touch()
    assert list(read_seconds(run.folder)) == ["land"]
    served = read_last_report(sales.home)
    monkeypatch.setattr(Path, "replace", raise_full)
    with pytest.raises(OSError, match="No space left"):
        Report.gather(run, "failed", "x").write()
    assert (read_last_report(sales.home), list(sales.home.reports.glob("*.new"))) == (served, [])


def test_a_full_disk_is_named_and_nothing_else_of_an_engine_error():
    error = duckdb.IOException("could not commit 'Chan Tai Man': No space left on device")
    said = describe_error(error)
    assert said.startswith("IOException: No space left on device; its text is left out")
    assert "Chan" not in said
    assert "No space" not in describe_error(duckdb.IOException("Chan Tai Man"))


def raise_full(path, target):
    raise OSError(errno.ENOSPC, "No space left on device", str(target))


def test_too_little_memory_harms_nothing(tmp_path):
    require_held(starve(tmp_path, ["8MB"], [2**30]))


def test_no_record_of_a_malformed_file_is_lost(tmp_path):
    require_held(spoil_files(tmp_path, 2, 20))


def test_the_time_zone_changes_nothing(tmp_path):
    require_held(move_clocks(tmp_path, ["Pacific/Kiritimati"], [date(2028, 2, 29)]))


def test_a_night_needs_no_network(tmp_path):
    require_held(cut_network(tmp_path, 1))


def test_a_clock_that_is_set_back_changes_nothing(tmp_path):
    require_held(set_clocks(tmp_path, [-1]))


def test_a_history_in_any_order_comes_to_the_same(tmp_path, checker):
    require_held(shuffle_histories(tmp_path, 1))


def test_nights_in_a_row_leave_nothing_over(tmp_path, checker):
    nights, _ = run_nights(tmp_path, 6, 4)
    require_held([nights])
    assert judge_growth([100_000, 100_000]) == []
    assert judge_growth([100_000, 200_000]) == ["it grows by 100,000 bytes a night"]


def test_the_obvious_ways_lose_rows_or_keep_them(tmp_path):
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
    assert reject_rows(tmp_path / "a") == "of 200 records 100 loaded, 1 told of, 99 lost without a word"
    assert replace_in_place(tmp_path / "b").endswith("reads night 1 of 2")
    assert delete_rows(tmp_path / "c") == "of 50,000 people deleted 50,000 can still be read in the file"
