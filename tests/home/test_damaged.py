"""A damaged home: commands say what is wrong and how to mend it; all of them by `make reliability`, a part here."""

import os

import pytest

from benchmarks.reliability.damages import COMMANDS, DAMAGES, READING, SERVED, judge_command, put_folder, put_link
from benchmarks.reliability.faults.rules import call
from tests.worlds.world import AS_OF
from warehouse.home.layout import HomeError
from warehouse.home.lock import hold_lock

pytestmark = pytest.mark.slow

SAMPLE = (("status",), ("sql", "SELECT count(*) FROM customer_profile"), ("generations",), ("quarantine",), ("report",))


@pytest.mark.parametrize("damage", DAMAGES)
def test_no_command_serves_it_or_ends_in_a_fault_of_the_program(sales, damage):
    DAMAGES[damage](sales)
    # A database that only later pages are missing of is found by its size, which manifests of before do not have.
    reading = () if damage not in SERVED else READING
    for words in SAMPLE:
        assert words in COMMANDS
        assert judge_command(sales, words, may_serve=words not in reading) == []


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("pointer missing", "is missing, although served.json names generation 1"),
        ("pointer a file", "is not a link to a generation; remove it"),
        ("pointer out of the home", "which is no generation of this home"),
        ("database torn", "missing or damaged"),
        ("manifest of another number", "manifest.json cannot be read"),
    ],
)
def test_a_reader_and_a_night_name_the_damage_and_the_cure(sales, damage, said):
    DAMAGES[damage](sales)
    for words in (("sql", "SELECT 1"), ("run", "--as-of", AS_OF.isoformat())):
        status, message = call(sales, *words)
        assert status == 2
        assert said in message
        assert "c360 rollback NUMBER" in message


@pytest.mark.parametrize(
    "damage", ["pointer missing", "pointer a file", "pointer out of the home", "pointer to itself"]
)
def test_rollback_mends_the_pointer(sales, damage):
    DAMAGES[damage](sales)
    assert call(sales, "rollback", "1")[0] == 0
    assert sales.ask("SELECT count(*) FROM customer_profile") == [(2,)]


def test_a_lock_that_is_a_link_writes_nothing_where_it_leads(sales, tmp_path):
    other = tmp_path / "of another"
    other.write_text("kept", "utf-8")
    put_link(sales.home.root / "lock", other)
    with pytest.raises(HomeError, match="remove it, then run again"), hold_lock(sales.home, "of c360 link"):
        pass
    assert other.read_text("utf-8") == "kept"
    put_folder(sales.home.root / "lock")
    with pytest.raises(HomeError, match="remove it, then run again"), hold_lock(sales.home, "of c360 link"):
        pass


@pytest.mark.skipif(os.getuid() == 0, reason="root may write everywhere")
def test_a_home_that_cannot_be_written_says_so(sales):
    sales.home.root.chmod(0o500)
    (sales.home.root / "lock").chmod(0o400)
    with pytest.raises(HomeError, match="the home must be a folder that can be written"), hold_lock(sales.home, "x"):
        pass
