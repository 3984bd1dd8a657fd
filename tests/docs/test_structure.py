"""The structure of the code: imports in the order of the data, no long trips, no drawer that is full."""

import ast
import re
import subprocess
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from warehouse import ROOT

PACKAGES = ("dags", "c360", "serving", "warehouse", "expectations", "transforms")
LONGEST_CHAIN = 20
"""Modules from one to the deepest that it needs, all imports counted, those inside functions too."""
MOST_FILES = 15


def list_modules():
    """Module → file."""
    files = (path.relative_to(ROOT) for name in PACKAGES for path in (ROOT / name).rglob("*.py"))
    return {".".join(path.with_suffix("").parts).removesuffix(".__init__"): ROOT / path for path in files}


def list_imports(path, modules):
    """Modules of ours that a file imports, but for what only types need."""
    tree = ast.parse(path.read_text("utf-8"))
    typing = {id(part) for node in ast.walk(tree) if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
              for part in ast.walk(node)}  # fmt: skip
    for node in (n for n in ast.walk(tree) if id(n) not in typing):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                if inner in modules or node.module in modules:
                    yield inner if inner in modules else node.module


@pytest.fixture(scope="module")
def imports():
    modules = list_modules()
    return {name: set(list_imports(path, modules)) - {name} for name, path in modules.items()}


def find_longest(imports):
    """The longest chain of imports; a circle makes it endless."""

    @cache
    def below(name):
        return max(((name, *below(other)) for other in imports[name]), key=len, default=(name,))

    return max(map(below, imports), key=len)


def test_the_longest_chain_of_imports_is_short(imports):
    chain = find_longest(imports)
    assert len(chain) <= LONGEST_CHAIN, " → ".join(chain)


def test_a_chain_that_is_too_long_is_seen():
    assert find_longest({"a": {"b"}, "b": {"c"}, "c": set(), "d": {"c"}}) == ("a", "b", "c")


def test_no_folder_is_a_drawer():
    """Every folder that git knows."""
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    sizes = Counter(str(Path(name).parent) for name in done.stdout.splitlines())
    assert sizes["warehouse/landing"] > 3
    assert {folder: size for folder, size in sizes.items() if size > MOST_FILES} == {}


READERS = {"warehouse/contracts/yaml_reader.py": "what users write", "serving/reference/pages.py": "our own meanings"}
"""Files that may read YAML, and whose."""
WRITERS = {"serving/recommender/forms/recbole.py": "what RecBole reads"}
"""Files that write YAML and read none, and for whom."""


def test_yaml_is_read_by_one_reader():
    """PyYAML alone loses one of two equal keys in silence; what users write goes through `read_yaml`."""
    files = [path for name in (*PACKAGES, "examples") for path in (ROOT / name).rglob("*.py")]
    asks = re.compile(r"\byaml\.(\w+_)?load|\bimport yaml\b|from yaml import")
    assert {str(p.relative_to(ROOT)) for p in files if asks.search(p.read_text("utf-8"))} == {*READERS, *WRITERS}
    assert not any(re.search(r"yaml\.(\w+_)?load|Loader", (ROOT / path).read_text("utf-8")) for path in WRITERS)


def test_what_is_written_as_csv_is_safe_in_a_spreadsheet():
    """Whoever writes CSV or TSV goes by warehouse.types.shown_text; the ledger of consents holds times alone."""
    files = {str(p.relative_to(ROOT)): p.read_text("utf-8") for p in list_modules().values()}
    writers = {name for name, text in files.items() if re.search(r"csv\.writer|FORMAT csv|\.write_csv\(", text)}
    assert {"serving/rows.py", "warehouse/features/labels.py", "serving/recommender/forms/recbole.py"} < writers
    guarded = {name for name in writers if re.search(r"\bshow_cells?(_sql)?\(", files[name])}
    assert writers - guarded == {"warehouse/home/consent_ledger.py"}
