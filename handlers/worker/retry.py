"""Tries again what may succeed: a budget per code, exponential delay, full jitter."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from domain.errors import DataPlaneError

_T = TypeVar("_T")

# Beyond any longest delay; after a thousand, no float would hold it.
_MOST_DOUBLINGS = 40


def doubled(first_seconds: float, times: int, longest_seconds: float) -> float:
    """The delay after so many failures, without jitter."""
    return min(first_seconds * 2.0 ** min(times, _MOST_DOUBLINGS), longest_seconds)


@dataclass(frozen=True)
class Budget:
    """How often more than usual an effect is tried, and the delays between."""

    factor: float = 1.0
    first_seconds: float = 0.2
    longest_seconds: float = 10.0

    def attempts(self, usual: int) -> int:
        """At least two tries of what may succeed, unless only one is wanted."""
        return max(min(usual, 2), round(usual * self.factor))

    def delay(self, failures: int) -> float:
        """Seconds to wait after so many failures: anything up to the longest."""
        longest = doubled(self.first_seconds, failures, self.longest_seconds)
        return random.uniform(0, longest)  # noqa: S311 (jitter)


_USUAL = Budget()
_BUDGETS = {
    # The storage asks for patience, and has said that nothing is broken.
    "storage.throttled": Budget(factor=2.0, first_seconds=0.5, longest_seconds=30.0),
    # What is wrong twice, with all bytes sent, seldom gets right by itself.
    "storage.mismatch": Budget(factor=0.8),
}


async def retried(attempts: int, effect: Callable[[], Awaitable[_T]]) -> _T:
    """The effect's result, after tries of what is retryable: usually `attempts`.

    Each code has its own budget, and its failures are counted apart. Raises what the
    effect raised at last.
    """
    failures: Counter[str] = Counter()
    while True:
        try:
            return await effect()
        except DataPlaneError as error:
            failures[error.code] += 1
            budget = _BUDGETS.get(error.code, _USUAL)
            if not error.retryable or failures[error.code] >= budget.attempts(attempts):
                raise
            delay = budget.delay(failures.total())
        await asyncio.sleep(delay)
