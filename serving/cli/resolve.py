"""The commands `c360 resolve` and `c360 evaluate`: who is who in any files, and how well that fits a truth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from serving.cli.progress import show_progress
from serving.standalone.evaluate import Question, print_evaluation
from serving.standalone.resolve import ResolveOptions, print_line, resolve_files

commands = typer.Typer(rich_markup_mode=None)


@commands.command()
def resolve(  # noqa: PLR0913, PLR0917 (one argument per option)
    files: Annotated[
        list[Path], typer.Argument(help="CSV, TSV, JSON, JSON lines, Parquet or .xlsx; .gz and .zst too.")
    ],
    out: Annotated[Path, typer.Option("--out", help="Where to write: .csv, .jsonl, .parquet; - is CSV on stdout.")],
    role: Annotated[
        list[str] | None,
        typer.Option("--role", help="column=role, or source:column=role; repeats. None: by the columns' names."),
    ] = None,
    id: Annotated[
        list[str] | None,
        typer.Option("--id", help="Column of the records' ids, or source:column. None: the number of the row."),
    ] = None,
    link_only: Annotated[
        bool, typer.Option("--link-only", help="No file holds a person twice: tie records of different files only.")
    ] = False,
    threshold: Annotated[float, typer.Option(help="Least probability at which two records are one person.")] = 0.5,
    region: Annotated[
        str, typer.Option(envvar="C360_PHONE_REGION", help="Country of phones that name none, as HK.")
    ] = "HK",
    edges: Annotated[Path | None, typer.Option(help="Also write the pairs, with their comparisons.")] = None,
    model: Annotated[Path | None, typer.Option(help="Match by the model in this file, if it is there.")] = None,
    save_model: Annotated[Path | None, typer.Option("--save-model", help="Write the model to this file.")] = None,
) -> None:
    """Find out who is who in any table of people, or in several silos at once.

    Roles: full_name given_name middle_name surname birth_date gender email phone national_id handle address postcode
    city district. A source is called as its file without endings. Several columns of one role: names and addresses are
    joined in the order given, anything else is several values.

    The result has one row per record in the order read: source, record, customer_id, score (probability of the surest
    pair that ties the record to its customer; empty if nothing does), rule (national_id, email, phone, handle, copy,
    likeness, alone).

    Example: c360 resolve crm.csv shop.jsonl --role name=full_name --role tel=phone --id crm:client_no --out who.csv
    """
    options = ResolveOptions(
        files, out, role or (), id or (), link_only, threshold, region, edges=edges, model=model, save_model=save_model
    )
    with show_progress() as say:
        resolve_files(options, say, print_line)


@commands.command()
def evaluate(  # noqa: PLR0913, PLR0917 (one argument per option)
    truth: Annotated[Path, typer.Option("--truth", help="Table of records and who each is.")],
    clusters: Annotated[
        Path | None, typer.Option(help="What c360 resolve wrote, or any table. None: the current generation.")
    ] = None,
    names: Annotated[Path | None, typer.Option(help="Table of records and their names, to score by them.")] = None,
    truth_column: Annotated[str | None, typer.Option(help="Column of the truth that says who.")] = None,
    record_column: Annotated[str | None, typer.Option(help="Column of the truth that names the record.")] = None,
    cluster_column: Annotated[str | None, typer.Option(help="Column of the clusters that says who.")] = None,
    format: Annotated[str, typer.Option("--format", help="table or json.")] = "table",
    home: Annotated[Path, typer.Option("--home", envvar="C360_HOME", help="Where generations are kept.")] = Path("var"),
) -> None:
    """Compare who is who with a known truth: by pairs, by B-cubed, by exact clusters.

    Where names are known (from the home, --names, or a name column of either file) pairs are also scored by the script
    of the names and by how frequent the surname is: a pair belongs to a group if both its records do, else it is
    mixed (of scripts, by the two that meet).

    Example: c360 evaluate --truth truth.csv --clusters who.csv
    """
    question = Question(truth, clusters, home, names, truth_column, record_column, cluster_column, format)
    print_evaluation(question, print_line)
