"""Secret keys of a home: outside it, readable by their owner only, the same for everybody who asks at once."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from warehouse.home.keys import find_keys, read_key
from warehouse.home.layout import HomeError


def test_a_key_is_made_once_and_lies_beside_the_home(tmp_path):
    home = tmp_path / "home"
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: read_key(home, "identity"), range(40)))
    (file,) = find_keys(home).iterdir()
    assert keys == {read_key(home, "identity")}
    assert file.parent == tmp_path / "home.keys"
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_each_name_and_each_home_has_its_own(tmp_path):
    keys = {read_key(tmp_path / home, name) for home in ("a", "b") for name in ("identity", "行銷", "推薦")}
    assert len(keys) == 6
    assert {len(key) for key in keys} == {32}


def test_c360_keys_names_another_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("C360_KEYS", str(tmp_path / "vault"))
    read_key(tmp_path / "home", "../identity")
    assert [path.name for path in (tmp_path / "vault").iterdir()] == ["..%2Fidentity.key"]
    assert [path.name for path in tmp_path.iterdir()] == ["vault"]


def test_a_torn_key_is_refused_and_not_replaced(tmp_path):
    read_key(tmp_path / "home", "identity")
    (file,) = find_keys(tmp_path / "home").iterdir()
    file.write_bytes(b"half")
    with pytest.raises(HomeError, match=r"identity\.key is not a key of 32 bytes; put the right file back"):
        read_key(tmp_path / "home", "identity")
    assert file.read_bytes() == b"half"
