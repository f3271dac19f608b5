"""Bytes into a file of this machine: written and hashed while the next ones come."""

import asyncio
import errno
import hashlib
import os
from collections.abc import AsyncIterator, Callable, Generator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from domain.errors import DataPlaneError, StorageError

BLOCK_BYTES = 1024 * 1024
# After so many bytes the disk is set to work, so that the end has little left to wait
# for; and it is looked whether there is room for more.
_WRITEBACK_BYTES = 16 * BLOCK_BYTES
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_MOST_BUFFERS = 512


@contextmanager
def of_disk() -> Generator[None]:
    """What the disk refuses, as one of our errors."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise no_space() from None
        name = errno.errorcode.get(error.errno or 0, "an error")
        raise StorageError(f"the file store's disk answered {name}") from error


def no_space() -> DataPlaneError:
    """There is no room for more."""
    return DataPlaneError("there is no room for this file", code="file.no-space")


@dataclass
class Blocks:
    """Writes one body, from `offset` on. `room` says how much more may be written.

    At most two blocks are in memory: the one that is written, and the one that comes.
    """

    pool: Executor
    fd: int
    offset: int
    room: Callable[[], int]
    hashes: bool = False
    size_bytes: int = 0
    _hash: Any = field(default_factory=hashlib.sha256)
    _held: list[bytes] = field(default_factory=list[bytes])
    _held_bytes: int = 0
    _job: Future[None] | None = None

    async def write(self, body: AsyncIterator[bytes]) -> None:
        """All of it; durable when this returns. Raises DataPlaneError."""
        async for chunk in body:
            self._held.append(chunk)
            self._held_bytes += len(chunk)
            if self._held_bytes >= BLOCK_BYTES:
                await self._flush()
        await self._flush()
        await self._settled()
        self._job = self.pool.submit(os.fdatasync, self.fd)
        await self._settled()

    def sha256(self) -> str:
        """Of what was written, in hex; where it was to be hashed."""
        return str(self._hash.hexdigest())

    def close(self) -> None:
        """Close the file once no thread is at it any more; at once, where none is."""
        job, fd = self._job, self.fd
        if job is None:
            os.close(fd)
        else:
            job.add_done_callback(lambda _: os.close(fd))

    async def _flush(self) -> None:
        await self._settled()
        chunks, size = self._held, self._held_bytes
        self._held, self._held_bytes = [], 0
        if chunks:
            place = self.offset + self.size_bytes
            self.size_bytes += size
            self._job = self.pool.submit(self._store, chunks, size, place)

    async def _settled(self) -> None:
        if self._job is not None:
            with of_disk():
                await asyncio.wrap_future(self._job)

    def _store(self, chunks: list[bytes], size: int, place: int) -> None:
        if self.hashes:
            for chunk in chunks:
                self._hash.update(chunk)
        write_all(self.fd, chunks, place)
        begun = place // _WRITEBACK_BYTES
        if (place + size) // _WRITEBACK_BYTES > begun:
            self._write_back(begun * _WRITEBACK_BYTES)
            if self.room() <= 0:
                raise no_space()

    def _write_back(self, begin: int) -> None:
        # Linux begins to write what is dirty in there, and drops none of that.
        if hasattr(os, "posix_fadvise"):
            advice = os.POSIX_FADV_DONTNEED
            os.posix_fadvise(self.fd, begin, _WRITEBACK_BYTES, advice)


def write_all(fd: int, chunks: list[bytes], place: int) -> None:
    """Every byte; a disk may take fewer at a time than it is given."""
    rest: list[bytes | memoryview] = list(chunks)
    while rest:
        taken = os.pwritev(fd, rest[:_MOST_BUFFERS], place)
        place += taken
        while rest and taken >= len(rest[0]):
            taken -= len(rest.pop(0))
        if taken:
            rest[0] = memoryview(rest[0])[taken:]
