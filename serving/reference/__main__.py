"""Write docs/reference: `python -m serving.reference`."""

from __future__ import annotations

from serving.reference.pages import PAGES
from warehouse import ROOT

FOLDER = ROOT / "docs" / "reference"


def write_pages() -> None:
    """Write every generated page."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, show in PAGES.items():
        (FOLDER / name).write_text(show(), "utf-8")


if __name__ == "__main__":
    write_pages()
