"""Make contracts/reference/holidays.csv: holidays of Hong Kong in zh_HK, and the festivals of the lunar calendar.

    uv run --no-project --with holidays==0.109 python examples/make_holidays.py contracts/reference/holidays.csv

The library `holidays` is needed here alone. The same version gives the same file.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

YEARS = range(2010, 2032)
FESTIVALS = {
    "lunar_new_year": "農曆年初一", "qingming": "清明節", "buddha_birthday": "佛誕", "dragon_boat": "端午節",
    "mid_autumn": "中秋節", "double_ninth": "重陽節", "winter_solstice": "冬至",
}  # fmt: skip
"""What the library calls them, and their names."""
LOCAL = {"qingming": "ching_ming", "dragon_boat": "tuen_ng", "double_ninth": "chung_yeung"}
"""What Hong Kong calls some of them."""


def list_days() -> Iterator[tuple[date, str, str]]:
    """Day, kind and name: general holidays, as banks and schools keep them, and festivals, holidays or not.

    `optional` is the library's word for general holidays, `public` for those that every employer must give. Both asked
    together make it find days that neither has, as 3 October 2023.
    """
    from holidays import country_holidays
    from holidays.calendars.chinese import _ChineseLunisolar

    kept = country_holidays("HK", years=YEARS, language="zh_HK", categories=("optional",))
    yield from ((day, "public_holiday", name) for day, name in kept.items() if day.year in YEARS)
    lunar = _ChineseLunisolar()
    for year in YEARS:
        for festival, name in FESTIVALS.items():
            day, _ = getattr(lunar, f"{festival}_date")(year)
            yield day, LOCAL.get(festival, festival), name


def main(path: Path) -> None:
    """Write the file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(("day", "kind", "name"))
        out.writerows(sorted(list_days()))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
