"""What a person sees on a terminal, and what a program reads from a pipe, of the real command in its own process."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from contextlib import suppress
from io import StringIO
from pathlib import Path

import pytest

from serving.cli.report import show_sources
from serving.terminal import Visible, align, lay_out, show_cell, verbatim, write_plain
from warehouse.types.shown_text import show_text

ANSI = "\x1b"
BOX = re.compile("[\u2500-\u257f]")
COMMAND = [sys.executable, "-c", "from serving.cli.main import main; main()"]
DIRTY = (
    "select '[bold]Chan' as name, 'a' || chr(27) || '[31m' || chr(10) || chr(9) || 'b' as note, chr(155) || 'x' as c1"
)
WIDE = "select i, repeat('x', 300) || 'END' as long from range(1500) t(i)"
NOTE = r"a note\x1b]0;title\x07\x9b" + "\n"
STEPS = """
import sys
from serving.cli.progress import show_progress
from serving.terminal import visible_streams
with visible_streams(), show_progress() as say:
    say("identify [bold]customers")
    print("a note" + chr(27) + "]0;title" + chr(7) + chr(155), file=sys.stderr)
"""


def environment(**more: str) -> dict[str, str]:
    """This one without what says how wide or coloured output is."""
    told = {"COLUMNS", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "C360_HOME", "C360_CONTRACTS"}
    return {k: v for k, v in os.environ.items() if k not in told} | {"TERM": "xterm"} | more


def piped(*words: object, **more: str) -> str:
    """What the command writes to a pipe."""
    command = [*COMMAND, *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment(**more))
    assert done.stderr == ""
    return done.stdout


def on_terminal(command: list[str], **more: str) -> str:
    """What a command writes to a terminal, on both streams."""
    screen, end = pty.openpty()
    parts: list[bytes] = []
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=end, stderr=end, env=environment(**more)):
        os.close(end)
        with suppress(OSError):  # how Linux says that nobody writes any more
            while part := os.read(screen, 1 << 16):
                parts.append(part)
    os.close(screen)
    return b"".join(parts).decode().replace("\r\n", "\n")


class TestPipe:
    def test_a_table_is_plain_and_whole_and_can_be_cut(self, first_night):
        out = piped("sql", WIDE, "--home", first_night.home.root, FORCE_COLOR="1", COLUMNS="40")
        lines = out.splitlines()
        assert (lines[0].split(), len(lines)) == (["i", "long"], 1501)
        assert all(line.endswith("xEND") for line in lines[1:])
        assert [line.split()[0] for line in lines[1:]] == [str(n) for n in range(1500)]
        assert not BOX.search(out)

    def test_a_cell_is_one_line_of_which_no_character_is_obeyed(self, first_night):
        head, row = piped("sql", DIRTY, "--home", first_night.home.root).splitlines()
        assert head.split() == ["name", "note", "c1"]
        assert row.split() == ["[bold]Chan", r"a\x1b[31m\n\tb", r"\x9bx"]

    def test_csv_keeps_lines_and_tabs_and_obeys_nothing(self, first_night):
        out = piped("sql", DIRTY, "--format", "csv", "--home", first_night.home.root)
        assert out == 'name,note,c1\n[bold]Chan,"a\\x1b[31m\n\tb",\\x9bx\n'

    def test_a_plan_stays_a_drawing(self, first_night):
        assert "\\n" not in piped("sql", "explain select 1", "--home", first_night.home.root)

    @pytest.mark.parametrize("words", [["ask"], ["feature"], ["generations"], ["status"], ["report"]])
    def test_nothing_is_drawn_whatever_the_environment_says(self, first_night, words):
        where = {"C360_HOME": str(first_night.home.root), "C360_CONTRACTS": str(first_night.contracts)}
        out = piped(*words, FORCE_COLOR="1", TTY_COMPATIBLE="1", COLUMNS="20", **where)
        assert out
        assert not BOX.search(out)
        assert ANSI not in out

    @pytest.mark.parametrize(
        "words",
        [["sql", WIDE], ["sql", WIDE, "--format", "csv"], ["sql", WIDE, "--format", "json"], ["ask"], ["--help"]],
    )
    def test_a_reader_who_has_gone_is_no_fault(self, first_night, words):
        shell = 'set -o pipefail; "$@" | head -1'
        command = ["bash", "-c", shell, "-", *COMMAND, *words]
        env = environment(C360_HOME=str(first_night.home.root))
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
        assert (done.returncode, done.stderr, len(done.stdout.splitlines())) == (0, "", 1)

    def test_progress_is_not_shown(self):
        done = subprocess.run(
            [sys.executable, "-c", STEPS], capture_output=True, check=True, env=environment(FORCE_COLOR="1")
        )
        assert (done.stdout, done.stderr) == (b"", NOTE.encode())


class TestTerminal:
    @pytest.mark.parametrize("form", ["table", "csv", "json"])
    def test_no_character_of_a_value_is_obeyed(self, first_night, form):
        words = ["sql", DIRTY, "--format", form, "--home", str(first_night.home.root)]
        out = on_terminal([*COMMAND, *words])
        assert "[bold]Chan" in out
        assert [c for c in out if c in "\x1b\x9b"] == []
        assert bool(BOX.search(out)) == (form == "table")

    def test_a_list_is_a_table_as_wide_as_the_terminal(self):
        lines = on_terminal([*COMMAND, "ask"], COLUMNS="60").splitlines()
        assert {len(line) for line in lines} == {60}
        assert lines[0].startswith("┌")

    def test_an_error_shows_no_control_character(self, first_night):
        words = ["ask", "who\x1b]0;title\x07", "--home", str(first_night.home.root)]
        out = on_terminal([*COMMAND, *words])
        assert "there is no question" in out
        assert not {"\x1b", "\x07"} & set(out)

    def test_progress_names_the_step_and_goes_away(self):
        out = on_terminal([sys.executable, "-c", STEPS])
        assert "identify [bold]customers …" in out
        assert NOTE in out
        assert out.endswith(("\x1b[2K", "\x1b[1A\x1b[2K"))

    def test_a_terminal_without_cursor_gets_no_progress(self):
        assert on_terminal([sys.executable, "-c", STEPS], TERM="dumb") == NOTE


class TestLayout:
    @pytest.fixture
    def screen(self, monkeypatch) -> None:
        """A terminal of 40 columns."""
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
        monkeypatch.setenv("COLUMNS", "40")

    def test_columns_stand_below_each_other_whatever_the_script(self):
        assert align([("name", "n"), ("陳大文", "1"), ("e\u0301a", "1,000")], [1]) == [
            "name        n",
            "陳大文      1",
            "e\u0301a      1,000",
        ]

    def test_a_row_may_end_early(self):
        assert align([["a", "b", "long"], ["aa"], ["a", "bb"]]) == ["a   b   long", "aa", "a   bb"]

    @pytest.mark.usefixtures("screen")
    def test_a_drawn_cell_is_folded_and_never_cut_or_taken_for_markup(self):
        lines = lay_out(("name", "n"), [("[red]x[/red] :smile: " + "y" * 60, 7)], [1])
        assert "".join(lines).count("y") == 60
        assert "[red]x[/red] :smile:" in "".join(lines)
        assert {len(line) for line in lines} == {40}

    def test_a_batch_may_widen_a_column_but_nothing_is_cut(self):
        out = StringIO()
        write_plain(["a", "b"], iter([[(1, "x")], [(22222, None)], [(3, True)]]), out)
        assert out.getvalue() == "a  b\n1  x\n22222  NULL\n    3  true\n"

    def test_a_table_without_rows_is_its_head(self):
        out = StringIO()
        write_plain(["a", "b"], iter([]), out)
        assert (out.getvalue(), lay_out((), [])) == ("a  b\n", [])

    def test_sources_of_any_length_stay_apart_from_their_counts(self):
        counts = dict.fromkeys(("deliveries", "records", "loaded", "quarantined", "duplicates"), 1_000)
        report = {"sources": {"loyalty_programme_members": counts}, "quarantine": []}
        assert show_sources(report)[1].split() == ["loyalty_programme_members", *["1,000"] * 5]


@pytest.mark.parametrize("code", [*range(9), *range(11, 32), *range(127, 160), 0x202E, 0x2066])
def test_what_a_terminal_would_obey_is_written_out(code):
    assert show_text(f"a{chr(code)}b") == (f"a\\x{code:02x}b" if code < 256 else f"a\\u{code:04x}b")


def test_ordinary_text_stays_as_it_is():
    text = "陳大文 – [bold] Ünïcode 👩‍👩‍👧\ttab\n"
    assert show_text(text) == text
    assert show_cell(text) == text.replace("\t", "\\t").replace("\n", "\\n")
    assert show_cell("a\r\nb") == r"a\r\nb"


def test_what_programs_read_is_written_as_it_is_but_on_no_terminal(tmp_path: Path, monkeypatch):
    with (tmp_path / "out").open("w+", encoding="utf-8") as file:
        verbatim(Visible(file)).write("\x1b")
        monkeypatch.setattr(Visible, "isatty", lambda _: True, raising=False)
        verbatim(Visible(file)).write("\x1b")
        file.seek(0)
        assert file.read() == "\x1b\\x1b"
