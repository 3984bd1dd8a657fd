"""Put each fault of the catalogue into a copy of the project and run its tests: `python -m benchmarks.mutants`."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.mutants.catalogue import MUTANTS, Mutant
from warehouse import ROOT

COPIED = ("benchmarks", "contracts", "dags", "docs", "examples", "expectations", "serving", "tests", "transforms",
          "warehouse")  # fmt: skip


def main() -> None:
    """Print one line a mutant; exit with 1 if one lives."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="only mutants whose file or new text holds this")
    only = parser.parse_args().only
    chosen = [m for m in MUTANTS if only in m.file or only in m.new]
    with tempfile.TemporaryDirectory() as folder:
        copy = copy_project(Path(folder) / "project")
        living = [mutant for mutant in chosen if not is_killed(copy, mutant)]
    print(f"{len(chosen) - len(living)} of {len(chosen)} mutants killed")
    sys.exit(bool(living))


def copy_project(target: Path) -> Path:
    """The project without what was made in it."""
    left_out = shutil.ignore_patterns("__pycache__", ".*_cache")
    for name in COPIED:
        shutil.copytree(ROOT / name, target / name, ignore=left_out)
    for path in (*ROOT.glob("*.toml"), *ROOT.glob("*.md"), ROOT / "Makefile"):
        shutil.copy(path, target)
    return target


def is_killed(copy: Path, mutant: Mutant) -> bool:
    """Does a test fail that passes without the fault?"""
    path = copy / mutant.file
    whole = path.read_text("utf-8")
    if whole.count(mutant.old) != 1:
        raise SystemExit(f"{mutant.file}: {mutant.old!r} stands there {whole.count(mutant.old)} times; mend the mutant")
    path.write_text(whole.replace(mutant.old, mutant.new), "utf-8")
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *mutant.tests.split()]
    try:
        done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    finally:
        path.write_text(whole, "utf-8")
    if done.returncode not in {0, 1}:
        raise SystemExit(done.stdout + done.stderr)
    failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    said = failed[0].split(" - ")[0] if failed else "LIVES"
    print(f"{mutant.file}: {mutant.old.strip()!r} → {mutant.new.strip()!r}: {said}", flush=True)
    return bool(failed)


if __name__ == "__main__":
    main()
