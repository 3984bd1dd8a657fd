"""Generated deliveries are right or loud; the whole of them is run by `make reliability`."""

from benchmarks.reliability.variants.encodings import list_files, read_encodings
from benchmarks.reliability.variants.guesses import list_nights, read_guesses
from benchmarks.reliability.variants.judge import LOUD, RIGHT, SILENT
from benchmarks.reliability.variants.landed import Taken, judge


def test_small_files_in_every_encoding_are_right_or_refused(tmp_path):
    (outcome,) = read_encodings(tmp_path, seeds=1)
    assert outcome.faults == []
    assert outcome.runs > 140


def test_dates_and_amounts_of_several_nights_are_right_or_loud(tmp_path):
    (outcome,) = read_guesses(tmp_path, seeds=20)
    assert outcome.faults == []


def test_a_row_that_is_wrong_unsaid_is_found():
    nights = next(iter(list_nights(1)))
    rows = dict(nights.expected)
    name = next(iter(rows))
    assert judge(nights, Taken(dict(rows))) == RIGHT
    rows[name] = (rows[name][0], -1.0)
    assert judge(nights, Taken(dict(rows))) == SILENT
    assert judge(nights, Taken(dict(rows), ["quarantine"])) == LOUD
    assert len(list(list_files(4))) >= 500
