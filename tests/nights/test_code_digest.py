"""A program that changed is noticed by itself, and what it made before is rebuilt; nobody has to remember to say so."""

import json
import shutil
import subprocess
import sys
from datetime import timedelta

import pytest

from tests.worlds.world import AS_OF
from warehouse import ROOT, code_digest
from warehouse.code_digest import STAGES, digest_stages, find_closure, find_file, find_version
from warehouse.home.layout import HomeError
from warehouse.publish import publish as publishing

PACKAGES = ("expectations", "transforms", "warehouse", "contracts")


@pytest.fixture
def program(tmp_path):
    """A copy of the program."""
    for name in PACKAGES:
        shutil.copytree(ROOT / name, tmp_path / "program" / name, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "program"


@pytest.fixture
def digest_copy(program, monkeypatch):
    """The digests of the copy, as it is now."""
    caches = (code_digest.read_module, digest_stages)
    monkeypatch.setattr(code_digest, "ROOT", program)

    def digest():
        for cache in caches:
            cache.cache_clear()
        return digest_stages()

    yield digest
    monkeypatch.undo()
    for cache in caches:
        cache.cache_clear()


def edit(file, old, new):
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


def changed(before, after):
    return {stage for stage in STAGES if before[stage] != after[stage]}


class TestDigest:
    @pytest.mark.parametrize(
        ("file", "stages"),
        [
            ("transforms/values/phones.py", {"clean", "profile"}),
            ("transforms/matching/model/fellegi_sunter.py", {"match", "identify"}),
            ("transforms/identity/customer_ids.py", {"identify"}),
            ("transforms/profile/gamma_gamma.py", {"profile"}),
            ("transforms/profile/aggregates/baskets.py", {"profile"}),
            ("warehouse/profile/changes.py", {"profile"}),
            ("warehouse/landing/formats/text/csv.py", {"load"}),
            ("warehouse/loading/merge.py", {"load"}),
            ("expectations/drift.py", {"check"}),
            ("warehouse/identity/gates.py", {"check"}),
            ("contracts/published/customer_profile.odcs.yaml", {"profile"}),
            ("warehouse/monitoring/alerts.py", set()),
        ],
    )
    def test_follows_what_a_stage_imports(self, digest_copy, program, file, stages):
        before = digest_copy()
        path = program / file
        path.write_text(path.read_text("utf-8") + "\nodd: 1\n", "utf-8")
        assert changed(before, digest_copy()) == stages

    def test_follows_words_and_every_module_that_decides_a_row(self, digest_copy, program):
        before = digest_copy()
        (program / "transforms" / "values" / "words" / "english.txt").write_text("fine 3\n", "utf-8")
        assert {"clean", "match", "profile"} <= changed(before, digest_copy())

    def test_is_the_same_for_other_comments_layout_and_docstrings(self, digest_copy, program):
        before = digest_copy()
        for file in program.rglob("*.py"):
            file.write_text(f'"""Another text."""\n# and a comment\n\n\n{file.read_text("utf-8")}', "utf-8")
        edit(program / "warehouse" / "cleaning" / "clean.py", "BATCH_ROWS = 250_000", "BATCH_ROWS = (\n    250000\n)")
        assert changed(before, digest_copy()) == set()

    def test_follows_the_versions_of_libraries(self, digest_copy, monkeypatch):
        before = digest_copy()
        new = {"phonenumbers": "99"}
        monkeypatch.setattr(code_digest, "find_version", lambda name: new.get(name) or find_version(name))
        assert changed(before, digest_copy()) == {"clean", "profile"}

    @pytest.mark.parametrize("stage", STAGES)
    def test_misses_nothing_that_is_named(self, stage):
        assert all(find_file(root) for root in STAGES[stage])
        modules, libraries = find_closure(STAGES[stage])
        assert {"polars", "narwhals"} & libraries
        assert len(modules) > 10
        assert all(find_version(library) for library in libraries)


NIGHT = """
import sys
from datetime import date
from pathlib import Path
from warehouse.home.layout import Home
from warehouse.night import run_night
from serving.cli.report import show_report
if __name__ == "__main__":
    print(show_report(run_night(Home(Path(sys.argv[1])), Path(sys.argv[2]), date.fromisoformat(sys.argv[3]))))
"""


@pytest.mark.slow
class TestUpgrade:
    """A home goes on under the next program."""

    def night(self, world, program):
        shutil.copytree(ROOT / "serving", program / "serving", dirs_exist_ok=True)
        (program / "run_one_night.py").write_text(NIGHT, "utf-8")
        command = [sys.executable, program / "run_one_night.py", world.home.root, world.contracts, AS_OF.isoformat()]
        environment = {"PYTHONPATH": str(program), "GX_ANALYTICS_ENABLED": "false"}
        done = subprocess.run(command, cwd=program, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def test_rebuilds_what_the_new_program_makes_otherwise(self, sales, program):
        mails = "SELECT DISTINCT email FROM customer_profile ORDER BY 1"
        days = "SELECT sum(recency_days) FROM customer_profile"
        before = sales.ask(days)
        edit(
            program / "transforms" / "values" / "emails.py", "import annotations", "import annotations  # and a comment"
        )
        assert self.night(sales, program).startswith("nothing is new")
        assert sales.ask(mails) == [("mei@example.com",), ("tai.man@example.com",)]

        edit(
            program / "transforms" / "values" / "emails.py", 'return f"{local}@{domain}"', 'return f"{local}+{domain}"'
        )
        said = self.night(sales, program)
        assert "program: changed in clean, profile; what these make of the loaded rows was rebuilt in full" in said
        assert sales.ask(mails) == [("mei+example.com",), ("tai.man+example.com",)]

        edit(program / "transforms" / "profile" / "aggregates" / "orders.py", "// 86400", "// 43200")
        assert "program: changed in profile;" in self.night(sales, program)
        assert sales.ask(days)[0][0] >= 2 * before[0][0]

        assert self.night(sales, program).startswith("nothing is new")
        assert set(sales.home.require_current().read_manifest()["code"]) == set(STAGES)

    def test_rebuilds_a_home_of_the_time_before_digests(self, sales, program):
        manifest = sales.home.pointer / "manifest.json"
        old = json.loads(manifest.read_text("utf-8"))
        del old["code"], old["memory_limit"]
        manifest.chmod(0o600)
        manifest.write_text(json.dumps(old), "utf-8")
        before = sales.ask("SELECT * FROM customer_profile ORDER BY customer_id")
        assert f"program: changed in {', '.join(STAGES)};" in self.night(sales, program)
        assert sales.ask("SELECT * FROM customer_profile ORDER BY customer_id") == before

    def test_publishes_nothing_that_two_programs_made(self, sales, monkeypatch):
        monkeypatch.setattr(publishing, "digest_stages", lambda: dict.fromkeys(STAGES, "other"))
        with pytest.raises(HomeError, match=r"trigger a new run: the program has changed since run .* began"):
            sales.night(AS_OF + timedelta(days=1))
        assert sales.generation == 1
