"""Dates and times as people and programs write them, in SQL expressions of DuckDB.

The declared pattern is tried first, then ISO 8601, which can be mistaken for nothing else. Only without a declared
pattern other spellings are read, and 3/4/2026 only when the delivery itself shows which part is the day.
"""

from __future__ import annotations

from dataclasses import dataclass

from warehouse.duck import literal
from warehouse.types.patterns import DatePattern, read_pattern
from warehouse.types.sql_text import bind, tidy

Branch = tuple[str, str]
"""SQL: a condition, and the value where it holds."""
TIDY = "t"
"""How the branches of rare spellings name the text once it is made plain."""
DAY = r"\d{4}-\d{2}-\d{2}"
CLOCK = r"\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?"
OFFSET = r" ?(?:[Zz]|[+-](?:0\d|1[0-8])(?::?[0-5]\d)?)"
NAIVE = rf"{DAY}(?:[T ]{CLOCK})?"
AWARE = rf"{DAY}[Tt ]{CLOCK}{OFFSET}"
BASIC = r"\d{8}T\d{6}"
TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", " %H:%M:%S.%f")
TAIL = r"(?:(?:[T ]|, )\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,6})?)?(?: ?[AaPp]\.? ?[Mm]\.?| Uhr)?)?"
SHORT = rf"\d{{1,2}}[/.-]\d{{1,2}}[/.-]\d{{4}}{TAIL}"
LOOSE = (
    (rf"\d{{4}}[/.-]\d{{1,2}}[/.-]\d{{1,2}}{TAIL}", ("%Y/%m/%d",)),
    (rf"\d{{1,2}}[-/ ][A-Za-z]{{3,9}}[-/ ]\d{{4}}{TAIL}", ("%d/%b/%Y", "%d/%B/%Y")),
)
"""What a spelling looks like, and its strptime once the signs between its parts are slashes."""
ORDERS = {"dmy": "%d/%m/%Y", "mdy": "%m/%d/%Y"}
EXCEL, MINGUO = "excel", "minguo"
EPOCHS = {"seconds": "1e6", "milliseconds": "1e3", "microseconds": "1", "nanoseconds": "1e-3"}
"""Units of Unix times, and how many microseconds each has."""


@dataclass(frozen=True)
class Written:
    """How a column writes its dates or moments."""

    form: str | None = None
    """The declared pattern of the JDK's DateTimeFormatter."""
    order: str | None = None
    """`dmy` or `mdy`: what 3/4/2026 is."""
    epoch: str | None = None
    """Bare numbers are counted from a day: the unit, of EPOCHS, `any` or `excel`; or years are counted from 1911."""


@dataclass(frozen=True)
class Zones:
    """Where local times without an offset are (IANA names), and where a day without a time begins."""

    times: str
    days: str

    def to_utc(self, moment: str, has_time: str) -> str:
        """SQL: a naive local moment as naive UTC; `has_time` is SQL: does its text say a time?"""
        of_time = to_utc(moment, self.times)
        if self.times == self.days or has_time == "true":
            return of_time
        return f"CASE WHEN {has_time} THEN {of_time} ELSE {to_utc(moment, self.days)} END"


def cast_timestamp(text: str, written: Written, timezone: str, day_zone: str | None = None) -> str:
    """Moments as naive UTC; an offset in the value wins over the zone.

    A day without a time begins at midnight in `day_zone`, that of the business; by default it is `timezone`.
    """
    form, zones = written.form, Zones(timezone, day_zone or timezone)
    usual, rare = ([*declared_moments(v, form, zones), *iso_moments(v, form, zones)] for v in (text, TIDY))
    if is_iso_safe(form):
        rare += basic_moments(TIDY, timezone)
    if form is None:
        loose = loose_moments(TIDY, written.order)
        rare += [(when, zones.to_utc(then, says_clock(TIDY))) for when, then in loose]
    if written.epoch not in (None, MINGUO):
        rare += epoch_moments(TIDY, str(written.epoch), zones)
    return choose(text, usual, rare)


def cast_date(text: str, written: Written) -> str:
    """Days; of a moment, the day as written."""
    form = written.form
    usual, rare = (list_days(value, form) for value in (text, TIDY))
    if is_iso_safe(form):
        moment = f"CASE WHEN {iso_utc(TIDY)} IS NOT NULL THEN try_cast(left({TIDY}, 10) AS DATE) END"
        rare.append((f"regexp_full_match({TIDY}, '{NAIVE}|{AWARE}')", moment))
    if form is None:
        rare += [(when, f"{then}::DATE") for when, then in loose_moments(TIDY, written.order)]
    if written.epoch == EXCEL:
        rare += [(when, f"{then}::DATE") for when, then in epoch_moments(TIDY, EXCEL, Zones("UTC", "UTC"))]
    return choose(text, usual, rare)


def list_days(value: str, form: str | None) -> list[Branch]:
    """The declared pattern's branch for a day, and that of ISO 8601."""
    branches = [] if form is None else [declared_day(value, read_pattern(form))]
    if is_iso_safe(form):
        branches.append((f"regexp_full_match({value}, '{DAY}')", f"try_cast({value} AS DATE)"))
    return branches


def cast_time(text: str, form: str | None) -> str:
    """Times of day: the declared pattern, or HH:mm with seconds and their fraction."""
    branches = []
    if form is not None:
        when, then = declared(TIDY, read_pattern(form))
        branches.append((when, f"{then}::TIME"))
    shape = r"\d{1,2}:\d{2}(:\d{2}(\.\d{1,9})?)?"
    branches.append((f"regexp_full_match({TIDY}, '{shape}')", f"try_cast({TIDY} AS TIME)"))
    return choose(text, [], branches)


def choose(text: str, usual: list[Branch], rare: list[Branch]) -> str:
    """The first branch that fits: of the text as it is, else of TIDY; NULL for nothing and for what fits none."""
    quick, slow = (" ".join(f"WHEN {when} THEN {then}" for when, then in part) for part in (usual, rare))
    tidied = bind(TIDY, tidy(text), f"CASE {slow} END")
    return f"CASE WHEN {text} IS NULL OR {text} = '' THEN NULL {quick} ELSE {tidied} END"


def is_iso_safe(form: str | None) -> bool:
    """Whether ISO 8601 may be read besides the declared pattern: not if that is year, day, month."""
    return form is None or not read_pattern(form).is_day_first


def declared(value: str, pattern: DatePattern) -> Branch:
    """Whether a value looks like the declared pattern, and the moment it means: naive, or in UTC if it has a zone."""
    fits = f"regexp_full_match({value}, {literal(pattern.regex)})"
    zulu = f"regexp_replace({value}, 'Z$', '+00:00')" if pattern.has("%z") else value
    read = f"try_strptime({zulu}, {literal(pattern.strptime)})"
    return fits, f"timezone('UTC', {read})" if pattern.has("%z", "%Z") else f"try_cast({read} AS TIMESTAMP)"


def declared_moments(value: str, form: str | None, zones: Zones) -> list[Branch]:
    """The declared pattern's branch, in UTC."""
    if form is None:
        return []
    pattern = read_pattern(form)
    when, then = declared(value, pattern)
    has_time = "true" if pattern.has("%H", "%I") else "false"
    return [(when, then if pattern.has("%z", "%Z") or pattern.is_utc else zones.to_utc(then, has_time))]


def declared_day(value: str, pattern: DatePattern) -> Branch:
    """The declared pattern's branch for a day: the day as written, whatever zone stands behind it."""
    last = pattern.parts[-1]
    when, then = declared(value, pattern)
    if last.strptime in {"%z", "%Z"}:
        bare = f"regexp_replace({value}, {literal(f' ?(?:{last.regex})$')}, '')"
        form = DatePattern(pattern.parts[:-1]).strptime.rstrip()
        then = f"try_strptime({bare}, {literal(form)})"
    return when, f"{then}::DATE"


def iso_moments(value: str, form: str | None, zones: Zones) -> list[Branch]:
    """ISO 8601, in UTC."""
    if not is_iso_safe(form):
        return []
    naive = f"try_cast(replace({value}, ',', '.') AS TIMESTAMP)"
    return [
        (f"regexp_full_match({value}, '{NAIVE}')", zones.to_utc(naive, says_clock(value))),
        (f"regexp_full_match({value}, '{AWARE}')", iso_utc(value)),
    ]


def says_clock(value: str) -> str:
    """SQL: does a text that is a date, perhaps with a time, say one?"""
    return f"contains({value}, ':')"


def iso_utc(value: str) -> str:
    """ISO 8601 with an offset, or taken for UTC without one; DuckDB wants no blank before the offset, and capitals."""
    plain = rf"regexp_replace(replace(upper({value}), ',', '.'), ' ?(Z|[+-]\d{{2}}:?\d{{0,2}})$', '\1')"
    return f"timezone('UTC', try_cast({plain} AS TIMESTAMPTZ))"


def basic_moments(value: str, timezone: str) -> list[Branch]:
    """ISO 8601 without signs between, as in 20260228T101500Z."""
    cut = r"^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})"
    plain = rf"regexp_replace({value}, '{cut}', '\1-\2-\3 \4:\5:\6')"
    return [
        (f"regexp_full_match({value}, '{BASIC}')", to_utc(f"try_cast({plain} AS TIMESTAMP)", timezone)),
        (f"regexp_full_match({value}, '{BASIC}{OFFSET}')", iso_utc(plain)),
    ]


def loose_moments(value: str, order: str | None) -> list[Branch]:
    """Spellings that need no declaration, as naive moments."""
    # only the signs of the date, which come before the first blank or T
    plain = (
        rf"regexp_replace(regexp_replace({value}, '^(\w+)[-/. ](\w+)[-/. ](\d+)', '\1/\2/\3'), '(\d)T(\d)', '\1 \2')"
    )
    spaced = rf"regexp_replace(replace(replace({plain}, ', ', ' '), ' Uhr', ''), ',(\d+)$', '.\1')"
    spaced = rf"regexp_replace({spaced}, '(\d) ?([AaPp])\.? ?([Mm])\.?$', '\1 \2\3')"
    branches = []
    for shape, days in (*LOOSE, *([(SHORT, (ORDERS[order],))] if order else [])):
        forms = ", ".join(literal(day + time) for day in days for time in TIMES)
        branches.append((f"regexp_full_match({value}, {literal(shape)})", f"try_strptime({spaced}, [{forms}])"))
    return branches


def epoch_moments(value: str, epoch: str, zones: Zones) -> list[Branch]:
    """Moments counted from a day: Unix times, of any unit by their digits, or days as spreadsheets count them.

    Up to eleven digits are seconds (to the year 5138), up to fourteen milliseconds, to seventeen microseconds.
    """
    is_number = rf"regexp_full_match({value}, '-?\d{{1,19}}(?:\.\d{{1,9}})?|-?\d\.\d+[eE]\+?\d{{1,2}}')"
    number = f"try_cast({value} AS DOUBLE)"
    if epoch == EXCEL:
        # Up to 60 the days of 1900 are counted differently by different programs.
        days = f"CASE WHEN {number} >= 61 AND {number} < 2958466 THEN {number} END"
        milliseconds = f"to_milliseconds(CAST(round({days} * 86400000) AS BIGINT))"
        moment = f"(TIMESTAMP '1899-12-30' + {milliseconds})"
        return [(is_number, zones.to_utc(moment, f"{number} <> floor({number})"))]
    by_digits = f"CASE WHEN abs({number}) < 1e11 THEN 1e6 WHEN abs({number}) < 1e14 THEN 1e3"
    factor = f"{by_digits} WHEN abs({number}) < 1e17 THEN 1 ELSE 1e-3 END" if epoch == "any" else EPOCHS[epoch]
    micros = f"round({number} * {factor})"
    sound = f"CASE WHEN abs({micros}) < 2.5e17 THEN make_timestamp(CAST({micros} AS BIGINT)) END"
    return [(is_number, sound)]


def to_utc(moment: str, timezone: str) -> str:
    """A naive local moment as naive UTC."""
    if timezone in {"UTC", "Etc/UTC"}:
        return moment
    return f"timezone('UTC', timezone({literal(timezone)}, {moment}))"
