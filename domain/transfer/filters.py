"""Which objects of a source are meant: patterns on keys, sizes, times. Pure."""

import re
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from fnmatch import translate
from functools import lru_cache
from typing import Annotated, Self

from pydantic import AwareDatetime, Field, StringConstraints, model_validator

from domain.message import Message

_ANYWHERE = "**"
_NOTHING = re.compile(r"(?!)")


class Skip(StrEnum):
    """Why an object that was listed is not copied."""

    EXCLUDED = "excluded"
    NOT_INCLUDED = "not-included"
    TOO_SMALL = "too-small"
    TOO_LARGE = "too-large"
    TOO_OLD = "too-old"
    TOO_NEW = "too-new"
    UP_TO_DATE = "up-to-date"


Pattern = Annotated[str, StringConstraints(min_length=1, max_length=1024)]
Patterns = tuple[Pattern, ...]
Size = Annotated[int, Field(ge=0)]


def _nothing(value: object) -> bool:
    return value is None or value == ()


class Selection(Message):
    """Which objects of the source are copied; by default all of them.

    Sizes are in bytes, both ends included; `modified_since` is included,
    `modified_before` is not.
    """

    include: Patterns = Field(default=(), max_length=100, exclude_if=_nothing)
    exclude: Patterns = Field(default=(), max_length=100, exclude_if=_nothing)
    min_size_bytes: Size | None = Field(default=None, exclude_if=_nothing)
    max_size_bytes: Size | None = Field(default=None, exclude_if=_nothing)
    modified_since: AwareDatetime | None = Field(default=None, exclude_if=_nothing)
    modified_before: AwareDatetime | None = Field(default=None, exclude_if=_nothing)

    @model_validator(mode="after")
    def _something_is_left(self) -> Self:
        least, most = self.min_size_bytes, self.max_size_bytes
        if least is not None and most is not None and least > most:
            msg = "minSizeBytes is more than maxSizeBytes"
            raise ValueError(msg)
        since, before = self.modified_since, self.modified_before
        if since is not None and before is not None and since >= before:
            msg = "modifiedSince is not before modifiedBefore"
            raise ValueError(msg)
        return self

    @property
    def needs_times(self) -> bool:
        """Whether it asks when an object was modified."""
        return self.modified_since is not None or self.modified_before is not None

    def skips(
        self, name: str, size_bytes: int, modified_at: datetime | None
    ) -> Skip | None:
        """Why the object is left out; None where it is meant.

        `name` is the key below the source's prefix. An object without a time passes
        every question about time: ask for it first where `needs_times`.
        """
        if any(matches(pattern, name) for pattern in self.exclude):
            return Skip.EXCLUDED
        if self.include and not any(matches(each, name) for each in self.include):
            return Skip.NOT_INCLUDED
        return self._size(size_bytes) or self._time(modified_at)

    def _size(self, size_bytes: int) -> Skip | None:
        if self.min_size_bytes is not None and size_bytes < self.min_size_bytes:
            return Skip.TOO_SMALL
        if self.max_size_bytes is not None and size_bytes > self.max_size_bytes:
            return Skip.TOO_LARGE
        return None

    def _time(self, modified_at: datetime | None) -> Skip | None:
        if modified_at is None:
            return None
        if self.modified_since is not None and modified_at < self.modified_since:
            return Skip.TOO_OLD
        if self.modified_before is not None and modified_at >= self.modified_before:
            return Skip.TOO_NEW
        return None


def matches(pattern: str, name: str) -> bool:
    """Whether the glob matches the name, letter for letter.

    `*` is any run of characters but slashes, `?` one of them, `[a-z]` and `[!a-z]` one
    of (not) these; `**` between slashes is any number of folders, also none. A pattern
    without a slash is compared with the last name alone, one with a slash (also a
    leading one) with the whole; one that ends in a slash means all that is below.
    """
    return _matches(_compiled(pattern), name.split("/"))


# A segment of a pattern; None is `**`.
_Segment = re.Pattern[str] | None


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> tuple[_Segment, ...]:
    anchored = "/" in pattern.removesuffix("/")
    segments = pattern.removeprefix("/").split("/")
    if segments[-1] in {"", _ANYWHERE}:
        # Below, not itself.
        segments[-1:] = [_ANYWHERE, "*"]
    if not anchored:
        segments.insert(0, _ANYWHERE)
    return tuple(
        None if each == _ANYWHERE else re.compile(translate(each)) for each in segments
    )


def _matches(pattern: Sequence[_Segment], name: Sequence[str]) -> bool:
    """Greedy: only the last `**` ever has to take more, so it never explodes."""
    at = taken = 0
    again: tuple[int, int] | None = None
    while taken < len(name):
        segment = pattern[at] if at < len(pattern) else _NOTHING
        if segment is None:
            again = at, taken
            at += 1
        elif segment.match(name[taken]):
            at, taken = at + 1, taken + 1
        elif again is not None:
            again = again[0], again[1] + 1
            at, taken = again[0] + 1, again[1]
        else:
            return False
    return all(each is None for each in pattern[at:])
