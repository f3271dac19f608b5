"""One upload's file in the temporary area: who writes it, who reads it to its end.

Whoever writes shares a lock on the file, and whoever makes a file of it has the lock
alone. So nothing is written to bytes that have their name already, also not by a
process that woke up late.
"""

import asyncio
import errno
import fcntl
import hashlib
import mmap
import os
import struct
import time
from collections.abc import AsyncGenerator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from domain.errors import DataPlaneError, Side, StorageError
from handlers.files.blocks import BLOCK_BYTES, opened_past_the_cache
from handlers.files.store import Piece

# A sender that says nothing is given up after a minute; nobody waits so long for it.
_PATIENCE_SECONDS, _LOOK_SECONDS = 10.0, 0.02
_STEP_NANOSECONDS = 20_000_000
# `struct flock`: type, whence, start, length, and the process, which is to be none.
_LOCK = "hh4xqqi4x"


class Look(NamedTuple):
    """What tells that a file was written to since."""

    inode: int
    size: int
    modified_ns: int
    device: int


def create(path: Path) -> int:
    """The file, made if it is not there, open to be written."""
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o640)


def open_to_write(path: Path, *, alone: bool = False, place: int | None = None) -> int:
    """The file, with a share of its lock, or with all of it.

    With a share of it, nobody else writes at `place` of it, in any process. Raises
    `storage.upload-lost` where it is none any more, `upload.busy` where somebody has
    the lock: who makes a file of it, or writes it alone, or there.
    """
    fd = _open(path)
    kind = fcntl.LOCK_EX if alone else fcntl.LOCK_SH
    try:
        fcntl.flock(fd, kind | fcntl.LOCK_NB)
        if place is not None and hasattr(fcntl, "F_OFD_SETLK"):
            # Its first byte stands for all of it; gone with the descriptor.
            lock = struct.pack(_LOCK, fcntl.F_WRLCK, os.SEEK_SET, place, 1, 0)
            fcntl.fcntl(fd, fcntl.F_OFD_SETLK, lock)
        require_there(fd, path)
    except BlockingIOError:
        os.close(fd)
        raise _busy() from None
    except BaseException:
        os.close(fd)
        raise
    return fd


@asynccontextmanager
async def alone(path: Path) -> AsyncGenerator[int]:
    """The file, with nobody at it. Raises `upload.busy`, `storage.upload-lost`."""
    fd = _open(path)
    try:
        deadline = asyncio.get_running_loop().time() + _PATIENCE_SECONDS
        while not _locked(fd):
            if asyncio.get_running_loop().time() > deadline:
                raise _busy()
            await asyncio.sleep(_LOOK_SECONDS)
        require_there(fd, path)
        yield fd
    finally:
        os.close(fd)


def digest(fd: int, size_bytes: int) -> tuple[Look, str]:
    """The SHA-256 of so many bytes, which then are all that there is."""
    there = os.fstat(fd).st_size
    if there > size_bytes:
        # Of a piece that was begun, and came to nothing.
        os.ftruncate(fd, size_bytes)
    if there < size_bytes:
        raise StorageError(
            f"{there} bytes are staged of {size_bytes}", code="storage.upload-lost"
        )
    os.fsync(fd)
    sha256 = _sha256(fd, size_bytes)
    # A file's times move on in steps: a write after this one is to be seen by them.
    since = time.time_ns() - os.fstat(fd).st_mtime_ns
    if since < _STEP_NANOSECONDS:
        time.sleep(_STEP_NANOSECONDS / 1e9)
    return look(fd), sha256


def _sha256(fd: int, size_bytes: int) -> str:
    """Each block is read while the one before is hashed."""
    made, place = hashlib.sha256(), 0
    blocks = [mmap.mmap(-1, BLOCK_BYTES), mmap.mmap(-1, BLOCK_BYTES)]
    direct = opened_past_the_cache(fd, os.O_RDONLY)
    try:
        with ThreadPoolExecutor(1, thread_name_prefix="files-digest") as reading:
            coming = reading.submit(_read, (direct, fd), blocks[0], 0)
            while place < size_bytes:
                count = coming.result()
                if not count:
                    raise lost()
                place += count
                blocks.reverse()
                if place < size_bytes:
                    coming = reading.submit(_read, (direct, fd), blocks[0], place)
                with memoryview(blocks[1]) as whole, whole[:count] as came:
                    made.update(came)
    finally:
        os.close(direct)
    return made.hexdigest()


def _read(ways: Sequence[int], block: mmap.mmap, place: int) -> int:
    """By the first way that the file system takes; how much came."""
    *_, last = ways
    for fd in ways:
        try:
            return os.preadv(fd, [block], place)
        except OSError as error:
            if error.errno != errno.EINVAL or fd == last:
                raise
    return 0


def look(fd: int) -> Look:
    """How it looks now."""
    there = os.fstat(fd)
    return Look(there.st_ino, there.st_size, there.st_mtime_ns, there.st_dev)


def require_same(sha256: str, file_id: str) -> None:
    """Raise `storage.mismatch` where the bytes are not those that were hashed."""
    if sha256 != file_id:
        raise StorageError(
            "the bytes were changed while they became a file",
            code="storage.mismatch",
            side=Side.CALLER,
        )


def size_of(pieces: Sequence[Piece]) -> int:
    """Of pieces without a gap between them. Raises ValueError where there is one."""
    end = 0
    for each in sorted(pieces, key=lambda piece: piece.offset):
        if each.offset != end:
            msg = f"the pieces have no byte {end}"
            raise ValueError(msg)
        end += each.size_bytes
    return end


def _busy() -> DataPlaneError:
    return DataPlaneError(
        "somebody else is at the upload", code="upload.busy", side=Side.CALLER
    )


def lost() -> StorageError:
    """Nothing is staged any more."""
    return StorageError(
        "the upload is over", code="storage.upload-lost", side=Side.CALLER
    )


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR)
    except FileNotFoundError:
        raise lost() from None


def _locked(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def require_there(fd: int, path: Path) -> None:
    """What was opened may have got another name, or none, before the lock came."""
    try:
        there = path.stat().st_ino
    except FileNotFoundError:
        raise lost() from None
    if there != os.fstat(fd).st_ino:
        raise lost()
