"""The two worlds that are measured: a folder with contracts and data, and the hand-written script that competes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from benchmarks.agreement import compare_online_retail, compare_sample_world
from warehouse import ROOT
from warehouse.home.layout import remove_folder

SHARED = ROOT.parent / "shared" / "data"
SCRIPT = ROOT / "benchmarks" / "peers" / "script.py"
C360 = Path(sys.executable).with_name("c360")


@dataclass(frozen=True)
class World:
    """One set of deliveries, and how both sides read it."""

    name: str
    title: str
    folder: Path
    data: Path
    """What the script reads."""
    as_of: str
    timezone: str
    compare: Callable[[Path, Path], list[str]]
    """Given the generation's file and the script's: what agrees and what differs; raises where they must agree."""

    @property
    def home(self) -> Path:
        """Where c360 publishes; rebuilt for every run."""
        return self.folder / "home"

    @property
    def published(self) -> Path:
        """The file that c360 publishes."""
        return self.home / "current" / "customer_360.duckdb"

    @property
    def scripted(self) -> Path:
        """The file that the script makes."""
        return self.folder / "script.duckdb"

    def c360_command(self) -> list[str]:
        """The whole command, on an empty home."""
        contracts = str(self.folder / "contracts")
        return [str(C360), "run", "--contracts", contracts, "--home", str(self.home), "--as-of", self.as_of]

    def script_command(self) -> list[str]:
        """The script that competes."""
        arguments = [self.name, str(self.data), str(self.scripted), self.as_of, self.timezone]
        return [sys.executable, str(SCRIPT), *arguments]

    def clear(self) -> None:
        """Remove what runs have made."""
        if self.home.exists():
            remove_folder(self.home)
        self.scripted.unlink(missing_ok=True)


def lay_out(folder: Path) -> tuple[list[World], list[str]]:
    """The worlds, each in a folder of its own, and why one is left out."""
    worlds, skipped = [lay_out_little(folder / "little"), lay_out_sample(folder / "sample_world")], []
    data = SHARED / "uci_online_retail" / "online_retail.parquet"
    if data.is_file():
        title = "UCI Online Retail: 1 source, 1 file, 541,909 lines"
        worlds.append(lay_out_retail(folder / "online_retail", data, title))
    else:
        skipped.append(
            "UCI Online Retail is skipped: ../shared/data/uci_online_retail/online_retail.parquet is not there"
        )
    return worlds, skipped


def lay_out_sample(folder: Path) -> World:
    """The seeded sample world in its full size."""
    data = folder / "var" / "sample"
    shutil.copytree(ROOT / "contracts", folder / "contracts")
    make = [sys.executable, "-m", "examples.sample_world", "--out", str(data)]
    subprocess.run(make, cwd=ROOT, check=True, capture_output=True)
    counts = json.loads((data / "world.json").read_text("utf-8"))["sources"].values()
    files, records = (sum(count[name] for count in counts) for name in ("files", "physical"))
    title = f"sample world: {len(counts)} sources, {files} files, {records:,} records"
    return World("sample_world", title, folder, data, "2026-06-30", "Asia/Hong_Kong", compare_sample_world)


def lay_out_retail(folder: Path, data: Path, title: str) -> World:
    """Lines in UCI's shape, linked into a copy of its example's contracts."""
    shutil.copytree(ROOT / "examples" / "uci_online_retail" / "contracts", folder / "contracts")
    (folder / "data").mkdir()
    link = folder / "data" / "online_retail.parquet"
    link.symlink_to(data.resolve())
    return World("online_retail", title, folder, link, "2011-12-09", "Europe/London", compare_online_retail)


def lay_out_little(folder: Path) -> World:
    """A hundred made-up lines: what a night costs whatever it holds."""
    folder.mkdir(parents=True)
    data = folder / "lines.parquet"
    with duckdb.connect() as con:
        con.execute(
            "COPY (SELECT (500000 + n // 3)::VARCHAR AS InvoiceNo, 'A' || n % 7 AS StockCode, 'thing' AS Description,"
            " (1 + n % 5)::DOUBLE AS Quantity, TIMESTAMP '2011-12-08 09:00:00' + n * INTERVAL 1 MINUTE AS InvoiceDate,"
            " 1.25 AS UnitPrice, (12000 + n // 6)::DOUBLE AS CustomerID, 'United Kingdom' AS Country"
            f" FROM range(100) AS t(n)) TO '{data}' (FORMAT parquet)"
        )
    return lay_out_retail(folder, data, "next to nothing: 1 file, 100 lines")
