"""The wheel, installed where others have packages of the same names: its DAGs parse, its command runs a night."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from tests.worlds.world import AS_OF, World
from warehouse import ROOT
from warehouse.duck import open_published

DAG_FILE = """
from c360.airflow import customer_360_dag, recommender_features_dag
customer_360_dag({home!r}, {contracts!r}, dag_id="bank", schedule="30 3 * * 1-5", pool="bank_writer", python={python!r})
recommender_features_dag({home!r}, {contracts!r}, {out!r}, dag_id="bank_export", woken_by="bank")
"""
PARSE = """
import json, sys, time
import airflow.sdk, airflow.dag_processing.dagbag
from airflow.dag_processing.dagbag import DagBag
began = time.process_time()
bag = DagBag(sys.argv[1])
print(json.dumps([bag.import_errors, sorted(bag.dags), time.process_time() - began,
                  sorted({name.partition(".")[0] for name in sys.modules} & {"transforms", "warehouse", "serving"}),
                  sorted({task.pool for task in bag.dags["bank"].tasks})]))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """Python of an environment with the wheel, this one's packages, and a stranger named `transforms`."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    left_out = shutil.ignore_patterns(".*", "var", "build", "*.egg-info", "__pycache__", "tests", "benchmarks", "site")
    shutil.copytree(ROOT, source, ignore=left_out)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    options = ["--no-deps", "--no-build-isolation", "-w", str(folder), str(source)]
    subprocess.run([*pip, "wheel", *options], check=True, capture_output=True)
    venv.create(folder / "env", with_pip=False)
    python = folder / "env" / "bin" / "python"
    packages = folder / "env" / "lib" / f"python{sysconfig.get_python_version()}" / "site-packages"
    [wheel] = folder.glob("*.whl")
    subprocess.run([*pip, "--python", str(python), "install", "--no-deps", str(wheel)], check=True, capture_output=True)
    assert {p.name for p in packages.iterdir() if "dist-info" not in p.name} == {"c360"}
    # Its packages alone: a .pth file in a folder that a .pth file names is not read, so the clone is not there.
    (packages / "theirs.pth").write_text(sysconfig.get_path("purelib"))
    (packages / "transforms").mkdir()
    (packages / "transforms" / "__init__.py").write_text('raise ImportError("a stranger was imported")')
    return python


def run(python: Path, folder: Path, *arguments: str) -> str:
    """What a program says on stdout, run outside the clone."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "C360"))}
    done = subprocess.run(
        [str(python), *arguments], cwd=folder, env=environment | {"AIRFLOW_HOME": str(folder / "airflow")},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_the_stranger_is_there(installed, tmp_path):
    with pytest.raises(AssertionError, match="a stranger was imported"):
        run(installed, tmp_path, "-c", "import transforms")


def test_its_dags_parse_within_a_second_and_import_nothing_of_the_program(installed, tmp_path):
    (tmp_path / "dags").mkdir()
    places = {name: str(tmp_path / name) for name in ("home", "contracts", "out")}
    (tmp_path / "dags" / "bank.py").write_text(DAG_FILE.format(**places, python=str(installed)))
    said = run(installed, tmp_path, "-c", PARSE, str(tmp_path / "dags"))
    errors, dags, seconds, imported, pools = json.loads(said.splitlines()[-1])
    assert errors == {}
    assert dags == ["bank", "bank_export"]
    assert imported == []
    assert pools == ["bank_writer", "default_pool"]
    assert seconds < 1  # of the processor


@pytest.mark.slow
def test_it_runs_a_night_like_the_clone(installed, tmp_path, checker):
    world = World.found(tmp_path, checker, ["crm", "sales", "fx_rates"])
    world.deliver_all()
    where = ["--home", str(tmp_path / "by_wheel"), "--contracts", str(world.contracts)]
    run(installed, tmp_path, "-m", "c360", "run", *where, "--as-of", AS_OF.isoformat())
    world.night()
    query = "SELECT customer_id, order_count, full_name FROM customer_profile ORDER BY customer_id"
    with open_published(world.home.require_current().database) as con:
        wanted = con.execute(query).fetchall()
    said = run(installed, tmp_path, "-m", "c360", "sql", query, "--format", "json", *where[:2])
    assert [tuple(json.loads(line).values()) for line in said.splitlines()] == wanted
    assert len(wanted) > 1
