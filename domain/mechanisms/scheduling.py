"""What the metadata says of a flow's share, its priority and its time."""

from pydantic import ValidationError
from pydantic.alias_generators import to_camel

from domain.errors import InvalidAddressError
from domain.mechanisms.s3.names import Names
from domain.mechanisms.values import moment, texts, word
from domain.scheduling.priority import MOST_URGENT, USUAL
from domain.scheduling.timing import DeadlineAction, Timing

_LONGEST_TENANT = 256


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
            windows=texts(names, "window", "windows"),
            deadline=moment(names, "deadline"),
            deadline_action=word(names, "deadlineAction", DeadlineAction)
            or DeadlineAction.REPORT,
        )
    except ValidationError as error:
        # Its own words, without what was sent.
        line = error.errors(include_input=False, include_url=False)[0]
        where = "window" if "windows" in line["loc"] else "".join(map(str, line["loc"]))
        said = line["msg"].removeprefix("Value error, ")
        where = f"{to_camel(where)}: " if where else ""
        raise InvalidAddressError(f"{where}{said}") from None
