"""Learning from a table: everything that a match by the model takes for given later."""

from __future__ import annotations

import numpy as np
import polars as pl

from transforms.matching.blocking.blocking_keys import list_keys
from transforms.matching.blocking.candidate_pairs import Pairs, count_pairs, learn_plan, part_pairs, pick_random
from transforms.matching.comparison.compare import Comparer, compare_field
from transforms.matching.comparison.levels import FullNames
from transforms.matching.comparison.term_frequencies import (
    TermFrequencies,
    expect_equal,
    hash_texts,
    islice_texts,
    see_field,
)
from transforms.matching.comparison.trigrams import list_grams
from transforms.matching.comparison.vectors import GRAMS, NEAR_NAMES, RARE, Vectors, join_vectors
from transforms.matching.find_new import LookedUp, Prepared
from transforms.matching.model.choose import choose_model
from transforms.matching.model.expectation_maximisation import Sample, start_model
from transforms.matching.model.fellegi_sunter import Model
from transforms.matching.model.guards import find_unique_sources, list_identifiers, list_oversized
from transforms.matching.model.score import Scored, score_pairs
from transforms.matching.model.trained_model import TrainedModel
from transforms.matching.record_reader import Reader
from transforms.matching.records.field import KINDS, Ints, Layout, build_field
from transforms.matching.records.fields import list_fields
from transforms.matching.records.table import Contents, lay_out, list_copied
from transforms.matching.settings import MatchSettings


def learn(contents: Contents, settings: MatchSettings, is_link: bool) -> tuple[TrainedModel, Prepared]:
    """What a table teaches, and the table by it."""
    layout = Layout()
    rows = list_fields(contents.rows.with_row_index("node"), layout)
    identifier = list_identifiers(rows, contents.rows["content"].to_numpy())
    table = lay_out(contents, identifier, list_oversized(identifier, settings.max_names_per_identifier), is_link)
    reader = Reader(table, layout, rows)
    del rows
    every = np.arange(table.count)
    values = reader.read(every)
    names = [
        n for n in KINDS if n in values and values[n].height and not (n == "full_name" and layout.names == "people")
    ]
    seen = [see(n, values[n], table.count) for n in names]
    plan, keyed, packed = learn_plan(list_keys(values, settings.name_keys), table.count, settings)
    pairs = part_pairs(packed, table.side)
    model, scored = fit_model(reader, names, seen, pairs, settings)
    learned = TrainedModel(contents.roles, layout, model, seen, plan)
    is_unique = find_unique_sources(table.source, is_link, scored.pairs, scored.probability)
    learned.unique = [name for name, own in zip(table.sources, is_unique, strict=True) if own]
    return learned, Prepared(reader, identifier, LookedUp(keyed, scored, np.ones(table.count, bool), []))


def see(name: str, values: pl.DataFrame, count: int) -> TermFrequencies:
    """What a field shows."""
    field = build_field(name, values, count)
    has_grams = field.kind in {GRAMS, "full"}
    if not has_grams:
        return see_field(field, None)
    counted, known = list_grams(islice_texts(field.vocabulary))
    return see_field(field, counted.join(known, on="column"))


def fit_model(
    reader: Reader, names: list[str], seen: list[TermFrequencies], pairs: Pairs, settings: MatchSettings
) -> tuple[Model, Scored]:
    """A model trained on this table, and its near pairs."""
    table = reader.table
    total = max(1.0, count_pairs(table.side, table.count))
    comparer = reader.open(np.arange(table.count), names, seen, settings)
    step = max(1, -(-len(pairs[0]) // settings.training_pairs))
    sampled = pairs[0][::step], pairs[1][::step]
    vectors = learn_names(comparer, seen, sampled, step)
    strangers = pick_random(pairs, table.side, settings, table.count)
    random = comparer.compare(*strangers)
    equal = [expect_equal(f, s, r[0]) for f, s, r in zip(comparer.fields, seen, comparer.rarity, strict=True)]
    start = start_model(names, equal, random, max(1e-9, min(0.05, 0.1 * table.count / total)))
    copied = list_copied(table)[::step]
    shown = join_vectors([vectors, comparer.compare(copied, copied)])
    weights = float(step), max(0.0, (total - len(pairs[0])) / max(1, len(strangers[0])))
    ends = np.concatenate([sampled[0], copied]), np.concatenate([sampled[1], copied])

    def flag(rows: Ints) -> Vectors:
        return comparer.flag(shown.take(rows), ends[0][rows], ends[1][rows])

    model = choose_model(start, Sample(shown, np.zeros(len(ends[0]), bool), random, weights), flag, settings.rounds)
    return model, score_pairs(comparer, model, pairs, vectors if step == 1 else None)


def learn_names(comparer: Comparer, seen: list[TermFrequencies], pairs: Pairs, step: int) -> Vectors:
    """Vectors of pairs (every `step`th candidate), having seen how many records have a full name like each one's."""
    vectors = comparer.compare(*pairs)
    place = comparer.names.index("full_name") if "full_name" in comparer.names else -1
    levels = comparer.levels[place] if place >= 0 else None
    if not isinstance(levels, FullNames):
        return vectors
    field, own = comparer.fields[place], seen[place]
    near = vectors.level[:, place] >= NEAR_NAMES
    count = step * np.bincount(np.concatenate([pairs[0][near], pairs[1][near]]), minlength=len(comparer.nodes)) + 1
    most = np.zeros(len(field.vocabulary))
    np.maximum.at(most, field.codes, np.repeat(count, np.diff(field.start)).astype(np.float64))
    names = hash_texts(pl.Series(field.vocabulary, dtype=pl.String))
    rows = pl.DataFrame([names, pl.Series("count", most)]).filter(pl.col("count").is_between(2, RARE[0]))
    own.alike = rows.group_by("hash").agg(pl.col("count").max()).sort("hash")
    levels.count_alike(own)
    vectors.level[:, place], vectors.rarity[:, place] = compare_field(
        field, comparer.across[place], comparer.rarity[place], *pairs
    )
    return vectors
