"""What the handlers need of storage: small Protocols, an executor per mechanism.

An executor opens ends: one to read from, one to write to. Every method raises
`StorageError` with a code of the catalogue and the side it was given; nothing raised
or logged holds a credential or a signed URL.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from pydantic import SecretStr

from domain.location import Location
from handlers.metering import Meter
from handlers.objects import (
    Copied,
    Incoming,
    ListedPage,
    ObjectInfo,
    Pin,
    Range,
    UploadedPart,
)

__all__ = [
    "Access",
    "Copied",
    "Copier",
    "DestinationEnd",
    "DestinationStore",
    "Executor",
    "Incoming",
    "ListedPage",
    "Meter",
    "ObjectInfo",
    "Pin",
    "Range",
    "ServerSide",
    "SourceEnd",
    "SourceStore",
    "UploadedPart",
]


class SourceStore(Protocol):
    """Objects to read. A prefix location lists below it; an object location is one."""

    async def head(self, key: str) -> ObjectInfo:
        """One object; `storage.not-found` where there is none."""
        ...

    async def list_page(self, cursor: str | None, limit: int) -> ListedPage:
        """The next objects below the location's prefix, in key order."""
        ...


class DestinationStore(Protocol):
    """Objects to write. Upload ids are the multipart ledger's."""

    async def head(self, key: str) -> ObjectInfo:
        """One object; `storage.not-found` where there is none."""
        ...

    async def create_upload(self, key: str, like: ObjectInfo) -> str:
        """Begin a multipart upload with the metadata of the source object."""
        ...

    async def list_uploads(self, key: str) -> Sequence[str]:
        """The ids of the unfinished uploads of exactly this key, oldest first."""
        ...

    async def list_parts(self, key: str, upload_id: str) -> Sequence[UploadedPart]:
        """What the upload holds; `storage.upload-lost` where there is none."""
        ...

    async def complete_upload(
        self, key: str, upload_id: str, parts: Mapping[int, str]
    ) -> ObjectInfo:
        """Make the object of these parts (number to etag) and tell what it is.

        `storage.upload-lost` where there is no such upload.
        """
        ...

    async def abort_upload(self, key: str, upload_id: str) -> None:
        """Abort until no part is left. An upload that is not there is aborted."""
        ...

    async def remove(self, there: ObjectInfo) -> None:
        """Delete exactly this object of ours, which is wrong.

        This version of it; without versions, nothing where another is there by now.
        """
        ...


class SourceEnd(Protocol):
    """A location opened to be read."""

    @property
    def store(self) -> SourceStore:
        """Its objects."""
        ...

    def read(
        self, key: str, pin: Pin, span: Range | None
    ) -> AbstractAsyncContextManager[Incoming]:
        """The pinned bytes: the whole object, or a range of it.

        Entering it sends the request and checks the answer (pin, range, length) before
        a byte is given; leaving it early hangs up.
        """
        ...


class ServerSide(Protocol):
    """Copies that the storage makes by itself: no byte passes through us."""

    async def part(
        self, source_key: str, pin: Pin, span: Range, key: str, part: tuple[str, int]
    ) -> Copied:
        """A range into `part`: upload id and part number."""
        ...

    async def object(self, source: ObjectInfo, key: str) -> Copied:
        """A whole object, with its headers."""
        ...


class DestinationEnd(Protocol):
    """A location opened to be written. Whatever the bytes raise, a put raises too."""

    @property
    def store(self) -> DestinationStore:
        """Its objects."""
        ...

    @property
    def takes_parts(self) -> bool:
        """Whether it has multipart uploads; without, objects go in one piece."""
        ...

    def copies_from(self, source: SourceEnd) -> ServerSide | None:
        """How it gets the source's objects by itself, where it can."""
        ...

    async def put_part(
        self, key: str, upload_id: str, part_number: int, incoming: Incoming
    ) -> Copied:
        """Bytes as one part, in memory bounded whatever their length."""
        ...

    async def put_object(self, key: str, incoming: Incoming) -> Copied:
        """Bytes as a whole object, with its headers; also none."""
        ...


class Copier(Protocol):
    """Moves bytes from one location to another, whatever their mechanisms."""

    @property
    def source(self) -> SourceStore:
        """The side that is read."""
        ...

    @property
    def destination(self) -> DestinationStore:
        """The side that is written."""
        ...

    @property
    def same_endpoint(self) -> bool:
        """Whether the storage can copy by itself, with no byte through us."""
        ...

    @property
    def takes_parts(self) -> bool:
        """Whether objects may go in parts."""
        ...

    async def relay_part(
        self,
        source_key: str,
        pin: Pin,
        span: Range,
        destination_key: str,
        upload_id: str,
        part_number: int,
    ) -> Copied:
        """Stream one range into one part, in memory bounded whatever its length."""
        ...

    async def relay_object(self, source: ObjectInfo, destination_key: str) -> Copied:
        """Stream a whole object into a plain put, with its metadata."""
        ...

    async def copy_part(
        self,
        source_key: str,
        pin: Pin,
        span: Range,
        destination_key: str,
        upload_id: str,
        part_number: int,
    ) -> Copied:
        """UploadPartCopy: the storage copies the range itself."""
        ...

    async def copy_object(self, source: ObjectInfo, destination_key: str) -> Copied:
        """CopyObject: the storage copies the whole object itself."""
        ...

    async def digest(self, source_key: str, pin: Pin, span: Range) -> tuple[str, str]:
        """(MD5 hex, CRC64NVME base64) of a source range, read but not sent.

        Proves that a part which the destination already holds is the one we mean.
        """
        ...


class Access(Protocol):
    """What may be known of one side to get in, and where it is kept."""

    @property
    def secrets(self) -> Mapping[str, SecretStr]:
        """As they were when the side was opened."""
        ...

    @property
    def counter_party_id(self) -> str:
        """Whose data plane is on the other side of the flow; empty if not said."""
        ...

    @property
    def own(self) -> bool:
        """Whether this process's own credentials may serve where none are given."""
        ...

    async def again(self) -> Mapping[str, SecretStr]:
        """As they are now: another worker may have renewed them."""
        ...

    async def keep(self, secrets: Mapping[str, SecretStr]) -> None:
        """Renewed: these stand in their place, for every worker."""
        ...


class Executor(Protocol):
    """One mechanism's mover of bytes, found by entry point `waybill.executors`."""

    def open_source(
        self, location: Location, access: Access
    ) -> AbstractAsyncContextManager[SourceEnd]:
        """The location to be read; its connections close on exit."""
        ...

    def open_destination(
        self, location: Location, access: Access
    ) -> AbstractAsyncContextManager[DestinationEnd]:
        """The location to be written; its connections close on exit."""
        ...
