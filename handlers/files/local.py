"""A store in a directory: `tmp/<upload>`, and `ab/cd/<sha256>.bin` with its sidecar.

A file comes to its name by one rename, after its bytes are on the disk; the directory
is written down before anybody is told. The temporary area is in the same directory, so
that the rename stays in one file system.
"""

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Literal, ParamSpec, TypeVar

from domain.errors import StorageError
from handlers.files import directory, staged
from handlers.files.blocks import Blocks, Disk, of_disk
from handlers.files.sequence import Chain, Sequences
from handlers.files.staged import Look
from handlers.files.store import (
    About,
    Kept,
    Piece,
    Reading,
    Staging,
    Standing,
    Taken,
)
from handlers.objects import Range

# What reads whole files has threads of its own: no upload and no download waits for
# those.
_THREADS, _DIGESTS = 16, 2

_P = ParamSpec("_P")
_T = TypeVar("_T")


class LocalStore:
    """Implements `handlers.files.store.FileStore`. Several processes may share it."""

    kind: Literal["local"] = "local"
    equal_piece_bytes: int | None = None

    def __init__(self, root: Path, *, min_free_bytes: int = 0) -> None:
        """Makes the directories. Raises StorageError where it cannot."""
        self._root = root
        self._min_free_bytes = min_free_bytes
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="files-disk")
        self._digests = ThreadPoolExecutor(_DIGESTS, thread_name_prefix="files-digest")
        self._disk = Disk(self._pool, self._free)
        self._sequences = Sequences(self._pool)
        # What was hashed, and how its file looked then, by upload.
        self._hashed: dict[str, tuple[Look, str]] = {}
        with of_disk():
            directory.make(root / directory.TEMPORARY, root)

    def close(self) -> None:
        """Wait for the disk."""
        self._sequences.close()
        self._digests.shutdown()
        self._pool.shutdown()

    async def begin(self, upload_id: str) -> Staging:
        """An empty file in the temporary area. Safe to repeat."""
        path = directory.staging(self._root, upload_id)
        with of_disk():
            os.close(staged.create(path))
        return Staging(upload_id)

    async def write(
        self, staging: Staging, index: int, offset: int, body: AsyncIterator[bytes]
    ) -> Piece:
        """Straight to its place in the upload's file.

        Raises `upload.busy` where somebody makes a file of it at this moment.
        """
        path = directory.staging(self._root, staging.upload_id)
        if staging.in_order:
            return await self._next(staging.upload_id, path, (index, offset), body)
        with of_disk():
            fd = staged.open_to_write(path, place=offset)
        with Blocks.of(self._disk, fd, offset) as blocks:
            await blocks.write(body)
        return Piece(index, offset, blocks.size_bytes)

    async def _next(
        self,
        upload_id: str,
        path: Path,
        at: tuple[int, int],
        body: AsyncIterator[bytes],
    ) -> Piece:
        index, offset = at
        with of_disk():
            fd = self._sequences.begin(upload_id, path, offset)
        well = False
        try:
            with Blocks.of(self._disk, fd, offset) as blocks:
                await blocks.write(self._sequences.hashed(upload_id, body))
            well = True
        finally:
            self._sequences.end(upload_id, well=well)
        return Piece(index, offset, blocks.size_bytes)

    async def take(self, upload_id: str, body: AsyncIterator[bytes]) -> Taken:
        """Hashed and written while the next block is received."""
        path = directory.staging(self._root, upload_id)
        with of_disk():
            fd = staged.create(path)
        chain = Chain(self._pool)
        try:
            with Blocks.of(self._disk, fd, 0) as blocks:
                await blocks.write(chain.fed(body))
                sha256 = await chain.sha256()
                self._hashed[upload_id] = (staged.look(fd), sha256)
        except BaseException:
            self._forget(upload_id)
            raise
        size = blocks.size_bytes
        pieces = (Piece(0, 0, size),) if size else ()
        return Taken(Staging(upload_id), pieces, sha256, size)

    async def digest(self, staging: Staging, pieces: Sequence[Piece]) -> str:
        """Read from the disk's cache, mostly; what is written meanwhile is waited for.

        Raises `upload.busy` where that takes too long.
        """
        path = directory.staging(self._root, staging.upload_id)
        size = staged.size_of(pieces)
        known = await self._sequences.known(staging.upload_id)
        async with staged.alone(path) as fd:
            look = staged.look(fd)
            if known and known[0] == look and known[1].size_bytes == look.size == size:
                sha256 = await known[1].sha256()
            else:
                look, sha256 = await self._digest(fd, size)
        self._hashed[staging.upload_id] = look, sha256
        return sha256

    async def keep(
        self, staging: Staging, pieces: Sequence[Piece], file_id: str, about: About
    ) -> Kept:
        """Sidecar, bytes, directory: in this order, and each may be there already."""
        place = directory.place(file_id)
        size = staged.size_of(pieces)
        kept = Kept(file_id, size, place)
        path = directory.staging(self._root, staging.upload_id)
        try:
            async with staged.alone(path) as fd:
                known = self._hashed.get(staging.upload_id)
                if known is None or known[0] != staged.look(fd):
                    known = await self._digest(fd, size)
                staged.require_same(known[1], file_id)
                await self._run(directory.install, self._root, path, kept, about)
        except StorageError as error:
            # A crash came after the rename: there is the file, and nothing is staged.
            there = await self._run(directory.size, self._root, place)
            if error.code != "storage.upload-lost" or there != size:
                raise
            await self._run(directory.settle, (self._root / place).parent)
        self._hashed.pop(staging.upload_id, None)
        self._sequences.forget(staging.upload_id)
        return kept

    async def discard(self, staging: Staging) -> None:
        """Whatever the upload has in the temporary area."""
        self._hashed.pop(staging.upload_id, None)
        self._sequences.forget(staging.upload_id)
        path = directory.staging(self._root, staging.upload_id)
        await self._run(directory.unlink, path, directory.sidecar_of(path))

    async def size(self, place: str) -> int | None:
        """Of the bytes that stand there; None where none do."""
        return await self._run(directory.size, self._root, place)

    @asynccontextmanager
    async def read(
        self, place: str, size_bytes: int, span: Range | None
    ) -> AsyncGenerator[Reading]:
        """The open file, for the kernel to send from, also while it is deleted."""
        file = await self._run(directory.open_to_read, self._root, place, size_bytes)
        with file:
            yield Reading(span or Range(0, size_bytes), file=file)

    async def remove(self, place: str) -> None:
        """The bytes first, and then their sidecar."""
        await self._run(directory.remove, self._root, place)

    async def room(self) -> int | None:
        """What is free, but for what is to stay free."""
        return await self._run(self._writable_room)

    async def staged(self, older_than_seconds: float) -> list[Staging]:
        """The uploads of the temporary area that nobody writes to."""
        area = self._root / directory.TEMPORARY
        found = await self._run(directory.quiet, area, older_than_seconds)
        return [Staging(each) for each in found]

    def place_of(self, staging: Staging) -> str | None:  # noqa: ARG002 (the port's)
        """None: a file's place is named for its bytes."""
        return None

    async def standing(self, older_than_seconds: float) -> AsyncIterator[Standing]:
        """Every file, a shard at a time."""
        for shard in await self._run(directory.shards, self._root):
            await self._run(directory.tidy, shard, older_than_seconds)
            found = await self._run(directory.standing, shard, older_than_seconds)
            for each in found:
                yield each

    async def _digest(self, fd: int, size: int) -> tuple[Look, str]:
        with of_disk():
            job = self._digests.submit(staged.digest, fd, size)
            return await asyncio.wrap_future(job)

    def _writable_room(self) -> int:
        directory.require_writable(self._root / directory.TEMPORARY)
        return self._free()

    def _free(self) -> int:
        there = os.statvfs(self._root)
        return there.f_bavail * there.f_frsize - self._min_free_bytes

    def _forget(self, upload_id: str) -> None:
        """At once, and without a wait: whoever calls may be cancelled."""
        self._hashed.pop(upload_id, None)
        # Where the server goes, the pool is closed: the reaper finds it then.
        with suppress(RuntimeError):
            self._pool.submit(
                directory.unlink, directory.staging(self._root, upload_id)
            )

    async def _run(
        self, function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs
    ) -> _T:
        def guarded() -> _T:
            with of_disk():
                return function(*args, **kwargs)

        return await asyncio.wrap_future(self._pool.submit(guarded))
