"""Who is at an upload: many that write chunks of it, or one alone that does more."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from domain.errors import DataPlaneError, Side

# A body that brings nothing for so long may be one whose sender is gone.
_STALLED_SECONDS = 1.0
_PATIENCE_SECONDS = 15.0


class Hold:
    """One request at an upload, which another may ask to put it down."""

    def __init__(self) -> None:
        """Nothing moves yet."""
        self.moved_at = time.monotonic()
        self.put_down: Callable[[], None] = lambda: None
        self.came_bytes = 0
        # Whether it waits for its sender, and not for the disk, or for its turn.
        self.reads = False

    def moved(self, size_bytes: int) -> None:
        """Bytes have come."""
        self.moved_at = time.monotonic()
        self.came_bytes += size_bytes

    @property
    def stalled(self) -> bool:
        """Whether nothing has come for a while."""
        return time.monotonic() - self.moved_at > _STALLED_SECONDS


@dataclass
class _Place:
    holds: set[Hold] = field(default_factory=set[Hold])
    alone: bool = False
    waiting: int = 0
    # Of them, those that want to be alone: nobody else comes before them.
    urgent: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)


class Holds:
    """Of this process. Between processes the store's locks and the versions decide."""

    def __init__(self) -> None:
        """Nobody holds anything."""
        self._places: dict[str, _Place] = {}

    @asynccontextmanager
    async def shared(self, upload_id: str) -> AsyncGenerator[Hold]:
        """With others that write chunks of it. Raises `upload.busy`."""
        async with self._entered(upload_id, alone=False) as hold:
            yield hold

    @asynccontextmanager
    async def alone(self, upload_id: str) -> AsyncGenerator[Hold]:
        """With nobody else: whoever is there is asked to put it down, and waited for.

        What they have received by then is stored. Raises `upload.busy`.
        """
        async with self._entered(upload_id, alone=True) as hold:
            yield hold

    async def settle(self, upload_id: str) -> None:
        """Wait for those whose senders seem to be gone; not for those that go on."""
        place = self._places.get(upload_id)
        if place is not None and any(each.stalled for each in place.holds):
            async with self.alone(upload_id):
                pass

    @asynccontextmanager
    async def _entered(self, upload_id: str, *, alone: bool) -> AsyncGenerator[Hold]:
        place = self._places.setdefault(upload_id, _Place())
        hold = Hold()
        place.waiting += 1
        place.urgent += alone
        try:
            await _admitted(place, alone=alone)
        finally:
            place.waiting -= 1
            place.urgent -= alone
            # Whoever waits for those that wait to be alone may have to wait no more.
            self._left(upload_id, place)
        self._places[upload_id] = place
        place.holds.add(hold)
        place.alone = alone
        try:
            yield hold
        finally:
            place.holds.discard(hold)
            place.alone = False
            self._left(upload_id, place)

    def _left(self, upload_id: str, place: _Place) -> None:
        place.changed.set()
        place.changed = asyncio.Event()
        if not place.holds and not place.waiting:
            self._places.pop(upload_id, None)


async def _admitted(place: _Place, *, alone: bool) -> None:
    def free() -> bool:
        return not place.holds if alone else not (place.alone or place.urgent)

    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while not free():
                if alone:
                    _ask(place)
                await place.changed.wait()
    except TimeoutError:
        raise DataPlaneError(
            "another request is at this upload", code="upload.busy", side=Side.CALLER
        ) from None


def _ask(place: _Place) -> None:
    for each in place.holds:
        each.put_down()


class OneAtATime:
    """Turns by name; a name that nobody waits for is forgotten."""

    def __init__(self) -> None:
        """No turn is taken."""
        self._locks: dict[tuple[str, int], asyncio.Lock] = {}
        self._wanted: Counter[tuple[str, int]] = Counter()

    @asynccontextmanager
    async def turn(self, name: tuple[str, int]) -> AsyncGenerator[None]:
        """Wait for it, and have it."""
        lock = self._locks.setdefault(name, asyncio.Lock())
        self._wanted[name] += 1
        try:
            async with lock:
                yield
        finally:
            self._wanted[name] -= 1
            if not self._wanted[name]:
                del self._wanted[name], self._locks[name]
