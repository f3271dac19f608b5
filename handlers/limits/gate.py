"""So many at once, and no more."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager


class Gate:
    """Lets `limit` in at once, in the order of their coming; None: everybody."""

    def __init__(self, limit: int | None = None) -> None:
        """Nobody is in."""
        self.limit = limit
        self._inside = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    def change(self, limit: int | None) -> None:
        """From now on so many; who is in stays in."""
        self.limit = limit
        self._wake()

    @asynccontextmanager
    async def slot(self) -> AsyncGenerator[None]:
        """In, when there is room, until the block ends."""
        await self.enter()
        try:
            yield
        finally:
            self.leave()

    async def enter(self) -> None:
        """In, when there is room; to be followed by `leave`."""
        while self._full:
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self._wake()
                raise
        self._inside += 1
        # There may be room for more: a change of the limit wakes only one.
        self._wake()

    def leave(self) -> None:
        """Out: there is room for another."""
        self._inside -= 1
        self._wake()

    @property
    def inside(self) -> int:
        """How many are in."""
        return self._inside

    @property
    def waiting(self) -> int:
        """How many would come in, if there were room."""
        return sum(not turn.done() for turn in self._waiting)

    @property
    def _full(self) -> bool:
        return self.limit is not None and self._inside >= self.limit

    def _wake(self) -> None:
        while self._waiting and not self._full:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
