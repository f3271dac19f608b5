"""What the metadata says of a flow's share, its priority and its time."""

import json
from datetime import datetime
from typing import cast

from pydantic import ValidationError
from pydantic.alias_generators import to_camel

from domain.errors import InvalidAddressError
from domain.mechanisms.s3.names import Names
from domain.scheduling.priority import MOST_URGENT, USUAL
from domain.scheduling.timing import DeadlineAction, Timing

_LONGEST_TENANT = 256


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


def tenant(names: Names) -> str | None:
    """Whose share it uses. Raises InvalidAddressError."""
    text = names.text("tenant")
    if text is not None and not (len(text) <= _LONGEST_TENANT and text.isprintable()):
        raise InvalidAddressError("tenant must be printable, and short")
    return text


def priority(names: Names) -> int:
    """A whole number from 1 to 5. Raises InvalidAddressError."""
    found = names.number("priority")
    if found is None:
        return USUAL
    if found[1] not in range(1, MOST_URGENT + 1):
        raise InvalidAddressError("priority must be a whole number from 1 to 5")
    return int(found[1])


def timing(names: Names) -> Timing:
    """When it may copy, and by when it should be done. Raises InvalidAddressError."""
    try:
        return Timing(
            not_before=moment(names, "notBefore"),
            windows=_windows(names),
            deadline=moment(names, "deadline"),
            deadline_action=_action(names),
        )
    except ValidationError as error:
        # Its own words, without what was sent.
        line = error.errors(include_input=False, include_url=False)[0]
        where = "window" if "windows" in line["loc"] else "".join(map(str, line["loc"]))
        said = line["msg"].removeprefix("Value error, ")
        where = f"{to_camel(where)}: " if where else ""
        raise InvalidAddressError(f"{where}{said}") from None


def _windows(names: Names) -> tuple[str, ...]:
    """A list of texts, the JSON text of one, or a single window."""
    found = names.get("window")
    if found is None:
        return ()
    value = found[1]
    if isinstance(value, str):
        value = _listed(value)
    if not isinstance(value, list | tuple):
        raise InvalidAddressError("window must be a list of windows")
    windows = tuple(cast("list[object]", value))
    if not all(isinstance(each, str) for each in windows):
        raise InvalidAddressError("window must be a list of windows")
    return cast("tuple[str, ...]", windows)


def _listed(text: str) -> object:
    try:
        read: object = json.loads(text)
    except (ValueError, RecursionError):
        return [text]
    return cast("object", read) if isinstance(read, list) else [text]


def _action(names: Names) -> DeadlineAction:
    text = names.text("deadlineAction")
    try:
        return DeadlineAction((text or DeadlineAction.REPORT).casefold())
    except ValueError:
        known = ", ".join(DeadlineAction)
        raise InvalidAddressError(f"deadlineAction must be one of {known}") from None
