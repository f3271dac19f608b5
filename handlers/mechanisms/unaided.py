"""Copies that a storage makes by itself, and what becomes of those that it does not."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from enum import StrEnum
from typing import Protocol, runtime_checkable

from domain.errors import StorageError
from domain.transfer.events import Route
from handlers.objects import Copied
from handlers.ports import ServerSide


class Kind(StrEnum):
    """What is put."""

    PART = "part"
    OBJECT = "object"


@runtime_checkable
class Remembers(Protocol):
    """Copies of a storage that may have no such request."""

    def lacks(self, kind: Kind) -> bool:
        """Whether it was seen to have none."""
        ...

    def learn_lack(self, kind: Kind) -> None:
        """It has none."""
        ...


async def copied(
    by_itself: ServerSide | None,
    kind: Kind,
    copy: Callable[[ServerSide], Awaitable[Copied]],
    relay: Callable[[], Awaitable[Copied]],
) -> Copied:
    """By the storage; or through us, where it cannot, and the route is told then.

    That it cannot is believed only when the same bytes have gone through us: a storage
    class that it does not have, for one, is refused with the same code by every route.
    """
    asked: object = by_itself
    remembers = asked if isinstance(asked, Remembers) else None
    if by_itself is not None and not (remembers and remembers.lacks(kind)):
        try:
            return await copy(by_itself)
        except StorageError as error:
            if error.code != "storage.unsupported":
                raise
    made = await relay()
    if remembers is not None:
        remembers.learn_lack(kind)
    return replace(made, route=Route.STREAM)
