"""Write the deliveries of the sample world, byte for byte the same for the same rows, and say where their dirt lies."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random

from examples.sample.dirt import Dirt, Row


def write_csv(path: Path, rows: list[Row], *, delimiter: str = ",", has_bom: bool = False) -> list[Dirt]:
    """Write rows as CSV with a header; a stray quote loses its partner."""
    lines = [join_fields(list(rows[0].values), delimiter)]
    for row in rows:
        line = join_fields(["" if v is None else v for v in row.values.values()], delimiter)
        if row.has_stray_quote:
            place = line.rindex('"')
            line = line[:place] + line[place + 1 :]
        lines.append(line)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes("".join(lines).encode("utf-8-sig" if has_bom else "utf-8"))
    return list_dirt(path, rows)


def join_fields(fields: list[str], delimiter: str) -> str:
    """One line of a CSV file."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerow(fields)
    return out.getvalue()


def write_jsonl(path: Path, rows: list[Row]) -> list[Dirt]:
    """Write rows as one JSON object a line; a truncated row ends half way, without a line feed."""
    lines = []
    for row in rows:
        line = json.dumps(row.values, ensure_ascii=False, separators=(",", ":"))
        lines.append(line[: len(line) * 2 // 3] if row.is_truncated else line + "\n")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes("".join(lines).encode())
    return list_dirt(path, rows)


def list_dirt(path: Path, rows: list[Row]) -> list[Dirt]:
    """The dirt of a file that was written, by record."""
    name = f"{path.parent.name}/{path.name}"
    return [Dirt(name, n, kind) for n, row in enumerate(rows, start=1) for kind in row.kinds]


def cut_by_days(rows: list[Row], start: date, end: date, step: int) -> Iterator[tuple[date, list[Row]]]:
    """Rows in chunks of `step` days named by their first day; a last short chunk joins its elder."""
    firsts = [start + timedelta(days=n) for n in range(0, (end - start).days + 1, step)]
    if len(firsts) > 1 and (end - firsts[-1]).days + 1 < step // 2:
        firsts.pop()
    for first, after in zip(firsts, [*firsts[1:], end + timedelta(days=1)], strict=True):
        chunk = [row for row in rows if first.isoformat() <= row.day < after.isoformat()]
        if chunk:
            yield first, chunk


def draw_time(rng: Random, start: date, end: date) -> str:
    """A local time between two days, waking hours only, as 2026-05-31T14:05:09."""
    day = start + timedelta(days=rng.randint(0, (end - start).days))
    return f"{day.isoformat()}T{rng.randint(8, 23):02d}:{rng.randint(0, 59):02d}:{rng.randint(0, 59):02d}"
