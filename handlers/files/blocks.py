"""Bytes into a file of this machine: written while the next ones come.

What fills a block goes past the page cache where the file system lets it: a copy of
every byte is saved, the disk works at once, and what others read stays cached
(docs/decisions/0038-uploads-past-the-page-cache.md).
"""

import asyncio
import errno
import mmap
import os
from collections.abc import AsyncIterator, Callable, Generator
from concurrent.futures import Executor, Future
from contextlib import contextmanager

from domain.errors import DataPlaneError, StorageError

BLOCK_BYTES = 1024 * 1024
# What the place of a direct write is a multiple of, whatever the disk's sectors are.
_ALIGNED_BYTES = 4096
# After so many bytes the disk is set to work, so that the end has little left to wait
# for; and it is looked whether there is room for more.
_WRITEBACK_BYTES = 16 * BLOCK_BYTES
_MOST_SPARE = 32
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


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


class Disk:
    """What all bodies share: threads, spare blocks, and how much more may be written.

    Blocks are aligned, and used again: memory that was never touched costs as much as
    the writing of what it holds.
    """

    def __init__(self, pool: Executor, room: Callable[[], int]) -> None:
        """Raises nothing; `room` is asked in a thread."""
        self.pool = pool
        self.room = room
        self._spare: list[mmap.mmap] = []

    def block(self) -> mmap.mmap:
        """A whole one, with whatever was in it."""
        try:
            return self._spare.pop()
        except IndexError:
            return mmap.mmap(-1, BLOCK_BYTES)

    def give_back(self, *blocks: mmap.mmap) -> None:
        """Nobody uses them any more. Called in any thread."""
        if len(self._spare) < _MOST_SPARE:
            self._spare += blocks


class Blocks:
    """Writes one body, from `offset` on.

    Two blocks are in memory: the one that is written, and the one that comes.
    """

    def __init__(self, disk: Disk, fd: int, offset: int) -> None:
        """Of a file that is open; it is closed with this."""
        self.size_bytes = 0
        self._disk = disk
        self._fd = fd
        self._offset = offset
        self._filling, self._writing = disk.block(), disk.block()
        self._filled = 0
        self._job: Future[None] | None = None
        self._direct: int | None = None

    @classmethod
    @contextmanager
    def of(cls, disk: Disk, fd: int, offset: int) -> Generator["Blocks"]:
        """The file is closed in any case, also where there is no memory."""
        try:
            with of_disk():
                made = cls(disk, fd, offset)
        except BaseException:
            os.close(fd)
            raise
        try:
            yield made
        finally:
            made.close()

    async def write(self, body: AsyncIterator[bytes]) -> None:
        """All of it; durable when this returns. Raises DataPlaneError."""
        async for chunk in body:
            rest = memoryview(chunk)
            while rest:
                # The first may be short, so that the others are aligned.
                place = self._offset + self.size_bytes
                most = BLOCK_BYTES - place % _ALIGNED_BYTES
                count = min(len(rest), most - self._filled)
                self._filling[self._filled : self._filled + count] = rest[:count]
                rest = rest[count:]
                self._filled += count
                if self._filled == most:
                    await self._flush()
        await self._flush()
        await self._settled()
        self._job = self._disk.pool.submit(os.fdatasync, self._fd)
        await self._settled()

    def close(self) -> None:
        """Close the file once no thread is at it any more; at once, where none is."""
        if self._job is None:
            self._close()
        else:
            self._job.add_done_callback(lambda _: self._close())

    def _close(self) -> None:
        self._disk.give_back(self._filling, self._writing)
        os.close(self._fd)
        if self._direct is not None:
            os.close(self._direct)

    async def _flush(self) -> None:
        await self._settled()
        size, place = self._filled, self._offset + self.size_bytes
        if size:
            self._filling, self._writing = self._writing, self._filling
            self._filled = 0
            self.size_bytes += size
            self._job = self._disk.pool.submit(self._store, self._writing, size, place)

    async def _settled(self) -> None:
        if self._job is not None:
            with of_disk():
                await asyncio.wrap_future(self._job)

    def _store(self, block: mmap.mmap, size: int, place: int) -> None:
        with memoryview(block) as whole, whole[:size] as view:
            if size == BLOCK_BYTES and place % _ALIGNED_BYTES == 0:
                self._past_the_cache(view, place)
            else:
                _write_all(self._fd, view, place)
        begun = place // _WRITEBACK_BYTES
        if (place + size) // _WRITEBACK_BYTES > begun:
            self._write_back(begun * _WRITEBACK_BYTES)
            if self._disk.room() <= 0:
                raise no_space()

    def _past_the_cache(self, view: memoryview, place: int) -> None:
        if self._direct is None:
            self._direct = opened_past_the_cache(self._fd, os.O_WRONLY)
        try:
            _write_all(self._direct, view, place)
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            # Its sectors are larger than we thought, or it only said that it could.
            _write_all(self._fd, view, place)

    def _write_back(self, begin: int) -> None:
        # Linux begins to write what is dirty in there, and drops none of that.
        if hasattr(os, "posix_fadvise"):
            advice = os.POSIX_FADV_DONTNEED
            os.posix_fadvise(self._fd, begin, _WRITEBACK_BYTES, advice)


def opened_past_the_cache(fd: int, access: int) -> int:
    """The same file by a new descriptor, past the page cache where that can be had."""
    try:
        return os.open(f"/proc/self/fd/{fd}", access | os.O_DIRECT)
    except (OSError, AttributeError):
        return os.dup(fd)


def _write_all(fd: int, view: memoryview, place: int) -> None:
    """Every byte; a disk may take fewer at a time than it is given."""
    taken = 0
    while taken < len(view):
        taken += os.pwrite(fd, view[taken:], place + taken)
