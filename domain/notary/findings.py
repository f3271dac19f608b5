"""What is wrong with a log, and where it begins."""

from collections.abc import Container
from enum import StrEnum
from typing import NamedTuple

from domain.message import Message
from domain.notary.encoding import split


class Wrong(StrEnum):
    """In which way a log is not what was signed."""

    ALTERED = "altered"
    REMOVED = "removed"
    INSERTED = "inserted"
    REORDERED = "reordered"
    TRUNCATED = "truncated"
    FORGED_SEAL = "forged-seal"
    MISSING_SEAL = "missing-seal"
    FORGED_EXPORT = "forged-export"
    UNREADABLE = "unreadable"


class Finding(Message):
    """The first bad position is this one; or lies between it and `until`.

    A seal that is not ours says nothing about single events: then all that is known is
    the page. The witness often knows more.
    """

    position: int
    until: int
    wrong: Wrong
    seal: int
    """The number of the seal that tells it, or that is wrong itself."""
    detail: str


class Difference(NamedTuple):
    """The first position at which two lists of entries disagree."""

    position: int
    wrong: Wrong
    found: bytes | None
    """The digest that is there."""


def difference(
    sealed: bytes, found: bytes, absent: Container[int] = ()
) -> Difference | None:
    """What is the first event that is not as it was sealed; None where all are.

    Events at `absent` positions may be missing: they are archived. Nothing may stand
    twice at a position, whichever of the two was sealed.
    """
    if sealed == found:
        return None
    again = _not_growing(found)
    other = _first_other(sealed, found, absent)
    if again and other:
        return other if other.position < again.position else again
    return again or other


def _not_growing(entries: bytes) -> Difference | None:
    before = None
    for position, digest in split(entries):
        if before is not None and position <= before:
            return Difference(position, Wrong.INSERTED, digest)
        before = position
    return None


def _first_other(
    sealed: bytes, found: bytes, absent: Container[int]
) -> Difference | None:
    wanted, there = dict(split(sealed)), dict(split(found))
    for position in sorted(wanted.keys() | there.keys()):
        was, now = wanted.get(position), there.get(position)
        if was == now or (now is None and position in absent):
            continue
        moved = was in there.values() or now in wanted.values()
        return Difference(position, _wrong(was, now, moved=moved), now)
    return None


def _wrong(was: bytes | None, now: bytes | None, *, moved: bool) -> Wrong:
    if moved:
        return Wrong.REORDERED
    if now is None:
        return Wrong.REMOVED
    return Wrong.INSERTED if was is None else Wrong.ALTERED
