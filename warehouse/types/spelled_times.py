"""Dates and times with words or names in them, written again as ISO 8601: none of them can be mistaken for another.

Months by name, in the languages of the shops and desks that write them; years, months and days by their signs, with
the eras of Taiwan and Japan; halves of the day before the hour, as in 下午3:05; and ISO 8601 with a zone's name behind.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

WORDS = r"[^-0-9 :/.,TZ+]|[ T]\d{2}\.\d{2}\.\d{2}$"
"""What stands in every spelling of this module, and in few other dates."""
MONTHS = {
    name: number
    for number, line in enumerate(
        (
            "jan january januar jänner janvier janv enero ene gennaio gen janeiro januari",
            "feb february februar février fevrier févr fév febrero febbraio fevereiro fev februari",
            "mar march märz maerz mär mrz mars marzo março maart mrt",
            "apr april avril avr abril abr aprile",
            "may mai mayo maggio mag maio mei",
            "jun june juni juin junio giugno giu junho",
            "jul july juli juillet juil julio luglio lug julho",
            "aug august août aout agosto ago augustus",
            "sep sept september septembre septiembre settembre set setembro",
            "oct october oktober okt octobre octubre ottobre ott outubro out",
            "nov november novembre noviembre novembro",
            "dec december dezember dez décembre decembre déc diciembre dic dicembre dezembro",
        ),
        start=1,
    )
    for name in line.split()
}
ERAS = {"中華民國": 1911, "中华民国": 1911, "民國": 1911, "民国": 1911, "令和": 2018, "平成": 1988, "昭和": 1925}
"""The year before the first of each."""
MORNING = frozenset({"上午", "午前", "오전", "凌晨", "清晨", "早上", "am"})
AFTERNOON = frozenset({"下午", "午後", "오후", "晚上", "傍晚", "中午", "pm"})
NIGHT = frozenset({"晚上", "傍晚"})
"""Twelve of these is midnight to some, and noon is never meant."""
UTC = "GMT|UTC|UT|Z"
OFFSET = r"[+-](?:0\d|1[0-8])(?::?[0-5]\d)?"
CLOCK = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
ZONE = rf"(?P<zone>{UTC}|{OFFSET})"
TAIL = rf"(?:,? ?(?:at |um |T|- )?{CLOCK}(?: ?(?P<half>[AaPp])\.? ?[Mm]\.?)?(?: Uhr)?(?: ?{ZONE})?)?"
WORD = r"[^\W\d_]"
MONTH = rf"(?P<month>{WORD}{{3,12}})"
HALF = "(?P<half>" + "|".join(sorted((MORNING | AFTERNOON) - {"am", "pm"})) + ")"
DAY = r"(?P<day>\d{1,2})"
YEAR = r"(?P<year>\d{4})"
ISO = r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)[T ]"
SHAPES = (
    rf"(?:{WORD}+\.?,? )?{DAY}(?:st|nd|rd|th|er|\.)?[ /-](?:of |de )?{MONTH}\.?,?[ /-](?:de )?{YEAR}{TAIL}",
    rf"(?:{WORD}+\.?,? )?{MONTH}\.? {DAY}(?:st|nd|rd|th)?,? {YEAR}{TAIL}",
    # as `date` and Twitter write it: Sun Nov 01 10:00:00 +0000 2026
    rf"{WORD}{{3}},? {MONTH} {{1,2}}{DAY} {CLOCK}(?: {ZONE})? {YEAR}",
    # the date by its signs, or with the half of the day in words
    rf"(?:(?P<era>{'|'.join(ERAS)}) ?)?(?P<year>\d{{1,4}}|元)[年년/.-] ?(?P<month>\d{{1,2}})[月월/.-] ?{DAY}[日号號일]?"
    rf"(?: ?{HALF}? ?(?P<hour>\d{{1,2}})[:时時點点시]"
    r" ?(?:(?P<minute>\d{1,2})[:分분]? ?(?:(?P<second>\d{1,2})[秒초]?)?)?)?",
    # ISO 8601 with the name of a zone, which means something by itself only if it is UTC
    rf"{ISO}{CLOCK} ?(?P<zone>{OFFSET}|Z) ?(?:\[[\w/+-]+\]|[A-Z]{{3,5}})",
    rf"{ISO}{CLOCK} ?\[?(?P<zone>UTC|GMT)\]?",
    rf"{ISO}(?P<hour>\d{{2}})\.(?P<minute>\d{{2}})\.(?P<second>\d{{2}})",
)
MINGUO = re.compile(
    rf"(?P<year>\d{{2,3}})(?:[/.-]|(?=\d{{4}}$))(?P<month>\d{{1,2}})[/.-]?{DAY}(?: (?:{HALF} ?)?{CLOCK})?"
).fullmatch
READERS: tuple[Callable[[str], re.Match[str] | None], ...] = tuple(re.compile(shape).fullmatch for shape in SHAPES)
SIGNED = 3
"""Place of the shape whose year may be one of an era; without an era it has four digits."""


def spell_minguo(text: str) -> str | None:
    """A moment whose year counts from 1911, as in 115/11/01 or 1151101, as ISO 8601; None for any other text."""
    found = MINGUO(" ".join(text.split()))
    moment = read_moment(found.groupdict() | {"era": "民國"}) if found else None
    return None if moment is None or found is None else write(moment, found.groupdict())


def spell_plainly(text: str) -> str | None:
    """A moment with words in it as ISO 8601, with its offset if it says one; None for any other text."""
    bare = " ".join(text.split())
    for place, read in enumerate(READERS):
        if found := read(bare):
            parts = found.groupdict()
            if place == SIGNED and not parts["era"] and len(parts["year"]) < 4:
                return None
            moment = read_moment(parts)
            return None if moment is None else write(moment, parts)
    return None


def read_moment(parts: dict[str, str | None]) -> datetime | None:
    """The moment as written, of any zone; None if there is no such."""
    hour = read_hour(parts)
    if hour is None:
        return None
    name, era = str(parts["month"]).casefold(), ERAS.get(parts.get("era") or "", 0)
    month = int(name) if name.isdecimal() else MONTHS.get(name, 0)
    year = 1 if parts["year"] == "元" else int(str(parts["year"]))
    fraction = (parts.get("fraction") or "").ljust(6, "0")[:6]
    minute, second, micro = (int(part or 0) for part in (parts.get("minute"), parts.get("second"), fraction))
    try:
        # Its zone is written behind it, or is the contract's.
        return datetime(year + era, month, int(str(parts["day"])), hour, minute, second, micro)  # noqa: DTZ001
    except ValueError:
        return None


def read_hour(parts: dict[str, str | None]) -> int | None:
    """The hour of 24; None where the half of the day leaves it open or contradicts it."""
    hour, half = int(parts.get("hour") or 0), (parts.get("half") or "").lower()
    half = half + "m" if half in ("a", "p") else half
    if not half:
        return hour
    if not 1 <= hour <= 12 or (half in NIGHT and hour == 12):
        return None
    return hour % 12 + (12 if half in AFTERNOON else 0)


def write(moment: datetime, parts: dict[str, str | None]) -> str:
    """ISO 8601; of a text without a time the day alone."""
    if parts.get("hour") is None:
        return f"{moment:%Y-%m-%d}"
    zone = parts.get("zone") or ""
    return moment.isoformat(" ") + ("Z" if zone and zone[0].isalpha() else zone)
