"""Email addresses: how they are shown, and the key by which two are the same mailbox.

The key alters only what cannot tell mailboxes apart: width, case, the spelling of an international domain, and the dots
of a Gmail address (Google delivers all of them to one account and lets nobody else have them). Tags after a plus stay:
families use them to tell people apart. No address is dropped for its domain: test data live at example.com.
"""

from __future__ import annotations

import re

import idna
import polars as pl

from transforms.values.per_distinct import list_distinct, map_distinct
from transforms.values.texts import fold_width

# Quotes, brackets and what stands between two addresses; a slash is allowed in an address, but never meant so.
BETWEEN = re.compile(r"[\s,;:/|<>()\[\]\"“”、。或]+")
LABEL_BEFORE = re.compile(r"^.*[\u2e80-\ud7ff\uf900-\uffef]")
LOCAL = re.compile(r"[^\s@]{1,64}")
DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})")
GMAIL = {"gmail.com", "googlemail.com"}

# Written where somebody has no address, whatever the domain …
NOBODY = {
    "none", "noemail", "nomail", "noemailaddress", "noreply", "donotreply", "null", "nil", "unknown",
    "anonymous", "test", "testing", "dummy", "fake", "invalid", "notprovided", "notapplicable", "notavailable",
    "nobody", "placeholder", "mailerdaemon", "postmaster", "asdf", "asdfgh", "qwerty",
    "undefined", "nan", "noone", "noname", "anon", "notgiven", "nocorreo", "declined", "refused", "donotemail",
    "keine", "kein", "keineemail", "keinemail", "keineangabe", "ohne", "unbekannt", "anonym", "onbekend", "anoniem",
    "geen", "geenemail", "aucun", "aucune", "pasdemail", "pasdemel", "sansemail", "sansmail", "inconnu", "anonyme",
    "nonrenseigne", "ninguno", "ninguna", "sincorreo", "sinemail", "sinmail", "notiene", "notienecorreo",
    "desconocido", "anonimo", "nessuno", "nessuna", "nenhum", "semmail", "sememail", "naotem",
    "無", "无", "沒有", "没有", "匿名", "未知", "不詳", "不详",
}  # fmt: skip
# … and only where the domain says the same or as little: `na@na.com` is nobody, `na@gmail.com` may be a Ms Na.
NOBODY_TWICE = {
    "a", "x", "na", "no", "nn", "nope", "abc", "abcd", "asd", "qwe", "qq", "foo", "bar", "temp", "tmp", "demo", "spam",
    "email", "mail", "info", "name", "user", "guest", "gast", "customer", "client", "me", "my", "example", "your",
    "youremail",
}  # fmt: skip
NOWHERE = {"example", "email", "domain", "yourdomain", "mydomain", "nowhere", "bar"}
"""Domains as they stand in a form's example; real people of test data live at example.com."""
FROM_A_FORM = {"user", "username", "name", "yourname", "firstname", "your", "youremail", "guest", "customer", "foo"}


def email_shown(s: pl.Series) -> pl.Series:
    """The addresses of a field as they are shown, joined with `; `; the trimmed field where there is none. Null: empty.

    An address in capitals throughout is shown in lower case, any other as it was written.
    """
    return map_distinct(s, show_addresses)


def email_key(s: pl.Series) -> pl.Series:
    """Match key of the first address in a field. Null: no address, or one that is nobody's."""
    return email_keys(s).list.first()


def email_keys(s: pl.Series) -> pl.Series:
    """Match keys of all addresses in a field, each once, in their order: List[String], empty where none is evidence."""
    return list_distinct(s, key_addresses)


def key_addresses(text: str) -> list[str]:
    """Match keys in one field."""
    keys = (key_address(address) for address in find_addresses(text))
    return list(dict.fromkeys(k for k in keys if k))


def find_addresses(text: str) -> list[str]:
    """What is written like an address in one field: `Name <a@b.hk>`, `mailto:a@b.hk?subject=x`, `a@b.hk / c@d.hk`."""
    folded = fold_width(text).replace(" @", "@").replace("@ ", "@")
    return [a for a in map(trim_address, BETWEEN.split(folded)) if a]


def trim_address(token: str) -> str:
    """A token without the label, quotes and full stop around it; empty if it cannot be an address."""
    local, at, domain = token.strip(".'`*").partition("@")
    local = LABEL_BEFORE.sub("", local) or local
    domain = domain.partition("?")[0].rstrip(".'`*-_")
    return f"{local.lstrip('.')}@{domain}" if at and LOCAL.fullmatch(local.lstrip(".")) and fold_domain(domain) else ""


def fold_domain(domain: str) -> str:
    """A domain in lower case ASCII (RFC 5891); empty if it cannot be one."""
    try:
        folded = domain.lower() if domain.isascii() else idna.encode(domain, uts46=True).decode()
    except (idna.IDNAError, UnicodeError):
        return ""
    return folded if len(folded) <= 253 and DOMAIN.fullmatch(folded) else ""


def show_addresses(text: str) -> str:
    """The addresses of one field; its text where there is none."""
    return "; ".join(map(show_address, find_addresses(text))) or fold_width(text)


def show_address(address: str) -> str:
    """An address as written, unless it shouts."""
    return address.lower() if address.isupper() else address


def key_address(address: str) -> str | None:
    """Match key of one address; None if it is nobody's."""
    local, _, domain = address.lower().partition("@")
    domain = fold_domain(domain)
    if is_nobody(local, domain):
        return None
    if domain in GMAIL:
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}@{domain}" if local else None


def is_nobody(local: str, domain: str) -> bool:
    """True if an address was typed to fill a field that wanted one."""
    word, place = re.sub(r"\+.*|[._-]", "", local), domain.partition(".")[0].replace("-", "")
    bare, half = word.rstrip("0123456789"), word[: len(word) // 2]
    is_run = len(word) > 2 and len(set(word)) == 1
    is_twice = (word in NOBODY_TWICE or word.isdigit()) and (place == word or place in NOBODY)
    is_copied = (word in FROM_A_FORM and place in NOWHERE) or (bare in NOBODY and place == bare)
    is_double = word == half * 2 and half in NOBODY
    return word in NOBODY or is_run or is_twice or is_copied or is_double
