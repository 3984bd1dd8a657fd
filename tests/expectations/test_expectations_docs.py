"""The page of counts."""

from html.parser import HTMLParser

from expectations.data_docs import write_docs
from expectations.model import CheckResult

RESULTS = [
    CheckResult("required:email", "row", "critical", False, 3, 1200, "3 of 1200 rows moved to quarantine"),
    CheckResult("row_count:<crm>", "table", "critical", False, 1, 0, 'found 0: rows must be "many" & more'),
    CheckResult("late:at", "row", "warning", True, 0, 1200, ""),
]


class Page(HTMLParser):
    """Every cell as text, every tag as opened; tags must be closed in order."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.rows, self.links, self.ids = [], [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [v for k, v in attrs if k in {"href", "src"}]
        self.ids += [v for k, v in attrs if k == "id"]
        if tag != "meta":
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in {"td", "th"}:
            self.rows[-1].append(data)


def test_the_page_says_each_rule_in_counts(tmp_path):
    file = write_docs({"crm & co": RESULTS, "shop": []}, tmp_path / "new" / "docs", "Night <2026-03-10>")
    page = Page(file.read_text("utf-8"))
    assert file.name == "index.html"
    assert ["required:email", "row", "critical", "broken", "3", "1,200", RESULTS[0].message] in page.rows
    assert [
        "row_count:<crm>",
        "table",
        "critical",
        "broken, closes the gate",
        "1",
        "0",
        RESULTS[1].message,
    ] in page.rows
    assert ["late:at", "row", "warning", "holds", "0", "1,200"] in page.rows
    assert page.open == []


def test_the_page_stands_alone_and_can_be_read_aloud(tmp_path):
    text = write_docs({"crm": RESULTS}, tmp_path, "Night").read_text("utf-8")
    page = Page(text)
    assert '<html lang="en">' in text
    assert {"title", "h1", "caption", "main"} <= set(page.tags)
    assert "script" not in page.tags
    assert all(link.startswith("#") and link[1:] in page.ids for link in page.links)
    assert "gate closed, 2 of 3 rules broken" in text


def test_an_empty_night_has_a_page(tmp_path):
    assert "Nothing was checked" in write_docs({}, tmp_path, "Night").read_text("utf-8")
