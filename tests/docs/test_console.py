"""Every command in the documents says what the page says that it says."""

import re

import pytest

from tests.docs.console import OF_NOTHING, OF_THE_SAMPLE, make_sample, renew, renew_lines, settle
from warehouse import ROOT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sample")
    make_sample(folder)
    return folder


@pytest.mark.parametrize("page", OF_THE_SAMPLE)
def test_a_page_about_the_sample_world_says_what_its_commands_say(page, sample):
    text = (ROOT / page).read_text("utf-8")
    assert settle(renew(text, sample)) == settle(text), "write it again by python -m tests.docs.console"


@pytest.mark.parametrize("page", OF_NOTHING)
def test_a_page_that_brings_its_files_says_what_its_commands_say(page, tmp_path):
    text = (ROOT / page).read_text("utf-8")
    assert settle(renew(text, tmp_path)) == settle(text), "write it again by python -m tests.docs.console"


def test_an_output_that_is_not_so_is_seen(tmp_path):
    assert renew_lines("$ echo one\ntwo\n", tmp_path) == "$ echo one\none\n"


def test_every_page_with_commands_is_run():
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    shown = {p.relative_to(ROOT).as_posix() for p in pages if re.search(r"^```console$", p.read_text("utf-8"), re.M)}
    assert shown == {*OF_THE_SAMPLE, *OF_NOTHING}
