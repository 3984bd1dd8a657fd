"""The identity model as a file of the generation."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
from datetime import timedelta

import duckdb
import pytest

from tests.worlds.world import AS_OF, find_secret
from transforms.matching.model.trained_model import ModelError
from warehouse.home.keys import find_keys, read_key
from warehouse.home.verify import verify
from warehouse.identity.model import MODEL, MODEL_FILE, write_model
from warehouse.identity.sealed_model import KEY_NAME, open_model, seal_model

pytestmark = pytest.mark.slow


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


def test_who_has_the_file_alone_finds_no_phone_in_it(first_night):
    """Sixty million numbers are hashed in seconds: what is not sealed would be found."""
    home = first_night.home
    said = json.loads((home.require_current().folder / MODEL_FILE).read_text("utf-8"))
    opened = open_model(said["model"], read_key(home.root, KEY_NAME))
    assert opened["tables"]
    text = json.dumps(said)
    assert not [table for table in opened["tables"].values() if table in text]
    assert b"PAR1" not in base64.b64decode(said["model"]["tables"])
    for key in (b"", bytes(32), hashlib.sha256(b"identity").digest()):
        with pytest.raises(ModelError, match="is not this one"):
            open_model(said["model"], key)


def test_a_sealed_model_opens_as_it_was_and_is_the_same_each_time():
    model = {"version": "3", "fields": {"b": 1, "a": 2}, "tables": {"x": "eA=="}, "plan": {"cut": 1}}
    sealed = seal_model(model, b"k" * 32)
    assert sealed == seal_model(model, b"k" * 32) != seal_model(model, b"l" * 32)
    assert list(open_model(json.loads(json.dumps(sealed)), b"k" * 32).items()) == list(model.items())
    with pytest.raises(ModelError, match="is not this one"):
        open_model(model, b"k" * 32)


def test_a_lost_key_loses_the_model_alone_and_the_next_night_says_so(published):
    rows = published.ask("SELECT account_id, customer_id FROM customer_identity ORDER BY ALL")
    shutil.rmtree(find_keys(published.home.root))
    report = published.night(AS_OF + timedelta(days=1))
    assert report["identity_model"].endswith("(the key that it was sealed by is gone)")
    assert published.ask("SELECT account_id, customer_id FROM customer_identity ORDER BY ALL") == rows
    assert "version 2, kept" in published.night(AS_OF + timedelta(days=2))["identity_model"]


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
