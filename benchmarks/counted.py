"""A storage that only counts: it lists so many keys, and copies them for nothing.

A mechanism like any other, so that all that is measured with it is our own work: the
planner, the dispatcher, the workers, the log, the bus, the read models.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from hashlib import md5
from typing import Any

from pydantic import SecretStr

from domain.data_address import DataAddress
from domain.errors import InvalidAddressError, StorageError
from domain.location import CopyOptions, Direction, Location
from domain.mechanisms import Parsed, Target
from handlers.objects import (
    Copied,
    Incoming,
    ListedPage,
    ObjectInfo,
    Pin,
    Range,
    UploadedPart,
)
from handlers.ports import Access, ServerSide

NAME, PROFILE = "counted", "Counted-PUSH"
_SOURCE, _DESTINATION = "in/", "out/"


class Counted:
    """The mechanism: both sides are its own, named by the metadata."""

    name = NAME
    profiles = (PROFILE,)

    def direction(self, profile: str) -> Direction | None:
        """A push, of its only profile."""
        return Direction.PUSH if profile == PROFILE else None

    def read(
        self,
        target: Target,
        address: DataAddress | None,
        metadata: Mapping[str, Any],
        *,
        own: bool = True,
    ) -> Parsed | None:
        """`countedObjects` of `countedBytes` each, to be counted once more."""
        _ = address, own
        if "countedObjects" not in metadata:
            return None
        if target is Target.DESTINATION:
            return Parsed(Location(mechanism=NAME, fields={"prefix": _DESTINATION}))
        fields: dict[str, str | bool | None] = {"prefix": _SOURCE}
        fields["objects"] = str(metadata["countedObjects"])
        fields["bytes"] = str(metadata["countedBytes"])
        return Parsed(Location(mechanism=NAME, fields=fields))

    def credentials(
        self, target: Target, metadata: Mapping[str, Any]
    ) -> Mapping[str, SecretStr]:
        """None are needed."""
        _ = target, metadata
        return {}

    def called(self, parsed: Parsed) -> tuple[str, ...]:
        """Nobody."""
        _ = parsed
        return ()

    def offer(
        self, data_flow_id: str, own: Location, direction: Direction
    ) -> DataAddress:
        """Nothing is offered."""
        _ = data_flow_id, own, direction
        raise InvalidAddressError("a storage that counts offers nothing")

    def asynchronous(self, profile: str) -> bool:
        """At once."""
        _ = profile
        return False

    def options(self, profile: str, metadata: Mapping[str, Any]) -> CopyOptions:
        """Nothing is tuned."""
        _ = profile, metadata
        return CopyOptions()


@dataclass(frozen=True)
class _Store:
    """Both stores; every key tells its object's size."""

    objects: int = 0
    size_bytes: int = 0

    async def head(self, key: str) -> ObjectInfo:
        return _info(key)

    async def list_page(self, cursor: str | None, limit: int) -> ListedPage:
        first = int(cursor.removeprefix(_SOURCE).partition("-")[0]) + 1 if cursor else 0
        last = min(first + limit, self.objects)
        found = tuple(
            _info(f"{_SOURCE}{n:09}-{self.size_bytes}") for n in range(first, last)
        )
        return ListedPage(found, found[-1].key if last < self.objects else None)

    async def create_upload(self, key: str, like: ObjectInfo) -> str:
        _ = like
        return md5(key.encode(), usedforsecurity=False).hexdigest()

    async def list_uploads(self, key: str) -> Sequence[str]:
        _ = key
        return ()

    async def list_parts(self, key: str, upload_id: str) -> Sequence[UploadedPart]:
        _ = key, upload_id
        return ()

    async def complete_upload(
        self, key: str, upload_id: str, parts: Mapping[int, str]
    ) -> ObjectInfo:
        _ = upload_id
        digests = b"".join(bytes.fromhex(parts[number]) for number in sorted(parts))
        etag = md5(digests, usedforsecurity=False).hexdigest()
        there = _info(key)
        return ObjectInfo(key, there.size_bytes, f"{etag}-{len(parts)}")

    async def abort_upload(self, key: str, upload_id: str) -> None:
        _ = key, upload_id

    async def remove(self, there: ObjectInfo) -> None:
        _ = there


@dataclass(frozen=True)
class _Copies:
    """Implements `handlers.ports.ServerSide`, at no cost."""

    async def part(
        self, source_key: str, pin: Pin, span: Range, key: str, part: tuple[str, int]
    ) -> Copied:
        _ = source_key, pin, span, key
        digest = md5(str(part[1]).encode(), usedforsecurity=False).hexdigest()
        return Copied(digest, "", proven=True)

    async def object(self, source: ObjectInfo, key: str) -> Copied:
        _ = key
        return Copied(source.etag, "", proven=True)


@dataclass(frozen=True)
class _End:
    """Implements `handlers.ports.SourceEnd` and `DestinationEnd`."""

    store: _Store = field(default_factory=_Store)
    takes_parts: bool = True

    def copies_from(self, source: object) -> ServerSide | None:
        _ = source
        return _Copies()

    def read(
        self, key: str, pin: Pin, span: Range | None
    ) -> AbstractAsyncContextManager[Incoming]:
        raise _nothing(key, pin, span)

    async def put_part(
        self, key: str, upload_id: str, part_number: int, incoming: Incoming
    ) -> Copied:
        raise _nothing(key, upload_id, part_number, incoming)

    async def put_object(self, key: str, incoming: Incoming) -> Copied:
        raise _nothing(key, incoming)


class CountedExecutor:
    """Implements `handlers.ports.Executor`."""

    @asynccontextmanager
    async def open_source(
        self, location: Location, access: Access
    ) -> AsyncGenerator[_End]:
        """Lists what the location says."""
        _ = access
        counts = (int(str(location.fields[name])) for name in ("objects", "bytes"))
        yield _End(_Store(*counts))

    @asynccontextmanager
    async def open_destination(
        self, location: Location, access: Access
    ) -> AsyncGenerator[_End]:
        """Takes everything."""
        _ = location, access
        yield _End()


def _info(key: str) -> ObjectInfo:
    digest = md5(key.encode(), usedforsecurity=False).hexdigest()
    return ObjectInfo(key, int(key.rpartition("-")[2]), digest)


def _nothing(*_: object) -> StorageError:
    return StorageError("there are no bytes here", code="storage.refused")
