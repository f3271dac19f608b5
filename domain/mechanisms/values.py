"""Values of the metadata that are of one kind, whatever they tune."""

import json
from datetime import datetime
from enum import StrEnum
from typing import TypeVar, cast

from domain.errors import InvalidAddressError
from domain.mechanisms.s3.names import Names

_Word = TypeVar("_Word", bound=StrEnum)


def word(names: Names, name: str, words: type[_Word]) -> _Word | None:
    """One of the words, in any case. Raises InvalidAddressError."""
    text = names.text(name)
    if text is None:
        return None
    try:
        return words(text.casefold())
    except ValueError:
        known = ", ".join(words)
        raise InvalidAddressError(f"{name} must be one of {known}") from None


def texts(names: Names, name: str, what: str) -> tuple[str, ...]:
    """A list of texts, the JSON text of one, or a single text.

    Raises InvalidAddressError, saying `what` they are.
    """
    found = names.get(name)
    if found is None:
        return ()
    value = found[1]
    if isinstance(value, str):
        value = _listed(value)
    if not isinstance(value, list | tuple):
        raise InvalidAddressError(f"{name} must be a list of {what}")
    given = tuple(cast("list[object]", value))
    if not all(isinstance(each, str) for each in given):
        raise InvalidAddressError(f"{name} must be a list of {what}")
    return cast("tuple[str, ...]", given)


def moment(names: Names, name: str) -> datetime | None:
    """A time of ISO 8601 with its offset. Raises InvalidAddressError."""
    text = names.text(name)
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.utcoffset() is None:
        raise InvalidAddressError(f"{name} must be a time of ISO 8601 with its offset")
    return found


def _listed(text: str) -> object:
    try:
        read: object = json.loads(text)
    except (ValueError, RecursionError):
        return [text]
    return cast("object", read) if isinstance(read, list) else [text]
