"""The home of a customer-360: where generations, work and the pointer live (design: `C360_HOME`, default `var/`).

generations/<n>/   immutable builds; `current` is a symbolic link to one of them
served.json        which of them the link may name, so that a damaged link never serves another
work/<run>/        disposable files of the night that is under way, or that failed last
reports/           one report of each run
lock               who is writing now
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from warehouse.errors import C360Error
from warehouse.files import remove_unfinished, replacing, sync, write_whole

DATABASE, WORKINGS, PARQUET, MANIFEST = "customer_360.duckdb", "workings.duckdb", "parquet", "manifest.json"
"""In a generation's folder: the published tables, what the next night goes on from, the tables again, what it is."""
CURE = "see c360 generations, and serve one of them by: c360 rollback NUMBER"
ROWS = (".duckdb", ".parquet")
"""How files end that hold rows."""
MAGIC = b"DUCK"
"""What stands at the ninth byte of a file of DuckDB."""


class HomeError(C360Error):
    """The home cannot be used as asked: nothing published yet, locked by another run, or not writable."""

    exit_code = 2


@dataclass(frozen=True)
class Generation:
    """One immutable build."""

    number: int
    folder: Path

    @property
    def database(self) -> Path:
        """The DuckDB file of the published tables, for everybody who may read them."""
        return self.folder / DATABASE

    @property
    def workings(self) -> Path:
        """The DuckDB file of all tables, raw rows and quarantine too; until 0.3 it was the published one."""
        apart = self.folder / WORKINGS
        return apart if apart.exists() else self.database

    def read_manifest(self) -> dict[str, Any]:
        """What was built, from what, and the checksums."""
        manifest: dict[str, Any] = json.loads((self.folder / MANIFEST).read_text("utf-8"))
        return manifest

    def require_manifest(self) -> dict[str, Any]:
        """Its manifest, if it is one, and this generation's.

        Raises:
            OSError, ValueError, KeyError, TypeError: it cannot be read, or is of something else.
        """
        manifest = self.read_manifest()
        date.fromisoformat(manifest["as_of"])
        is_mapped = all(isinstance(manifest[name], dict) for name in ("files", "tables"))
        if manifest["generation"] != self.number or not is_mapped:
            raise ValueError(f"the manifest in {self.folder.name} is of something else")
        return manifest

    def list_strangers(self) -> list[str]:
        """Names in its folder that the manifest does not know, or that are no files of its own.

        DuckDB would read a log that lies beside its file; one is never published, whatever a manifest says.

        Raises:
            OSError, ValueError, KeyError, TypeError: the manifest cannot be read.
        """
        files = {MANIFEST, *self.require_manifest()["files"]}
        known = {name: Path.is_file for name in files if ".wal" not in Path(name).suffixes}
        known |= {folder.as_posix(): Path.is_dir for name in files for folder in list(Path(name).parents)[:-1]}
        paths = {path.relative_to(self.folder).as_posix(): path for path in self.folder.rglob("*")}
        return sorted(
            name for name, path in paths.items() if name not in known or path.is_symlink() or not known[name](path)
        )

    @property
    def as_of(self) -> date:
        """Its business date."""
        return date.fromisoformat(self.read_manifest()["as_of"])


@dataclass(frozen=True)
class Home:
    """A home folder."""

    root: Path

    @property
    def generations(self) -> Path:
        """Folder of all generations."""
        return self.root / "generations"

    @property
    def pointer(self) -> Path:
        """The symbolic link to the generation that is served."""
        return self.root / "current"

    @property
    def work(self) -> Path:
        """Folder of disposable files."""
        return self.root / "work"

    @property
    def reports(self) -> Path:
        """Folder of run reports."""
        return self.root / "reports"

    @property
    def served(self) -> Path:
        """The file that says which generations the pointer may name."""
        return self.root / "served.json"

    def find_current(self) -> Generation | None:
        """The generation that is served, or None where nothing has been published.

        Raises:
            HomeError: the pointer names no whole generation, another than was published, or one with files that nobody
                published.
        """
        generation = self.find_named()
        return require_own_files(generation) if generation else None

    def find_named(self) -> Generation | None:
        """The generation that the pointer names, whatever lies in its folder; None where nothing has been published.

        Raises:
            HomeError: the pointer names no whole generation, or another than was published.
        """
        if not self.pointer.is_symlink():
            self.require_none()
            return None
        folder, allowed = self.read_pointer()
        if folder.parent != self.generations.resolve():
            fault = f"leads to {folder}, which is no generation of this home"
        elif not (folder / DATABASE).is_file() or not folder.name.isdigit():
            fault = f"points to {folder.name}, which is not a complete generation"
        elif allowed is None or int(folder.name) in allowed:
            return Generation(int(folder.name), folder)
        else:
            said = f"of {' or '.join(map(str, allowed))}" if allowed else "of none that can be read"
            fault = f"points to {folder.name}, but {self.served.name} speaks {said}: one of the two is damaged"
        raise HomeError(f"{self.pointer} {fault}; {CURE}")

    def require_none(self) -> None:
        """Raise HomeError where there is no pointer although there was one, or something else is in its place."""
        if self.pointer.exists():
            raise HomeError(f"{self.pointer} is not a link to a generation; remove it, then {CURE}")
        if allowed := self.read_served():
            said = " or ".join(map(str, allowed))
            raise HomeError(f"{self.pointer} is missing, although {self.served.name} names generation {said}; {CURE}")

    def read_pointer(self) -> tuple[Path, list[int] | None]:
        """The folder that the pointer names, and which it may name; read again while they are being swapped."""
        seen = None
        while seen != (seen := (self.resolve_pointer(), self.read_served())):
            if seen[1] is None or seen[0].name in map(str, seen[1]):
                break
        return seen

    def resolve_pointer(self) -> Path:
        """The folder that the pointer names; the pointer itself where it leads round in a circle."""
        try:
            return self.pointer.resolve()
        except (OSError, RuntimeError):
            return self.pointer

    def read_served(self) -> list[int] | None:
        """The numbers that the pointer may name: none if the file is damaged; None without it, as any may be then."""
        try:
            numbers = json.loads(self.served.read_bytes())["generations"]
            return [int(number) for number in numbers]
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError):
            return []

    def require_current(self) -> Generation:
        """The generation that is served; raises HomeError with the cure where nothing has been published."""
        generation = self.find_current()
        if generation is None:
            raise HomeError(f"nothing is published in {self.root}; publish a first generation with: c360 run")
        return generation

    def list_numbers(self) -> list[int]:
        """The numbers of all generation folders, whole or not."""
        return [int(p.name) for p in self.generations.glob("*") if p.name.isdigit()]

    def next_number(self) -> int:
        """The number the next generation gets: one above the highest there is."""
        return max(self.list_numbers(), default=0) + 1


def require_own_files(generation: Generation) -> Generation:
    """The generation; raises HomeError where its folder holds what was not published with it, or lacks what was."""
    try:
        strangers, damaged = generation.list_strangers(), list_damaged(generation)
    except (OSError, ValueError, KeyError, TypeError) as error:
        name = getattr(error, "filename", None) or generation.folder / MANIFEST
        cure = "serve another generation by: c360 rollback NUMBER"
        raise HomeError(f"{name} cannot be read ({type(error).__name__}); {cure}") from None
    if strangers:
        raise HomeError(
            f"{generation.folder} holds {', '.join(strangers)}, which was not published with it and could change what"
            " is read; remove it, then run: c360 verify"
        )
    if damaged:
        raise HomeError(f"{', '.join(map(str, damaged))}: missing or damaged; {CURE}")
    return generation


def list_damaged(generation: Generation) -> list[Path]:
    """Its files of rows that are gone, have another size than when they were published, or are no databases any more.

    Raises:
        OSError, ValueError, KeyError, TypeError: one of them, or the manifest, cannot be read.
    """
    manifest = generation.require_manifest()
    sizes = manifest.get("bytes", {})  # those of before have none
    damaged = []
    for path in (generation.folder / name for name in sorted(manifest["files"]) if name.endswith(ROWS)):
        size = path.stat().st_size if path.is_file() else None
        name, is_database = path.relative_to(generation.folder).as_posix(), path.suffix == ".duckdb"
        if size is None or size != sizes.get(name, size) or (is_database and read_head(path) != MAGIC):
            damaged.append(path)
    return damaged


def read_head(database: Path) -> bytes:
    """The letters that say what a file is."""
    with database.open("rb") as file:
        return file.read(12)[8:]


def point_to(home: Home, number: int) -> None:
    """Swap the pointer; call it with the lock held.

    While the swap is under way, `served.json` allows the old generation and the new one, and then the new alone: at
    each moment the pointer names one that may be named. All that takes room is written before the swap.
    """
    old = {int(name)} if (name := home.resolve_pointer().name).isdigit() else set()
    remove_unfinished(home.served)
    write_whole(home.served, allow([*old, number]))
    with replacing(home.served) as last:
        last.write_text(allow([number]), "utf-8")
        sync(last)
        fresh = home.root / ".current.new"
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(Path("generations") / str(number))
        fresh.replace(home.pointer)
        sync(home.root)


def allow(numbers: Iterable[int]) -> str:
    """What `served.json` says where the pointer may name these."""
    return json.dumps({"generations": sorted(set(numbers))})


def remove_folder(folder: Path) -> None:
    """Remove a folder and all in it, generations too, whose folders cannot be written."""
    for part in (folder, *folder.rglob("*")):
        if part.is_dir() and not part.is_symlink():
            part.chmod(0o700)
    shutil.rmtree(folder)


def clear_work(home: Home) -> None:
    """Remove what earlier runs left in the work folder; call it only with the lock held."""
    for path in home.work.glob("*"):
        if path.is_dir() and not path.is_symlink():
            remove_folder(path)
        else:
            path.unlink()
