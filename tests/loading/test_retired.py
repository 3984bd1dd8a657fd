"""A source that is to go: its contract must say so, and then nothing of it is left."""

import pytest
import yaml

from tests.worlds.world import find_secret
from warehouse.home.layout import HomeError

pytestmark = pytest.mark.slow


def retire(world, name):
    path = world.contracts / f"{name}.odcs.yaml"
    document = yaml.safe_load(path.read_text("utf-8"))
    path.write_text(yaml.safe_dump(document | {"status": "retired"}), "utf-8")


def test_a_lost_contract_is_named_and_nothing_changes(published):
    (published.contracts / "posts.odcs.yaml").unlink()
    with pytest.raises(HomeError, match=r"generation 1 holds posts, of which .* has no contract: put it back"):
        published.night()
    assert published.generation == 1


def test_a_retired_source_is_forgotten(published):
    assert published.ask("SELECT count(*) FROM customer_event WHERE source = 'posts'") == [(3,)]
    retire(published, "posts")
    published.night()
    assert published.generation == 2
    assert published.ask("SELECT count(*) FROM customer_event WHERE source = 'posts'") == [(0,)]
    assert published.ask("SELECT count(*) FROM customer_identity WHERE source = 'posts'") == [(0,)]
    assert published.ask("SELECT sum(post_count) FROM customer_profile") == [(0,)]
    assert published.ask("SELECT count(*) FROM delivery WHERE source = 'posts'") == [(0,)]
    published.require_balance()


def test_a_source_that_comes_back_is_loaded_again(published):
    before = published.ask("SELECT count(*), count(DISTINCT customer_id) FROM customer_event")
    contract = (published.contracts / "posts.odcs.yaml").read_text("utf-8")
    retire(published, "posts")
    published.run_to("identify")
    (published.contracts / "posts.odcs.yaml").write_text(contract, "utf-8")
    published.run_to("identify")
    assert published.ask("SELECT count(*), count(DISTINCT customer_id) FROM customer_event") == before
    published.require_balance()


def test_no_text_of_a_retired_source_is_in_the_new_generation(published):
    text = "seldom-seen-words"
    posts = published.data / next(p.name for p in published.data.iterdir() if p.name.startswith("posts"))
    body = posts.read_text("utf-8")
    published.deliver("posts_2.jsonl", body.replace('text": "', f'text": "{text} ').replace('"id": "', '"id": "x'))
    published.night()
    generation = published.home.require_current().folder
    assert find_secret(generation, text)
    retire(published, "posts")
    published.night()
    assert not find_secret(published.home.require_current().folder, text)
