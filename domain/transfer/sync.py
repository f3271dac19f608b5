"""When an object at the destination makes copying it again needless. Pure."""

import re
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Protocol

# Any other ETag may be equal by chance, or by two servers' counting alike.
_MD5 = re.compile(r"[0-9a-f]{32}")


class Level(StrEnum):
    """What must hold of the destination's object, so that it stays as it is."""

    ALWAYS = "always"
    EXISTS = "exists"
    SIZE = "size"
    MTIME = "mtime"
    ETAG = "etag"
    CHECKSUM = "checksum"


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
    def checksums(self) -> Mapping[str, str] | None:
        """Those of the whole object that its storage keeps, by algorithm.

        None: nobody has asked yet.
        """
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
    return _same(level, source, there)


def _same(level: Level, source: Known, there: Known) -> bool:
    """Of two objects of one size."""
    match level:
        case Level.MTIME:
            return _as_new(source.modified_at, there.modified_at)
        case Level.ETAG:
            return bool(source.etag) and source.etag == there.etag
        case Level.CHECKSUM:
            return same_bytes(source, there) is True
        case _:
            return True


def same_bytes(source: Known, there: Known) -> bool | None:
    """Whether both have the same bytes; None where nobody has asked for enough.

    An ETag that is an MD5, of both sides, is one of the checksums: a listing tells it.
    What one side alone keeps proves nothing.
    """
    if source.size_bytes != there.size_bytes:
        return False
    if source.etag == there.etag and _MD5.fullmatch(source.etag):
        return True
    if source.checksums is None or there.checksums is None:
        return None
    both = source.checksums.keys() & there.checksums.keys()
    return bool(both) and all(
        source.checksums[each] == there.checksums[each] for each in both
    )


def _as_new(source: datetime | None, there: datetime | None) -> bool:
    return source is not None and there is not None and there >= source
