"""The pointer and the file beside it: damaged, they serve nothing else, and a crash amid their swap harms nothing."""

import json
import os
import signal
import subprocess
import sys

import pytest

from warehouse.home.generations import describe_generations, roll_back
from warehouse.home.layout import DATABASE, MANIFEST, Home, HomeError, point_to

KILL = """
import os, signal, sys
from pathlib import Path
from warehouse.home.layout import Home, point_to
left = int(sys.argv[2])
def stop(event, _):
    global left
    if event in {"open", "os.rename", "os.symlink", "os.remove"} and (left := left - 1) < 0:
        os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(stop)
point_to(Home(Path(sys.argv[1])), 3)
left = 10**9
print("done")
"""


@pytest.fixture
def home(tmp_path) -> Home:
    """Two generations that are served one after the other, the second now."""
    home = Home(tmp_path)
    for number in (2, 3):
        (home.generations / str(number)).mkdir(parents=True)
        (home.generations / str(number) / DATABASE).write_bytes(b"checksumDUCK")
        manifest = {"generation": number, "as_of": "2026-03-10", "files": {DATABASE: ""}, "tables": {}}
        (home.generations / str(number) / MANIFEST).write_text(json.dumps(manifest), "utf-8")
    point_to(home, 3)
    point_to(home, 2)
    return home


def repoint(home, number):
    """What a flipped bit does."""
    home.pointer.unlink()
    home.pointer.symlink_to(f"generations/{number}")


def test_a_link_that_names_another_generation_is_refused(home):
    repoint(home, 3)
    with pytest.raises(HomeError, match=r"points to 3, but served.json speaks of 2: .* c360 rollback NUMBER"):
        home.find_current()


def test_a_damaged_file_beside_it_is_refused_and_a_home_without_one_is_read(home):
    for text in ('{"generations": [3]}', '{"generations": 2}', '{"generatiojs": [2]}', "{"):
        home.served.write_text(text, "utf-8")
        with pytest.raises(HomeError, match="one of the two is damaged"):
            home.find_current()
    home.served.unlink()
    assert home.require_current().number == 2
    point_to(home, 3)
    assert home.read_served() == [3]


def test_rollback_to_a_number_mends_it(sales):
    sales.night(full=True)
    repoint(sales.home, 1)
    with pytest.raises(HomeError, match="c360 rollback"):
        sales.night()
    with pytest.raises(HomeError, match="c360 rollback"):
        roll_back(sales.home)
    assert [row["is_current"] for row in describe_generations(sales.home)] == [False, False]
    assert roll_back(sales.home, 2).number == 2
    assert (sales.generation, sales.home.read_served()) == (2, [2])


def test_a_kill_at_any_moment_of_the_swap_leaves_a_home_that_works(home):
    served = []
    for moment in range(40):
        point_to(home, 2)
        command = [sys.executable, "-c", KILL, str(home.root), str(moment)]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        served.append(home.require_current().number)
        if ended.stdout:
            break
        assert ended.returncode == -signal.SIGKILL, ended.stderr
    point_to(home, 3)
    assert served == sorted(served)
    assert set(served) == {2, 3}
    assert len(served) > 8
    assert sorted(os.listdir(home.root)) == ["current", "generations", "served.json"]


@pytest.mark.parametrize("stranger", [f"{DATABASE}.wal", f"{DATABASE}.tmp", "notes.txt"])
def test_a_generation_beside_which_something_lies_is_refused(home, stranger):
    (home.generations / "2" / stranger).touch()
    with pytest.raises(HomeError, match=rf"holds {stranger}, which was not published with it and could change"):
        home.find_current()
    (home.generations / "2" / stranger).unlink()
    assert home.require_current().number == 2


@pytest.mark.parametrize("text", [None, "{", "[]", '{"files": 1}'])
def test_a_generation_without_a_manifest_is_refused(home, text):
    manifest = home.generations / "2" / MANIFEST
    manifest.unlink() if text is None else manifest.write_text(text, "utf-8")
    with pytest.raises(
        HomeError, match=r"manifest\.json cannot be read .*; serve another generation by: c360 rollback"
    ):
        home.find_current()
