"""Places that are given in turn: by fair shares of users, then of their uploads."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from domain.upload.fairness import Ledger, Places, Want, displaced, next_of, served

_LINGER_SECONDS = 0.5


@dataclass(eq=False)
class Waiter:
    """Somebody who waits; `turn` is whether its turn came, or it had to leave."""

    want: Want
    turn: "asyncio.Future[bool]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


@dataclass(frozen=True)
class _Left:
    """When a user left a place, and how many it had or wanted then."""

    at: float = 0.0
    most: int = 0


class FairQueue:
    """So many places at once, and of one upload no more than its share of them."""

    def __init__(self, count: int, per_upload: int) -> None:
        """All are free."""
        self._places = Places(count, per_upload)
        self._ledger = Ledger()
        self._waiting: list[Waiter] = []
        self._held: list[Want] = []
        self._left: dict[str, _Left] = {}
        self._timer: asyncio.TimerHandle | None = None

    @property
    def waiting(self) -> list[Want]:
        """Who waits, in the order of arrival."""
        return [each.want for each in self._waiting]

    @property
    def held(self) -> list[Want]:
        """Who has a place."""
        return self._held

    @asynccontextmanager
    async def place(self, want: Want) -> AsyncGenerator[bool]:
        """Wait for a place; False where the waiter was made to leave without one."""
        waiter = Waiter(want)
        self._waiting.append(waiter)
        self._serve()
        try:
            has = await waiter.turn
        except BaseException:
            self._gone(waiter)
            raise
        try:
            yield has
        finally:
            if has:
                self._leave(want)

    def make_room(self, newcomer: Want) -> bool:
        """Have somebody leave who has much more waiting; whether there was one."""
        number = displaced(self.waiting, newcomer)
        if number is None:
            return False
        waiter = self._waiting.pop(number)
        if not waiter.turn.done():
            waiter.turn.set_result(False)
        return True

    def _gone(self, waiter: Waiter) -> None:
        """Whoever waited was cancelled: before its turn, or just after it."""
        if waiter in self._waiting:
            self._waiting.remove(waiter)
            self._serve()
        elif not waiter.turn.cancelled() and waiter.turn.result():
            self._leave(waiter.want)

    def _leave(self, want: Want) -> None:
        user = want.user_id
        most = sum(each.user_id == user for each in (*self._held, *self.waiting))
        before = self._left.pop(user, _Left())
        # What it had is forgotten little by little: it may need fewer now.
        self._left[user] = _Left(time.monotonic(), max(most, before.most - 1))
        self._held.remove(want)
        self._serve()

    def _serve(self) -> None:
        places = replace(self._places, recent=self._recent())
        while self._waiting:
            number = next_of(self.waiting, self._held, places, self._ledger)
            if number is None:
                self._look_again()
                return
            waiter = self._waiting.pop(number)
            if waiter.turn.done():
                # Cancelled, and about to leave.
                continue
            self._ledger = served(self._ledger, waiter.want)
            self._held.append(waiter.want)
            waiter.turn.set_result(True)

    def _recent(self) -> dict[str, int]:
        long_ago = time.monotonic() - _LINGER_SECONDS
        # Who left last is at the end.
        while self._left and next(iter(self._left.values())).at < long_ago:
            del self._left[next(iter(self._left))]
        return {user: left.most for user, left in self._left.items()}

    def _look_again(self) -> None:
        """A place that is kept for somebody who is away is given when he stays away."""
        full = len(self._held) >= self._places.count
        if self._left and not full and self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(_LINGER_SECONDS, self._looked_again)

    def _looked_again(self) -> None:
        self._timer = None
        self._serve()
