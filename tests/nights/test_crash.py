"""A night that is killed in any step leaves the old generation served; it goes on, or the next one works."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.reliability.nights import compare_rows, digest_rows, list_leftovers
from tests.worlds.world import AS_OF, SALES_HEAD, World, list_tree
from warehouse.home.layout import HomeError, remove_folder
from warehouse.home.verify import verify
from warehouse.night import STEPS, begin_step, check_step, land_step, run_step

pytestmark = pytest.mark.slow

NEW_SALE = "L5,R4,A1,tai.man@example.com,1,7.00,HKD,2026-03-09 10:00\n"
KILL = """
import importlib, os, signal, sys
from pathlib import Path
from warehouse.home.layout import Home
from warehouse.night import land_step, run_step
home, run_id, step, place = Home(Path(sys.argv[1])), *sys.argv[2:]
module, name = place.split(":")
owner = importlib.import_module(module)
for part in name.split(".")[:-1]:
    owner = getattr(owner, part)
setattr(owner, name.split(".")[-1], lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL))
print("armed", flush=True)
land_step(home, run_id, "sales") if step == "land" else run_step(home, run_id, step)
"""
CRASHES = [
    ("land", "warehouse.landing.land:write_faults"),
    ("load", "warehouse.loading.load:store_outcomes"),
    ("clean", "warehouse.cleaning.clean:merge_into"),
    ("identify", "warehouse.identity.resolve:publish_table"),
    ("profile", "warehouse.profile.build:publish_view"),
    ("check_published", "warehouse.checks:check_tables"),
    ("publish", "warehouse.publish.publish:sha256_of"),
    ("publish", "warehouse.publish.publish:sync"),
    ("publish", "warehouse.publish.publish:point_to"),
]


@pytest.fixture(scope="module")
def stages(first_sales, checker, tmp_path_factory):
    """The world before each step of one night, that night's run id, and the rows that it publishes undisturbed."""
    world = first_sales.copy(tmp_path_factory.mktemp("stages"))
    world.deliver("sales_2.csv", [SALES_HEAD, NEW_SALE])
    run = begin_step(world.home, world.contracts, AS_OF)
    before = walk(world, run.run_id, tmp_path_factory.mktemp("before"))
    return before, run.run_id, digest_rows(world.home.require_current().workings)


def walk(world: World, run_id: str, folder: Path) -> dict[str, World]:
    """Go through the steps, and keep a copy of the world before each."""
    before = {"land": world.copy(folder / "land")}
    for step in ("check", *STEPS):
        if step != "check":
            before[step] = world.copy(folder / step)
        take(world, run_id, step)
    assert world.generation == 2
    return before


def take(world: World, run_id: str, step: str) -> None:
    """One step of a night; what checks does it in the process that has Great Expectations."""
    if step == "check":
        for source in ("sales", "fx_rates"):
            land_step(world.home, run_id, source)
            world.checker.submit(check_step, world.home, run_id, source).result()
    elif step == "check_published":
        world.checker.submit(run_step, world.home, run_id, step).result()
    else:
        run_step(world.home, run_id, step)


@pytest.mark.parametrize(("step", "place"), CRASHES)
def test_a_killed_step_leaves_the_generation_and_the_next_night_works(stages, tmp_path, step, place):
    before, run_id, wanted = stages
    # `stages` was begun elsewhere: the contracts folder that its run.json names is the same.
    world = before[step].copy(tmp_path)
    served = list_tree(world.home.generations / "1")
    command = [sys.executable, "-c", KILL, str(world.home.root), run_id, step, place]
    killed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (killed.returncode, killed.stdout) == (-signal.SIGKILL, "armed\n"), killed.stderr
    same = world.copy(tmp_path / "same")
    for name in ["check", *STEPS][["land", *STEPS].index(step) :]:
        take(same, run_id, name)
    assert (same.generation, compare_rows(same, wanted)) == (2, [])
    assert list_leftovers(same) == []
    assert (world.generation, list_tree(world.home.generations / "1")) == (1, served)
    assert verify(world.home.require_current()) == []
    assert world.night()["status"] == "published"
    assert world.books("sales") == [(1, 1, 0, 0)]
    assert world.ask("SELECT count(*) FROM customer_event") == [(5,)]
    assert verify(world.home.require_current()) == []
    assert os.listdir(world.home.work) == []
    remove_folder(tmp_path)


def test_a_step_that_was_done_is_done_again_with_all_before_it_and_none_is_left_out(stages, tmp_path):
    before, run_id, wanted = stages
    world = before["check_published"].copy(tmp_path)
    take(world, run_id, "clean")  # its task was cleared: what came after it is to be done again
    with pytest.raises(HomeError, match=r"profile of run .* follows identify, which was not done; clear identify, too"):
        take(world, run_id, "profile")
    take(world, run_id, "identify")
    for _ in range(2):
        take(world, run_id, "profile")
    for step in ("check_published", "check_published", "publish"):
        take(world, run_id, step)
    assert compare_rows(world, wanted) == []
    with pytest.raises(HomeError, match="trigger a new run"):
        take(world, run_id, "publish")


def test_a_source_is_checked_again_from_what_was_landed(stages, tmp_path):
    before, run_id, _ = stages
    world = before["load"].copy(tmp_path)
    first = [world.checker.submit(check_step, world.home, run_id, "sales").result() for _ in range(2)]
    assert first[0] == first[1]
    assert first[0]
