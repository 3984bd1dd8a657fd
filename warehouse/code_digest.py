"""What a night's rows depend on besides the data: the code of each stage, by a digest that nobody has to remember.

A stage's code is its modules and all that they import of ours, without comments and docstrings; beside it the versions
of the libraries that these import, and for profiles the contracts of the published tables.
"""

from __future__ import annotations

import ast
import hashlib
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path

from warehouse import ROOT

OURS = frozenset({"expectations", "transforms", "warehouse"})
DECLARED = ("warehouse.contracts.read", "warehouse.contracts.settings")
"""Modules that say what declarations mean, to every stage that goes by them."""
STAGES = {
    "load": ("warehouse.landing.land", "warehouse.loading.load", *DECLARED),
    "clean": ("warehouse.cleaning.clean", *DECLARED),
    "match": ("transforms.matching.match", "transforms.identity.people"),
    "identify": ("warehouse.identity.resolve",),
    "profile": ("warehouse.profile.build", *DECLARED),
    "check": ("warehouse.checks", *DECLARED),
}
"""The modules that each stage begins with."""
FRAME = frozenset({"warehouse.contracts.lint", "warehouse.home.layout", "warehouse.monitoring.report", "warehouse.run"})
"""What every stage runs in, and what refuses a declaration before a night begins: none of it changes a row."""
DISTRIBUTIONS = {"cantoroman": "cantonese-romanisation", "yaml": "PyYAML"}
"""Libraries that are installed under another name than they are imported by."""
DATA = {"transforms": "transforms/values/words/*.txt", "profile": "contracts/published/*.yaml"}
"""Files besides code, of a package or of a stage."""


@cache
def digest_stages() -> dict[str, str]:
    """sha256 (hex) of each stage's code."""
    return {stage: digest_stage(stage) for stage in STAGES}


def digest_stage(stage: str) -> str:
    """sha256 over what a stage depends on; in order of content, so that a file may move."""
    modules, libraries = find_closure(STAGES[stage])
    parts = [read_module(module)[0] for module in modules] + [f"{name} {find_version(name)}" for name in libraries]
    packages = {module.partition(".")[0] for module in modules}
    for owner, pattern in DATA.items():
        if owner in packages or owner == stage:
            parts += [path.read_text("utf-8") for path in ROOT.glob(pattern)]
    digests = sorted(hashlib.sha256(part.encode()).hexdigest() for part in parts)
    return hashlib.sha256("".join(digests).encode()).hexdigest()


def find_closure(roots: tuple[str, ...]) -> tuple[set[str], set[str]]:
    """Our modules that these and their imports consist of, and the libraries that they import."""
    modules: set[str] = set()
    libraries: set[str] = set()
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name.partition(".")[0] not in OURS:
            libraries.add(name.partition(".")[0])
        elif name not in modules and not is_frame(name) and find_file(name):
            modules.add(name)
            waiting += read_module(name)[1]
    return modules, libraries - sys.stdlib_module_names


def is_frame(module: str) -> bool:
    """Does it belong to what every stage runs in?"""
    return bool(FRAME & {module, module.rpartition(".")[0]})


def find_file(module: str) -> Path | None:
    """The file of a module of ours; None for a name that a module defines."""
    path = ROOT.joinpath(*module.split("."))
    return next((p for p in (path.with_suffix(".py"), path / "__init__.py") if p.is_file()), None)


@cache
def read_module(module: str) -> tuple[str, tuple[str, ...]]:
    """The digest of what a module does, whatever its layout, comments and docstrings, and the names that it imports.

    The names are of modules that it imports anywhere in it, and of what may be modules.
    """
    path = find_file(module)
    imports: dict[str, None] = {}
    code = read_node(ast.parse(path.read_text("utf-8") if path else ""), imports)
    return hashlib.sha256(repr(code).encode()).hexdigest(), tuple(imports)


def read_node(node: object, imports: dict[str, None]) -> object:
    """A part of a syntax tree as plain data, without texts that stand alone; what it imports is added to `imports`.

    One walk, since a tree has some thousand nodes and a night begins with those of all modules.
    """
    if isinstance(node, list):
        return [read_node(part, imports) for part in node if not is_text(part)]
    if not isinstance(node, ast.AST):
        return node
    if isinstance(node, ast.Import | ast.ImportFrom):
        imports.update(dict.fromkeys(read_import(node)))
    return (type(node).__name__, *[read_node(getattr(node, name, None), imports) for name in node._fields])


def is_text(node: object) -> bool:
    """Is it a text that stands alone?"""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def read_import(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    """The names that one statement imports."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif node.module:
        yield node.module
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


@cache
def find_version(library: str) -> str:
    """The version of a library that is installed."""
    return version(DISTRIBUTIONS.get(library, library))
