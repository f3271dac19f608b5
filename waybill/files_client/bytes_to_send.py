"""Where the bytes of an upload come from, and how they are read without a pause."""

import asyncio
import hashlib
import os
import stat
import threading
from collections.abc import AsyncIterator, Callable
from errno import EISDIR
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from waybill.files_client.errors import MismatchError
from waybill.files_client.pipes import Pipe, open_descriptor

BLOCK_BYTES: Final = 1 << 20


class Source(Protocol):
    """Bytes that can be read at any place, by several tasks."""

    @property
    def size_bytes(self) -> int:
        """How many there are."""
        ...

    def read_at(self, offset: int, length: int) -> bytes:
        """Up to so many bytes from there: fewer only at the end. Blocks."""
        ...

    def close(self) -> None:
        """No more is read."""
        ...


class Readable(Protocol):
    """Bytes that come once, in their order."""

    def read(self, length: int, /) -> bytes:
        """Some of them, up to so many; none at their end. Blocks."""
        ...


def opened(path: Path) -> "FileSource | Pipe":
    """What is at a path: only a regular file has a size. Raises OSError."""
    descriptor = open_descriptor(path, os.O_RDONLY)
    kind = os.fstat(descriptor).st_mode
    if stat.S_ISREG(kind):
        return FileSource(descriptor)
    if stat.S_ISDIR(kind):
        os.close(descriptor)
        raise IsADirectoryError(EISDIR, os.strerror(EISDIR), str(path))
    return Pipe(descriptor)


class FileSource:
    """An open file: whatever becomes of its name, or follows later, it stays this."""

    def __init__(self, descriptor: int) -> None:
        """It is closed with this."""
        self._descriptor = descriptor
        told = os.fstat(self._descriptor)
        self.size_bytes = told.st_size
        self.modified_ns = told.st_mtime_ns

    def read_at(self, offset: int, length: int) -> bytes:
        return os.pread(self._descriptor, length, offset)

    def close(self) -> None:
        os.close(self._descriptor)


class StreamSource:
    """An open stream that can seek, from where it stands to its end."""

    def __init__(self, stream: BinaryIO) -> None:
        """It stays its owner's to close."""
        self._stream = stream
        self._begin = stream.tell()
        self._lock = threading.Lock()
        self.size_bytes = stream.seek(0, os.SEEK_END) - self._begin

    def read_at(self, offset: int, length: int) -> bytes:
        with self._lock:
            self._stream.seek(self._begin + offset)
            return self._stream.read(length)

    def close(self) -> None:
        pass


def can_seek(stream: BinaryIO) -> bool:
    """Whether it can be read again, and by several tasks."""
    return stream.seekable()


async def span(source: Source, offset: int, length: int) -> AsyncIterator[bytes]:
    """Exactly these bytes, in blocks. Raises MismatchError where they end early."""
    while length:
        block = await asyncio.to_thread(
            source.read_at, offset, min(BLOCK_BYTES, length)
        )
        if not block:
            raise MismatchError("the file has become shorter while it was sent")
        offset += len(block)
        length -= len(block)
        yield block


async def rest(
    stream: Readable, hashed: Callable[[bytes], object]
) -> AsyncIterator[bytes]:
    """What a stream that cannot seek still holds, each block told to `hashed` too."""
    while block := await asyncio.to_thread(stream.read, BLOCK_BYTES):
        await asyncio.to_thread(hashed, block)
        yield block


class Digest:
    """The SHA-256 of a source, computed by a thread beside whatever goes on."""

    def __init__(self, source: Source) -> None:
        """Begins. To be closed before the source is."""
        self._source = source
        self._stop = threading.Event()
        self._task = asyncio.ensure_future(asyncio.to_thread(self._run))

    async def hex(self) -> str:
        """When it is there."""
        return await self._task

    async def close(self) -> None:
        """The thread reads no more."""
        self._stop.set()
        await asyncio.wait({self._task})

    def _run(self) -> str:
        hashed = hashlib.sha256()
        offset, size = 0, self._source.size_bytes
        while not self._stop.is_set() and offset < size:
            # No more than is sent: a log that grows meanwhile is stored as it was.
            block = self._source.read_at(offset, min(BLOCK_BYTES, size - offset))
            if not block:
                break
            hashed.update(block)
            offset += len(block)
        return hashed.hexdigest()
