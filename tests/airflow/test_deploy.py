"""The image and the services: what they copy is there, and they speak of the versions that are locked."""

import re

import yaml

from warehouse import ROOT

DEPLOY = ROOT / "deploy"
IMAGE = (DEPLOY / "Dockerfile").read_text("utf-8")


def test_the_image_copies_what_there_is_and_has_the_locked_airflow():
    copied = [words for line in re.findall(r"^COPY (?!--from)(.*)$", IMAGE, re.M) for words in line.split()[:-1]]
    paths = [word for word in copied if not word.startswith("--")]
    assert "requirements.lock" in paths
    assert [path for path in paths if not (ROOT / path).exists()] == []
    [locked] = re.findall(r"^apache-airflow==(\S+)", (ROOT / "requirements.lock").read_text("utf-8"), re.M)
    assert re.findall(r"^FROM apache/airflow:([\d.]+)-", IMAGE, re.M) == [locked]


def test_the_services_share_the_folders_of_the_dags_and_a_pool():
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))["services"]
    targets = {
        name: {v.split(":")[-1 if v[-3:] != ":ro" else -2] for v in s["volumes"]} for name, s in services.items()
    }
    ours = {name: found for name, found in targets.items() if services[name].get("image") == "customer-360"}
    assert set(ours) == {"prepare", "web", "scheduler", "dag-processor"}
    assert all(found == {"/srv/c360", "/srv/c360/contracts"} for found in ours.values())
    asked = []
    program = (DEPLOY / "customer_360_dags.py").read_text("utf-8").partition("\n\n")[2]
    program = program.replace("from c360.airflow import customer_360_dag, recommender_features_dag", "")
    given = {"customer_360_dag": lambda **place: asked.append(place), "recommender_features_dag": lambda **_: None}
    exec(program, given)
    assert asked[0]["home"].startswith("/srv/c360/")
    assert asked[0]["contracts"] == "/srv/c360/contracts"
    assert f"{asked[0]['python'].removesuffix('/bin/python')}/bin/pip install" in IMAGE
    assert "airflow pools set customer_360_writer 1" in services["prepare"]["command"]
