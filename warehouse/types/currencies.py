"""Currencies: ISO 4217 codes and minor units, and the signs and words that people write for them.

A sign may be that of several currencies (`$`, `¥`, `kr`): it names none, and fits each of them.
"""

from __future__ import annotations

from warehouse.duck import literal

# ISO 4217, and CNH and RMB, which everyone writes
CODES = (
    "AED|AFN|ALL|AMD|ANG|AOA|ARS|AUD|AWG|AZN|BAM|BBD|BDT|BGN|BHD|BIF|BMD|BND|BOB|BRL|BSD|BTN|BWP|BYN|BZD|CAD|CDF|CHF|CLP|CNH|"
    "CNY|COP|CRC|CUP|CVE|CZK|DJF|DKK|DOP|DZD|EGP|ERN|ETB|EUR|FJD|FKP|GBP|GEL|GHS|GIP|GMD|GNF|GTQ|GYD|HKD|HNL|HRK|HTG|HUF|IDR|"
    "ILS|INR|IQD|IRR|ISK|JMD|JOD|JPY|KES|KGS|KHR|KMF|KPW|KRW|KWD|KYD|KZT|LAK|LBP|LKR|LRD|LSL|LYD|MAD|MDL|MGA|MKD|MMK|MNT|MOP|"
    "MRU|MUR|MVR|MWK|MXN|MYR|MZN|NAD|NGN|NIO|NOK|NPR|NZD|OMR|PAB|PEN|PGK|PHP|PKR|PLN|PYG|QAR|RMB|RON|RSD|RUB|RWF|SAR|SBD|SCR|"
    "SDG|SEK|SGD|SHP|SLE|SOS|SRD|SSP|STN|SVC|SYP|SZL|THB|TJS|TMT|TND|TOP|TRY|TTD|TWD|TZS|UAH|UGX|USD|UYU|UZS|VES|VND|VUV|WST|"
    "XAF|XCD|XOF|XPF|YER|ZAR|ZMW|ZWL"
)
DOLLARS = (
    "AUD BBD BMD BND BSD BZD CAD FJD GYD HKD JMD KYD LRD MOP NAD NZD SBD SGD SRD TTD TWD USD XCD "
    "ARS CLP COP CUP DOP MXN UYU"
)
"""Dollars and pesos: `$` alone is any of them."""
SIGNS = {
    "$": DOLLARS, "HK$ HKD$ 港元 港幣 港币 港圓 港圆 蚊": "HKD", "US$ USD$ U$S U$ 美元 美金 美圓": "USD",
    "NT$ NTD NTD$ TWD$ 新台幣 新臺幣 新台币 台幣 臺幣 台币": "TWD", "A$ AU$ AUD$ 澳元 澳幣 澳币": "AUD",
    "C$ CA$ CAD$ CDN$ 加元 加幣 加币": "CAD", "S$ SG$ SGD$ 新元 坡幣 坡币": "SGD", "NZ$ NZD$ 紐元 纽元": "NZD",
    "MOP$ 澳門元 澳门元 葡幣 葡币": "MOP", "MX$ MEX$ MXN$": "MXN", "R$": "BRL",
    "¥": "JPY CNY CNH", "CN¥ RMB RMB¥ CNY¥ 人民币 人民幣 CNH": "CNY CNH", "JP¥ JPY¥ 円 日元 日圓 日円": "JPY",
    "元 圓 圆": "CNY CNH HKD TWD MOP", "€ EURO EUROS 歐元 欧元": "EUR",
    "£": "GBP EGP FKP GIP LBP SHP SSP SYP SDG", "STG £STG 英鎊 英镑": "GBP", "KR": "SEK NOK DKK ISK", "SKR": "SEK",
    "NKR": "NOK", "DKR": "DKK", "ZŁ ZL": "PLN", "KČ": "CZK", "FT": "HUF", "LEI LEU": "RON MDL", "ЛВ": "BGN",
    "FR SFR": "CHF", "RS ₨": "INR PKR LKR NPR MUR SCR", "₹": "INR", "RP": "IDR", "RM": "MYR", "₱": "PHP", "฿": "THB",
    "₫ Đ VNĐ": "VND", "₩ 원 韓元 韩元": "KRW", "₽ РУБ": "RUB", "₴": "UAH", "₺ TL": "TRY", "₪": "ILS", "₦": "NGN",
    "₵": "GHS", "₡": "CRC SVC", "₲": "PYG", "₸": "KZT", "₮": "MNT", "₾": "GEL", "֏": "AMD", "₼": "AZN", "৳": "BDT",
    "៛": "KHR", "₭": "LAK", "R": "ZAR", "S/": "PEN", "DH DHS": "AED MAD",
}  # fmt: skip
"""Signs and words, in capitals, and the currencies that each may be."""
FITTING = {mark: codes.split() for marks, codes in SIGNS.items() for mark in marks.split()}
NAMED = {mark: codes[0] for mark, codes in FITTING.items() if len(codes) == 1 or codes == ["CNY", "CNH"]}
"""Marks that name one currency."""
DOTTED = "Fr|SFr|Rs|kr|dh"
"""Signs that end in a point, as abbreviations do: the point is no decimal one."""
MINOR_UNITS = {
    **dict.fromkeys(
        [
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "UYI",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ],
        0,
    ),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
    **dict.fromkeys(["CLF", "UYW"], 4),
}
"""ISO 4217: how many decimal places a currency has, where it has not two. (CLDR's list is of those in use in shops.)"""
WIDE_SIGNS, NARROW_SIGNS = "＄￥￡￦", "$¥£₩"


def name_currency(text: str, usual: str | None = None) -> str | None:
    """The ISO 4217 code of a code, sign or word; an ambiguous sign is that of the `usual` currency, if it fits.

    What is not known comes back in capitals, so that no rate is found for it and people hear of it; None for nothing.
    """
    mark = text.strip().upper().rstrip(".").translate(str.maketrans(WIDE_SIGNS, NARROW_SIGNS))
    if mark in FITTING and usual in FITTING[mark]:
        return usual
    return NAMED.get(mark, mark) or None


def minor_units(currency: str | None) -> int | None:
    """Decimal places of a currency; None if it is none that we know."""
    if currency is None or currency not in {*CODES.split("|"), *MINOR_UNITS}:
        return None
    return MINOR_UNITS.get(currency, 2)


def match_marks() -> str:
    """A regular expression of every mark, in capitals."""
    return "|".join([CODES, *(escape(mark) for mark in sorted(FITTING, key=len, reverse=True))])


def match_fitting() -> str:
    """A regular expression of `mark=code` for every code that a mark may be; a code fits itself besides."""
    groups = []
    for marks, codes in SIGNS.items():
        either = "|".join(escape(mark) for mark in marks.split())
        groups.append(f"(?:{either})=(?:{'|'.join(codes.split())})")
    return "|".join(groups)


def escape(mark: str) -> str:
    """A mark as RE2 takes it."""
    return mark.replace("$", r"\$")


def name_in_sql(text: str) -> str:
    """SQL: the code that a text in capitals names, itself where it is no sign of one currency."""
    names = ", ".join(f"{literal(mark)}: {literal(code)}" for mark, code in NAMED.items())
    return f"coalesce(MAP {{{names}}}[{text}], {text})"


def fits(mark: str, currency: str) -> str:
    """SQL: may the mark stand for that currency?"""
    return f"({mark} = {currency} OR regexp_full_match({mark} || '=' || {currency}, '{match_fitting()}'))"


def row_currency(column: str, usual: str) -> str:
    """SQL of what `name_currency` gives: the code of a currency column; `usual` is SQL, too, and may be NULL."""
    word = f"nullif(rtrim(translate(upper(trim({column}::VARCHAR)), '{WIDE_SIGNS}', '{NARROW_SIGNS}'), '.'), '')"
    return f"CASE WHEN {fits(word, usual)} THEN {usual} ELSE {name_in_sql(word)} END"
