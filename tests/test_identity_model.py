"""The identity model as a file of the generation."""

from __future__ import annotations

import hashlib
import json

import duckdb

from tests.world import find_secret
from warehouse.models import MODEL, MODEL_FILE, write_model
from warehouse.verifying import verify


def test_the_model_stands_beside_the_database_as_the_table_has_it(first_night):
    generation = first_night.home.require_current()
    said = json.loads((generation.folder / MODEL_FILE).read_text("utf-8"))
    [(version, generation_number, digest, model)] = first_night.ask(
        "SELECT version, generation, digest, model FROM identity.model"
    )
    assert (said["version"], said["generation"], said["digest"]) == (version, generation_number, digest)
    assert said["model"] == json.loads(model)
    text = json.dumps(said["model"])  # the order of its fields is part of a model
    assert hashlib.sha256(text.encode()).hexdigest() == digest


def test_the_model_holds_nobodys_value(first_night):
    folder = first_night.home.require_current().folder
    for secret in ("tai.man@example.com", "Tai Man", "91234567", "mei@example.com", "1980-05-17"):
        places = find_secret(folder, secret)
        assert MODEL_FILE not in places
        assert not [place for place in places if "identity.model" in place]


def test_a_model_that_was_changed_is_found_by_verify(published):
    generation = published.home.require_current()
    path = generation.folder / MODEL_FILE
    path.chmod(0o644)
    path.write_text(path.read_text("utf-8") + " ", "utf-8")
    assert verify(generation) == [f"{path}: its bytes have changed since it was published"]


def test_without_a_model_there_is_no_file(tmp_path):
    with duckdb.connect() as con:
        con.execute(f"CREATE SCHEMA identity; CREATE TABLE identity.model ({MODEL})")
        write_model(con, tmp_path)
    assert list(tmp_path.iterdir()) == []
