"""Settings: a few values that hold for a whole home, from `settings.yaml` beside the contracts and the environment.

An environment variable `C360_<NAME>` wins over the file, the file over the default.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import asdict, field, replace
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, cast
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic.dataclasses import dataclass
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, PydanticCustomError

from warehouse.contracts.yaml_reader import Unreadable, read_yaml
from warehouse.errors import C360Error

SURVIVORSHIP_RULES: Mapping[str, str] = {
    "trust": "most trusted source",
    "most_recent": "most recent",
    "most_frequent": "most frequent",
    "verified_first": "confirmed by two sources",
}
"""Each rule, and how provenance names it where it decides."""
SURVIVORSHIP: Mapping[str, str] = {
    "full_name": "trust", "chinese_name": "trust", "english_name": "trust", "given_name": "trust", "surname": "trust",
    "email": "verified_first", "phone": "verified_first",
    "national_id": "verified_first", "birth_date": "verified_first", "gender": "verified_first",
    "handle": "most_recent", "language": "most_recent",
    "district": "trust", "address": "trust", "postcode": "trust",
}  # fmt: skip
"""The rule of each attribute, unless the setting `survivorship` says another. What one sort of people write down with
care goes by trust; what never changes, or two can agree on, by agreement; what a person chooses, by time."""


class SettingsError(C360Error):
    """A setting is unknown or has a value that cannot be used; the message names it and the cure."""

    exit_code = 2


CHANGING = frozenset(
    {"currency", "timezone", "phone_region", "max_accounts_per_identifier", "max_household_members", "survivorship"}
)
"""Settings that change what is cleaned and built; the others bound a run."""


RENAMED = {
    "shared_by": "max_accounts_per_identifier", "largest_customer": "max_accounts_per_customer",
    "merged_share": "max_merged_share", "churn_share": "max_churn_share",
    "least_precision": "min_precision", "least_recall": "min_recall",
}  # fmt: skip
"""Settings that had another name before 0.2, old → new; the old names work for one release more."""


def must(be: str, fits: Callable[[Any], object]) -> AfterValidator:
    """A rule of a setting; the complaint says what it must be, and never what it is, for that may be secret."""

    def judge(value: Any) -> Any:
        if not fits(value):
            raise PydanticCustomError("rule", "must be {be}", {"be": be})
        return value

    return AfterValidator(judge)


def must_match(pattern: str, be: str) -> AfterValidator:
    """A rule of a setting that is text."""
    return must(be, re.compile(pattern).fullmatch)


def write_number(value: object) -> str:
    """A number as text, from which pydantic reads it; by itself it would take true for 1, and 0_1, too."""
    if not re.fullmatch(r"[0-9.e-]+", text := str(value)):
        raise PydanticCustomError("number", "no number")
    return text


def is_day(text: str) -> bool:
    """Is it a date, or empty?"""
    return not text or (re.fullmatch(r"\d{4}-\d\d-\d\d", text) is not None and text == str(date.fromisoformat(text)))


def is_timezone(name: str) -> bool:
    """Is it a name of the IANA database?"""
    try:
        return bool(ZoneInfo(name))
    except (ValueError, KeyError, OSError):
        return False


def is_address(text: str, schemes: Set[str]) -> bool:
    """Is it nothing, or an address with one of these schemes and a host?"""
    try:
        parts = urlsplit(text)
        is_whole = parts.scheme in schemes and parts.hostname and parts.port != 0 and re.fullmatch(r"\S+", text)
        return bool(not text or is_whole)
    except ValueError:  # a port that is none
        return False


def write_rules(value: object) -> object:
    """Rules of survivorship as one text, where the file has them as a mapping."""
    if isinstance(value, dict):
        value = ",".join(f"{name}={word}" for name, word in sorted(value.items()))
    return value.replace(" ", "") if isinstance(value, str) else value


def read_rules(text: str) -> dict[str, str]:
    """The rule of each attribute of the golden record: the usual ones, and those that the setting names.

    Raises:
        SettingsError: an attribute or a rule is not known.
    """
    named = dict(part.partition("=")[::2] for part in text.split(",") if part)
    for attribute, rule in named.items():
        for label, word, known in (("attribute", attribute, SURVIVORSHIP), ("rule", rule, SURVIVORSHIP_RULES)):
            if word not in known:
                raise SettingsError(f"settings: survivorship: '{word}' is no {label}; {hint(word, known)}")
    return {**SURVIVORSHIP, **named}


def hint(word: str, known: Iterable[str]) -> str:
    """The known word that was probably meant, else all of them."""
    near = get_close_matches(word, known, 1)
    return f"did you mean '{near[0]}'?" if near else f"there are: {', '.join(known)}"


Whole = Annotated[int, BeforeValidator(write_number), Field(ge=0, lt=10**9)]
Share = Annotated[float, BeforeValidator(write_number), Field(ge=0, le=1)]
Many = Annotated[Whole, must("at least 2", lambda count: count >= 2)]
MAIL = r"[^@\s,]+@[^@\s,]+"


@dataclass(
    frozen=True,
    config=ConfigDict(
        extra="forbid", coerce_numbers_to_str=True, hide_input_in_errors=True, use_attribute_docstrings=True
    ),
)
class Settings:
    """What a home is set to; each may stand in `settings.yaml` or, in capitals behind `C360_`, in the environment."""

    currency: Annotated[str, must_match("[A-Z]{3}", "three capital letters, as HKD")] = "HKD"
    """The reporting currency: every amount of the profile is in it."""
    timezone: Annotated[str, must("a name of the IANA database, as Asia/Hong_Kong", is_timezone)] = "Asia/Hong_Kong"
    """Where a business day begins and ends, and in which people are shown times."""
    phone_region: Annotated[str, must_match("[A-Z]{2}", "two capital letters, as HK")] = "HK"
    """The country of a phone number that names none (ISO 3166-1 alpha-2)."""
    max_accounts_per_identifier: Many = 8
    """An identifier that stands on more accounts than this is no evidence that they are one person."""
    max_household_members: Many = 8
    """Customers of a household; an address or phone that more share (an office, a tower) makes none."""
    survivorship: Annotated[str, BeforeValidator(write_rules), must("rules of attributes", read_rules)] = ""
    """By which rule values of an attribute survive, where it is not the usual one (transforms.profile.survivorship), as
    `email=most_recent,phone=trust`; in the file a mapping."""
    memory_limit: Annotated[str, must_match(r"\d+(\.\d+)? ?([KMGT]i?B|%)", "a number with its unit, as 2GB")] = "2GB"
    """How much memory DuckDB may take before it spills to disk."""
    max_columns: Many = 10_000
    """Columns that a table of a delivery (CSV, Parquet, xlsx) may have; one with more is refused."""
    max_unpack_ratio: Many = 100
    """Times its size that a packed delivery of over a megabyte may unpack to; one with more is refused."""
    query_seconds: Annotated[Whole, must("at least 1", lambda seconds: seconds >= 1)] = 300
    """Seconds after which a query of a reader, or of a rule `type: sql`, is ended."""
    keep_generations: Annotated[
        Whole, must("at least 2, so that there is one to go back to", lambda count: count >= 2)
    ] = 7
    """Generations kept; older ones are removed when a night begins."""
    keep_months: Whole = 12
    """Of so many months the last generation is kept besides."""
    history_days: Whole = 0
    """Versions of a profile that ended so many days ago are forgotten; 0: none is."""
    retrain_growth: Share = 0.2
    """Share by which the accounts may have grown or shrunk before the identity model is retrained."""
    max_accounts_per_customer: Many = 200
    """Accounts that one customer may have; more close the gate."""
    max_merged_share: Share = 0.05
    """Share of last night's customers that may have been merged into others; more close the gate."""
    max_churn_share: Share = 0.1
    """Share of last night's customers that may have been merged or split; more close the gate."""
    max_likeness_share: Share = 0.2
    """Share of the customers that may be held together by likeness alone although their accounts have identifiers to
    compare (email, phone, national id, handle), and no two of these agree; more close the gate."""
    max_feature_psi: Share = 0.2
    """Population stability index (PSI) above which a feature has drifted from the reference day."""
    feature_drift: Annotated[str, must_match("warn|close", "warn or close")] = "warn"
    """What a drifted feature does: warn, or close the gate."""
    feature_reference: Annotated[str, BeforeValidator(str), must("a date, as 2026-06-30", is_day)] = ""
    """Business date with which features are compared, as the day a model was trained on; empty: the night before."""
    min_precision: Share = 0.95
    """Least precision of identities where `labels.csv` stands beside the contracts; less closes the gate."""
    min_recall: Share = 0.5
    """Least recall of identities, likewise."""
    deadline: Annotated[str, must_match(r"|([01]\d|2[0-3]):[0-5]\d", 'a time of day in quotes, as "06:00"')] = ""
    """When a business date's profiles are due on the day after it, as 06:00; empty: never."""
    alert_webhook: Annotated[
        str, must("an address that begins with https:// or http://", lambda text: is_address(text, {"http", "https"}))
    ] = field(default="", repr=False)
    """Address (http, https) to which an alert is posted as JSON; it may hold a secret, and is never shown."""
    alert_email: Annotated[
        str, must_match(rf"|{MAIL}(\s*,\s*{MAIL})*", "e-mail addresses, with commas between them")
    ] = ""
    """Who gets an alert by e-mail; several with commas between them."""
    smtp: Annotated[
        str,
        must(
            "the mail server, as smtp://host:25 or smtps://user:password@host",
            lambda text: is_address(text, {"smtp", "smtps"}),
        ),
    ] = field(default="", repr=False)
    """The mail server, as smtp://host:25, or smtps://user:password@host with a login; never shown."""

    @model_validator(mode="after")
    def require_server(self) -> Settings:
        """Mail is sent by a server."""
        if self.alert_email and not self.smtp:
            raise PydanticCustomError("rule", "alert_email needs a mail server; set smtp, as smtp://host:25")
        return self

    def list_changing(self) -> dict[str, str | int | float]:
        """The settings that change what is cleaned and built, by name, as a generation's manifest keeps them."""
        return {name: value for name, value in sorted(asdict(self).items()) if name in CHANGING}


KNOWN: Mapping[str, FieldInfo] = cast(Any, Settings).__pydantic_fields__
"""Every setting by its name."""


def read_kept(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that a generation was built by; before 0.2 a manifest had them as one text, under older names."""
    kept = manifest["settings"]
    if isinstance(kept, str):
        kept = {RENAMED.get(name, name): value for name, _, value in (p.partition("=") for p in kept.split(" "))}
        kept["max_accounts_per_identifier"] = int(kept["max_accounts_per_identifier"])
    return dict(kept)


def read_settings(folder: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings of a contracts folder.

    Raises:
        SettingsError: a key of the file is not a setting or is there twice, or a value does not fit.
    """
    path = folder / "settings.yaml"
    given = with_new_names(read_file(path), path.name)
    names = {f"C360_{name.upper()}": name for name in (*KNOWN, *RENAMED)}
    set_there = {name: environment[variable] for variable, name in names.items() if variable in environment}
    return require_valid(given | with_new_names(set_there, "the environment"))


def read_file(path: Path) -> dict[str, Any]:
    """What a settings file says; nothing where there is none, or all of it is comments."""
    if not path.is_file():
        return {}
    try:
        given, problems = read_yaml(path, may_be_empty=True)
    except Unreadable as error:
        problems = [error.problem]
    if problems:
        raise SettingsError("\n".join(str(replace(problem, file=str(path))) for problem in problems))
    return given


def with_new_names(given: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Settings under today's names; raises SettingsError where one is given under both names."""
    if doubled := [old for old, new in RENAMED.items() if old in given and new in given]:
        raise SettingsError(f"{where}: {doubled[0]} is the old name of {RENAMED[doubled[0]]}; remove it")
    return {RENAMED.get(name, name): value for name, value in given.items()}


def require_valid(values: Mapping[str, Any]) -> Settings:
    """Settings from plain values; raises SettingsError for those that cannot be used."""
    try:
        return Settings(**values)
    except ValidationError as refused:
        errors = refused.errors(include_input=False, include_url=False)
        raise SettingsError("\n".join(map(describe_error, errors))) from None


def describe_error(error: ErrorDetails) -> str:
    """What a setting must be, in a line; never what it is, for that may be secret."""
    if not error["loc"]:
        return f"settings: {error['msg']}"
    name = str(error["loc"][0])
    if name not in KNOWN:
        return f"settings.yaml: '{name}' is not a setting; {hint(name, KNOWN)}"
    kind, default = KNOWN[name].annotation, KNOWN[name].default
    due = "text: put it in quotes, or leave it out"
    if kind in {int, float}:
        due = f"{'a whole number' if kind is int else 'a share from 0 to 1'}, as {default}"
    return f"settings: {name} {error['msg'] if error['type'] == 'rule' else f'must be {due}'}"
