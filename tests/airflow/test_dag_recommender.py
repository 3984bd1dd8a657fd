"""The DAG of the recommenders' export: what wakes it, and that it writes what the command writes."""

import json
import re

import pytest

from serving.cli.main import COMMANDS
from serving.local_airflow import AirflowError, LocalAirflow
from serving.recommender.export import ExportOptions, export_recommender
from tests.airflow.test_dag import HEAVY, OURS, run_apart
from tests.worlds.world import SALES_HEAD, SOURCES, column, list_tree

PARSE = """
import json, sys
from airflow.dag_processing.dagbag import DagBag
from airflow.serialization.serialized_objects import DagSerialization

bag = DagBag("dags/recommender_features.py")
loaded = sorted({name.partition(".")[0] for name in sys.modules})
dag = bag.dags["recommender_features"]
print(json.dumps({
    "errors": bag.import_errors, "loaded": loaded, "doc": dag.doc_md, "params": dag.params.dump(),
    "woken_by": [asset.name for asset in dag.timetable.asset_condition.objects],
    "tasks": {t.task_id: [t.retries, t.doc_md, [a.name for a in t.outlets]] for t in dag.tasks},
    "serialized": DagSerialization.to_dict(dag),
}))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where the Airflow of these tests lives."""
    return tmp_path_factory.mktemp("air flow")


@pytest.fixture(scope="module")
def parsed(folder):
    """The DAG as Airflow parses it."""
    return run_apart(LocalAirflow(folder, folder / "home", folder / "contracts"), PARSE)


def test_it_is_woken_by_the_published_customer_360(parsed):
    assert parsed["errors"] == {}
    assert parsed["woken_by"] == ["customer_360"]
    assert parsed["params"] == {"k_core": 0, "purpose": None, "validation_from": None, "test_from": None}


def test_parsing_loads_nothing_heavy_and_nothing_of_ours(parsed):
    assert (HEAVY | OURS | {"warehouse"}) & set(parsed["loaded"]) == set()


def test_its_one_task_is_tried_again_and_wakes_those_who_train(parsed):
    [[name, [retries, doc, outlets]]] = parsed["tasks"].items()
    assert (name, retries, outlets) == ("export", 2, ["recommender_features"])
    assert doc


def test_the_runbook_names_only_commands_there_are(parsed):
    assert parsed["doc"].startswith("**customer_360 is published → export**")
    named = set(re.findall(r"`c360 ([a-z]+)", parsed["doc"]))
    assert named
    assert named <= set(COMMANDS)


@pytest.mark.slow
def test_it_writes_what_the_command_writes_and_tells_a_verdict_alone(folder, sales, tmp_path, monkeypatch):
    """Run in a real Airflow; then over a folder that is not ours."""
    sales.declare("sales", columns=[*SOURCES["sales"]["columns"], column("goods", "item_id")])
    row = "L9,R9,A1,tai.man@example.com,1,10.00,HKD,2026-03-02 10:00,tea\n"
    sales.deliver("sales_2.csv", [SALES_HEAD.replace("\n", ",goods\n"), row])
    sales.night()
    airflow = LocalAirflow(folder, sales.home.root, sales.contracts)
    by_airflow, by_command = tmp_path / "airflow" / "shop", tmp_path / "command" / "shop"  # its name stands in it
    monkeypatch.setenv("C360_RECOMMENDER_OUT", str(by_airflow))
    airflow.prepare()
    airflow.call("dags", "test", "recommender_features", "--conf", json.dumps({"k_core": 1}))
    export_recommender(ExportOptions(sales.home.root, sales.contracts, by_command, core=1))
    assert list_tree(by_airflow) == list_tree(by_command)

    (by_airflow / "manifest.json").write_text("{}")
    with pytest.raises(AirflowError):
        airflow.call("dags", "test", "recommender_features")
    assert "holds something other than an export" in airflow.log.read_text("utf-8")
    assert (by_airflow / "manifest.json").read_text() == "{}"
