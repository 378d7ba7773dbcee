"""Where a source's credentials come from: the environment alone, never the settings file."""

from __future__ import annotations

import json
import os
from urllib.parse import parse_qsl, unquote, urlsplit

from pipeline.errors import UsageError
from pipeline.sources.source import Subscription


def secret(subscription: Subscription, name: str) -> str:
    """A credential of a subscription, such as `api_key`.

    Looked up in this order: the variable that the option `<name>_env` names; `LEUMUND_<SOURCE>_<NAME>`; the Airflow
    connection `leumund_<source>` as Airflow takes it from the environment (`AIRFLOW_CONN_LEUMUND_<SOURCE>`, JSON or
    URI): its extra of that name, or its password, login or host for `password`, `login`, `host`.

    Raises:
        UsageError: it is nowhere set; says which variable to set.
    """
    source = subscription.source.upper()
    variable = subscription.options.get(f"{name}_env") or f"LEUMUND_{source}_{name.upper()}"
    found = os.environ.get(variable) or _from_connection(os.environ.get(f"AIRFLOW_CONN_LEUMUND_{source}", ""), name)
    if not found:
        raise UsageError(
            f"no {name}",
            where=subscription.name,
            remedy=f"Set the environment variable {variable} (never the settings file)",
        )
    return found.strip()


def _from_connection(text: str, name: str) -> str | None:
    """A part of an Airflow connection; its two written forms are described with `airflow connections`."""
    if text.lstrip().startswith("{"):
        parts = _object(text)
        value = _object(parts.get("extra")).get(name) or parts.get(name)
        return str(value) if value else None
    uri = urlsplit(text)
    named = {
        "login": unquote(uri.username or ""),
        "password": unquote(uri.password or ""),
        "host": uri.hostname,
        **dict(parse_qsl(uri.query)),
    }
    return named.get(name) or None


def _object(value: object) -> dict[str, object]:
    """A JSON object, also one written as text inside another; empty where it is none."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return {}
    return value if isinstance(value, dict) else {}
