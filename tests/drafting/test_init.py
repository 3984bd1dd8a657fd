"""From foreign files to a published profile with two commands and no YAML typed."""

from __future__ import annotations

import csv
import io
import sys
from types import SimpleNamespace

import pytest

from serving.cli import main as cli
from tests.worlds.foreign_shops import SHOPS, write_shop

pytestmark = pytest.mark.slow

VIENNA, LEEDS = SHOPS[0], SHOPS[3]


@pytest.fixture
def c360(capsys, monkeypatch, checker):
    """Call the command in this process."""

    def call(*words):
        monkeypatch.setattr(sys, "argv", ["c360", *map(str, words)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            cli.main()
        printed = capsys.readouterr()
        assert "Traceback" not in printed.out + printed.err
        return SimpleNamespace(status=int(end.value.code or 0), out=printed.out, err=printed.err)

    monkeypatch.delenv("C360_HOME", raising=False)
    monkeypatch.delenv("C360_CONTRACTS", raising=False)
    return call


def test_three_foreign_files_become_a_published_profile(c360, tmp_path, monkeypatch):
    paths = write_shop(VIENNA, tmp_path / "from")
    answers = ["--answer", "country=AT"]
    said = c360("init", tmp_path / "shop", *paths, *answers, "--as-of", "2026-05-31")
    assert said.status == 0, said.out + said.err
    assert "customers: 60 from 60 accounts" in said.out
    assert "net" in said.out
    assert "EUR" in said.out
    monkeypatch.setenv("C360_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("C360_CONTRACTS", str(tmp_path / "shop" / "contracts"))
    assert c360("run", "--as-of", "2026-05-31").status == 0
    query = "select count(*) as n, sum(net_amount) as net, sum(ticket_count) as t from customer_profile"
    (row,) = csv.DictReader(io.StringIO(c360("sql", query, "--format", "csv").out))
    net = next(line for line in said.out.splitlines() if "; net " in line).rpartition("net ")[2].removesuffix(" EUR")
    assert (row["n"], row["t"]) == ("60", "30")
    assert float(row["net"]) == pytest.approx(float(net.replace(",", "")))
    assert float(row["net"]) > 1000


def test_what_is_open_is_asked_and_refused_until_it_is_answered(c360, tmp_path, monkeypatch):
    (tmp_path / "orders.csv").write_text(
        "id,cust,at,total\n" + "".join(f"{n},K{n},2026-03-0{n},{n}.50\n" for n in range(1, 9))
    )
    said = c360("init", tmp_path / "shop", tmp_path / "orders.csv")
    assert said.status == 1
    assert "? orders.currency" in said.out
    monkeypatch.chdir(tmp_path / "shop")
    assert c360("run", "--as-of", "2026-05-31").status == 2
    again = c360("draft", "deliveries/orders.csv", "--replace", "--answer", "orders.currency=GBP")
    assert again.status == 1, again.out  # the settings have a question of their own
    (tmp_path / "shop" / "contracts" / "settings.yaml").write_text(
        "currency: GBP\ntimezone: Europe/London\nphone_region: GB\n"
    )
    preview = c360("check", "--preview", "--as-of", "2026-05-31")
    assert preview.status == 0, preview.out + preview.err
    assert "orders: 8 orders; net 40.00 GBP" in preview.out


def test_an_answer_to_nothing_is_refused(c360, tmp_path):
    paths = write_shop(LEEDS, tmp_path / "from", 12)
    said = c360("init", tmp_path / "shop", *paths, "--answer", "orders.colour=red")
    assert said.status == 2
    assert "was not asked" in said.err


def test_a_contract_that_is_there_is_not_written_over(c360, tmp_path):
    paths = write_shop(LEEDS, tmp_path / "from", 12)
    c360("draft", paths[0], "--out", tmp_path / "contracts")
    before = {p.name: p.read_text() for p in (tmp_path / "contracts").iterdir()}
    c360("draft", paths[0], "--out", tmp_path / "contracts")
    after = {p.name: p.read_text() for p in (tmp_path / "contracts").iterdir()}
    assert before.items() < after.items()
