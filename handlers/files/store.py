"""What keeps the bytes of files: one small port, a directory or a bucket behind it.

Bytes come first to a *staging*, in pieces; when they are whole and their SHA-256 is
known they are *kept*, which is atomic: a file is there whole under its id, or not at
all. Everything here may be repeated after a crash and then changes nothing.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol

from handlers.objects import Range


@dataclass(frozen=True)
class Staging:
    """Where the bytes of one upload are until they are a file.

    `reference` is the store's own (a multipart upload's id; empty for a directory), and
    is recorded with the upload. `held` is a small body that was sent nowhere yet.
    `in_order`: its pieces come one after the other, by one process at a time, though
    one may begin to come while the one before is still being made durable.
    """

    upload_id: str
    reference: str = ""
    held: bytes | None = field(default=None, repr=False, compare=False)
    in_order: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class Piece:
    """A run of an upload's bytes: `index` from 0, `offset` and `size_bytes` in bytes.

    `etag` is what a bucket answered; empty for a directory.
    """

    index: int
    offset: int
    size_bytes: int
    etag: str = ""


@dataclass(frozen=True)
class Kept:
    """A file that is there: `place` is the store's own name of it, and is recorded."""

    file_id: str
    size_bytes: int
    place: str


@dataclass(frozen=True)
class About:
    """What the file says of itself beside its bytes, for a directory's sidecar."""

    content_type: str
    created_at: str
    filename: str = ""


@dataclass(frozen=True)
class Reading:
    """A file opened: one that the kernel may send from, or a stream of the span.

    `span` is what is to be sent, of either.
    """

    span: Range
    file: BinaryIO | None = None
    body: AsyncIterator[bytes] | None = None


class FileStore(Protocol):
    """Raises DataPlaneError: `file.no-space`, or a `storage.` code."""

    @property
    def kind(self) -> str:
        """`local` or `s3`."""
        ...

    @property
    def equal_piece_bytes(self) -> int | None:
        """All pieces but the last must have one size, at least this; None: any size."""
        ...

    async def begin(self, upload_id: str) -> Staging:
        """A place for an upload's bytes."""
        ...

    async def write(
        self, staging: Staging, index: int, offset: int, body: AsyncIterator[bytes]
    ) -> Piece:
        """The body at this place. Durable when it returns; else as if never begun.

        The body is asked for its first bytes when nobody else can write there any more.
        A body that raises leaves nothing that counts. The same piece may be written
        again, with the same bytes or with others: the last wins. Raises
        `storage.upload-lost` where the upload has become a file, or was discarded, and
        `upload.busy` where somebody is about to make a file of it.
        """
        ...

    async def take(self, upload_id: str, body: AsyncIterator[bytes]) -> "Taken":
        """A whole file in one stream, hashed on its way, staged and durable."""
        ...

    async def digest(self, staging: Staging, pieces: Sequence[Piece]) -> str:
        """The SHA-256 (hex) of the staged bytes, in their order.

        What was being written by then is in it. Raises `storage.upload-lost` where
        nothing is staged.
        """
        ...

    async def keep(
        self, staging: Staging, pieces: Sequence[Piece], file_id: str, about: About
    ) -> Kept:
        """Make the staged bytes the file `file_id`; of two with one id, one stays.

        After a crash it is called again, and finds what it has done. Raises
        `storage.upload-lost` where there are neither staged bytes nor the file, and
        `storage.mismatch` where they were changed since their digest was made.
        """
        ...

    async def discard(self, staging: Staging) -> None:
        """Forget staged bytes; also where there are none."""
        ...

    async def size(self, place: str) -> int | None:
        """How many bytes stand there; None where nothing does."""
        ...

    def read(
        self, place: str, size_bytes: int, span: Range | None
    ) -> AbstractAsyncContextManager[Reading]:
        """Open the file; `storage.not-found` where it is gone."""
        ...

    async def remove(self, place: str) -> None:
        """Delete the file; also where there is none."""
        ...

    async def room(self) -> int | None:
        """How many bytes may still be written; None where nobody knows an end.

        Raises DataPlaneError where nothing can be written at all.
        """
        ...

    async def staged(self, older_than_seconds: float) -> list[Staging]:
        """What is staged, and nobody has written to for so long."""
        ...

    def place_of(self, staging: Staging) -> str | None:
        """The place that its bytes may have become a file at, if that is its own."""
        ...

    def standing(self, older_than_seconds: float) -> AsyncIterator["Standing"]:
        """What stands as a file for so long, whether or not anybody recorded it."""
        ...


@dataclass(frozen=True)
class Standing:
    """Bytes found at a place. Where that does not tell its file, `file_id` is empty.

    `upload_id` is the upload that brought them there.
    """

    place: str
    file_id: str
    upload_id: str


@dataclass(frozen=True)
class Taken:
    """A whole body, staged: its pieces, its SHA-256 in hex, its size."""

    staging: Staging
    pieces: tuple[Piece, ...]
    file_id: str
    size_bytes: int
