"""Where the business is: it says what a phone without a country is, the zone of times, the currency to report in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import phonenumbers

from warehouse.drafting.columns.facts import speaks_german
from warehouse.drafting.questions import Asker, Question, choices
from warehouse.drafting.tables.model import SourceDraft
from warehouse.types.currencies import name_currency


@dataclass(frozen=True)
class Country:
    """What follows from where a business is."""

    code: str
    name: str
    zones: tuple[str, ...]
    currency: str


COUNTRIES = {
    country.code: country
    for country in (
        Country("HK", "Hong Kong", ("Asia/Hong_Kong",), "HKD"),
        Country("MO", "Macau", ("Asia/Macau",), "MOP"),
        Country("CN", "China", ("Asia/Shanghai",), "CNY"),
        Country("TW", "Taiwan", ("Asia/Taipei",), "TWD"),
        Country("JP", "Japan", ("Asia/Tokyo",), "JPY"),
        Country("KR", "Korea", ("Asia/Seoul",), "KRW"),
        Country("SG", "Singapore", ("Asia/Singapore",), "SGD"),
        Country("MY", "Malaysia", ("Asia/Kuala_Lumpur",), "MYR"),
        Country("IN", "India", ("Asia/Kolkata",), "INR"),
        Country("DE", "Germany", ("Europe/Berlin",), "EUR"),
        Country("AT", "Austria", ("Europe/Vienna",), "EUR"),
        Country("CH", "Switzerland", ("Europe/Zurich",), "CHF"),
        Country("FR", "France", ("Europe/Paris",), "EUR"),
        Country("ES", "Spain", ("Europe/Madrid",), "EUR"),
        Country("IT", "Italy", ("Europe/Rome",), "EUR"),
        Country("NL", "Netherlands", ("Europe/Amsterdam",), "EUR"),
        Country("GB", "United Kingdom", ("Europe/London",), "GBP"),
        Country("IE", "Ireland", ("Europe/Dublin",), "EUR"),
        Country("PL", "Poland", ("Europe/Warsaw",), "PLN"),
        Country("SE", "Sweden", ("Europe/Stockholm",), "SEK"),
        Country("DK", "Denmark", ("Europe/Copenhagen",), "DKK"),
        Country("NO", "Norway", ("Europe/Oslo",), "NOK"),
        Country(
            "US",
            "United States",
            ("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"),
            "USD",
        ),
        Country("CA", "Canada", ("America/Toronto", "America/Vancouver"), "CAD"),
        Country("AU", "Australia", ("Australia/Sydney", "Australia/Perth"), "AUD"),
        Country("NZ", "New Zealand", ("Pacific/Auckland",), "NZD"),
    )
}
USUAL = ("HK", "DE", "GB", "US", "CN", "TW")
TRADITIONAL = re.compile("[訂單號會員電話機買貨數量狀態時間額總幣戶稱產類]")
SIMPLIFIED = re.compile("[订单号会员电话机买货数状态时间额总币户称产类]")
SURE, AHEAD = 1.8, 1.0
"""Points that a country needs, and how many more than the next."""


@dataclass(frozen=True)
class Place:
    """Where the business is, and how that is known."""

    country: Country
    zone: str | None
    evidence: str
    is_open: bool = False
    """Nothing tells it, and nobody has answered."""


def score_countries(sources: Iterable[SourceDraft]) -> tuple[Counter[str], list[str]]:
    """Points for each country, from phones, currencies and the language of names; and what they come from.

    Several files say no more than one that says it: of each sort of evidence the strongest counts.
    """
    sorts: dict[str, Counter[str]] = {"phones": Counter(), "currencies": Counter(), "names": Counter()}
    said: list[str] = []
    for source in sources:
        for column in source.columns:
            facts = source.facts(column.name)
            if column.role == "phone":
                sorts["phones"] |= score_phones(facts.values, facts.phone_regions)
                said.append(f"phones of {source.name}")
            if column.role == "currency":
                sorts["currencies"] |= score_currencies(facts.values, facts.weights)
                said.append(f"currencies of {source.name}")
        if code := source.custom.get("currency"):
            sorts["currencies"] |= score_currencies([code], [1])
            said.append(f"the currency of {source.name}")
        names, why = score_names(source)
        sorts["names"] |= names
        said += [f"{why} in {source.name}"] if why else []
    return sum(sorts.values(), Counter()), list(dict.fromkeys(said))


def score_names(source: SourceDraft) -> tuple[Counter[str], str]:
    """Points by the language of the columns' names, and which it is."""
    names = " ".join(source.table.facts)
    if speaks_german(source.table.facts.values()):
        return Counter({"DE": 1.0, "AT": 0.7, "CH": 0.5}), "German names"
    if TRADITIONAL.search(names):
        return Counter({"HK": 0.8, "TW": 0.8}), "traditional Chinese"
    if SIMPLIFIED.search(names):
        return Counter({"CN": 1.5}), "simplified Chinese"
    return Counter(), ""


def score_phones(values: Sequence[str], regions: dict[str, float]) -> Counter[str]:
    """Points by the country codes that are written, and by the plan that most numbers without one are of."""
    points: Counter[str] = Counter()
    abroad = [value for value in values[:300] if value.strip().startswith(("+", "00"))]
    codes: Counter[str] = Counter()
    for value in abroad:
        try:
            code = phonenumbers.region_code_for_number(phonenumbers.parse(re.sub("^00", "+", value.strip())))
        except phonenumbers.NumberParseException:
            continue
        codes[code or ""] += 1
    for code, count in codes.items():
        if code in COUNTRIES and count >= 0.5 * len(abroad):
            points.update({code: 1.5})
    local = len(abroad) < 0.7 * len(values[:300])
    best = next(iter(regions.items()), None)
    if local and best and best[1] >= 0.7:
        near = [region for region, share in regions.items() if share >= best[1] - 0.08]
        for region in near:
            points.update({region: 1.2 / len(near) + 0.3})
    return points


def score_currencies(values: Sequence[str], weights: Sequence[int]) -> Counter[str]:
    """Points by the currency of most amounts."""
    counts: Counter[str] = Counter()
    for value, weight in zip(values, weights, strict=True):
        counts[name_currency(value) or ""] += weight
    usual, count = counts.most_common(1)[0] if counts else ("", 0)
    if count < 0.5 * counts.total():
        return Counter()
    at = [country.code for country in COUNTRIES.values() if country.currency == usual]
    return Counter({code: (1.5 if len(at) == 1 else 0.5) * (0.5 if code == "US" else 1) for code in at})


def is_ahead(points: Counter[str], order: Sequence[str], *, has_phones: bool) -> bool:
    """Is it clear which country it is? Without phones only the zone hangs on it, and neighbours have one."""
    if not order:
        return False
    least, ahead = (SURE, AHEAD) if has_phones else (1.5, 0.3)
    return points[order[0]] >= least and all(points[order[0]] >= points[code] + ahead for code in order[1:])


def decide_place(sources: Sequence[SourceDraft], asker: Asker) -> tuple[Place, list[Question]]:
    """Where the business is, and the questions that stay open; then the likeliest, or Hong Kong, is a stand-in."""
    points, said = score_countries(sources)
    order = [code for code, _ in points.most_common() if code in COUNTRIES]
    left: list[Question] = []
    if (said_so := asker.given.get("country", "").upper()) in COUNTRIES:
        country, why = COUNTRIES[said_so], "as answered"
        asker.answered["country"] = said_so
    elif is_ahead(points, order, has_phones=any(source.of("phone") for source in sources)):
        country, why = COUNTRIES[order[0]], ", ".join(said)
    else:
        likely = list(dict.fromkeys([*order[:4], *USUAL]))
        question = Question(
            "country",
            "where is the business? It says what a phone without a country code is, and where a day begins",
            choices(
                *(
                    (code, f"{COUNTRIES[code].name}: {COUNTRIES[code].zones[0]}, {COUNTRIES[code].currency}")
                    for code in likely
                )
            ),
            is_free=True,
        )
        answer = (asker.ask(question) or "").upper()
        country, why = COUNTRIES.get(answer, COUNTRIES[likely[0]]), "as answered"
        if answer not in COUNTRIES:
            return Place(country, None, "nothing tells it", is_open=True), [question]
    zone: str | None = country.zones[0]
    if len(country.zones) > 1 and any(source.has_naive_times for source in sources):
        pairs = [
            (name, f"in winter {ZoneInfo(name).key.partition('/')[2].replace('_', ' ')} time") for name in country.zones
        ]
        question = Question(
            "timezone",
            f"{country.name} has several time zones: in which are times that name none?",
            choices(*pairs),
            is_free=True,
        )
        zone = asker.ask(question)
        left += [] if zone else [question]
    return Place(country, zone, why), left
