"""Logins by the name of a connection, from the environment: in the variables that Airflow reads, too.

`AIRFLOW_CONN_SHOP` is the connection `shop`, as a URL or as JSON. Nothing of a login is ever part of a message.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from warehouse.connectors.seam import Login, PullError

PREFIX = "AIRFLOW_CONN_"


def read_environment(name: str) -> Login:
    """The login of a connection; an empty one where the contract names none, and the client's own files decide.

    Raises:
        PullError: there is no such variable, or it cannot be read.
    """
    if not name:
        return Login()
    variable = PREFIX + name.upper()
    text = os.environ.get(variable)
    if text is None:
        cure = f"set {variable}, as postgresql://user:password@host:5432/database https://:key@, or add it to Airflow"
        raise PullError(f"connection {name!r} is not known: {cure}")
    try:
        return read_json(json.loads(text)) if text.lstrip().startswith("{") else read_url(text)
    except (ValueError, TypeError, AttributeError):
        cure = "write a URL, with special characters of the password escaped by %, or Airflow's JSON"
        raise PullError(f"{variable} cannot be read; {cure}") from None


def read_url(text: str) -> Login:
    """A login that is written as a URL.

    Raises:
        ValueError: it is none.
    """
    parts = urlsplit(text)
    if not parts.scheme:
        raise ValueError("no scheme")
    user, password, host = (unquote(word or "") for word in (parts.username, parts.password, parts.hostname))
    options = dict(parse_qsl(parts.query))
    extra = json.loads(options.pop("__extra__", "{}"))  # Airflow writes nested extras so
    return Login(user, password, host, parts.port, unquote(parts.path.lstrip("/")), to_options(options | extra))


def read_json(fields: Mapping[str, Any]) -> Login:
    """A login that is written as JSON with Airflow's names."""
    extra = fields.get("extra") or {}
    return make_login(fields, json.loads(extra) if isinstance(extra, str) else extra)


def make_login(fields: Mapping[str, Any], extra: Mapping[str, Any]) -> Login:
    """A login of the fields of a connection: login, password, host, port, schema."""
    user, password, host = (str(fields.get(name) or "") for name in ("login", "password", "host"))
    port = int(fields["port"]) if fields.get("port") else None
    return Login(user, password, host, port, str(fields.get("schema") or ""), to_options(extra))


def to_options(extra: Mapping[str, Any]) -> dict[str, str]:
    """Options of a connection as texts; what is nested stays JSON."""
    nested = (dict, list, bool)
    return {key: json.dumps(value) if isinstance(value, nested) else str(value) for key, value in extra.items()}
