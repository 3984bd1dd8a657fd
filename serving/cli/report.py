"""Commands about how nights went: what is served, whether it came in time, and the report of a run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from expectations.drift import RULES
from serving.cli.options import CONTRACTS, HOME, ContractsOption, HomeOption
from serving.query import read_limits, read_zone
from serving.terminal import lay_out
from warehouse.contracts.settings import read_settings
from warehouse.errors import C360Error, UsageError
from warehouse.home.generations import find_generation
from warehouse.home.layout import Home, HomeError
from warehouse.monitoring.deadline import describe_lateness
from warehouse.monitoring.page import describe_no_forecast, draw_page
from warehouse.monitoring.report import GOOD, read_last_report, require_report
from warehouse.shown_time import UNKNOWN, show_run, show_time

commands = typer.Typer(rich_markup_mode=None)


LEFT_OUT = "left out: "
NEW_COLUMN = RULES["new"]
PLACEHOLDERS = {
    "null": "a word for no value, as NULL or N/A", "sign": "signs alone, as - or ?",
    "number": "a number that stands for none, as 0 or -1", "nobody": "a word for nobody, as guest or walk-in",
}  # fmt: skip


@commands.command()
def status(
    fail_if_late: Annotated[
        bool, typer.Option("--fail-if-late", help="Exit with 1 where profiles are missing whose deadline has passed.")
    ] = False,
    contracts: ContractsOption = CONTRACTS,
    home: HomeOption = HOME,
) -> None:
    """Show the current generation and how the last run ended; exit with 1 where nothing is served, or a run failed.

    Example: c360 status
             c360 status --fail-if-late --contracts contracts
    """
    typer.echo(show_status(home))
    if fail_if_late:
        require_in_time(home, contracts)
    if not is_well(Home(home)):
        raise typer.Exit(1)


@commands.command()
def report(
    number: Annotated[int | None, typer.Argument(help="Number of a generation; by default the last run.")] = None,
    format: Annotated[str, typer.Option("--format", help="text, json, or html: one page with plots.")] = "text",
    home: HomeOption = HOME,
) -> None:
    """Show the report of the last run, however it ended, or of a generation.

    Example: c360 report
             c360 report 7 --format html > report.html
    """
    print_report(home, number, format)


class LateError(C360Error):
    """Profiles are missing whose deadline has passed."""


def print_report(home: Path, number: int | None, form: str) -> None:
    """Print the report of a generation, or of the last run.

    Raises:
        UsageError: there is no such format.
        HomeError: nothing has run yet, or there is no such generation.
        DamageError: the generation's report cannot be read.
    """
    if form not in FORMS:
        raise UsageError(f"--format {form} is not known; there are: {', '.join(FORMS)}")
    report = read_last_report(Home(home)) if number is None else read_generation_report(home, number)
    if report is None:
        raise HomeError(f"nothing has run in {home} yet; run: c360 run")
    print(FORMS[form](report).rstrip("\n"))


def read_generation_report(home: Path, number: int) -> dict[str, Any]:
    """The report of the run that published a generation."""
    path = find_generation(Home(home), number).folder / "report.json"
    return require_report(path, f"ask: c360 verify {number}")


def require_in_time(home: Path, contracts: Path) -> None:
    """Raise LateError where profiles are missing whose deadline has passed; UsageError where no deadline is set."""
    settings = read_settings(contracts)
    if not settings.deadline:
        raise UsageError(f'no deadline is set; write, as in deadline: "06:00", into {contracts / "settings.yaml"}')
    if said := describe_lateness(Home(home), settings, datetime.now(UTC)):
        raise LateError(said)


def show_report(report: dict[str, Any]) -> str:
    """A run on one screen: deliveries by source and outcome, what was quarantined and why, customers by silos."""
    waiting = [
        f"  {source}: {n} files wait: they are named for days to come, or not complete yet"
        for source, n in report["waiting"].items()
    ]
    if report["status"] == "unchanged":
        return "\n".join([f"nothing is new as of {report['as_of']}: generation {report['generation']} stays", *waiting])
    if report["status"] != "published":
        return "\n".join(show_ended(report))
    lines = [*(show_replayed(report) or show_sources(report)), *show_pulls(report), "", *show_checks(report)]
    notes = [*summarize_notes(report.get("notes", [])), *summarize_placeholders(report.get("placeholder_accounts", []))]
    if notes or waiting:
        lines += ["", "notes", *waiting, *(f"  {note}" for note in notes)]
    lines += ["", *show_customers(report)]
    seconds = sum(report["seconds"].values())
    lines.append(f"generation {report['generation']} published as of {report['as_of']} in {seconds:.0f} s")
    return "\n".join(lines)


def show_replayed(report: dict[str, Any]) -> list[str]:
    """What became of rows that were replayed, one line a source; nothing of any other run."""
    said = {
        "loaded": "loaded",
        "deleted": "deleted",
        "duplicate": "duplicate",
        "quarantined": "in quarantine again",
        "left": "left as they are",
    }
    outcomes: dict[str, list[str]] = {}
    for n in report.get("replayed", ()):
        outcomes.setdefault(n["source"], []).append(f"{n['records']:,} {said[n.get('outcome') or n['fate']]}")
    return [f"replayed of {source}: {', '.join(parts)}" for source, parts in outcomes.items()]


def show_pulls(report: Mapping[str, Any]) -> list[str]:
    """What was pulled of each source that is no file, and up to when its rows are known; nothing without such."""
    zone = str(report.get("timezone", UNKNOWN))
    return [
        f"pulled of {pull['source']}: {count_pulled(pull)} in {pull['seconds']:.1f} s, {show_known(pull, zone)}"
        + "".join(f" ({note})" for note in pull["notes"])
        for pull in report.get("pulls", ())
    ]


def count_pulled(pull: Mapping[str, Any]) -> str:
    """How much was pulled of a source: rows of a table, or files."""
    if pull["rows"] is not None:
        return f"{pull['rows']:,} rows"
    return f"{pull['files']:,} files ({pull['bytes'] / 1e6:,.1f} MB)"


def show_known(pull: Mapping[str, Any], zone: str) -> str:
    """Up to when a source that is pulled is known."""
    if pull["watermark"] is None:
        return "nothing was there yet"
    return f"known up to {show_time(datetime.fromisoformat(pull['watermark']), zone)}"


def name_run(report: dict[str, Any]) -> str:
    """A run by its id and when it began, in the business zone of its night."""
    return show_run(str(report["run_id"]), str(report.get("timezone", UNKNOWN)))


def show_ended(report: dict[str, Any]) -> list[str]:
    """A run that published nothing: why, and what is served still."""
    served = f"generation {report['generation']} stays" if report["generation"] else "nothing is published yet"
    results = [r for found in report["checks"].values() for r in found]
    return [
        f"run {name_run(report)}, as of {report['as_of']}: {report['status']}",
        *(f"  {line}" for line in (report["error"] or "").splitlines()),
        f"{sum(r['is_passed'] for r in results)} of {len(results)} checks passed; {served}",
    ]


def show_sources(report: dict[str, Any]) -> list[str]:
    """One line a source: how many records its new deliveries hold, and what became of them; below, why."""
    head = ["source", "deliveries", "records", "loaded", "quarantined", "duplicate"]
    counts = ["deliveries", "records", "loaded", "quarantined", "duplicates"]
    if any(n.get("deleted") for n in report["sources"].values()):
        head.append("deleted")
        counts.append("deleted")
    rows = [(name, *(f"{n.get(count, 0):,}" for count in counts)) for name, n in report["sources"].items()]
    reasons = [r for name in report["sources"] for r in report["quarantine"] if r["source"] == name]
    return [
        *lay_out(head, rows, range(1, len(head))),
        *(f"  {r['source']}: {r['records']:,} in quarantine: {r['rule']}" for r in reasons),
    ]


def show_checks(report: dict[str, Any]) -> list[str]:
    """How many checks there were, and each that did not pass; those that moved rows stand above."""
    results = [(name, r) for name, found in report["checks"].items() for r in found]
    failed = [(name, r) for name, r in results if not r["is_passed"]]
    said = [(name, r) for name, r in failed if r["level"] != "row" or r["severity"] != "critical"]
    moved = f", {count} quarantined rows (above)" if (count := len(failed) - len(said)) else ""
    lines = [f"{len(results) - len(failed)} of {len(results)} checks passed{moved}"]
    return lines + [f"  {severity}: {name}: {line}" for name, severity, line in describe_failed(said)]


def describe_failed(results: list[tuple[str, dict[str, Any]]]) -> list[tuple[str, str, str]]:
    """Source, severity and line of each result that did not pass; new columns that are only left out in one a source.

    An export of many columns that nobody needs would else fill the page.
    """
    lines, new = [], dict[str, list[dict[str, Any]]]()
    for name, r in results:
        if r["rule"].startswith(NEW_COLUMN) and r["severity"] == "warning":
            new.setdefault(name, []).append(r)
        else:
            lines.append((name, r["severity"], f"{r['rule']}: {r['message']}"))
    for name, found in new.items():
        names = ", ".join(r["rule"].removeprefix(NEW_COLUMN) for r in found)
        said = f"{len(found)} columns are new, and left out: {names}; declare those that should be stored"
        rule = found[0]["rule"] if len(found) == 1 else NEW_COLUMN.rstrip(":")
        lines.append((name, "warning", f"{rule}: {found[0]['message'] if len(found) == 1 else said}"))
    return lines


def summarize_notes(notes: list[dict[str, str]]) -> list[str]:
    """Notes on deliveries: what was left out as one line a source, the same note on many deliveries as one line."""
    left_out: dict[str, dict[str, None]] = {}
    grouped: dict[tuple[str, str], list[str]] = {}
    for note in notes:
        said = note["note"]
        if said.startswith(LEFT_OUT):
            left_out.setdefault(note["source"], {})[said.removeprefix(LEFT_OUT).split(" (")[0]] = None
        else:
            grouped.setdefault((note["source"], said.split(" (")[0]), []).append(f"{note['delivery']}: {said}")
    lines = [f"{source}: left out, as no contract names it: {', '.join(names)}" for source, names in left_out.items()]
    return lines + [
        f"{source}: {found[0]}" if len(found) == 1 else f"{source}: {said} (in {len(found)} deliveries)"
        for (source, said), found in grouped.items()
    ]


def summarize_placeholders(counts: list[dict[str, Any]]) -> list[str]:
    """One line a source in which records have a placeholder for an account: how many, of which kinds, and whose."""
    lines = []
    for source in dict.fromkeys(count["source"] for count in counts):
        own = [count for count in counts if count["source"] == source]
        total, guests = (sum(count[name] for count in own) for name in ("records", "guests"))
        kinds = "; ".join(f"{count['records']:,} {PLACEHOLDERS[count['kind']]}" for count in own)
        lines.append(
            f"{source}: {total:,} records name no account but a placeholder ({kinds}): {guests:,} are guests', by their"
            f" e-mail, phone or other identifiers, {total - guests:,} nobody's"
        )
    return lines


def show_customers(report: dict[str, Any]) -> list[str]:
    """Customers and in how many silos they are seen, what became of last night's, and by which model."""
    silos = ", ".join(f"{count:,} in {n} silo{'s' if n != '1' else ''}" for n, count in report["silos"].items())
    churn = ", ".join(f"{count:,} {outcome}" for outcome, count in report["churn"].items())
    lines = [
        f"customers: {report['customers']:,} from {report['accounts']:,} accounts; seen {silos}",
        f"since the last night: {churn}",
        *summarize_households(report.get("households")),
        *describe_no_forecast(report.get("no_forecast", {})),
        f"identity model: {report['identity_model']}",
        *(f"  {note}" for note in report.get("identity_notes", [])),
    ]
    if stages := report.get("changed_stages"):
        lines.append(f"program: changed in {', '.join(stages)}; what these make of the loaded rows was rebuilt in full")
    return lines


def summarize_households(counts: Mapping[str, int] | None) -> list[str]:
    """How many customers share a home, and what too many share to be one; nothing of a report from before 0.2."""
    if counts is None:
        return []
    found = f"{counts['households']:,} of {counts['customers']:,} customers" if counts["households"] else "none"
    lines = [f"households: {found}"]
    if counts["crowded_addresses"] or counts["crowded_phones"]:
        lines.append(
            f"  shared by over {counts['most']} customers, and so no home (max_household_members):"
            f" addresses {counts['crowded_addresses']:,}, phones {counts['crowded_phones']:,}"
        )
    if counts["cut"]:
        lines.append(
            f"  larger, or at several addresses, if phones counted: {counts['cut']:,}; taken by addresses alone"
        )
    return lines


def is_well(home: Home) -> bool:
    """Is a generation served, and did the last run end well?"""
    report = read_last_report(home)
    return home.find_current() is not None and (report is None or report["status"] in GOOD)


def show_status(home: Path) -> str:
    """What is served, and how the last run ended."""
    place = Home(home)
    generation, report = place.find_current(), read_last_report(place)
    lines = ["nothing is published yet; run: c360 run"] if generation is None else []
    if generation:
        manifest = generation.read_manifest()
        read_limits(generation)  # so that what no reader could open is not said to be served
        published = show_time(datetime.fromisoformat(manifest["published_at"]), read_zone(home))
        lines.append(f"generation {generation.number} is served, as of {manifest['as_of']}, published {published}")
        rows = manifest["tables"].get("main.customer_profile", 0)
        lines.append(f"customers: {rows:,}; file: {generation.database}")
        served = [{"source": name, **state} for name, state in manifest.get("pulls", {}).items()]
        lines += show_lags((report or {}).get("pulls", served), read_zone(home), datetime.now(UTC))
    if report:
        lines.append(f"last run {name_run(report)}: {report['status']}")
        lines += [f"  {line}" for line in (report["error"] or "").splitlines()]
    return "\n".join(lines)


def show_lags(pulls: Iterable[Mapping[str, Any]], zone: str, now: datetime) -> list[str]:
    """Up to when the rows of each source that is pulled are known, and how many hours ago that is."""
    lines = []
    for pull in sorted(pulls, key=lambda pull: str(pull["source"])):
        known = pull.get("watermark")
        hours = (now - datetime.fromisoformat(known)).total_seconds() / 3600 if known else 0.0
        lag = f", {hours:,.1f} hours ago" if known else ""
        lines.append(f"{pull['source']}: {show_known({'watermark': known}, zone)}{lag}")
    return lines


def show_whole(report: dict[str, Any]) -> str:
    """A run on one screen, with how fresh its sources are and how long its steps took."""
    fresh = ", ".join(f"{source} {days:.1f}" for source, days in report.get("freshness", {}).items())
    steps = ", ".join(f"{step} {seconds:.1f}" for step, seconds in report["seconds"].items())
    lines = [show_report(report), fresh and f"days since the newest row: {fresh}", steps and f"seconds: {steps}"]
    return "\n".join(line for line in lines if line)


FORMS: Mapping[str, Callable[[dict[str, Any]], str]] = {
    "text": show_whole,
    "json": lambda report: json.dumps(report, indent=1, ensure_ascii=False),
    "html": draw_page,
}
"""How a report may be printed."""
