"""Drafts as files: contracts beside those that are there, and a project around them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from warehouse.contracts.settings import read_settings
from warehouse.drafting.contract import ask, comment, write_contract
from warehouse.drafting.draft import Draft
from warehouse.drafting.place import COUNTRIES
from warehouse.drafting.tables.model import SourceDraft
from warehouse.errors import UsageError
from warehouse.landing.formats.any_table import cut_endings
from warehouse.types.currencies import name_currency

PURPOSES = """\
# Why a consumer may see data. Until a column names a purpose (c360.purposes), nobody but the owner sees it.
purposes:
  service:
    description: Answer a customer
  analytics:
    description: Count and compare groups of customers
    pseudonymised: true
"""
MAKEFILE = """\
run: ## one night: load what is new in deliveries/, check, match, publish
\tc360 run
check: ## the contracts, and what a first night would publish
\tc360 check --preview
.PHONY: run check
"""
IGNORED = "var/\nvar.keys/\ndeliveries/\n"
README = """\
# {name}

Customers from {count} sources, every night, in one table.

| source | what it holds | files |
|---|---|---|
{rows}

1. `c360 check` says what is still open in `contracts/`: answer each line that begins with `# ?`, then remove it.
2. `c360 check --preview` shows orders, net amounts, customers and the strangest merges, and publishes nothing.
3. `c360 run` publishes. `c360 sql "select * from customer_profile"` asks.

Put new files into `deliveries/`, named as those that are there, and run again.
"""


def glob_of(source: SourceDraft, beside: Sequence[Path]) -> str:
    """A pattern for the names of a source's files, one that fits no other file: the name, and then anything."""
    path = source.sample.paths[-1]
    stem, ending = cut_endings(path)
    tail = path.name[len(stem) :] if ending else ""
    bare = re.sub(r"[\d\W_]+$", "", stem)
    own = {p.name for p in source.sample.paths}
    names = [p.name for p in beside if p.name not in own]
    sign = stem[len(bare) : len(bare) + 1] if len(stem) > len(bare) else ""
    candidates = [f"{bare}{sign if not sign.isdigit() else ''}*{tail}", re.sub(r"\d+", "*", path.name)]
    for pattern in candidates:
        is_own = all(fnmatchcase(name, pattern) for name in own)
        if bare and "[" not in pattern and is_own and not any(fnmatchcase(name, pattern) for name in names):
            return pattern
    return path.name


def write_contracts(
    draft: Draft, folder: Path, base: str, beside: Sequence[Path], *, replace: bool = False
) -> list[Path]:
    """The contracts of a draft in a folder; gives their paths.

    Args:
        draft: what was drafted.
        folder: of the contracts; it is made.
        base: where deliveries are, as the contracts say it; "" if each stays in its own folder.
        beside: all files of the deliveries, none of which may be taken for another source's.
        replace: write over contracts that are there.

    Raises:
        UsageError: a contract of that name is there already.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = {source.name: folder / f"{source.name}.odcs.yaml" for source in draft.sources}
    there = [path.name for path in paths.values() if path.exists()]
    if there and not replace:
        raise UsageError(f"{folder}: {', '.join(there)} is there already; --replace writes it anew")
    for source in draft.sources:
        home = base or str(source.sample.paths[-1].resolve().parent)
        paths[source.name].write_text(write_contract(source, f"{home}/{glob_of(source, beside)}"), "utf-8")
    return list(paths.values())


def write_settings(draft: Draft, folder: Path) -> Path | None:
    """The settings of the business beside the contracts, unless there are some; gives their path."""
    path = folder / "settings.yaml"
    if path.exists():
        return None
    country, zone = draft.place.country, draft.place.zone
    lines = [*ask(draft.questions)]
    lines += comment(f"{country.name}: {draft.place.evidence}.")
    lines += [f"currency: {reporting_currency(draft)}", f"timezone: {zone or country.zones[0]}"]
    lines.append(f"phone_region: {country.code}")
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def reporting_currency(draft: Draft) -> str:
    """The currency to report in: the one that rates lead to, or that all sources have, or the country's."""
    for source in draft.sources:
        rate = source.of("amount") if source.kind == "reference" else None
        if rate and (found := re.search(r"_to_([a-z]{3})$", rate.name.lower())):
            return found[1].upper()
    codes = {code for source in draft.sources for code in currencies_of(source)}
    return codes.pop() if len(codes) == 1 else draft.place.country.currency


def currencies_of(source: SourceDraft) -> set[str]:
    """The currencies of a source's amounts, by their codes."""
    if source.kind != "transactions":
        return set()
    column = source.of("currency")
    found = {name_currency(value) or "" for value in source.facts(column.name).values} if column else set()
    own = source.custom.get("currency")
    return {code for code in (*found, own) if isinstance(code, str) and re.fullmatch("[A-Z]{3}", code)}


def list_unrated(draft: Draft) -> list[str]:
    """Currencies of amounts for which no rate is there: these count in no sum of the reporting currency."""
    if any(source.kind == "reference" for source in draft.sources):
        return []
    return sorted({code for source in draft.sources for code in currencies_of(source)} - {reporting_currency(draft)})


def known_answers(folder: Path) -> dict[str, str]:
    """What settings that are there already answer of the business as a whole."""
    if not (folder / "settings.yaml").is_file():
        return {}
    settings = read_settings(folder)
    return (
        {"country": settings.phone_region, "timezone": settings.timezone} if settings.phone_region in COUNTRIES else {}
    )


def begin_project(folder: Path, files: Sequence[Path]) -> list[Path]:
    """The folders of a project, with copies of the files in `deliveries/`; gives the copies.

    Raises:
        UsageError: there are contracts in it already, two files have one name, or one is not there.
    """
    if any((folder / "contracts").glob("*.odcs.yaml")):
        raise UsageError(f"{folder}: there are contracts in it already; c360 draft FILE… --out contracts adds to them")
    names = [path.name for path in files]
    if doubled := sorted({name for name in names if names.count(name) > 1}):
        raise UsageError(f"{doubled[0]}: two files have this name; rename one")
    if absent := [path for path in files if not path.is_file()]:
        raise UsageError(f"{absent[0]}: there is no such file")
    deliveries = folder / "deliveries"
    deliveries.mkdir(parents=True, exist_ok=True)
    (folder / "contracts").mkdir(exist_ok=True)
    copies = [deliveries / path.name for path in files]
    for path, copy in zip(files, copies, strict=True):
        if path.resolve() != copy.resolve():
            shutil.copyfile(path, copy)
    return copies


def write_project(folder: Path, draft: Draft | None) -> None:
    """What stands around the contracts: Makefile, README, purposes; what is there stays."""
    sources = draft.sources if draft else []
    rows = "\n".join(f"| {s.name} | {s.kind or 'open'} | {len(s.sample.paths)} |" for s in sources) or "| | | |"
    readme = README.format(name=folder.resolve().name, count=len(sources), rows=rows)
    files = {"Makefile": MAKEFILE, "README.md": readme, ".gitignore": IGNORED, "contracts/purposes.yaml": PURPOSES}
    if draft is None:
        files["contracts/settings.yaml"] = (
            "# currency, timezone and phone_region of the business; c360 draft fills them in\n"
        )
    for name, text in files.items():
        if not (folder / name).exists():
            (folder / name).write_text(text, "utf-8")
