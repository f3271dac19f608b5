"""Options that say which objects are meant, and how they are compared."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from domain.transfer.sync import Level

_SIZE = re.compile(r"(\d+)\s*(?:([kmgt])(i?b)?|b)?", re.IGNORECASE)
_AGE = re.compile(r"(\d+)\s*([smhdw])", re.IGNORECASE)
_UNITS = "kmgt"
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def size(text: str) -> int:
    """Bytes: `500`, `64K` or `64KiB` (of 1024), `64KB` (of 1000)."""
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise typer.BadParameter("a size is like 500, 64K, 64KiB or 64KB")
    number, unit, rest = match.groups()
    step = 1000 if (rest or "").lower() == "b" else 1024
    power = _UNITS.index(unit.lower()) + 1 if unit else 0
    return int(number) * int(step**power)


def moment(text: str) -> str:
    """ISO 8601: of an age before now (`90m`, `36h`, `7d`), or of a time (UTC)."""
    return _moment(text, -1)


def ahead(text: str) -> str:
    """ISO 8601: of a while from now (`90m`, `36h`, `7d`), or of a time (UTC)."""
    return _moment(text, 1)


def _moment(text: str, sign: int) -> str:
    if match := _AGE.fullmatch(text.strip()):
        seconds = sign * int(match[1]) * _SECONDS[match[2].lower()]
        return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
    try:
        said = datetime.fromisoformat(text.strip())
    except ValueError:
        raise typer.BadParameter("a time is like 7d, 36h or 2026-11-21") from None
    return (said if said.tzinfo else said.replace(tzinfo=UTC)).isoformat()


Include = Annotated[
    list[str] | None,
    typer.Option("--include", help="Only what matches one of these patterns."),
]
Exclude = Annotated[
    list[str] | None, typer.Option("--exclude", help="Nothing that matches one.")
]
MinSize = Annotated[
    int | None, typer.Option("--min-size", parser=size, help="Such as 64KiB.")
]
MaxSize = Annotated[
    int | None, typer.Option("--max-size", parser=size, help="Such as 5GiB.")
]
NewerThan = Annotated[
    str | None, typer.Option("--newer-than", parser=moment, help="7d, or a time.")
]
OlderThan = Annotated[
    str | None, typer.Option("--older-than", parser=moment, help="36h, or a time.")
]
Sync = Annotated[
    Level, typer.Option("--sync", help="Leave what is there if this is the same.")
]


def tuning(**said: Any) -> dict[str, Any]:
    """Metadata of what was said: nothing of what was not."""
    return {name: value for name, value in said.items() if value not in (None, [], ())}
