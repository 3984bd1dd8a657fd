"""The benchmark of identity resolution scores by hand-made cases, and says what it could not run. No time is tested."""

import sys

import polars as pl
import pytest

from benchmarks.identity import __main__ as identity
from benchmarks.identity import aims as identity_aims
from benchmarks.identity import runs as identity_runs
from benchmarks.identity import world as identity_world
from benchmarks.identity.generated_people import generate_people
from benchmarks.identity.report import Findings, Row, show_accuracy, write_into
from benchmarks.identity.runs import ABSENT, MATCHERS, Run, Task, name_error, run_matcher
from benchmarks.identity.scores import Score, list_missed, score, score_best
from benchmarks.identity.sets import DATA, SETS
from benchmarks.identity.speed import connect_edges, make_edges
from benchmarks.measure import LimitError, Measure, measure

TRUTH = pl.Series(["ann", "ann", "ann", "bob", "bob", "cat"])


def test_score_by_hand():
    # Ann's third record is with Bob's: of 4 pairs found 2 are true, of 4 true pairs 2 are found; only Cat is whole.
    found = score(TRUTH, pl.Series([1, 1, 2, 2, 2, 3]))
    assert (found.precision, found.recall, found.f1, found.exact) == (0.5, 0.5, 0.5, pytest.approx(1 / 3))


def test_nothing_found_is_precise_and_finds_nothing():
    assert score(TRUTH, pl.Series(range(6))) == Score(1.0, 0.0, 1 / 3)


def test_records_without_a_truth_are_not_scored():
    assert score(pl.Series(["ann", "ann", None, None]), pl.Series([1, 1, 1, 2])) == Score(1.0, 1.0, 1.0)


def test_best_threshold_is_the_one_that_the_truth_chooses():
    pairs = pl.DataFrame({"left": [0, 1, 3, 2], "right": [1, 2, 4, 5], "probability": [0.9, 0.6, 0.7, 0.3]})
    assert score_best(TRUTH, pairs) == 1.0
    assert score_best(TRUTH, pairs.with_columns(probability=pl.lit(1.0))) == pytest.approx(2 * (4 / 7) / (11 / 7))


def test_wrong_pairs_are_told_by_record():
    rows = pl.DataFrame({"source": "crm", "record": list("abcdef"), "truth": TRUTH, "cluster": [1, 1, 2, 2, 2, 3]})
    assert list_missed(rows, 3) == (["crm:a and crm:c"], ["crm:c and crm:d"])


@pytest.fixture(scope="module")
def task() -> Task:
    people = generate_people(400)
    return Task("generated", people, people)


@pytest.mark.parametrize(("name", "least"), [("ours", 0.95), ("ours-again", 0.95), ("exact", 0.2)])
def test_matchers_of_ours_run_as_programs(task, tmp_path, name, least):
    run = run_matcher(task, MATCHERS[name], tmp_path / name)
    assert (run.note, len(run.clusters)) == ("", 400)
    found = score(task.roles["truth"], run.clusters)
    assert found.f1 > least
    assert found.precision > 0.95
    assert run.taken.peak_bytes > 10 * 2**20


def test_no_matcher_sees_the_truth(task, tmp_path):
    people = task.roles.with_columns(record=pl.concat_str(pl.lit("rec-"), "truth", pl.lit("-"), "record"))
    Task("generated", people, people).lay_out(tmp_path / "x")
    seen = pl.concat([pl.read_parquet(p).select("record") for p in (tmp_path / "x").glob("roles.parquet")])
    assert seen["record"].to_list() == [str(n) for n in range(400)]
    assert not {"record", "truth"} & set(pl.read_parquet_schema(tmp_path / "x" / "columns.parquet"))
    assert "truth" not in pl.read_parquet_schema(tmp_path / "x" / "roles.parquet")


def test_exact_keys_take_no_number_of_a_shop(tmp_path):
    columns = {"source": "s", "record": [str(n) for n in range(14)], "truth": "t"}
    phones = [["1", "9"], ["2", "1"], ["2"], ["7"], *[["9"]] * 10]
    people = pl.DataFrame({**columns, "phone": phones})
    run = run_matcher(Task("phones", people, people), MATCHERS["exact"], tmp_path / "x")
    assert run.clusters.head(4).to_list() == [0, 0, 0, 1]
    assert run.clusters.n_unique() == 12


def test_absent_peers_are_said_and_fail_nothing(task, tmp_path, monkeypatch):
    monkeypatch.setattr(identity_runs, "PEERS", tmp_path / "nowhere")
    run = run_matcher(task, MATCHERS["goldenmatch"], tmp_path / "x")
    assert (run.note, run.clusters) == (ABSENT, None)
    assert "| generated | 400 | GoldenMatch, zero-config | not installed: make peers |" in show_accuracy(
        [Row("generated", 400, run)]
    )


def test_a_matcher_that_fails_is_named_without_what_it_said(tmp_path):
    people = pl.DataFrame({"source": ["s"], "record": ["1"], "truth": ["t"], "shoe_size": ["Ann"]})
    assert run_matcher(Task("x", people, people), MATCHERS["ours"], tmp_path / "x").note == "failed: MatchError"
    assert name_error("Traceback …\npolars.exceptions.ComputeError: Ann Lee is no number\n") == "ComputeError"


def test_a_matcher_that_takes_too_long_or_too_much_is_ended(tmp_path):
    with pytest.raises(LimitError, match="ended after"):
        measure([sys.executable, "-c", "import time; time.sleep(60)"], tmp_path, limit=0.5)
    greedy = "import time; block = bytearray(200 * 2**20); time.sleep(60)"
    with pytest.raises(LimitError, match="memory"):
        measure([sys.executable, "-c", greedy], tmp_path, most_bytes=100 * 2**20)


@pytest.mark.parametrize("way", ["scipy", "duckdb"])
def test_ways_to_connect_agree_on_what_was_made(tmp_path, way):
    make_edges(tmp_path, 400)
    connect_edges(tmp_path, way)
    found = pl.read_parquet(tmp_path / "components.parquet")
    assert found.group_by("component").len()["len"].to_list() == [21] * 20
    edges = pl.read_parquet(tmp_path / "edges.parquet")
    label = dict(found.select("node", "component").iter_rows())
    assert all(label[left] == label[right] for left, right in edges.iter_rows())


def test_aims_tell_who_is_ahead():
    ours, theirs = (Run(MATCHERS[n], Measure(s, s, 2**20)) for n, s in (("ours", 1.0), ("splink", 2.0)))
    ahead = [Row("FEBRL 3", 9, ours, Score(1, 1, 1)), Row("FEBRL 3", 9, theirs, Score(1, 0.9, 0.9), 0.99)]
    text = identity_aims.judge(Findings(ahead))
    assert "F1 1.0000, best peer 0.9900 at its best threshold | yes |" in text
    assert "1.0 s, Splink 2.0 s | yes |" in text
    behind = [Row("FEBRL 3", 9, ours, Score(1, 0.9, 0.9)), Row("FEBRL 3", 9, theirs, Score(1, 0.9, 0.9), 0.99)]
    assert identity_aims.judge(Findings(behind)).count("**no**") == 2


def test_document_keeps_its_other_parts(tmp_path):
    path = tmp_path / "benchmarks.md"
    path.write_text("# Speed\n\nfast\n", "utf-8")
    for text in ("first", "second"):
        write_into(path, text)
    begin, end = "<!-- bench-identity: begin -->", "<!-- bench-identity: end -->"
    assert path.read_text("utf-8") == f"# Speed\n\nfast\n\n{begin}\nsecond\n{end}\n"
    path.write_text(f"# Speed\n{begin}\n", "utf-8")
    with pytest.raises(ValueError, match="restore both"):
        write_into(path, "third")


def test_whole_command_on_few_generated_records(capsys, tmp_path):
    path = tmp_path / "benchmarks.md"
    part = ["--set", "speed", "--records", "300", "--only", "ours"]
    assert identity.main([*part, "--write", str(path)]) == 0
    said = capsys.readouterr().out
    assert "| generated | 300 | customer-360 | " in said
    assert "below 4 GiB of memory" in said
    assert said.strip() in path.read_text("utf-8")


@pytest.mark.skipif(not DATA.exists(), reason="the public sets of ../shared/data are not here")
def test_sets_hide_what_gives_the_truth_away():
    for name, found in SETS.items():
        columns = set(found.read().columns)
        assert not columns & {"soc_sec_id", "ssn", "rec_id", "cluster", "True Id", "simulant_id", "unique_id"}, name
        assert found.read_roles()["truth"].null_count() == 0


@pytest.mark.skipif(not identity_world.FOLDER.exists(), reason="hk_world of ../shared/data is not here")
def test_score_of_a_world_found_whole_is_whole():
    truth = identity_world.read_truth()
    found = identity_world.score_world(truth, truth["person_id"])
    assert (found.pairs, found.decidable, found.merged_traps, found.traps) == (Score(1, 1, 1), 1, 0, 106)


@pytest.mark.skipif(not identity_runs.PEERS.exists(), reason="the peers are not installed: make peers")
def test_peers_find_generated_people(task, tmp_path):
    for name in ("splink", "goldenmatch"):
        run = run_matcher(task, MATCHERS[name], tmp_path / name)
        assert run.note == ""
        assert score(task.roles["truth"], run.clusters).f1 > 0.3
