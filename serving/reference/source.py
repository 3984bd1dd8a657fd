"""What the code says of itself, read by `ast` where no import tells it: docstrings of fields, defaults, rule codes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from warehouse import ROOT
from warehouse.errors import C360Error

PACKAGES = ("warehouse", "expectations", "transforms", "serving")
RULE_FILES = (
    *(f"{folder}/**/*.py" for folder in ("warehouse/landing", "warehouse/loading", "warehouse/identity",
                                         "warehouse/profile", "expectations")),
    "warehouse/features/drift.py",
)  # fmt: skip
MAKERS = {"make_row_rule": 0, "UnreadableError": 0, "note_problem": 2, "CheckResult": 0}
"""Functions that get a rule's code, and at which place."""


def read_defaults(function: str) -> dict[str, object]:
    """What a reader of contracts takes for each custom property that is left out; None where it has no default."""
    tree = ast.parse((ROOT / "warehouse/contracts/read.py").read_text("utf-8"))
    found: dict[str, object] = {}
    for reader in (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == function):
        for call in (n for n in ast.walk(reader) if isinstance(n, ast.Call) and ast.unparse(n.func) == "custom.get"):
            values = [ast.literal_eval(argument) for argument in call.args]
            found[values[0]] = values[1] if len(values) > 1 else None
    return found


def list_errors() -> list[type[C360Error]]:
    """Every class of our errors, by exit status and name; what defines one is imported."""
    known, size = {"C360Error"}, 0
    while len(known) > size:
        size = len(known)
        for path, node in list_classes():
            if node.name not in known and known & {ast.unparse(base) for base in node.bases}:
                known.add(node.name)
                import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    return sorted(walk_subclasses(C360Error), key=lambda kind: (kind.exit_code, kind.__name__))


def list_classes() -> Iterator[tuple[Path, ast.ClassDef]]:
    """All classes of our packages with their files."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield from ((path, n) for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.ClassDef))


def walk_subclasses(kind: type[C360Error]) -> Iterator[type[C360Error]]:
    """A class and all that derive from it, but for those of tests."""
    if kind.__module__.partition(".")[0] in PACKAGES:
        yield kind
    for child in kind.__subclasses__():
        yield from walk_subclasses(child)


def find_codes() -> dict[str, set[str]]:
    """Codes of rules in the code, each with the files that write it.

    `required:` is followed by a column; a code that ends in `…` goes on with what only running tells.
    """
    found: dict[str, set[str]] = {}
    for pattern in RULE_FILES:
        for path in sorted(ROOT.glob(pattern)):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                for expression in list_expressions(node):
                    for code in read_codes(expression):
                        found.setdefault(code, set()).add(path.name)
    return found


def list_expressions(node: ast.AST) -> Iterator[ast.expr]:
    """The expressions of a node that give a rule's code."""
    if isinstance(node, ast.Call):
        name = ast.unparse(node.func).rpartition(".")[2]
        yield from node.args[MAKERS.get(name, len(node.args)) :][:1]
        yield from (k.value for k in node.keywords if k.arg == "name" and name in {"Rule", "replace"})
        if name == "append" and isinstance(node.args[0], ast.Tuple):  # (rule, message, count)
            yield node.args[0].elts[0]
    elif isinstance(node, ast.Yield) and isinstance(node.value, ast.Tuple):  # (record, rule)
        yield node.value.elts[-1]
    elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "rule":
        yield node.value
    elif isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "RULES" and isinstance(node.value, ast.Dict):
        yield from node.value.values
    elif isinstance(node, ast.BinOp) and isinstance(node.left, ast.Constant):
        yield from [node.left] if str(node.left.value).endswith(":") else []
    elif (
        isinstance(node, ast.ClassDef)
        and node.name == "Kind"
        and any(ast.unparse(b).endswith("Enum") for b in node.bases)
    ):
        faults = [n for n in node.body if isinstance(n, ast.Assign)]
        yield from (ast.Constant(ast.unparse(n.targets[0])) for n in faults if ast.literal_eval(n.value) > 2)


def read_codes(node: ast.expr) -> Iterator[str]:
    """The codes that an expression may give; none where it is all worked out."""
    if isinstance(node, ast.IfExp):
        yield from (*read_codes(node.body), *read_codes(node.orelse))
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
        yield node.value
    elif isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
        text = str(node.values[0].value)
        yield text if text.endswith(":") else f"{text}…"
