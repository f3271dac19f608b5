"""Work that is not to be left half done by a connection that breaks."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

_T = TypeVar("_T")


async def to_its_end(
    work: Coroutine[Any, Any, _T], put_down: Callable[[], None] = lambda: None
) -> _T:
    """The work's result. A cancelled caller asks it to end, and waits until it has."""
    task = asyncio.create_task(work)
    cancelled = False
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            cancelled = True
            put_down()
    if cancelled:
        if not task.cancelled():
            # Looked at: nobody is left to hear of it.
            task.exception()
        raise asyncio.CancelledError
    return task.result()
