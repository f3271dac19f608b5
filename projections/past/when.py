"""A moment of a flow's past: a position of the log, or a time of its recording."""

import re
from datetime import UTC, datetime
from typing import Final

from domain.errors import InvalidMessageError
from domain.message import Recorded

When = int | datetime

_POSITION: Final = re.compile(r"[0-9]{1,18}")


def parse(text: str, name: str) -> When:
    """Digits are a position, all else is a time of ISO 8601, in UTC without a zone.

    Raises InvalidMessageError; `name` is what the moment was said to be.
    """
    if _POSITION.fullmatch(text):
        return int(text)
    if "T" in text:
        # A plus that was not encoded in an URL is a space.
        text = text.replace(" ", "+")
    try:
        return in_utc(datetime.fromisoformat(text))
    except ValueError:
        raise InvalidMessageError(
            f"{name}: must be a position, or a time such as 2026-11-21T09:30:00Z"
        ) from None


def in_utc(moment: datetime) -> datetime:
    """The same moment; one without a zone is taken to be in UTC.

    Raises InvalidMessageError for one that UTC has no year for.
    """
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise InvalidMessageError(
            "a time must be in the years 1 to 9999 of UTC"
        ) from None


def is_after(recorded: Recorded, when: When) -> bool:
    """Whether an event came after the moment.

    The log is read up to the first one that did: clocks of several machines may tell
    times that are a little out of order, positions are what happened.
    """
    if isinstance(when, int):
        return recorded.position > when
    return recorded.metadata.recorded_at > when
