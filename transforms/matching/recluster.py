"""Clusters: the groups that new pairs, lost records and decisions touch are clustered again, the others stay."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from transforms.matching.blocking.candidate_pairs import Pairs
from transforms.matching.clusters.cluster_splits import judge_groups
from transforms.matching.clusters.components import MUST, list_components
from transforms.matching.clusters.edges import describe_pairs, list_clusters, list_copies, list_edges
from transforms.matching.clusters.linkage import merge_groups, pair_within
from transforms.matching.clusters.overrides import Decided
from transforms.matching.find_new import Prepared
from transforms.matching.model.fellegi_sunter import FORBIDDEN
from transforms.matching.model.guards import LIKENESS, list_exact, name_rules
from transforms.matching.model.score import LONE, judge_pairs, look_closer, weigh_group
from transforms.matching.model.trained_model import TrainedModel
from transforms.matching.record_reader import Reader
from transforms.matching.records.field import Bools, Floats, Ints, Uints
from transforms.matching.records.table import Table, count_copies, list_copied
from transforms.matching.settings import MatchSettings
from transforms.matching.state import MatchState, find_known_nodes, recall, sign_components, write_nodes

COPY = "copy"
NAMED = {"full_name", "given_name", "surname", "given_sound", "surname_sound", "western_name"}
"""Fields of which each tells that a record has somebody's name."""


@dataclass(frozen=True)
class Rebuilt:
    """A match's result."""

    edges: pl.DataFrame
    clusters: pl.DataFrame
    memory: MatchState
    compared: int
    warnings: list[str]


@dataclass(frozen=True)
class ClusterInputs:
    """What clusters rest on, besides near pairs."""

    reader: Reader
    learned: TrainedModel
    decided: Decided
    settings: MatchSettings


@dataclass(frozen=True)
class Clustering:
    """Per node its component (0: alone) and the first node of its cluster; pairs of one cluster that are not near."""

    component: Uints
    cluster: Ints
    pairs: pl.DataFrame
    """As evidence.PAIR, of the components that were clustered again."""
    is_touched: Bools
    """Per node, true if its component was."""


def rebuild(
    prepared: Prepared, learned: TrainedModel, memory: MatchState, decided: Decided, settings: MatchSettings
) -> Rebuilt:
    """The result of a match, from the near pairs of new nodes and what is known of the others."""
    reader, table = prepared.reader, prepared.reader.table
    is_new, stays = find_known_nodes(table, memory)[1], ~prepared.found.is_looked_up
    known = recall(table, memory, ["component", "cluster", "copy_probability", "copy_rule"]).with_columns(
        component=pl.when(pl.Series(stays)).then("component")
    )
    keys = pl.Series("key", table.key[stays], pl.UInt64).implode()
    kept = memory.pair.filter(pl.col("left").is_in(keys) & pl.col("right").is_in(keys))
    scored = prepared.found.scored
    found = describe_pairs(table, learned.model, scored.pairs, (scored.vectors, scored.probability), True)
    near = pl.concat([kept.filter("is_near"), found])
    settled = settle_components(near, known, ClusterInputs(reader, learned, decided, settings))
    stay = kept.filter(
        ~pl.col("is_near") & ~pl.Series(settled.is_touched[np.searchsorted(table.key, kept["left"].to_numpy())])
    )
    pairs = pl.concat([near, stay, settled.pairs]).sort("left", "right")
    chance, rule = judge_copies(reader, known, learned, settings)
    is_many = count_copies(table) > settings.most_copies
    is_crowd = list_nameless(is_many, reader, learned, settings)
    is_torn = list_torn(table, near, settled.cluster, settings) & (rule == COPY).fill_null(False).to_numpy()
    is_one = (np.nan_to_num(chance) >= settings.threshold) & ~is_crowd & ~is_torn
    shown = np.where(is_crowd, 0.0, np.where(is_torn, LONE, 1.0) * np.nan_to_num(chance))
    edges = pl.concat([list_edges(table, pairs, settled.cluster, decided), list_copies(table, shown, is_one, rule)])
    keyed = prepared.found.keyed.with_columns(is_oversized=pl.Series(prepared.found.is_oversized()))
    node = write_nodes(table, keyed, (chance, rule), (settled.component, settled.cluster))
    return Rebuilt(
        edges,
        list_clusters(table, settled.cluster, is_one),
        MatchState(memory.made_by, node, prepared.identifier, pairs, len(prepared.found.outgrown)),
        int(is_new.sum()),
        describe_crowd(int((is_many & ~is_one).sum()), settings) if not table.is_link else [],
    )


def list_torn(table: Table, near: pl.DataFrame, cluster: Ints, settings: MatchSettings) -> Bools:
    """Per node, true for those that stay alone since two people may be meant: whose its copies are, nobody knows.

    `near` are the near pairs, as PAIR.
    """
    sure = near.filter(pl.col("probability") >= settings.threshold)
    left, right = (np.searchsorted(table.key, sure[side].to_numpy()) for side in ("left", "right"))
    ends = pl.DataFrame({"node": np.concatenate([left, right]), "to": cluster[np.concatenate([right, left])]})
    several = ends.group_by("node").agg(pl.col("to").n_unique()).filter(pl.col("to") > 1)["node"].to_numpy()
    found = np.zeros(table.count, bool)
    found[several] = True
    is_alone: Bools = np.bincount(cluster, minlength=table.count)[cluster] == 1
    return found & is_alone


def list_nameless(chosen: Bools, reader: Reader, learned: TrainedModel, settings: MatchSettings) -> Bools:
    """Per node, true for those of the chosen that name nobody: a counter's phone."""
    nodes, names = np.flatnonzero(chosen), learned.model.names
    level = reader.open(nodes, names, learned.seen, settings).compare(nodes, nodes).level
    found = np.zeros(len(chosen), bool)
    found[nodes] = (level[:, [names.index(name) for name in NAMED & {*names}]] < 0).all(axis=1)
    return found


def describe_crowd(count: int, settings: MatchSettings) -> list[str]:
    """What is said of contents on too many records."""
    text = (
        f"{count} contents stand on more than {settings.most_copies} equal records each and tell nobody from anybody;"
        " these records stay alone"
    )
    return [text] if count else []


def settle_components(near: pl.DataFrame, known: pl.DataFrame, basis: ClusterInputs) -> Clustering:
    """Components of near pairs and decisions; those that were settled before, with the same members, stay."""
    table, decided = basis.reader.table, basis.decided
    left, right = (np.searchsorted(table.key, near[side].to_numpy()) for side in ("left", "right"))
    must = decided.is_same
    ends = np.concatenate([left, decided.left[must]]), np.concatenate([right, decided.right[must]])
    sure = np.concatenate([near["probability"].to_numpy(), np.full(int(must.sum()), MUST)])
    groups = list_components(*ends, sure, table.count, 20 * basis.settings.largest_cluster)
    signs = sign_components(groups, table.key, (decided.left, decided.right, decided.is_same))
    before = known["component"].fill_null(0).to_numpy()
    members = np.concatenate([np.zeros(0, np.int64), *groups])
    number = np.repeat(np.arange(len(groups)), np.fromiter(map(len, groups), np.int64))
    component, is_touched = np.zeros(table.count, np.uint64), np.zeros(table.count, bool)
    component[members] = signs[number]
    is_anew = np.bincount(number, before[members] != component[members], len(groups)) > 0
    is_touched[members] = is_anew[number]
    anew = [groups[i] for i in np.flatnonzero(is_anew)]
    cluster = np.arange(table.count)
    stays = np.flatnonzero((component > 0) & ~is_touched)
    cluster[stays] = np.searchsorted(table.key, known["cluster"].to_numpy()[stays])
    pairs = merge_anew(anew, cluster, basis)
    return Clustering(component, cluster, exclude(pairs, near), is_touched)


def exclude(pairs: pl.DataFrame, near: pl.DataFrame) -> pl.DataFrame:
    """Pairs that are not among the near ones."""
    return pairs.join(near, on=["left", "right"], how="anti")


def merge_anew(groups: list[Ints], cluster: Ints, basis: ClusterInputs) -> pl.DataFrame:
    """Put the clusters of these groups into `cluster`; the pairs of one cluster, as evidence.PAIR."""
    table, learned, decided, settings = basis.reader.table, basis.learned, basis.decided, basis.settings
    model = learned.model
    members = np.sort(np.concatenate([np.zeros(0, np.int64), *groups]))
    comparer = basis.reader.open(members, model.names, learned.seen, settings)
    ends = pair_within(groups)
    vectors = look_closer(comparer, model, comparer.compare(*ends), ends)
    exact = list_exact(model.names, vectors)
    weight = weigh_group(model, vectors, exact)
    weight[list_forbidden(table, learned, decided, ends)] = FORBIDDEN
    least = float(np.log(settings.threshold / (1 - settings.threshold)))
    limits = (least, settings.largest_cluster)
    found = merge_groups(groups, weight, decided.one, limits, judge_groups(model, vectors, exact))
    cluster[members] = found[members]
    together = np.flatnonzero(cluster[ends[0]] == cluster[ends[1]])
    own = vectors.take(together)
    return describe_pairs(table, model, (ends[0][together], ends[1][together]), (own, judge_pairs(model, own)), False)


def list_forbidden(table: Table, learned: TrainedModel, decided: Decided, ends: Pairs) -> Bools:
    """True for pairs that must not be one: of a source without duplicates, or decided so; but what must be one may."""
    is_unique = np.array([table.is_link or name in learned.unique for name in table.sources], bool)
    source = table.source
    found = (source[ends[0]] == source[ends[1]]) & is_unique[source[ends[0]]] if len(is_unique) else np.zeros(0, bool)
    apart = ~decided.is_same
    low, high = np.minimum(decided.left, decided.right)[apart], np.maximum(decided.left, decided.right)[apart]
    forbidden: Bools = found | np.isin(ends[0] * table.count + ends[1], low * table.count + high)
    return forbidden


def judge_copies(
    reader: Reader, known: pl.DataFrame, learned: TrainedModel, settings: MatchSettings
) -> tuple[Floats, pl.Series]:
    """Per node, how probably records with its very content are one person, nan if it never had copies; and the rule."""
    chance = known["copy_probability"].fill_null(np.nan).to_numpy().copy()
    rule = known["copy_rule"].to_numpy().astype(object)
    copied = list_copied(reader.table)
    todo = copied[np.isnan(chance[copied])]
    vectors = reader.open(todo, learned.model.names, learned.seen, settings).compare(todo, todo)
    chance[todo] = judge_pairs(learned.model, vectors)
    rule[todo] = [COPY if name == LIKENESS else name for name in name_rules(learned.model.names, vectors)]
    return chance, pl.Series("rule", rule.tolist(), dtype=pl.String)
