"""A report as one HTML page: how the run ended, and plots over the nights it remembers. It needs no network.

Names of sources, rules and steps, and counts; no message, since one may name customers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from expectations.data_docs import STYLE as PAGE_STYLE
from expectations.model import CheckResult
from warehouse.monitoring.charts import STYLE, draw_bars, draw_columns
from warehouse.shown_time import UNKNOWN, show_run

OUTCOMES = {"loaded": "loaded", "quarantined": "quarantined", "duplicates": "duplicate", "deleted": "deleted"}
SHOWN_FEATURES = 10
CHANGES = ("new", "merged", "split", "gone")
ENDS = {
    "published": "published",
    "unchanged": "nothing was new",
    "closed": "a gate closed; nothing was published",
    "failed": "failed; nothing was published",
}
Night = Mapping[str, Any]


def draw_page(report: Mapping[str, Any]) -> str:
    """The whole page."""
    return "".join(list_parts(report))


def list_parts(report: Mapping[str, Any]) -> Iterator[str]:
    """The page, part by part."""
    title = f"Night of {report['as_of']}: {ENDS[report['status']]}"
    nights: Sequence[Night] = report.get("nights", [])
    run = show_run(report["run_id"], report.get("timezone", UNKNOWN))
    served = f"generation {report['generation']} is served" if report["generation"] else "nothing is served yet"
    yield (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{PAGE_STYLE}{STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{escape(title)}</h1>\n<p>{escape(served)}; run {escape(run)}. Counts only: no value of a"
        " customer is on this page.</p>\n"
    )
    yield from list_checks(report["checks"])
    yield from list_rows(nights)
    yield from list_quarantine(report, nights)
    yield from list_placeholders(report)
    yield from list_features(report)
    yield from list_rest(report, nights)
    yield from list_table(nights)
    yield "</main>\n</body>\n</html>\n"


def list_checks(checks: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[str]:
    """How many rules hold, and those that close a gate."""
    results = [(source, CheckResult(**r)) for source, found in checks.items() for r in found]
    closing = [(source, r) for source, r in results if r.is_closing]
    yield f"<p>{sum(r.is_passed for _, r in results):,} of {len(results):,} rules hold.</p>\n"
    if closing:
        yield "<h2>What closed the gate</h2>\n<ul>\n"
        for source, r in closing:
            yield f"<li>{escape(source)}: {escape(r.rule)} ({r.failed_count:,} of {r.checked_count:,})</li>\n"
        yield "</ul>\n"


def list_rows(nights: Sequence[Night]) -> Iterator[str]:
    """For each source the records of its new deliveries, by night and outcome."""
    yield '<h2>Rows by source and night</h2>\n<div class="plots">\n'
    dates = [night["as_of"] for night in nights]
    for source in sorted({name for night in nights for name in night["sources"]}):
        found = [night["sources"].get(source, {}) for night in nights]
        series = {said: [night.get(outcome, 0) for night in found] for outcome, said in OUTCOMES.items()}
        yield f"<section><h3>{escape(source)}</h3>\n{draw_columns(f'Rows of {source}', dates, series)}</section>\n"
    yield "</div>\n"


def list_quarantine(report: Mapping[str, Any], nights: Sequence[Night]) -> Iterator[str]:
    """Records quarantined: tonight by rule, and by night."""
    yield "<h2>Quarantine by rule</h2>\n"
    if tonight := {f"{q['source']}: {q['rule']}": q["records"] for q in report.get("quarantine", [])}:
        yield draw_bars("Records in quarantine, by rule", dict(sorted(tonight.items(), key=lambda i: -i[1])))
    else:
        yield "<p>This run put nothing aside in what it published.</p>\n"
    totals = [sum(q["records"] for q in night["quarantine"]) for night in nights]
    yield draw_columns("Records in quarantine, by night", [n["as_of"] for n in nights], {"records": totals})


def list_placeholders(report: Mapping[str, Any]) -> Iterator[str]:
    """Records of all nights that name no account but a placeholder, by source and its kind."""
    if found := report.get("placeholder_accounts"):
        yield "<h2>Placeholders for an account</h2>\n<p>Records that write NULL, 0, guest and the like for one; those"
        yield " without another identifier are nobody's.</p>\n"
        yield draw_bars(
            "Records with a placeholder for an account, by source and kind",
            {f"{count['source']}: {count['kind']}": count["records"] for count in found},
        )


def list_features(report: Mapping[str, Any]) -> Iterator[str]:
    """How far each feature is from the reference day: the greatest as bars, all as a table."""
    found = [feature for feature in report.get("features", []) if feature["psi"] is not None]
    if not found:
        return
    yield f"<h2>Features</h2>\n<p>Population stability index against {escape(found[0]['reference_on'])};"
    yield f" {sum(f['is_drifted'] for f in found):,} of {len(found):,} have drifted.</p>\n"
    yield draw_bars("PSI of the features that changed most", {f["feature"]: f["psi"] for f in found[:SHOWN_FEATURES]})
    heads = ("Feature", "PSI", "Null share", "Null share then", "Drifted")
    yield '<details><summary>All features</summary>\n<div class="wide"><table>\n<thead><tr>'
    yield "".join(f'<th scope="col">{head}</th>' for head in heads) + "</tr></thead>\n<tbody>\n"
    for f in found:
        cells = (f"{f['psi']:.4f}", f"{f['null_share']:.1%}", f"{f['reference_null_share']:.1%}")
        yield f'<tr><th scope="row">{escape(f["feature"])}</th>'
        yield "".join(f'<td class="count">{cell}</td>' for cell in (*cells, "yes" if f["is_drifted"] else "no"))
        yield "</tr>\n"
    yield "</tbody>\n</table></div></details>\n"


def list_rest(report: Mapping[str, Any], nights: Sequence[Night]) -> Iterator[str]:
    """Freshness, run time, customers and churn."""
    dates = [night["as_of"] for night in nights]
    yield "<h2>Freshness</h2>\n<p>Days from the newest row of a source to the end of the business date.</p>\n"
    yield draw_bars("Days since the newest row, by source", nights[-1]["freshness"] if nights else {})
    yield "<h2>Run time by step</h2>\n<p>Seconds; of sources landed beside each other, the sum.</p>\n"
    yield draw_bars("Seconds of this run, by step", report["seconds"])
    steps = list(dict.fromkeys(step for night in nights for step in night["seconds"]))
    series = {step: [night["seconds"].get(step, 0) for night in nights] for step in steps}
    yield draw_columns("Seconds by night and step", dates, series)
    yield "<h2>Customers</h2>\n"
    yield draw_columns("Customers by night", dates, {"customers": [night["customers"] for night in nights]})
    for line in describe_no_forecast(report.get("no_forecast", {})):
        yield f"<p>{escape(line.capitalize())}.</p>\n"
    yield "<h2>Churn</h2>\n<p>What became of the customers of the night before; those kept are left out.</p>\n"
    churn = {outcome: [night["churn"].get(outcome, 0) for night in nights] for outcome in CHANGES}
    yield draw_columns("Customers new, merged, split and gone, by night", dates, churn)


def describe_no_forecast(reasons: Mapping[str, str]) -> list[str]:
    """Why customers have no forecast, a line for what is missing; nothing where there are forecasts."""
    missing = {"purchases": "p_alive, expected_*_count and expected_*_amount are", "amounts": "expected_*_amount is"}
    return [
        f"no forecast of {what}: {reasons[what]}; {names} null" for what, names in missing.items() if what in reasons
    ]


def list_table(nights: Sequence[Night]) -> Iterator[str]:
    """The numbers of the plots, a night a line, the latest first."""
    heads = ("Night", "Generation", *OUTCOMES.values(), "Customers", *CHANGES, "Seconds")
    yield '<details><summary>The nights as a table</summary>\n<div class="wide"><table>\n<thead><tr>'
    yield "".join(f'<th scope="col">{head.capitalize()}</th>' for head in heads)
    yield "</tr></thead>\n<tbody>\n"
    for night in reversed(nights):
        rows = [sum(source.get(outcome, 0) for source in night["sources"].values()) for outcome in OUTCOMES]
        churn = [night["churn"].get(outcome, 0) for outcome in CHANGES]
        cells = [night["generation"], *rows, night["customers"], *churn, round(sum(night["seconds"].values()))]
        yield f'<tr><th scope="row">{escape(night["as_of"])}</th>'
        yield "".join(f'<td class="count">{cell:,}</td>' for cell in cells) + "</tr>\n"
    yield "</tbody>\n</table></div></details>\n"
