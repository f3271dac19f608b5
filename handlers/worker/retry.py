"""Tries again what may succeed: exponential delay with full jitter."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from domain.errors import DataPlaneError

_FIRST_SECONDS = 0.2
_LONGEST_SECONDS = 10.0

_T = TypeVar("_T")


async def retried(attempts: int, effect: Callable[[], Awaitable[_T]]) -> _T:
    """The effect's result, after at most `attempts` tries of what is retryable."""
    for attempt in range(1, attempts + 1):
        try:
            return await effect()
        except DataPlaneError as error:
            if not error.retryable or attempt == attempts:
                raise
        longest = min(_FIRST_SECONDS * 2**attempt, _LONGEST_SECONDS)
        await asyncio.sleep(random.uniform(0, longest))  # noqa: S311 (jitter)
    raise AssertionError  # pragma: no cover (the loop returns or raises)
