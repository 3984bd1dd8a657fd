"""Who is who in any table of people or organisations, without labels and without keys.

people → nodes and fields → keys → candidate pairs → comparison vectors → model → probabilities → clusters
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import polars as pl

from transforms.matching.clusters.overrides import list_decided, read_decisions, settle
from transforms.matching.find_new import Prepared, look_up_new
from transforms.matching.model.guards import describe_oversized, list_identifiers, list_oversized
from transforms.matching.model.trained_model import TrainedModel, describe_learning, read_learned
from transforms.matching.recluster import rebuild
from transforms.matching.record_reader import Reader
from transforms.matching.records.fields import list_fields
from transforms.matching.records.table import Contents, lay_out, read_contents
from transforms.matching.settings import MatchSettings
from transforms.matching.state import MatchState, describe_maker, read_state
from transforms.matching.train import learn


@dataclass(frozen=True)
class Match:
    """What a table's records say about who is who."""

    edges: pl.DataFrame
    """One row per pair that may be one person: left_source, left_record, right_source, right_record, probability,
    rule (the equal identifier, likeness, copy, decision), is_joined (both in one cluster), comparison (JSON: field →
    level, the highest level, weight in bits)."""
    clusters: pl.DataFrame
    """One row per record: source, record, cluster (a number, in order of its first record)."""
    model: dict[str, Any]
    """What was learned, as JSON: no values of records, but hashes of such as several records share."""
    warnings: list[str] = field(default_factory=list)
    memory: dict[str, pl.DataFrame] = field(default_factory=dict)
    """For the next match by this model: tables to be kept beside it."""
    compared: int = 0
    """Contents that were new, and compared with all."""
    outgrown: int = 0
    """Blocks over the model's size limits, which are left out: above 0, train again."""


def match_people(
    people: pl.DataFrame,
    *,
    settings: MatchSettings | None = None,
    model: dict[str, Any] | None = None,
    memory: dict[str, pl.DataFrame] | None = None,
    decisions: pl.DataFrame | None = None,
    link_only: bool = False,
) -> Match:
    """Find the records of one person in a table.

    Args:
        people: columns source and record (unique within its source), and any of the roles of `fields.KINDS`, each a
            text or a list of texts that are true at the same time (two phones).
        settings: the defaults serve any table.
        model: one that an earlier match returned; None: train on this table.
        memory: what the latest match by this model returned: only new and changed contents are compared, with all, and
            only the groups that they touch are clustered again; edges and clusters are those of a match without it. One
            of another model or other settings is not used.
        decisions: left_source, left_record, right_source, right_record and is_same: what people decided, obeyed
            whatever the evidence. Records that are not in the table are passed over.
        link_only: each source holds a person at most once, so only records of different sources can be one.

    Raises:
        MatchError: no source or record, a record twice, no role that can be compared.
        ModelError: the model is for other fields.
    """
    settings = settings or MatchSettings()
    said = read_decisions(decisions)
    contents = read_contents(people, link_only, list_decided(said))
    if model is None:
        learned, prepared = learn(contents, settings, link_only)
        model = learned.to_json()
        kept = MatchState(describe_maker(model, settings, link_only))
    else:
        learned = read_learned(model, contents.roles)
        kept = read_state(memory, describe_maker(model, settings, link_only))
        prepared = prepare(contents, learned, kept, settings, link_only)
    decided = settle(said, prepared.reader.table)
    rebuilt = rebuild(prepared, learned, kept, decided, settings)
    warnings = [*list_warnings(prepared, learned, settings), *decided.warnings, *rebuilt.warnings]
    return Match(
        rebuilt.edges,
        rebuilt.clusters,
        model,
        warnings,
        rebuilt.memory.to_frames(),
        rebuilt.compared,
        len(prepared.found.outgrown),
    )


def list_warnings(prepared: Prepared, learned: TrainedModel, settings: MatchSettings) -> list[str]:
    """What a person should know of the table."""
    warnings = describe_oversized(prepared.reader.table.oversized, settings.max_names_per_identifier)
    if not learned.model.names:
        warnings.append("no record has a value in any role: every record stays alone")
    warnings += describe_learning(learned.model.is_prior, learned.model.forbidding) if learned.model.names else []
    if outgrown := len(prepared.found.outgrown):
        warnings.append(
            f"{outgrown} keys are on many more records than when the model was trained, and find nothing any"
            " more; train a new one"
        )
    return warnings


def prepare(
    contents: Contents, learned: TrainedModel, memory: MatchState, settings: MatchSettings, is_link: bool
) -> Prepared:
    """The table by a model, with the near pairs of which one is new."""
    unread = contents.rows.join(memory.node, on="content", how="anti").sort("content")
    values = list_fields(unread.with_row_index("node"), learned.layout)
    known = memory.identifier.join(contents.rows, on="content", how="semi")
    identifier = pl.concat([known, list_identifiers(values, unread["content"].to_numpy())])
    table = lay_out(contents, identifier, list_oversized(identifier, settings.max_names_per_identifier), is_link)
    reader = Reader(table, learned.layout, values if unread.height == contents.rows.height else None)
    return Prepared(reader, identifier, look_up_new(reader, learned, memory, settings))
