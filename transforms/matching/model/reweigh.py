"""A trained model whose fields count for more or less than training found, as people's decisions taught."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from transforms.matching.model.fellegi_sunter import Model
from transforms.matching.records.field import Floats

CLASSES = ("match", "related")


def reweigh(model: Model, weights: Mapping[str, float]) -> Model:
    """The model with the evidence of some fields multiplied, for a match as for a household; 1 changes nothing.

    What an equal value's rarity adds stays: it is counted in the table, and not estimated.
    """
    factors = [weights.get(name, 1.0) for name in model.names]
    match, related = (
        [scale(own, other, w) for own, other, w in zip(by_class, model.stranger, factors, strict=True)]
        for by_class in (model.match, model.related)
    )
    return replace(model, match=match, related=related)


def scale(own: Floats, stranger: Floats, weight: float) -> Floats:
    """Shares of a field's levels whose log-ratio to strangers' is multiplied; only the ratio has a meaning then."""
    found: Floats = stranger * (own / stranger) ** weight
    return found


def reweigh_stored(model: Mapping[str, Any], weights: Mapping[str, float]) -> dict[str, Any]:
    """`reweigh` of a model as `TrainedModel.to_json` wrote it; a field that it lacks is passed over."""
    found = {}
    for name, field in model["fields"].items():
        weight = weights.get(name, 1.0)
        scaled = {
            c: [s * (own / s) ** weight for own, s in zip(field[c], field["stranger"], strict=True)] for c in CLASSES
        }
        found[name] = field if weight == 1 else field | scaled
    return {**model, "fields": found}
