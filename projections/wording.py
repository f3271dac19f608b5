"""Amounts and times in words, for sentences and tables. Pure."""

from datetime import UTC, datetime

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")
_STEP = 1024
# A unit, the seconds of the next smaller one, and its own.
_DURATIONS = (("d", 3600, 86_400), ("h", 60, 3600), ("min", 1, 60))
_SMALLER = {"d": "h", "h": "min", "min": "s"}


def size(number: float) -> str:
    """Bytes, for a person."""
    value = float(number)
    for unit in _UNITS[:-1]:
        if abs(value) < _STEP:
            return (
                f"{value:.0f} {unit}" if value == int(value) else f"{value:.1f} {unit}"
            )
        value /= _STEP
    return f"{value:.1f} {_UNITS[-1]}"


def duration(seconds: float) -> str:
    """Seconds, for a person: two units at most."""
    whole = round(seconds)
    for name, below, length in _DURATIONS:
        if whole >= length:
            rest = whole % length // below
            less = f" {rest:02} {_SMALLER[name]}" if rest and below else ""
            return f"{whole // length} {name}{less}"
    return f"{whole} s"


def moment(at: datetime) -> str:
    """A time, to the second."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def counted(number: int, name: str) -> str:
    """`1 part`, `2 parts`."""
    return f"{number} {name}" if number == 1 else f"{number} {name}s"
