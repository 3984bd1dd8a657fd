"""Commands and outputs in the documents are real: `python -m tests.docs.console` runs them and writes what they say.

A fence ```` ```yaml title="contracts/shop.odcs.yaml" ```` is written as that file; in a fence ```` ```console ```` each
line after `$ ` is run, and what follows is its output on a terminal, errors too. Pages run in one of two worlds: the
sample world after its first night, or an empty folder. `make sql q=…` is run as `c360 sql`; other `make` lines stay as
they are.
"""

from __future__ import annotations

import os
import pty
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from io import RawIOBase
from pathlib import Path

from warehouse import ROOT

FENCE = re.compile(r"^```(\w+)(?: title=\"([^\"]+)\")?\n(.*?)^```$", re.DOTALL | re.MULTILINE)
OF_THE_SAMPLE = (
    "README.md",
    "docs/tutorials/first-night.md",
    "docs/how-to/who-is-who.md",
    "docs/how-to/features.md",
    "docs/how-to/recommenders.md",
)
"""Pages whose commands ask the sample world, in one folder, in this order."""
OF_NOTHING = ("docs/tutorials/your-own-files.md",)
"""Pages that begin in an empty folder and bring their files."""


def make_sample(folder: Path) -> None:
    """The sample world with its first night, as `make run` leaves it, without Airflow."""
    shutil.copytree(ROOT / "contracts", folder / "contracts")
    run([sys.executable, "-m", "examples.sample_world", "--out", str(folder / "var" / "sample")], ROOT)
    run_line("c360 run --as-of 2026-06-30", folder)


def run(words: list[str], folder: Path) -> str:
    """What a program says on a terminal of 160 columns, on both streams."""
    places = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "C360_KEYS": str(folder / "keys"),
        "COLUMNS": "160",
        "TERM": "dumb",  # no line of progress
    }
    known = {k: v for k, v in os.environ.items() if not k.startswith("C360_")}
    screen, end = pty.openpty()
    with os.fdopen(screen, "rb", buffering=0) as shown, subprocess.Popen(
        words, cwd=folder, env={**known, **places}, stdin=subprocess.DEVNULL, stdout=end, stderr=end
    ):  # fmt: skip
        os.close(end)
        return b"".join(read_screen(shown)).decode().replace("\r\n", "\n")


def read_screen(shown: RawIOBase) -> Iterator[bytes]:
    """All that a terminal is given until nobody writes to it any more, which Linux says by an error."""
    with suppress(OSError):
        while part := shown.read(1 << 16):
            yield part


def run_line(line: str, folder: Path) -> str:
    """What a line of the shell says, without blanks at the ends of lines; a trailing blank line is left out."""
    line = re.sub(r"^make sql q=", "c360 sql ", line)
    return "\n".join(text.rstrip() for text in run(["bash", "-c", line], folder).rstrip().splitlines())


def renew(text: str, folder: Path) -> str:
    """The page with the outputs that its commands have now."""

    def answer(fence: re.Match[str]) -> str:
        kind, title, body = fence.groups()
        if title:
            (folder / title).parent.mkdir(parents=True, exist_ok=True)
            (folder / title).write_text(body, "utf-8")
        return fence[0] if kind != "console" else f"```console\n{renew_lines(body, folder)}```"

    return FENCE.sub(answer, text)


def renew_lines(body: str, folder: Path) -> str:
    """The lines of one fence: each command and what it says."""
    lines = []
    for command in re.findall(r"^\$ ((?:.*\\\n)*.*)$", body, re.MULTILINE):
        is_run = not re.match(r"make (?!sql)", command)
        output = run_line(command, folder) if is_run else ""
        lines += [f"$ {command}", *output.splitlines()]
    return "\n".join(lines) + "\n"


def settle(text: str) -> str:
    """A page without what differs from one machine to the next: seconds and sizes."""
    return re.sub(r"\b[\d.]+ (s|MB)\b", r"N \1", text)


def main() -> None:
    """Write every page again where more than seconds changed."""
    for pages, is_sample in ((OF_THE_SAMPLE, True), (OF_NOTHING, False)):
        with tempfile.TemporaryDirectory() as name:
            if is_sample:
                make_sample(Path(name))
            for page in (ROOT / page for page in pages):
                before = page.read_text("utf-8")
                after = renew(before, Path(name))
                if settle(after) != settle(before):
                    page.write_text(after, "utf-8")
                    print(f"{page.relative_to(ROOT)}: written again")


if __name__ == "__main__":
    main()
