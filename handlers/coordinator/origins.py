"""Where the keys of a transfer come from: the source's listing, or a list of names."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from domain.errors import DataPlaneError, InvalidAddressError, Side, StorageError
from domain.transfer.manifest import Row
from handlers.coordinator.ahead import Listable
from handlers.coordinator.places import Places
from handlers.ports import ObjectInfo, SourceStore
from handlers.worker.retry import retried

PAGE_OBJECTS = 1000
_ATTEMPTS = 6
_HEADS_AT_ONCE = 16


@dataclass(frozen=True)
class Candidate:
    """An object that may be copied, pinned to what was found, and its place."""

    found: ObjectInfo
    destination_key: str


@dataclass(frozen=True)
class Lost:
    """An object that was named and cannot be copied: `code` is of the catalogue."""

    key: str
    version_id: str | None
    destination_key: str
    code: str
    detail: str
    side: Side = Side.SOURCE
    size_bytes: int = 0
    etag: str = ""


@dataclass(frozen=True)
class Page:
    """Some objects, and where to go on. `ended`: nothing follows, as far as is known.

    The cursor is the origin's own; it stays good after any restart.
    """

    candidates: tuple[Candidate, ...]
    cursor: str | None
    ended: bool
    lost: tuple[Lost, ...] = ()


class Origin(Protocol):
    """Names what may be copied, a page at a time."""

    @property
    def ordered(self) -> bool:
        """Whether all below a prefix comes, in the order of the keys."""
        ...

    async def page(self, cursor: str | None) -> Page:
        """What follows the cursor; None is the beginning."""
        ...


class Listing:
    """What the source lists. Without an end, what came last is where to go on."""

    ordered = True

    def __init__(self, store: Listable, places: Places, *, finite: bool) -> None:
        """Lists what the source's location means."""
        self._store = store
        self._places = places
        self._finite = finite

    async def page(self, cursor: str | None) -> Page:
        """The next objects, in key order."""
        listed = await retried(
            _ATTEMPTS, lambda: self._store.list_page(cursor, PAGE_OBJECTS)
        )
        after = listed.cursor
        if after is None and not self._finite:
            after = listed.objects[-1].key if listed.objects else cursor
        candidates = tuple(
            Candidate(each, key)
            for each in listed.objects
            if (key := self._places.destination(each.key)) is not None
        )
        return Page(candidates, after, listed.cursor is None)


class Names(Protocol):
    """A list of names, read in pages."""

    async def read(self, cursor: str | None) -> tuple[Sequence[Row], str | None]:
        """The next rows, and where to go on (None: at the end)."""
        ...

    def wrong(self, row: Row, how: str) -> DataPlaneError:
        """The error that ends the transfer because of the row."""
        ...


@runtime_checkable
class Versioned(Protocol):
    """A source that can be asked for a version of an object."""

    async def head_version(self, key: str, version_id: str) -> ObjectInfo:
        """That version; `storage.not-found` where there is none."""
        ...


class Named:
    """The objects that a list names, each asked for by a HEAD and pinned to it.

    One that is not there is lost, and stops no other.
    """

    ordered = False

    def __init__(self, names: Names, store: SourceStore, places: Places) -> None:
        """Nothing outside the two locations is ever read or written."""
        self._names = names
        self._store = store
        self._places = places

    async def page(self, cursor: str | None) -> Page:
        """The objects of the next rows."""
        rows, after = await self._names.read(cursor)
        placed = self._placed(rows)
        slots = asyncio.Semaphore(_HEADS_AT_ONCE)

        async def one(key: str, row: Row) -> Candidate | Lost:
            async with slots:
                return await self._found(key, row)

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(key, row)) for key, row in placed.items()]
        results = [task.result() for task in tasks]
        return Page(
            candidates=tuple(each for each in results if isinstance(each, Candidate)),
            cursor=after,
            ended=after is None,
            lost=tuple(each for each in results if isinstance(each, Lost)),
        )

    def _placed(self, rows: Sequence[Row]) -> dict[str, Row]:
        """Where each goes. Two that go to one place cannot both be meant."""
        placed: dict[str, Row] = {}
        for row in rows:
            key = self._destination(row)
            if key is None:
                continue
            if key in placed:
                raise self._names.wrong(row, f"goes where line {placed[key].line} goes")
            placed[key] = row
        return placed

    def _destination(self, row: Row) -> str | None:
        places = self._places
        if not places.means(row.key):
            raise self._names.wrong(row, "names a key that is not below the source's")
        if row.destination is not None and places.to_prefix is not None:
            return places.to_prefix + row.destination
        try:
            return places.destination(row.key)
        except InvalidAddressError as error:
            raise self._names.wrong(row, f"has no place: {error.detail}") from None

    async def _found(self, key: str, row: Row) -> Candidate | Lost:
        try:
            found = await retried(_ATTEMPTS, lambda: self._asked(row))
            _require_same(found, row)
        except DataPlaneError as error:
            if error.retryable or error.waited_out:
                raise
            return Lost(row.key, row.version_id, key, error.code, error.detail)
        return Candidate(found, key)

    async def _asked(self, row: Row) -> ObjectInfo:
        if row.version_id is None:
            return await self._store.head(row.key)
        if not isinstance(self._store, Versioned):
            if row.line == 0:
                # Of an earlier flow: there it was the time of its last change.
                return await self._store.head(row.key)
            raise self._names.wrong(row, "names a version, and the source has none")
        return await self._store.head_version(row.key, row.version_id)


def _require_same(found: ObjectInfo, row: Row) -> None:
    """Raises StorageError where the object is not what the list says of it."""
    size = row.size_bytes is None or row.size_bytes == found.size_bytes
    if not size or (row.etag is not None and row.etag != found.etag):
        what = "ETag" if size else "size"
        raise StorageError(
            f"the object has another {what} than the manifest says",
            code="storage.source-changed",
        )
