"""What is recorded of a task's inputs: everything but what is secret. Pure."""

import json
import re
from collections.abc import Mapping
from typing import cast

from domain.errors import DataPlaneError, Side
from domain.task.events import Inputs

MASK = "***"
_MOST, _LONGEST_NAME, _LONGEST, _MOST_VALUES = 100, 128, 4096, 100
# As JSON: it goes through the broker with the rest of the task, in one message.
_MOST_BYTES = 256 * 1024
# Half of a surrogate pair is no text: JSON can write it, UTF-8 cannot.
_NO_TEXT = re.compile("[\x00\ud800-\udfff]")
# `passes` and `bypass` say nothing secret.
_WORDS = (
    r"secret|passw|pass[-_]?(?:phrase|code|key)|(?<!by)(?<!com)pass(?![a-z])|pwd"
    r"|token|credential|access[-_]?key|api[-_]?key|private|authoriz|signature|bearer"
)
_SECRET = re.compile(_WORDS, re.IGNORECASE)
# They name an entry of the operator's file.
_NO_SECRET = re.compile(r"(?:source|destination)[-_]?credentials", re.IGNORECASE)
# What a presigned URL is signed with too. No two names overlap: it takes linear time.
_NAME = r"[^=?&#;\s]*"
_PARAMETER = re.compile(
    rf"([?&#;](?={_NAME}(?:{_WORDS}|sig|key)){_NAME}=)[^&#\s]+", re.IGNORECASE
)
# `https://user:password@`: a password that is not encoded may hold anything, so all up
# to the last `@` is taken for it. `host:9000/` has none, and neither has `[::1]/`.
_PASSWORD = re.compile(
    r"://(?!\[[0-9a-f:.]+\](?::\d+)?[/?#])(?![^/?#:\s]*:\d{1,5}[/?#])"
    r"""[^/?#:\s"<>]*:(?!//)""",
    re.IGNORECASE,
)
# `https://token@host/path@2`: a path and a query are no user's.
_USER = re.compile(r"""(://)[^/?#\s"<>]+@""")


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
        if any(map(_NO_TEXT.search, values)):
            raise invalid(f"{name} must be text, without NUL")
    return inputs


def masked(inputs: Inputs) -> Inputs:
    """As they may be recorded, shown and told to others."""
    return {name: _masked(name, value) for name, value in inputs.items()}


def bounded(inputs: Inputs) -> Inputs:
    """The inputs, as they are recorded, if they are not too large altogether.

    Raises `task.input-invalid`.
    """
    size = len(json.dumps(dict(inputs), ensure_ascii=False).encode())
    if size > _MOST_BYTES:
        raise invalid(f"the inputs are larger than {_MOST_BYTES} bytes altogether")
    return inputs


def _masked(name: str, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
    if _SECRET.search(name) and not _NO_SECRET.fullmatch(name):
        return MASK
    if isinstance(value, str):
        return _without_secrets(value)
    return tuple(map(_without_secrets, value))


def _without_secrets(text: str) -> str:
    return _PARAMETER.sub(rf"\1{MASK}", re.sub(r"\S+", _without_user, text))


def _without_user(word: re.Match[str]) -> str:
    before, at, host = word[0].rpartition("@")
    found = _PASSWORD.search(before) if at else None
    if found is None:
        return _USER.sub(rf"\1{MASK}@", word[0])
    return f"{before[: found.start()]}://{MASK}@{host}"


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
