"""All settings of all processes, in effect, with what is secret masked."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from pydantic_settings import BaseSettings

import gateway.settings
import handlers.settings
import projections.settings
import waybill.settings

_OWNERS: dict[str, type[BaseSettings]] = {
    "handlers": handlers.settings.Settings,
    "projections": projections.settings.Settings,
    "gateway": gateway.settings.Settings,
    "waybill": waybill.settings.Settings,
}


@dataclass(frozen=True)
class Setting:
    """One environment variable, and whose it is."""

    variable: str
    value: str
    owner: str


def effective() -> Iterator[Setting]:
    """Every setting once, with its value as the processes would read it now."""
    found: dict[str, tuple[str, list[str]]] = {}
    for owner, kind in _OWNERS.items():
        for name, value in kind().model_dump().items():
            variable = f"WAYBILL_{name.upper()}"
            found.setdefault(variable, (_masked(value), []))[1].append(owner)
    for variable, (value, owners) in sorted(found.items()):
        yield Setting(variable, value, ", ".join(owners))


def _masked(value: object) -> str:
    """Passwords in URLs are the only secrets that a setting may hold."""
    text = "" if value is None else str(value)
    parts = urlsplit(text) if "://" in text else None
    if parts is None or parts.password is None:
        return text
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{parts.username}:***@{place}"))
