"""The docs site: every page is in its navigation, and every link and anchor leads somewhere."""

import re
from pathlib import Path

import pytest

from warehouse import ROOT

DOCS = ROOT / "docs"
OF_THE_SITE = "architecture.md"
"""ARCHITECTURE.md, which docs/site_hook.py adds."""
ALL = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", *sorted(DOCS.rglob("*.md"))]
CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.DOTALL | re.MULTILINE)


def name_anchor(title):
    """The anchor of a heading, as the site and GitHub make it."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title).replace("`", "")
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", text).strip().lower())


def list_anchors(path):
    """All anchors of a page."""
    text = re.sub(r"^```.*?^```$", "", path.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    return {name_anchor(title) for title in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}


def list_links(path):
    """The targets of a page's links to files, each with its anchor."""
    text = CODE.sub("", path.read_text("utf-8"))
    return [target.partition("#")[::2] for target in re.findall(r"\]\((?!https?:|mailto:)([^)\s]+)\)", text)]


def test_every_page_is_in_the_navigation_once():
    pages = re.findall(r"[ :]([\w/-]+\.md)$", (ROOT / "mkdocs.yml").read_text("utf-8"), re.MULTILINE)
    there = [path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")]
    assert sorted(pages) == sorted([*there, OF_THE_SITE])


@pytest.mark.parametrize("page", ALL, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page):
    for target, anchor in list_links(page):
        found = (page.parent / target).resolve() if target else page
        assert found.exists(), target
        assert not anchor or anchor in list_anchors(found), f"{target}#{anchor}"


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda p: p.relative_to(DOCS).as_posix())
def test_a_page_of_the_site_links_to_the_site_alone(page):
    for target, _ in list_links(page):
        assert (page.parent / target).resolve().is_relative_to(DOCS), target


def test_a_link_that_leads_nowhere_is_seen(tmp_path):
    page = Path(tmp_path / "page.md")
    page.write_text("# One two: `three`\n[here](#one-two-three) `[not](this)` [there](gone.md#x)\n", "utf-8")
    assert list_links(page) == [("", "one-two-three"), ("gone.md", "x")]
    assert list_anchors(page) == {"one-two-three"}


def test_every_decision_is_listed():
    listed = re.findall(r"\]\(([^)]+)\)", (DOCS / "adr" / "index.md").read_text("utf-8"))
    assert sorted(listed) == sorted(p.relative_to(DOCS / "adr").as_posix() for p in DOCS.glob("adr/*/*.md"))
    numbers = [int(Path(name).name[:4]) for name in listed]
    assert numbers == list(range(1, len(numbers) + 1))


def test_the_documents_speak_of_the_project_alone():
    for page in ALL:
        assert not re.search(r"/(?:tmp|home|root|work)/", page.read_text("utf-8")), page.name
