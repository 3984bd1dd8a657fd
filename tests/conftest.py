"""What tests of whole nights share: one process for Great Expectations, whose import takes long, and a first night."""

from contextlib import nullcontext

import pytest
from hypothesis import settings

from tests.worlds.world import World
from warehouse import night
from warehouse.home.verify import scan_folder
from warehouse.publish import publish

settings.register_profile("suite", deadline=None)  # a busy machine is no fault
settings.load_profile("suite")


@pytest.fixture(scope="session")
def checker():
    """The process in which nights check; all tests share it."""
    with night.open_checker() as pool, pytest.MonkeyPatch.context() as patch:
        patch.setattr(night, "open_checker", lambda: nullcontext(pool))
        yield pool


@pytest.fixture(scope="session", autouse=True)
def read_back_here():
    """What a night has written is read back in this process; tests/home/test_read_back.py has it done in a new one."""

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(publish, "scan_apart", scan_folder)
        yield


@pytest.fixture
def empty_world(tmp_path, checker):
    """Contracts, and no delivery yet."""
    return World.found(tmp_path, checker)


@pytest.fixture
def world(empty_world):
    """Every source has its usual delivery; nothing was run yet."""
    empty_world.deliver_all()
    return empty_world


@pytest.fixture(scope="session")
def first_night(tmp_path_factory, checker):
    """The usual deliveries, published as generation 1; for tests that change nothing."""
    world = World.found(tmp_path_factory.mktemp("first"), checker)
    world.deliver_all()
    world.night()
    return world


@pytest.fixture
def published(first_night, tmp_path):
    """A copy of the first night's world, for tests that go on from there."""
    return first_night.copy(tmp_path)


@pytest.fixture(scope="session")
def first_sales(tmp_path_factory, checker):
    """Two sources only, sales and rates, published as generation 1: nights on it are quicker."""
    world = World.found(tmp_path_factory.mktemp("sales"), checker, ["sales", "fx_rates"])
    world.deliver_all()
    world.night()
    return world


@pytest.fixture
def sales(first_sales, tmp_path):
    """A copy of it."""
    return first_sales.copy(tmp_path)
