"""A model whose fields count for more or less: by its shares or as stored, the same."""

import json

import numpy as np
import polars as pl

from benchmarks.identity.generated_people import generate_people
from transforms.matching.comparison.vectors import HEIGHTS
from transforms.matching.match import match_people
from transforms.matching.model.reweigh import reweigh, reweigh_stored
from transforms.matching.model.trained_model import read_learned


def test_a_factor_multiplies_a_fields_evidence_and_one_changes_nothing():
    people = generate_people(200, seed=5, share=0.3).drop("truth")
    found = match_people(people)
    assert reweigh_stored(found.model, {}) == reweigh_stored(found.model, {"surname": 1.0}) == found.model
    stored = reweigh_stored(found.model, {"birth_date": 0.5, "no_such_field": 0.5})
    model = read_learned(found.model, found.model["roles"]).model
    scaled, again = reweigh(model, {"birth_date": 0.5}), read_learned(stored, found.model["roles"]).model
    for name, one, other in zip(model.names, scaled.match, again.match, strict=True):
        assert np.allclose(one, other), name
    by_factor = match_people(people, model=stored)
    ends = ["left_record", "right_record"]
    both = found.edges.join(by_factor.edges, on=ends).select("comparison", "comparison_right").rows()
    bits = [(json.loads(one), json.loads(other)) for one, other in both]
    pairs = [
        (one["birth_date"]["bits"], other["birth_date"]["bits"])
        for one, other in bits
        if one.get("birth_date", {}).get("level", 9) < HEIGHTS["date"] - 1  # an equal value's rarity comes on top
    ]
    assert pairs
    assert all(abs(other - one / 2) < 0.02 for one, other in pairs)
    assert pl.Series([one["surname"] == other["surname"] for one, other in bits if "surname" in one]).all()
