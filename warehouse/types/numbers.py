"""Numbers and truth values as people and programs write them, in SQL expressions of DuckDB."""

from __future__ import annotations

from warehouse.types.sql_text import tidy

GROUPED = r"\d{1,3}(?:,\d{3})+"
"""Thousands in threes; `1,23` might be a decimal comma, so it is nothing."""
DIGITS = rf"(?:(?:{GROUPED}|\d+)(?:\.\d*)?|\.\d+)"
# ISO 4217, and RMB, which everyone writes
CODES = (
    "AED|AFN|ALL|AMD|ANG|AOA|ARS|AUD|AWG|AZN|BAM|BBD|BDT|BGN|BHD|BIF|BMD|BND|BOB|BRL|BSD|BTN|BWP|BYN|BZD|CAD|CDF|CHF|CLP|CNH|"
    "CNY|COP|CRC|CUP|CVE|CZK|DJF|DKK|DOP|DZD|EGP|ERN|ETB|EUR|FJD|FKP|GBP|GEL|GHS|GIP|GMD|GNF|GTQ|GYD|HKD|HNL|HRK|HTG|HUF|IDR|"
    "ILS|INR|IQD|IRR|ISK|JMD|JOD|JPY|KES|KGS|KHR|KMF|KPW|KRW|KWD|KYD|KZT|LAK|LBP|LKR|LRD|LSL|LYD|MAD|MDL|MGA|MKD|MMK|MNT|MOP|"
    "MRU|MUR|MVR|MWK|MXN|MYR|MZN|NAD|NGN|NIO|NOK|NPR|NZD|OMR|PAB|PEN|PGK|PHP|PKR|PLN|PYG|QAR|RMB|RON|RSD|RUB|RWF|SAR|SBD|SCR|"
    "SDG|SEK|SGD|SHP|SLE|SOS|SRD|SSP|STN|SVC|SYP|SZL|THB|TJS|TMT|TND|TOP|TRY|TTD|TWD|TZS|UAH|UGX|USD|UYU|UZS|VES|VND|VUV|WST|"
    "XAF|XCD|XOF|XPF|YER|ZAR|ZMW|ZWL"
)
SIGNS = r"(?:HKD?|USD?|NT|AU?|CA?|SG?|NZ|MOP|CN|RMB|JP|MX|R)?\p{Sc}|元|圓|圆|港元|港幣|港币|蚊|円|원"
MONEY = rf"\s*(?:[+-]?\s*{DIGITS}|{DIGITS}\s*-|\(\s*{DIGITS}\s*\))\s*"
"""What is left of an amount once its currency is a blank: `- 5`, `5 -`, `( 5 )`."""
TRUE, FALSE = "(?i)true|yes|y|t|1|是", "(?i)false|no|n|f|0|否"


def cast_integer(text: str) -> str:
    """Whole numbers: with a sign, `3.0`, `1,234`, full-width digits; NULL for fractions and what BIGINT cannot hold."""
    rare = tidy(text)
    return (
        f"CASE WHEN {text} IS NULL OR {text} = '' THEN NULL"
        rf" WHEN regexp_full_match({text}, '[+-]?\d+(\.0*)?') THEN try_cast({text} AS BIGINT)"
        rf" WHEN regexp_full_match({rare}, '[+-]?(\d+|{GROUPED})(\.0*)?')"
        f" THEN try_cast(replace({rare}, ',', '') AS BIGINT) END"
    )


def cast_number(text: str, target: str) -> str:
    """Numbers: also with an exponent, a currency around, a minus behind or brackets for it; infinity is no number."""
    rare = tidy(text)
    bare = f"regexp_replace(regexp_replace({rare}, '{SIGNS}', ' '), '(?i:{CODES})', ' ')"
    minus = f"CASE WHEN regexp_matches({rare}, '[-(]') THEN '-' ELSE '' END"
    digits = f"{minus} || regexp_replace({rare}, '[^0-9.]', '', 'g')"
    return (
        f"CASE WHEN {text} IS NULL OR {text} = '' THEN NULL"
        rf" WHEN regexp_full_match({text}, '[+-]?(\d+\.?\d*|\.\d+)') THEN {to_number(text, target)}"
        rf" WHEN regexp_full_match({rare}, '[+-]?(\d+\.?\d*|\.\d+)[eE][+-]?\d{{1,4}}') THEN {to_number(rare, target)}"
        f" WHEN regexp_full_match({bare}, '{MONEY}') THEN {to_number(digits, target)} END"
    )


def to_number(text: str, target: str) -> str:
    """Plain digits as a number; a DOUBLE overflows to infinity, which is no value."""
    value = f"try_cast({text} AS {target})"
    return f"nullif(nullif({value}, 'inf'::DOUBLE), '-inf'::DOUBLE)" if target == "DOUBLE" else value


def cast_boolean(text: str) -> str:
    """Truth values, in English and Chinese, and 1 and 0."""
    # no IN: DuckDB makes joins of long lists, and those compute what CASE would leave alone
    cases = [
        f"WHEN regexp_full_match({value}, '{words}') THEN {truth}"
        for value in (text, tidy(text))
        for words, truth in ((TRUE, "true"), (FALSE, "false"))
    ]
    return f"CASE WHEN {text} IS NULL OR {text} = '' THEN NULL {' '.join(cases)} END"
