"""
A mechanism that moves nothing: every signal has its effect, no storage is touched.

The profile says how a flow behaves: `[async-|finite-]http-<pull|push>`.
"""
# ruff: noqa: ARG002 - most of what it is told makes no difference to it

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from pydantic import SecretStr

from domain.data_address import DataAddress
from domain.errors import Side, StorageError
from domain.location import CopyOptions, Direction, Location
from domain.mechanisms import Parsed, Target
from handlers.ports import (
    Access,
    Copied,
    Incoming,
    ListedPage,
    ObjectInfo,
    Pin,
    Range,
    SourceEnd,
    UploadedPart,
)

NAME = "rehearsal"
PROFILES = {
    f"{manner}http-{direction}": direction
    for manner in ("", "async-", "finite-")
    for direction in Direction
}
# Long enough for a control plane to see that the flow has started.
_SHOW_SECONDS = 1.0


class Rehearsal:
    """How it is addressed: any address will do."""

    name = NAME
    profiles = tuple(PROFILES)

    def direction(self, profile: str) -> Direction | None:
        """By the name as a whole: `https://…/http-pull` is somebody else's."""
        return PROFILES.get(profile)

    def asynchronous(self, profile: str) -> bool:
        """`async-…`: answered at once, ready a moment later."""
        return profile.startswith("async-")

    def options(self, profile: str, metadata: Mapping[str, Any]) -> CopyOptions:
        """`finite-…`: over by itself; the others go on until they are told."""
        return CopyOptions(finite=profile.startswith("finite-"))

    def called(self, parsed: Parsed) -> tuple[str, ...]:
        """Nobody is called."""
        return ()

    def read(
        self,
        target: Target,
        address: DataAddress | None,
        metadata: Mapping[str, Any],
        *,
        own: bool = True,
    ) -> Parsed | None:
        """The other side is wherever it says; ours, where the metadata asks for it."""
        if own and metadata.get(NAME) is not True:
            return None
        place = address.endpoint if address else None
        return Parsed(Location(mechanism=NAME, fields={"at": place or target.value}))

    def credentials(
        self, target: Target, metadata: Mapping[str, Any]
    ) -> Mapping[str, SecretStr]:
        """None."""
        return {}

    def offer(
        self, data_flow_id: str, own: Location, direction: Direction
    ) -> DataAddress:
        """An address that nobody can reach (RFC 2606)."""
        return DataAddress.read(
            {
                "endpointType": f"http-{direction}",
                "endpoint": f"https://rehearsal.invalid/{data_flow_id}",
            }
        )


class RehearsalExecutor:
    """Opens ends at which there is nothing."""

    @asynccontextmanager
    async def open_source(
        self, location: Location, access: Access
    ) -> AsyncGenerator["EmptySource"]:
        """A source without objects."""
        yield EmptySource()

    @asynccontextmanager
    async def open_destination(
        self, location: Location, access: Access
    ) -> AsyncGenerator["ClosedDestination"]:
        """A destination that takes nothing."""
        yield ClosedDestination()


class EmptySource:
    """An end and its store in one: no objects, after a moment."""

    @property
    def store(self) -> "EmptySource":
        """Itself."""
        return self

    async def list_page(self, cursor: str | None, limit: int) -> ListedPage:
        """The last page, at once the first."""
        await asyncio.sleep(_SHOW_SECONDS)
        return ListedPage((), None)

    async def head(self, key: str) -> ObjectInfo:
        """There is none."""
        raise _nothing(Side.SOURCE)

    def read(
        self, key: str, pin: Pin, span: Range | None
    ) -> AbstractAsyncContextManager[Incoming]:
        """There is none."""
        raise _nothing(Side.SOURCE)


class ClosedDestination:
    """An end and its store in one. With an empty source, nothing is ever put."""

    takes_parts = False

    @property
    def store(self) -> "ClosedDestination":
        """Itself."""
        return self

    def copies_from(self, source: SourceEnd) -> None:
        """By itself, from nowhere."""

    async def head(self, key: str) -> ObjectInfo:
        """There is none."""
        raise _nothing(Side.DESTINATION)

    async def put_part(
        self, key: str, upload_id: str, part_number: int, incoming: Incoming
    ) -> Copied:
        """Not taken."""
        raise _nothing(Side.DESTINATION)

    async def put_object(self, key: str, incoming: Incoming) -> Copied:
        """Not taken."""
        raise _nothing(Side.DESTINATION)

    async def create_upload(self, key: str, like: ObjectInfo) -> str:
        """Not begun."""
        raise _nothing(Side.DESTINATION)

    async def list_uploads(self, key: str) -> tuple[str, ...]:
        """None is open."""
        return ()

    async def list_parts(self, key: str, upload_id: str) -> tuple[UploadedPart, ...]:
        """There is no such upload."""
        raise _nothing(Side.DESTINATION, "storage.upload-lost")

    async def complete_upload(
        self, key: str, upload_id: str, parts: Mapping[int, str]
    ) -> ObjectInfo:
        """There is no such upload."""
        raise _nothing(Side.DESTINATION, "storage.upload-lost")

    async def abort_upload(self, key: str, upload_id: str) -> None:
        """An upload that is not there is aborted."""

    async def remove(self, there: ObjectInfo) -> None:
        """There is nothing to remove."""


def _nothing(side: Side, code: str = "storage.not-found") -> StorageError:
    return StorageError("a rehearsal holds no data", code=code, side=side)
