"""When an object at the destination makes copying it again needless. Pure."""

from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Level(StrEnum):
    """What must hold of the destination's object, so that it stays as it is."""

    ALWAYS = "always"
    EXISTS = "exists"
    SIZE = "size"
    MTIME = "mtime"
    ETAG = "etag"


class Known(Protocol):
    """What a listing tells of an object. `etag` is unquoted, empty where unknown."""

    @property
    def size_bytes(self) -> int:
        """Its size."""
        ...

    @property
    def etag(self) -> str:
        """Its entity tag."""
        ...

    @property
    def modified_at(self) -> datetime | None:
        """When it was last written, by the clock of its storage."""
        ...


def up_to_date(level: Level, source: Known, there: Known | None) -> bool:
    """Whether the object that is there (None: none is) makes a copy needless.

    What is not known is not equal: in doubt the object is copied.
    """
    if there is None or level is Level.ALWAYS:
        return False
    if level is Level.EXISTS:
        return True
    if source.size_bytes != there.size_bytes:
        return False
    match level:
        case Level.SIZE:
            return True
        case Level.MTIME:
            return _as_new(source.modified_at, there.modified_at)
        case Level.ETAG:
            return bool(source.etag) and source.etag == there.etag


def _as_new(source: datetime | None, there: datetime | None) -> bool:
    return source is not None and there is not None and there >= source
