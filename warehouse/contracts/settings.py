"""Settings: a few values that hold for a whole home, from `settings.yaml` beside the contracts and the environment.

An environment variable `C360_<NAME>` wins over the file, the file over the default.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Set
from dataclasses import Field, asdict, dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import yaml

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


CHANGING = frozenset({"currency", "timezone", "phone_region", "max_accounts_per_identifier", "survivorship"})
"""Settings that change what is cleaned and built; the others bound a run."""


RENAMED = {
    "shared_by": "max_accounts_per_identifier", "largest_customer": "max_accounts_per_customer",
    "merged_share": "max_merged_share", "churn_share": "max_churn_share",
    "least_precision": "min_precision", "least_recall": "min_recall",
}  # fmt: skip
"""Settings that had another name before 0.2, old → new; the old names work for one release more."""


@dataclass(frozen=True)
class Settings:
    """What a home is set to; each may stand in `settings.yaml` or, in capitals behind `C360_`, in the environment."""

    currency: str = "HKD"
    """The reporting currency: every amount of the profile is in it."""
    timezone: str = "Asia/Hong_Kong"
    """Where a business day begins and ends."""
    phone_region: str = "HK"
    """The country of a phone number that names none (ISO 3166-1 alpha-2)."""
    max_accounts_per_identifier: int = 8
    """An identifier that stands on more accounts than this is no evidence that they are one person."""
    survivorship: str = ""
    """By which rule values of an attribute survive, where it is not the usual one (transforms.profile.survivorship), as
    `email=most_recent,phone=trust`; in the file a mapping."""
    memory_limit: str = "2GB"
    """How much memory DuckDB may take before it spills to disk."""
    keep_generations: int = 7
    """Generations kept; older ones are removed when a night begins."""
    keep_months: int = 12
    """Of so many months the last generation is kept besides."""
    history_days: int = 0
    """Versions of a profile that ended so many days ago are forgotten; 0: none is."""
    retrain_growth: float = 0.2
    """Share by which the accounts may have grown or shrunk before the identity model is retrained."""
    max_accounts_per_customer: int = 200
    """Accounts that one customer may have; more close the gate."""
    max_merged_share: float = 0.05
    """Share of last night's customers that may have been merged into others; more close the gate."""
    max_churn_share: float = 0.1
    """Share of last night's customers that may have been merged or split; more close the gate."""
    max_likeness_share: float = 0.2
    """Share of the customers that may be held together by likeness alone although their accounts have identifiers to
    compare (email, phone, national id, handle), and no two of these agree; more close the gate."""
    min_precision: float = 0.95
    """Least precision of identities where `labels.csv` stands beside the contracts; less closes the gate."""
    min_recall: float = 0.5
    """Least recall of identities, likewise."""
    deadline: str = ""
    """When a business date's profiles are due on the day after it, as 06:00; empty: never."""
    alert_webhook: str = field(default="", repr=False)
    """Address (http, https) to which an alert is posted as JSON; it may hold a secret, and is never shown."""
    alert_email: str = ""
    """Who gets an alert by e-mail; several with commas between them."""
    smtp: str = field(default="", repr=False)
    """The mail server, as smtp://host:25, or smtps://user:password@host with a login; never shown."""

    def list_changing(self) -> dict[str, str | int | float]:
        """The settings that change what is cleaned and built, by name, as a generation's manifest keeps them."""
        return {name: value for name, value in sorted(asdict(self).items()) if name in CHANGING}


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
        SettingsError: a key of the file is not a setting, or a value does not fit.
    """
    path = folder / "settings.yaml"
    try:
        given = yaml.safe_load(path.read_text("utf-8")) or {} if path.is_file() else {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise SettingsError(f"{path}{line}: is not valid YAML; write one `name: value` a line, in UTF-8") from None
    if not isinstance(given, dict):
        raise SettingsError(f"{path}: must be a mapping of setting to value")
    known = {f.name: f.type for f in fields(Settings)}
    given = with_new_names(given, path.name)
    for name in given:
        if name not in known:
            near = get_close_matches(str(name), known, 1)
            hint = f"did you mean '{near[0]}'?" if near else f"there are: {', '.join(known)}"
            raise SettingsError(f"{path}: '{name}' is not a setting; {hint}")
    names = {f"C360_{name.upper()}": name for name in (*known, *RENAMED)}
    set_there = {name: environment[variable] for variable, name in names.items() if variable in environment}
    return require_valid(given | with_new_names(set_there, "the environment"))


def with_new_names(given: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Settings under today's names; raises SettingsError where one is given under both names."""
    if doubled := [old for old, new in RENAMED.items() if old in given and new in given]:
        raise SettingsError(f"{where}: {doubled[0]} is the old name of {RENAMED[doubled[0]]}; remove it")
    return {RENAMED.get(name, name): value for name, value in given.items()}


def require_valid(values: Mapping[str, object]) -> Settings:
    """Settings from plain values; raises SettingsError for one that cannot be used."""
    given: dict[str, Any] = {f.name: read_value(f, values[f.name]) for f in fields(Settings) if f.name in values}
    settings = Settings(**given)
    try:
        ZoneInfo(settings.timezone)
    except (ValueError, KeyError, OSError):
        raise SettingsError("settings: timezone must be a name of the IANA database, as Asia/Hong_Kong") from None
    if not re.fullmatch(r"\d+(\.\d+)? ?([KMGT]i?B|%)", settings.memory_limit):
        raise SettingsError("settings: memory_limit must be a number with its unit, as 2GB")
    if len(settings.currency) != 3 or not settings.currency.isupper():
        raise SettingsError("settings: currency must be three capital letters, as HKD")
    if len(settings.phone_region) != 2 or not settings.phone_region.isupper():
        raise SettingsError("settings: phone_region must be two capital letters, as HK")
    if settings.max_accounts_per_identifier < 2:
        raise SettingsError("settings: max_accounts_per_identifier must be at least 2")
    if settings.keep_generations < 2:
        raise SettingsError("settings: keep_generations must be at least 2, so that there is one to go back to")
    if settings.max_accounts_per_customer < 2:
        raise SettingsError("settings: max_accounts_per_customer must be at least 2")
    if settings.survivorship:
        read_rules(settings.survivorship)
    require_alerts(settings)
    return settings


def read_rules(text: str) -> dict[str, str]:
    """The rule of each attribute of the golden record: the usual ones, and those that the setting names.

    Raises:
        SettingsError: an attribute or a rule is not known.
    """
    named = dict(part.partition("=")[::2] for part in text.split(",") if part)
    for attribute, rule in named.items():
        for label, word, known in (("attribute", attribute, SURVIVORSHIP), ("rule", rule, SURVIVORSHIP_RULES)):
            if word not in known:
                near = get_close_matches(word, known, 1)
                hint = f"did you mean '{near[0]}'?" if near else f"there are: {', '.join(known)}"
                raise SettingsError(f"settings: survivorship: '{word}' is no {label}; {hint}")
    return {**SURVIVORSHIP, **named}


def require_alerts(settings: Settings) -> None:
    """Raise SettingsError where an alert could not be sent; the message never holds an address, which may be secret."""
    if not re.fullmatch(r"|([01]\d|2[0-3]):[0-5]\d", settings.deadline):
        raise SettingsError('settings: deadline must be a time of day in quotes, as "06:00"')
    if settings.alert_webhook and not is_address(settings.alert_webhook, {"http", "https"}):
        raise SettingsError("settings: alert_webhook must be an address that begins with https:// or http://")
    if not re.fullmatch(r"|[^@\s,]+@[^@\s,]+(\s*,\s*[^@\s,]+@[^@\s,]+)*", settings.alert_email):
        raise SettingsError("settings: alert_email must be e-mail addresses, with commas between them")
    if settings.smtp and not is_address(settings.smtp, {"smtp", "smtps"}):
        raise SettingsError("settings: smtp must be the mail server, as smtp://host:25 or smtps://user:password@host")
    if settings.alert_email and not settings.smtp:
        raise SettingsError("settings: alert_email needs a mail server; set smtp, as smtp://host:25")


def is_address(text: str, schemes: Set[str]) -> bool:
    """Is it an address with one of these schemes and a host?"""
    try:
        parts = urlsplit(text)
        return bool(parts.scheme in schemes and parts.hostname and parts.port != 0 and re.fullmatch(r"\S+", text))
    except ValueError:  # a port that is none
        return False


def read_value(given: Field[Any], value: object) -> str | int | float:
    """A setting's value in its own type; shares lie from 0 to 1.

    Raises:
        SettingsError: it is none.
    """
    if isinstance(value, dict):
        value = ",".join(f"{name}={word}" for name, word in sorted(value.items()))
    text = str(value).replace(" ", "") if given.name == "survivorship" else str(value)
    if given.type == "int":
        if not re.fullmatch(r"\d{1,9}", text):
            raise SettingsError(f"settings: {given.name} must be a whole number, as {given.default}")
        return int(text)
    if given.type == "float":
        if not re.fullmatch(r"0?\.\d+|0|1|1\.0+", text):
            raise SettingsError(f"settings: {given.name} must be a share from 0 to 1, as {given.default}")
        return float(text)
    return text
