"""The pages of docs/reference that are made of the code, each a function that gives its text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import typer
import yaml

from serving.cli.main import app
from serving.reference.source import list_errors, read_defaults
from warehouse.contracts.lint.custom_properties import CONTRACT_VALUES, PROPERTY_VALUES, SERVER_VALUES
from warehouse.contracts.lint.draft import PREFIX
from warehouse.contracts.lint.roles import REPEATABLE, TYPES
from warehouse.contracts.rest.request import Request
from warehouse.contracts.settings import CHANGING, KNOWN, SURVIVORSHIP, SURVIVORSHIP_RULES
from warehouse.contracts.shape import find_kind, list_fields
from warehouse.errors import C360Error
from warehouse.types.roles import IDENTITY_ROLES, KINDS, LOAD_MODES, ROLES
from warehouse.types.vocabularies import SPEAKER_WORDS, STATUSES

MEANINGS = Path(__file__).with_name("meanings.yaml")
MADE = "<!-- Made from the code by `make docs`; a test holds it to the code. -->"
WRONG: Mapping[str, object] = {}
"""A value that no custom property takes: the complaint about it says what may stand there."""
VALUES: Mapping[str, Mapping[str, Callable[[Any], tuple[str, str] | None]]] = {
    "contract": CONTRACT_VALUES, "property": PROPERTY_VALUES, "server": SERVER_VALUES,
}  # fmt: skip
PLAIN_VALUES = {
    "role": "a [role](#roles)", "purposes": "a list of purposes", "daysSince": "a column", "movesDaily": "true",
}  # fmt: skip
"""What the other properties take."""


@cache
def read_meanings() -> Mapping[str, Any]:
    """The words of meanings.yaml."""
    words: Mapping[str, Any] = yaml.safe_load(MEANINGS.read_text("utf-8"))
    return words


def show_table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    """A table of Markdown."""
    names = list(head)
    cells = [" | ".join(cell.replace("|", "\\|") for cell in row) for row in rows]
    return [f"| {' | '.join(names)} |", "|" + "---|" * len(names), *(f"| {row} |" for row in cells), ""]


def show_intro(name: str) -> str:
    """What stands at the top of a page, or of a part of it."""
    return str(read_meanings()["intros"][name])


def show_page(title: str, *parts: str) -> str:
    """A page with its title, and one blank line at the most between its parts."""
    text = "\n".join([f"# {title}", "", MADE, "", *parts])
    return re.sub(r"\n{3,}", "\n\n", text).rstrip() + "\n"


def show_settings() -> str:
    """Every setting with its default, the rules of survivorship, and the other environment variables."""
    rows = [
        (
            f"`{name}`",
            str(of.default),
            getattr(of.annotation, "__name__", ""),
            " ".join(str(of.description).split()),
            "yes" if name in CHANGING else "",
        )
        for name, of in KNOWN.items()
    ]
    return show_page(
        "Settings",
        show_intro("settings"),
        *show_table(("setting", "default", "type", "meaning", "changes results"), rows),
        "## Survivorship",
        "",
        show_intro("survivorship"),
        *show_table(("rule", "the value that survives"), ((f"`{k}`", v) for k, v in SURVIVORSHIP_RULES.items())),
        *show_table(("attribute", "rule"), ((f"`{k}`", f"`{v}`") for k, v in SURVIVORSHIP.items())),
        "## Other environment variables",
        "",
        *show_table(("variable", "meaning"), ((f"`{k}`", v) for k, v in read_meanings()["environment"].items())),
    )


def show_properties() -> str:
    """Every custom property of a contract, by place; kinds, load modes and roles."""
    parts: list[str] = []
    for place, words in read_meanings()["properties"].items():
        title = "Property of a published table" if place == "published" else place.capitalize()
        rows = [
            (f"`{PREFIX}{name}`", meaning, show_values(name, VALUES.get(place, {})), show_default(place, name))
            for name, meaning in words.items()
        ]
        parts += [f"## {title}", "", *show_table(("property", "meaning", "values", "left out"), rows)]
    modes = ((f"`{mode}`", read_meanings()["load_modes"][mode]) for mode in LOAD_MODES)
    return show_page(
        "Properties of a contract",
        show_intro("properties"),
        *parts,
        "## Requests of an API",
        "",
        show_intro("request"),
        *show_table(("key", "what to write", "must be given"), list_keys(Request)),
        "## Kinds",
        "",
        *show_table(("kind", "holds", "must have"), map(show_kind, KINDS)),
        show_intro("kinds"),
        "## Load modes",
        "",
        *show_table(("mode", "how rows arrive"), modes),
        "## Roles",
        "",
        show_intro("roles"),
        *show_table(("role", "meaning", "type"), map(show_role, ROLES)),
        "## Words",
        "",
        show_intro("words"),
        *show_table(("status of, or role", "meaning", "words"), show_words()),
    )


def list_keys(shape: Any, above: str = "") -> Iterator[tuple[str, str, str]]:
    """Every key of a mapping that a model reads, and of the mappings within it."""
    for name, field in list_fields(shape).items():
        within = find_kind(shape, (name,))
        if list_fields(within):
            yield from list_keys(within, f"{above}{name}.")
        else:
            yield f"`{above}{name}`", str(field.description), "yes" if field.is_required() else ""


def show_words() -> Iterator[tuple[str, str, str]]:
    """Every status that is known, by kind of source and meaning, and who may speak."""
    for kind, vocabulary in (*STATUSES.items(), ("speaker", SPEAKER_WORDS)):
        for meaning in dict.fromkeys(vocabulary.values()):
            yield f"`{kind}`", f"`{meaning}`", ", ".join(word for word, means in vocabulary.items() if means == meaning)


def show_values(name: str, rules: Mapping[str, Callable[[Any], tuple[str, str] | None]]) -> str:
    """What a custom property takes: the cure of the complaint about a wrong value."""
    complaint = rules[name](WRONG) if name in rules else None
    return complaint[1].removeprefix("write ") if complaint else PLAIN_VALUES[name]


def show_default(place: str, name: str) -> str:
    """What holds where a custom property is left out."""
    word = read_meanings()["left_open"].get(f"{place}.{name}")
    if word is not None:
        return str(word)
    reader = {"contract": "read_source", "server": "read_location"}.get(place, "read_column")
    default = read_defaults(reader)[name]
    return "false" if default is None else f"`{default}`"


def find_meaning(group: str, word: str) -> str:
    """What a word means.

    Raises:
        C360Error: nobody has said it.
    """
    if word not in read_meanings()[group]:
        raise C360Error(f"{word!r} has no meaning: add it under {group} in serving/reference/meanings.yaml")
    return str(read_meanings()[group][word])


def show_kind(kind: str) -> tuple[str, str, str]:
    """A kind of source, what it holds and the roles that it must have."""
    return f"`{kind}`", find_meaning("kinds", kind), ", ".join(f"`{role}`" for role in KINDS[kind].needs)


def show_role(role: str) -> tuple[str, str, str]:
    """A role, its meaning and the types of its column."""
    meaning = find_meaning("roles", role)
    if role in REPEATABLE and "several" not in meaning:
        meaning += " May stand on several columns."
    group = "identity" if role in IDENTITY_ROLES else "activity"
    return f"`{role}`", f"{meaning} ({group})", " or ".join(TYPES.get(role, ("any",)))


def show_rules() -> str:
    """Every rule by which rows go to quarantine or gates close, with its cure."""
    parts: list[str] = []
    for group in read_meanings()["rules"].values():
        rows = [(f"`{code}`", entry["means"], entry["cure"]) for code, entry in group["codes"].items()]
        parts += [f"## {group['title']}", "", group["about"], *show_table(("rule", "means", "cure"), rows)]
    return show_page("Rules and cures", show_intro("rules"), *parts)


def show_exit_codes() -> str:
    """Every error of ours with its exit status."""
    statuses = ((str(status), meaning) for status, meaning in read_meanings()["statuses"].items())
    return show_page(
        "Exit codes and errors",
        show_intro("exit_codes"),
        *show_table(("status", "meaning"), statuses),
        show_intro("errors"),
        *show_table(("error", "status", "again", "meaning"), map(show_error, list_errors())),
    )


def show_error(kind: type[C360Error]) -> tuple[str, str, str, str]:
    """An error, its exit status, whether trying again may help, and what it means."""
    again = "no" if kind.is_verdict else "yes"
    return f"`{kind.__name__}`", str(kind.exit_code), again, first_sentence(kind.__doc__ or "")


def first_sentence(text: str) -> str:
    """The first sentence of a docstring."""
    return re.split(r"(?<=\.)\s", " ".join(text.split()), maxsplit=1)[0]


def show_commands() -> str:
    """Every command with its help, arguments and options."""
    group = typer.main.get_command(app)
    parts: list[str] = []
    for name, command in list_commands(group, "c360"):
        parts += [f"## {name}", "", *show_command(name, command)]
    return show_page("Commands", show_intro("commands"), *parts)


def list_commands(group: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Every command below a group with its full name, in the order of the help."""
    context = typer.Context(group, info_name=name)
    for word in group.list_commands(context):
        command = group.get_command(context, word)
        if hasattr(command, "list_commands"):
            yield from list_commands(command, f"{name} {word}")
        else:
            yield f"{name} {word}", command


def show_command(name: str, command: Any) -> list[str]:
    """A command's text, example and parameters."""
    text, _, example = (command.help or "").partition("Example:")
    context = typer.Context(command, info_name=name)
    parameters = [p for p in command.params if p.name != "help"]
    usage = " ".join([name, *(show_argument(p) for p in parameters if p.param_type_name == "argument"), "[OPTIONS]"])
    lines = [line.strip() for line in example.strip().splitlines()]
    rows = [r for r in (show_parameter(p, context) for p in parameters) if r]
    return [
        *(line.strip() for line in text.strip().splitlines()),
        "",
        f"Usage: `{usage}`",
        "",
        *(["```sh", *lines, "```", ""] if lines else []),
        *(show_table(("option", "meaning"), rows) if rows else []),
    ]


def show_argument(parameter: Any) -> str:
    """An argument in capitals, in brackets if it may be left out."""
    word = str(parameter.metavar or parameter.name).upper() + ("…" if parameter.nargs == -1 else "")
    return word if parameter.required else f"[{word}]"


def show_parameter(parameter: Any, context: Any) -> tuple[str, str] | None:
    """An option or argument and its help, as the command shows them whatever the environment says."""
    if parameter.param_type_name == "argument":
        return (f"`{show_argument(parameter)}`", parameter.help) if parameter.help else None
    record = parameter.get_help_record(context)
    return (f"`{record[0]}`", " ".join(record[1].split())) if record else None


PAGES: Mapping[str, Callable[[], str]] = {
    "settings.md": show_settings,
    "properties.md": show_properties,
    "rules.md": show_rules,
    "exit-codes.md": show_exit_codes,
    "commands.md": show_commands,
}
"""Each page of docs/reference that is made from the code."""
