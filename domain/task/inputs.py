"""What is recorded of a task's inputs: everything but what is secret. Pure."""

import re
from collections.abc import Mapping
from typing import cast

from domain.errors import DataPlaneError, Side
from domain.task.events import Inputs

MASK = "***"
_MOST, _LONGEST_NAME, _LONGEST, _MOST_VALUES = 100, 128, 4096, 100
_SECRET = re.compile(
    r"secret|passw|token|access[-_]?key|api[-_]?key|private|authoriz|signature|bearer",
    re.IGNORECASE,
)
# `https://user:password@host`, and what a presigned URL is signed with.
_USER = re.compile(r"(://)[^/@\s]+@")
_SIGNED = re.compile(
    r"([?&][^=&#\s]*(?:sig|signature|token|secret|credential|key)[^=&#\s]*=)[^&#\s]+",
    re.IGNORECASE,
)


def invalid(detail: str) -> DataPlaneError:
    """`task.input-invalid`; the detail names the input, and never its value."""
    return DataPlaneError(detail, code="task.input-invalid", side=Side.CALLER)


def checked(inputs: Inputs) -> Inputs:
    """The inputs, if they can be recorded. Raises `task.input-invalid`."""
    if len(inputs) > _MOST:
        raise invalid(f"a task has at most {_MOST} inputs")
    for name, value in inputs.items():
        if not (name and name.isprintable() and len(name) <= _LONGEST_NAME):
            raise invalid("the name of an input must be printable, and short")
        values = (value,) if isinstance(value, str) else value
        if len(values) > _MOST_VALUES or any(len(each) > _LONGEST for each in values):
            raise invalid(f"{name} is too long")
        if any("\x00" in each for each in values):
            raise invalid(f"{name} must be text without NUL")
    return inputs


def masked(inputs: Inputs) -> Inputs:
    """As they may be recorded, shown and told to others."""
    return {name: _masked(name, value) for name, value in inputs.items()}


def _masked(name: str, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
    if _SECRET.search(name):
        return MASK
    if isinstance(value, str):
        return _without_secrets(value)
    return tuple(map(_without_secrets, value))


def _without_secrets(text: str) -> str:
    return _SIGNED.sub(rf"\1{MASK}", _USER.sub(rf"\1{MASK}@", text))


def texts(said: Mapping[str, object]) -> Inputs:
    """Inputs as JSON has them: numbers and truth values become text.

    Raises `task.input-invalid`.
    """
    return {name: _texts(name, value) for name, value in said.items()}


def _texts(name: str, value: object) -> str | tuple[str, ...]:
    if isinstance(value, list | tuple):
        return tuple(_text(name, each) for each in cast("list[object]", value))
    return _text(name, value)


def _text(name: str, value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value)
    raise invalid(f"{name} must be text, a number, true or false, or a list of these")
