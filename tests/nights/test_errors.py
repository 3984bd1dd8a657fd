"""Errors of ours have one base, and of any other error the place is told, whatever folder it lies in."""

import ast
import os
import subprocess
import sys

import duckdb
import pytest

from serving.cli.main import exit_status
from serving.limits import QueryError
from serving.local_airflow import AirflowError
from transforms.matching.model.trained_model import ModelError
from transforms.matching.records.table import MatchError
from warehouse import ROOT
from warehouse.checks import GateClosed
from warehouse.contracts.features import FeatureError
from warehouse.contracts.settings import SettingsError
from warehouse.duck import open_published
from warehouse.errors import OUR_PACKAGES, C360Error, UsageError, describe_error, is_verdict
from warehouse.home.layout import HomeError
from warehouse.home.lock import BusyError
from warehouse.home.verify import DamageError
from warehouse.landing.replay_choice import ReplayError

FILES = sorted(str(path.relative_to(ROOT)) for name in OUR_PACKAGES for path in (ROOT / name).rglob("*.py"))


def describe_raised_in(file):
    """What is told of an error of a library's kind that is raised in a function of a file of ours."""
    names = {}
    exec(compile("def read_row():\n    raise KeyError('Chan Tai Man')", str(ROOT / file), "exec"), names)
    try:
        names["read_row"]()
    except KeyError as error:
        return describe_error(error)


@pytest.mark.parametrize("file", FILES)
def test_the_place_of_an_error_is_told_in_every_folder(file):
    place = f"KeyError in read_row ({file}, line 2)"
    assert describe_raised_in(file) == f"{place}; its text is left out, since it may quote a row"


def test_of_an_error_in_a_library_the_place_is_that_of_our_call(tmp_path):
    with pytest.raises(duckdb.IOException) as error:
        open_published(tmp_path / "Chan Tai Man.duckdb")
    said = describe_error(error.value)
    assert said.startswith("IOException in open_published (warehouse/duck.py, line ")
    assert "Chan" not in said


def list_error_classes():
    """File, name and bases of every class of ours that is an error by its bases' names."""
    for file in FILES:
        for node in ast.walk(ast.parse((ROOT / file).read_text("utf-8"))):
            if not isinstance(node, ast.ClassDef):
                continue
            bases = [ast.unparse(base) for base in node.bases]
            if any(base.endswith(("Error", "Exception")) for base in bases):
                yield f"{file}: {node.name}", bases


def test_every_error_of_ours_has_the_one_base():
    found = dict(list_error_classes())
    assert len(found) > 20
    strangers = {"Exception", "ValueError", "RuntimeError", "OSError", "BaseException", "TypeError", "KeyError"}
    others = [name for name, bases in found.items() if strangers & {*bases} and "C360Error" not in bases]
    never_leaves = "warehouse/connectors/rest/client.py: AgainError"  # for the library that repeats a request
    assert sorted(others) == [never_leaves, "warehouse/errors.py: C360Error"]


@pytest.mark.parametrize(
    ("kind", "status", "verdict"),
    [
        *((k, 2, True) for k in (FeatureError, HomeError, MatchError, ModelError, QueryError, ReplayError)),
        *((k, 2, True) for k in (SettingsError, UsageError)),
        (BusyError, 2, False),
        *((k, 1, True) for k in (C360Error, GateClosed, DamageError, AirflowError)),
        (OSError, 1, False),
        (KeyError, 1, False),
    ],
)
def test_an_error_says_its_exit_status_and_whether_trying_again_helps(kind, status, verdict, capsys):
    error = kind("what happened; what to do")
    assert (exit_status(error), is_verdict(error)) == (status, verdict)
    assert capsys.readouterr().err.startswith("c360: ")


def test_errors_of_ours_need_no_library():
    program = "import sys, warehouse.errors; print(sorted({'polars', 'duckdb', 'narwhals'} & {*sys.modules}))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=os.environ, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
