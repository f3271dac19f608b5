"""Which objects of a page are copied, and why the others are not."""

import asyncio
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from domain.errors import DataPlaneError, PlanError
from domain.location import CopyOptions
from domain.transfer.filters import Skip
from domain.transfer.sync import Level, same_bytes, up_to_date
from handlers.coordinator.ahead import Listable
from handlers.coordinator.origins import Candidate
from handlers.ports import DestinationStore, ObjectInfo
from handlers.worker.retry import retried

_ATTEMPTS = 6
_PAGE_OBJECTS = 1000
_HEADS_AT_ONCE = 16


@dataclass(frozen=True)
class Chosen:
    """Of a page: what is copied, and how many are not, by reason."""

    objects: tuple[Candidate, ...]
    skipped: Mapping[str, int]


class Asked(Protocol):
    """A store, of either side."""

    async def head(self, key: str) -> ObjectInfo:
        """One object; `storage.not-found` where there is none."""
        ...


class Counterparts(Protocol):
    """What the destination holds already."""

    async def find(self, keys: Sequence[str]) -> Mapping[str, ObjectInfo]:
        """Those of the keys that are there; each call goes on behind the last one."""
        ...


class Choice:
    """Judges pages of candidates, in their order."""

    def __init__(
        self,
        options: CopyOptions,
        counterparts: Counterparts,
        source_prefix: str | None,
        stores: tuple[Asked, Asked],
    ) -> None:
        """`stores` are the source's and the destination's."""
        self._selection = options.selection
        self._level = options.sync
        self._counterparts = counterparts
        self._prefix = source_prefix
        self._heads = tuple(AskedOneByOne(each) for each in stores)

    async def of(self, page: Sequence[Candidate]) -> Chosen:
        """Raises PlanError where a filter asks for times that the source hides."""
        skipped: Counter[str] = Counter()
        meant: list[Candidate] = []
        for each in page:
            why = self._skips(each.found)
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

    def _skips(self, found: ObjectInfo) -> Skip | None:
        if self._selection.needs_times and found.modified_at is None:
            raise PlanError("the source does not tell when its objects were modified")
        name = name_below(found.key, self._prefix)
        return self._selection.skips(name, found.size_bytes, found.modified_at)

    async def _outdated(self, meant: Sequence[Candidate]) -> tuple[Candidate, ...]:
        there = dict(await self._counterparts.find([e.destination_key for e in meant]))
        here = {each.destination_key: each.found for each in meant}
        if self._level is Level.CHECKSUM:
            unsure = [
                key
                for key, found in here.items()
                if key in there and same_bytes(found, there[key]) is None
            ]
            await self._ask(unsure, here, there)
        return tuple(
            each
            for each in meant
            if not up_to_date(
                self._level,
                here[each.destination_key],
                there.get(each.destination_key),
            )
        )

    async def _ask(
        self,
        unsure: Sequence[str],
        here: dict[str, ObjectInfo],
        there: dict[str, ObjectInfo],
    ) -> None:
        """What a listing hides: the checksums that both storages keep."""
        of_source, of_destination = self._heads
        told = await of_source.find([here[each].key for each in unsure])
        there |= await of_destination.find(unsure)
        for key in unsure:
            found = told.get(here[key].key)
            # What has changed since it was listed is not what will be copied.
            if found is not None and found.etag == here[key].etag:
                here[key] = found


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

    def __init__(self, store: Asked) -> None:
        """Asks the store of either side."""
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


def name_below(key: str, prefix: str | None) -> str:
    """What filters are compared with: what follows the prefix, or the last name."""
    if prefix is None:
        return key.rpartition("/")[2] or key
    return key.removeprefix(prefix)
