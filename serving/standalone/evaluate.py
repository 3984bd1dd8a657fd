"""`c360 evaluate`: a truth, clusters and names from files or from a home, compared and shown."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from serving.query import open_home
from serving.standalone.truth import KEY, Labels, read_labels, read_names
from serving.terminal import lay_out
from transforms.identity.evaluate import MIXED, Evaluation, PairScore, evaluate, join_truth, score_groups
from transforms.identity.name_groups import NO_SURNAME, QUARTERS, SCRIPTS, list_groups
from warehouse.errors import UsageError

FORMATS = ("table", "json")
TITLES = {"script": "script of name", "surname": "frequency of surname"}
ORDER = (*SCRIPTS, *QUARTERS, NO_SURNAME, MIXED)
Say = Callable[[str], None]
HOME_NAMES = """
SELECT source, account_id AS record, value AS name FROM clean.attribute WHERE attribute = 'full_name'
"""


@dataclass(frozen=True)
class Question:
    """What `c360 evaluate` is asked."""

    truth: Path
    clusters: Path | None
    home: Path
    names: Path | None = None
    truth_column: str | None = None
    record_column: str | None = None
    cluster_column: str | None = None
    form: str = "table"


def print_evaluation(question: Question, warn: Say) -> None:
    """Compare and print.

    Raises:
        UsageError: a column is not found, ids are not unique, or no record of the truth is in the clusters.
    """
    if question.form not in FORMATS:
        raise UsageError(f"--format {question.form} is not known; there are: {', '.join(FORMATS)}")
    truth = read_labels(question.truth, "--truth", question.truth_column, question.record_column, warn)
    clusters, names = read_clusters(question, warn)
    key = pick_key(truth, clusters)
    found = evaluate(truth.as_column("person"), clusters.as_column("cluster"), key)
    if found.records and found.missing == found.records:
        raise UsageError("no record of the truth is in the clusters; do both name records by the same column?")
    joined = join_truth(truth.as_column("person"), clusters.as_column("cluster"), key)
    groups = score_names(joined, [names, truth.names, clusters.names], key)
    write = print_json if question.form == "json" else print_table
    write(found, groups)


def read_clusters(question: Question, warn: Say) -> tuple[Labels, pl.DataFrame | None]:
    """The clusters, from their file or the current generation, and the names that were asked for or are at hand."""
    names = read_names(question.names, warn) if question.names else None
    if question.clusters:
        return read_labels(question.clusters, "--clusters", question.cluster_column, None, warn), names
    with open_home(question.home) as con:
        rows = con.sql("SELECT source, account_id AS record, customer_id AS label FROM customer_identity").pl()
        if names is None:
            names = con.sql(HOME_NAMES).pl()
    return Labels("customer_identity", rows, None), names


def pick_key(truth: Labels, clusters: Labels) -> list[str]:
    """Columns by which records of both are the same: source and record, or record alone where sources are not alike.

    Raises:
        UsageError: by these columns a record is there twice.
    """
    shares = truth.has_source and clusters.has_source and has_common(truth.rows["source"], clusters.rows["source"])
    key = KEY if shares else ["record"]
    for side in (truth, clusters):
        if doubled := int(side.rows.select(key).is_duplicated().sum()):
            cure = "each must be there once" if shares else "give both files a column source with the same names in it"
            raise UsageError(f"{side.name}: {doubled:,} rows share their {' and '.join(key)} with another; {cure}")
    return key


def has_common(left: pl.Series, right: pl.Series) -> bool:
    """True if some value is in both."""
    return bool(left.unique().is_in(right.unique().to_list()).any())


def score_names(
    joined: pl.DataFrame, names: list[pl.DataFrame | None], key: list[str]
) -> dict[str, dict[str, PairScore]]:
    """Pairs by script of name and by frequency of surname, where names are known."""
    known = next((n for n in names if n is not None and set(key) <= set(n.columns) and n.height), None)
    if known is None:
        return {}
    grouped = list_groups(joined, known, key)
    return {title: score_groups(grouped, title, is_crossed=title == "script") for title in TITLES}


def list_figures(found: Evaluation) -> dict[str, Any]:
    """The whole comparison by name."""
    return {
        "records": found.records,
        "records_missing_in_clusters": found.missing,
        "records_missing_in_truth": found.unknown,
        "pairs": show_pairs(found.pairs),
        "b_cubed": {"precision": found.b_precision, "recall": found.b_recall, "f1": found.b_f1},
        "true_clusters": found.people,
        "exact_clusters": found.exact,
        "exact_clusters_share": found.exact_share,
        "largest_cluster": found.largest,
        "largest_true_cluster": found.largest_true,
    }


def show_pairs(score: PairScore) -> dict[str, Any]:
    """One score by name; a share of nothing is null."""
    return {
        "true": score.true,
        "found": score.found,
        "both": score.both,
        "precision": score.precision if score.found else None,
        "recall": score.recall if score.true else None,
        "f1": score.f1 if score.found or score.true else None,
    }


def print_json(found: Evaluation, groups: dict[str, dict[str, PairScore]]) -> None:
    """One JSON object."""
    by = {f"pairs_by_{title}": {name: show_pairs(s) for name, s in of.items()} for title, of in groups.items()}
    json.dump(list_figures(found) | by, sys.stdout, ensure_ascii=False, indent=1)
    sys.stdout.write("\n")


def print_table(found: Evaluation, groups: dict[str, dict[str, PairScore]]) -> None:
    """Lines for people to read."""
    for line in list_lines(found, groups):
        print(line)


def list_lines(found: Evaluation, groups: dict[str, dict[str, PairScore]]) -> Iterator[str]:
    """The comparison, line by line."""
    shares = (f"{share:.4f}" for share in (found.b_precision, found.b_recall, found.b_f1))
    rows = [show_line("pairs", found.pairs), ("B-cubed", *shares, "")]
    for title, scores in groups.items():
        rows.append((f"pairs by {TITLES[title]}", "", "", "", ""))
        rows += [show_line(f"  {name}", scores[name]) for name in sorted(scores, key=place)]
    yield from lay_out(("", "precision", "recall", "F1", "true pairs"), rows, range(1, 5))
    yield f"exact clusters          {found.exact:,} of {found.people:,} ({found.exact_share:.1%})"
    yield f"largest cluster         {found.largest:,} records (in the truth {found.largest_true:,})"
    yield (
        f"records                 {found.records:,} in the truth, {found.missing:,} of them in no cluster;"
        f" {found.unknown:,} in the clusters alone"
    )


def show_line(title: str, score: PairScore) -> tuple[str, ...]:
    """One score as the cells of a line; a share of nothing is shown as a dash."""
    shown = show_pairs(score)
    cells = ("–" if shown[n] is None else format(shown[n], ".4f") for n in ("precision", "recall", "f1"))
    return (title, *cells, f"{score.true:,}")


def place(name: str) -> tuple[bool, int]:
    """Where a group stands in the list: whole groups first, in the order of what they are about."""
    return name not in ORDER, ORDER.index(name.partition(" – ")[0])
