"""Static Data Docs: one page of what each rule said, in counts. It needs no network and no script."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path

from expectations.model import CheckResult
from warehouse.files import write_whole

STYLE = """
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { max-width: 72rem; margin: 0 auto; padding: 1rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; padding: .25rem 0; }
th, td { text-align: left; padding: .25rem .75rem; border-bottom: 1px solid #8888; vertical-align: top; }
.count { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
tr.broken { background: #f5a62333; }
tr.closes { background: #d0021b33; font-weight: 600; }
"""
COLUMNS = ("Rule", "About", "Severity", "Result", "Failed", "Checked", "What it says")


def write_docs(results_by_source: Mapping[str, Sequence[CheckResult]], folder: Path, title: str) -> Path:
    """Write `index.html` into the folder, which is made if need be, and give its path. Counts only, no values."""
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / "index.html"
    write_whole(page, "".join(list_parts(results_by_source, title)))
    return page


def list_parts(results_by_source: Mapping[str, Sequence[CheckResult]], title: str) -> Iterator[str]:
    """The page, part by part."""
    yield (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{escape(title)}</h1>\n"
        "<p>Counts only: no value of a customer is on this page. "
        "A broken critical rule about a table or a delivery closes the gate; bad rows are in quarantine.</p>\n"
    )
    yield from list_summary(results_by_source)
    for number, (source, results) in enumerate(results_by_source.items()):
        yield f'<section aria-labelledby="s{number}">\n<h2 id="s{number}">{escape(source)}</h2>\n'
        yield from list_table(results) if results else ("<p>No rule was asked.</p>\n",)
        yield "</section>\n"
    yield "</main>\n</body>\n</html>\n"


def list_summary(results_by_source: Mapping[str, Sequence[CheckResult]]) -> Iterator[str]:
    """A line for each source, with a link to its rules."""
    if not results_by_source:
        yield "<p>Nothing was checked.</p>\n"
        return
    yield '<nav aria-label="Sources"><ul>\n'
    for number, (source, results) in enumerate(results_by_source.items()):
        broken = sum(not r.is_passed for r in results)
        gate = "gate closed" if any(r.is_closing for r in results) else "gate open"
        yield f'<li><a href="#s{number}">{escape(source)}</a>: {gate}, {broken} of {len(results)} rules broken</li>\n'
    yield "</ul></nav>\n"


def list_table(results: Sequence[CheckResult]) -> Iterator[str]:
    """The results of a source as a table, in the order of its contract."""
    passed = sum(r.is_passed for r in results)
    yield f'<div class="wide"><table>\n<caption>{passed} of {len(results)} rules hold</caption>\n<thead><tr>'
    for name in COLUMNS:
        count = ' class="count"' if name in {"Failed", "Checked"} else ""
        yield f'<th scope="col"{count}>{name}</th>'
    yield "</tr></thead>\n<tbody>\n"
    yield from map(show_result, results)
    yield "</tbody>\n</table></div>\n"


def show_result(result: CheckResult) -> str:
    """One result as a row; what colour says is said in words too."""
    kind = "" if result.is_passed else ' class="closes"' if result.is_closing else ' class="broken"'
    said = "holds" if result.is_passed else "broken, closes the gate" if result.is_closing else "broken"
    return (
        f'<tr{kind}><th scope="row">{escape(result.rule)}</th><td>{result.level}</td><td>{result.severity}</td>'
        f'<td>{said}</td><td class="count">{result.failed_count:,}</td><td class="count">{result.checked_count:,}</td>'
        f"<td>{escape(result.message)}</td></tr>\n"
    )
