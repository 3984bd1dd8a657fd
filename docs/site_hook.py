"""A hook of the docs site (mkdocs.yml): ARCHITECTURE.md stands above docs/, and is a page of the site all the same."""

from pathlib import Path

from mkdocs.structure.files import File

ARCHITECTURE = Path(__file__).parents[1] / "ARCHITECTURE.md"


def on_files(files, config):
    """Add the page, with its links as seen from docs/."""
    text = ARCHITECTURE.read_text("utf-8").replace("](docs/", "](")
    files.append(File.generated(config, "architecture.md", content=text))
    return files
