"""Deletions of a mirror: what the destination has and the source has not. Pure.

Never by default, never more than was allowed, and only from two whole listings.
"""

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from typing import Protocol

from pydantic import Field

from domain.message import Message
from domain.transfer.filters import Selection

# Where neither a number nor a percentage was given, and nobody approves the plan.
DEFAULT_PERCENT = 10


class Deletion(Message):
    """What may be deleted, and how much of it at most.

    `excluded`: also what the filters leave out. `most` counts objects; `most_percent`
    is of the objects below the destination's prefix.
    """

    excluded: bool = Field(default=False, exclude_if=lambda value: not value)
    most: int | None = Field(default=None, ge=0, exclude_if=lambda value: value is None)
    most_percent: float | None = Field(
        default=None, ge=0, le=100, exclude_if=lambda value: value is None
    )


class Doomed(Message):
    """An object to delete: only while it is still this one.

    `source_key` is asked for once more before: what the source has again stays. None
    where it may well be there.
    """

    object_id: str
    key: str
    size_bytes: int
    etag: str
    source_key: str | None = None


class Known(Protocol):
    """What a listing tells of an object."""

    @property
    def size_bytes(self) -> int:
        """Its size."""
        ...

    @property
    def modified_at(self) -> datetime | None:
        """When it was last written, by the clock of its storage."""
        ...


def is_extra(
    name: str,
    there: Known,
    here: Known | None,
    selection: Selection,
    deletion: Deletion,
) -> bool:
    """Whether the destination's object goes.

    Args:
        name: what follows the prefixes, on both sides alike; the marker of the
            destination's own folder has none, and stays.
        there: the destination's object.
        here: the source's of the same name, if it has one.
        selection: the filters. What they leave out, of either side, stays unless
            `deletion.excluded`.
        deletion: what was asked for.
    """
    if not name:
        return False
    if here is not None:
        left_out = selection.skips(name, here.size_bytes, here.modified_at)
        return deletion.excluded and left_out is not None
    left_out = selection.skips(name, there.size_bytes, there.modified_at)
    return deletion.excluded or left_out is None


def too_many(
    deletion: Deletion, deletes: int, listed: int, *, approved: bool
) -> str | None:
    """Why so many of the `listed` objects may not be deleted; None where they may.

    `approved`: somebody looks at the plan before it runs, so that only what was said
    limits it.
    """
    most, percent = deletion.most, deletion.most_percent
    if most is not None and deletes > most:
        return f"{deletes} objects would be deleted, at most {most} may be"
    if percent is None and most is None and not approved:
        percent = DEFAULT_PERCENT
    if percent is not None and deletes * 100 > percent * listed:
        of = f"{deletes} of {listed} objects would be deleted"
        return f"{of}, at most {percent:g} % may be"
    return None


def digest(before: str, doomed: Iterable[Doomed]) -> str:
    """The digest of the list so far and of what is added to it, in hexadecimal.

    Whoever approves it approves these keys with these ETags, in this order, and no
    other: each link is the SHA-256 of the one before and of the lines that follow.
    """
    link = sha256(before.encode())
    for each in doomed:
        link.update(f"{len(each.key)} {each.key} {each.etag}\n".encode())
    return link.hexdigest()
