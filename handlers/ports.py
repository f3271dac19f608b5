"""What the handlers need of storage: small Protocols, an executor per mechanism.

All sizes and offsets are in bytes. Keys are opaque strings. Every method raises
`StorageError` with a code of the catalogue and the side it was given; nothing raised
or logged holds a credential or a signed URL.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol

from pydantic import SecretStr

from domain.location import Location


@dataclass(frozen=True)
class ObjectInfo:
    """One object as the storage tells it. `etag` is unquoted.

    `headers` are what must travel with the bytes, in lower case as on the wire: the
    content headers (`content-type`, …) and user metadata (`x-amz-meta-…`). A listing
    does not tell them: they are empty there.
    """

    key: str
    size_bytes: int
    etag: str
    version_id: str | None = None
    crc64nvme: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str], hash=False)


@dataclass(frozen=True)
class ListedPage:
    """Objects in key order, and where to go on: None at the end."""

    objects: tuple[ObjectInfo, ...]
    cursor: str | None


@dataclass(frozen=True)
class Copied:
    """What the destination answered for a part or object that we sent.

    `crc64nvme` is base64 of the 8 bytes, computed over the bytes that passed through
    us; empty where none did (server-side copy). `proven` says whether the destination
    itself vouched for these bytes (it returned the same CRC, or an MD5 that we computed
    too).
    """

    etag: str
    crc64nvme: str
    proven: bool


@dataclass(frozen=True)
class UploadedPart:
    """A part that the destination says it holds."""

    part_number: int
    size_bytes: int
    etag: str


@dataclass(frozen=True)
class Pin:
    """Which bytes we mean: a read of anything else is `storage.source-changed`."""

    etag: str
    version_id: str | None = None


@dataclass(frozen=True)
class Range:
    """`length_bytes` from `offset_bytes`; of a part when `part_number` is set."""

    offset_bytes: int
    length_bytes: int


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


class Copier(Protocol):
    """Moves bytes from one location to another: made for a pair by its executor."""

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


class Executor(Protocol):
    """One mechanism's mover of bytes, found by entry point `waybill.executors`."""

    def open(
        self,
        source: Location,
        source_secrets: Mapping[str, SecretStr],
        destination: Location,
        destination_secrets: Mapping[str, SecretStr],
    ) -> AbstractAsyncContextManager[Copier]:
        """A copier for the pair; closes its connections on exit."""
        ...
