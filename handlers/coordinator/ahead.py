"""A listing whose next page is asked for while this one is worked on."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Protocol, runtime_checkable

from handlers.ports import ListedPage


@runtime_checkable
class Listable(Protocol):
    """A store, of either side, that tells what it has."""

    async def list_page(self, cursor: str | None, limit: int) -> ListedPage:
        """The next objects below the location's prefix, in key order."""
        ...


class ReadAhead:
    """One page ahead of its one reader, so that it holds two at most."""

    def __init__(self, store: Listable) -> None:
        """Asks nothing before it is asked."""
        self._store = store
        self._cursor: str | None = None
        self._coming: asyncio.Task[ListedPage] | None = None

    async def list_page(self, cursor: str | None, limit: int) -> ListedPage:
        """What the store would answer; asked anew where that had failed."""
        coming, self._coming = self._coming, None
        if coming is not None and cursor == self._cursor:
            page = await coming
        else:
            await _ended(coming)
            page = await self._store.list_page(cursor, limit)
        if page.cursor is not None:
            following = self._store.list_page(page.cursor, limit)
            self._cursor = page.cursor
            self._coming = asyncio.create_task(following)
        return page

    async def stop(self) -> None:
        """Ask nothing more."""
        coming, self._coming = self._coming, None
        await _ended(coming)


@asynccontextmanager
async def reading_ahead(store: Listable) -> AsyncGenerator[ReadAhead]:
    """The store's listing, to its end or as far as it is read."""
    ahead = ReadAhead(store)
    try:
        yield ahead
    finally:
        await ahead.stop()


async def _ended(task: asyncio.Task[ListedPage] | None) -> None:
    """Whatever it would have said."""
    if task is not None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
