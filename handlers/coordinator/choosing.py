"""Which objects of a page are copied, and why the others are not."""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from domain.errors import DataPlaneError, PlanError
from domain.location import CopyOptions
from domain.transfer.filters import Skip
from domain.transfer.sync import Level, up_to_date
from handlers.ports import DestinationStore, ListedPage, ObjectInfo
from handlers.worker.retry import retried

_ATTEMPTS = 6
_PAGE_OBJECTS = 1000
_HEADS_AT_ONCE = 16


@dataclass(frozen=True)
class Chosen:
    """Of a page: what is copied, and how many are not, by reason."""

    objects: tuple[ObjectInfo, ...]
    skipped: Mapping[str, int]


@runtime_checkable
class Listable(Protocol):
    """A destination that also tells what it has."""

    async def list_page(self, cursor: str | None, limit: int) -> ListedPage:
        """The next objects below the location's prefix, in key order."""
        ...


class Counterparts(Protocol):
    """What the destination holds already."""

    async def find(self, keys: Sequence[str]) -> Mapping[str, ObjectInfo]:
        """Those of the keys that are there; each call goes on behind the last one."""
        ...


class Choice:
    """Judges the pages of a listing, in their order."""

    def __init__(
        self,
        options: CopyOptions,
        counterparts: Counterparts,
        source_prefix: str | None,
        destination_key: Callable[[str], str | None],
    ) -> None:
        """`destination_key` is that of a source key; None where it has no place."""
        self._selection = options.selection
        self._level = options.sync
        self._counterparts = counterparts
        self._prefix = source_prefix
        self._destination_key = destination_key

    async def of(self, page: Sequence[ObjectInfo]) -> Chosen:
        """Raises PlanError where a filter asks for times that the source hides."""
        skipped: Counter[str] = Counter()
        meant: list[ObjectInfo] = []
        for each in page:
            why = self._skips(each)
            if why is None:
                meant.append(each)
            else:
                skipped[why] += 1
        if self._level is Level.ALWAYS or not meant:
            return Chosen(tuple(meant), dict(skipped))
        kept = await self._outdated(meant)
        if len(kept) < len(meant):
            skipped[Skip.UP_TO_DATE] = len(meant) - len(kept)
        return Chosen(kept, dict(skipped))

    def _skips(self, each: ObjectInfo) -> Skip | None:
        if self._selection.needs_times and each.modified_at is None:
            raise PlanError("the source does not tell when its objects were modified")
        name = _name(each.key, self._prefix)
        return self._selection.skips(name, each.size_bytes, each.modified_at)

    async def _outdated(self, meant: Sequence[ObjectInfo]) -> tuple[ObjectInfo, ...]:
        keys = {each.key: self._destination_key(each.key) for each in meant}
        there = await self._counterparts.find([key for key in keys.values() if key])
        return tuple(
            each
            for each in meant
            if not up_to_date(self._level, each, there.get(keys[each.key] or ""))
        )


class ListedBeside:
    """The destination's listing, read in step with the source's: one page in memory.

    Both are in the order of their keys. A destination with an order of its own hides
    what it has, and such objects are copied again: never the other way round.
    """

    def __init__(self, store: Listable, heads: Counterparts, after: str | None) -> None:
        """`after` is the key behind which to begin; `heads` ask where it may not."""
        self._store = store
        self._heads = heads
        self._cursor = after
        self._waiting: deque[ObjectInfo] = deque()
        self._ended = False
        self._denied = False

    async def find(self, keys: Sequence[str]) -> Mapping[str, ObjectInfo]:
        """Those of the keys that are there."""
        found: dict[str, ObjectInfo] = {}
        for key in keys:
            there = await self._at(key)
            if self._denied:
                return await self._heads.find(keys)
            if there is not None:
                found[key] = there
        return found

    async def _at(self, key: str) -> ObjectInfo | None:
        while not self._denied:
            while self._waiting and self._waiting[0].key < key:
                self._waiting.popleft()
            if self._waiting or self._ended:
                break
            await self._read_on()
        first = self._waiting[0] if self._waiting else None
        return first if first is not None and first.key == key else None

    async def _read_on(self) -> None:
        cursor = self._cursor
        try:
            page = await retried(
                _ATTEMPTS, lambda: self._store.list_page(cursor, _PAGE_OBJECTS)
            )
        except DataPlaneError as error:
            if error.code != "storage.denied":
                raise
            self._denied = True
            return
        self._waiting.extend(page.objects)
        self._cursor, self._ended = page.cursor, page.cursor is None


class AskedOneByOne:
    """A HEAD per key: where nothing can be listed, or little is asked for."""

    def __init__(self, store: DestinationStore) -> None:
        """Asks the destination."""
        self._store = store

    async def find(self, keys: Sequence[str]) -> Mapping[str, ObjectInfo]:
        """Those of the keys that are there."""
        slots = asyncio.Semaphore(_HEADS_AT_ONCE)

        async def one(key: str) -> ObjectInfo | None:
            async with slots:
                try:
                    return await retried(_ATTEMPTS, lambda: self._store.head(key))
                except DataPlaneError as error:
                    if error.code != "storage.not-found":
                        raise
                    return None

        async with asyncio.TaskGroup() as group:
            tasks = {key: group.create_task(one(key)) for key in keys}
        found = {key: task.result() for key, task in tasks.items()}
        return {key: each for key, each in found.items() if each is not None}


def counterparts(
    store: DestinationStore, options: CopyOptions, after: str | None, *, many: bool
) -> Counterparts:
    """How to learn what the destination holds behind the key `after`.

    `many` says that whole prefixes are compared.
    """
    heads = AskedOneByOne(store)
    # A source without an end is asked for again and again, and may be late.
    if many and options.finite and isinstance(store, Listable):
        return ListedBeside(store, heads, after)
    return heads


def _name(key: str, prefix: str | None) -> str:
    if prefix is None:
        return key.rpartition("/")[2] or key
    return key.removeprefix(prefix)
