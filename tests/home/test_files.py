"""Files are written whole or not at all, whoever ends the writing, and closed to whom they should be closed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from warehouse.files import remove_unfinished, replacing, write_whole

DIE = """
import os, signal, sys
from pathlib import Path
from warehouse.files import replacing
with replacing(Path(sys.argv[1])) as fresh:
    fresh.write_text("half of", "utf-8")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def file(tmp_path) -> Path:
    """A file that is there."""
    path = tmp_path / "kept.json"
    path.write_text("old", "utf-8")
    return path


def list_names(folder: Path) -> list[str]:
    """What is in a folder, hidden files too."""
    return sorted(os.listdir(folder))


def mode_of(path: Path) -> int:
    """The permissions of a file."""
    return path.stat().st_mode & 0o777


def test_the_old_file_is_read_until_the_new_one_is_whole(file):
    with replacing(file) as fresh:
        fresh.write_text("new", "utf-8")
        assert (fresh.parent, file.read_text("utf-8")) == (file.parent, "old")
    assert (list_names(file.parent), file.read_text("utf-8")) == (["kept.json"], "new")


def test_what_fails_leaves_the_old_file_and_nothing_else(file):
    with pytest.raises(UnicodeEncodeError), replacing(file) as fresh:
        fresh.write_text("half of \udcff", "utf-8")
    assert (list_names(file.parent), file.read_text("utf-8")) == (["kept.json"], "old")


@pytest.mark.parametrize("name", ["sync", "Path.replace"])
def test_a_disk_that_fills_up_before_the_rename_leaves_the_old_file(file, monkeypatch, name):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(f"warehouse.files.{name}", fail)
    with pytest.raises(OSError, match="No space left"):
        write_whole(file, "new")
    assert (list_names(file.parent), file.read_text("utf-8")) == (["kept.json"], "old")


def test_a_kill_amid_it_leaves_the_old_file_and_a_rest_that_can_be_removed(file):
    beside = file.with_name("kept.json.new")
    beside.touch()
    done = subprocess.run([sys.executable, "-c", DIE, str(file)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert (len(list_names(file.parent)), file.read_text("utf-8")) == (3, "old")
    remove_unfinished(file)
    assert list_names(file.parent) == ["kept.json", "kept.json.new"]
    write_whole(file, "new")
    assert file.read_text("utf-8") == "new"


def test_the_mode_is_that_of_new_files_or_the_one_asked_for(file):
    file.chmod(0o666)
    before = os.umask(0o027)
    try:
        write_whole(file, "new")
        assert mode_of(file) == 0o640
        with replacing(file, 0o600) as fresh:
            assert mode_of(fresh) == 0o600
            fresh.unlink()
            fresh.write_text("written by what makes its own file", "utf-8")
            assert mode_of(fresh) == 0o640
        assert mode_of(file) == 0o600
    finally:
        os.umask(before)


def test_a_link_is_replaced_and_what_it_leads_to_left_alone(file):
    link = file.with_name("link.json")
    link.symlink_to(file)
    write_whole(link, "new")
    assert (link.is_symlink(), link.read_text("utf-8"), file.read_text("utf-8")) == (False, "new", "old")


def test_what_lies_in_the_way_is_never_written_to(file, monkeypatch):
    monkeypatch.setattr("warehouse.files.secrets.token_hex", lambda _: "foreseen")
    trap = file.with_name(".kept.json.foreseen.new")
    trap.symlink_to(file)
    with pytest.raises(FileExistsError):
        write_whole(file, "new")
    assert (trap.is_symlink(), file.read_text("utf-8")) == (True, "old")
