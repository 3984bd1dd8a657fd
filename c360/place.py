"""Where the program's packages lie: beside this one in a clone, inside it where it was installed."""

from __future__ import annotations

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
INSTALLED = HERE / "app"
PROGRAM = INSTALLED if INSTALLED.is_dir() else HERE.parent
"""The folder of the packages, the contracts of the published tables and the prepared questions."""


def open_program() -> None:
    """Let this process, and those it starts, import the program's packages, whoever else has some of the same names."""
    folder = str(PROGRAM)
    if folder not in sys.path[:1]:
        sys.path.insert(0, folder)
    others = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path and path != folder]
    os.environ["PYTHONPATH"] = os.pathsep.join([folder, *others])
