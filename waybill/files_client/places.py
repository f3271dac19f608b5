"""Where a download goes: a `.part` file that gets its name at the end, or a pipe."""

import asyncio
import fcntl
import hashlib
import os
import stat
from errno import EAGAIN, EISDIR, ENXIO
from pathlib import Path
from typing import Final, Protocol, Self

from waybill.files_client.errors import MismatchError
from waybill.files_client.pipes import Pipe, is_pipe, open_descriptor

# Longer names are not readable in the part's, which may have 255 bytes in all.
_LONGEST_BYTES: Final = 200
_ID_CHARACTERS: Final = 16
_LOOK_SECONDS: Final = 0.1


class Place(Protocol):
    """Takes the bytes of one file, in their order; methods raise OSError."""

    @property
    def offset(self) -> int:
        """How many are there."""
        ...

    def go_on_at(self, offset: int) -> None:
        """What is taken next begins there, or anew at 0."""
        ...

    async def take(self, block: bytes) -> None:
        """The next of them."""
        ...

    async def finish(self, file_id: str | None) -> None:
        """All are there. Raises MismatchError where they are not those of the id."""
        ...

    def close(self) -> None:
        """No more comes."""
        ...


async def place_of(path: Path, file_id: str, *, resume: bool) -> Place:
    """Where the bytes go that shall be at a path. Raises OSError."""
    if is_pipe(path):
        return await Outlet.open(path)
    return PartFile(path, file_id, resume=resume)


class PartFile:
    """A file beside the path, whose name has the path's and the file's id.

    It is locked: who comes to it while another is writing is told so.
    """

    def __init__(self, path: Path, file_id: str, *, resume: bool) -> None:
        """Opens it. Raises OSError."""
        if path.is_dir():
            raise IsADirectoryError(EISDIR, os.strerror(EISDIR), str(path))
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._part = path.with_name(_part_name(path.name, file_id))
        while not self._opened():
            pass
        if not resume:
            self.go_on_at(0)

    @property
    def offset(self) -> int:
        return self._file.tell()

    def go_on_at(self, offset: int) -> None:
        self._file.truncate(offset)
        self._file.seek(offset)

    async def take(self, block: bytes) -> None:
        self._file.write(block)

    async def finish(self, file_id: str | None) -> None:
        """What is whole and wrong is deleted: it is worth nothing to anybody."""
        await asyncio.to_thread(self._settle)
        if file_id is not None:
            found = await asyncio.to_thread(_sha256, self._part)
            if found != file_id.lower():
                self._part.unlink(missing_ok=True)
                raise _mismatch(found, file_id)
        self._part.replace(self._path)

    def close(self) -> None:
        self._file.close()

    def _opened(self) -> bool:
        """Whether it was, with the lock; else its name is another file's by now."""
        self._file = self._part.open("ab")
        try:
            self._lock()
            if os.path.samestat(os.fstat(self._file.fileno()), self._part.stat()):
                return True
        except FileNotFoundError:
            pass
        except BaseException:
            self._file.close()
            raise
        self._file.close()
        return False

    def _lock(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            said = "another download of this file is on its way there"
            raise BlockingIOError(EAGAIN, said, str(self._path)) from None
        except OSError:
            # A file system without locks: nothing tells of the other one there.
            return

    def _settle(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())


class Outlet:
    """A pipe, a terminal, a device: what went into it cannot be taken back."""

    def __init__(self, descriptor: int) -> None:
        """It is closed with this."""
        self._pipe = Pipe(descriptor)
        self._hash = hashlib.sha256()
        self._skip = 0
        self.offset = 0

    @classmethod
    async def open(cls, path: Path) -> Self:
        """Waits for who reads from a pipe with a name. Raises OSError."""
        while True:
            try:
                return cls(open_descriptor(path, os.O_WRONLY | os.O_APPEND))
            except OSError as error:
                if error.errno != ENXIO or not _is_named_pipe(path):
                    raise
            await asyncio.sleep(_LOOK_SECONDS)

    def go_on_at(self, offset: int) -> None:
        """What has gone out is the same as what comes again: it is passed over."""
        self._skip = self.offset - offset

    async def take(self, block: bytes) -> None:
        new = block[self._skip :]
        self._skip -= len(block) - len(new)
        if new:
            await asyncio.to_thread(self._put, new)
            self.offset += len(new)

    async def finish(self, file_id: str | None) -> None:
        found = self._hash.hexdigest()
        if file_id is not None and found != file_id.lower():
            raise _mismatch(found, file_id)

    def close(self) -> None:
        self._pipe.close()

    def _put(self, block: bytes) -> None:
        self._pipe.write(block)
        self._hash.update(block)


def _is_named_pipe(path: Path) -> bool:
    return stat.S_ISFIFO(path.stat().st_mode)


def _part_name(name: str, file_id: str) -> str:
    encoded = os.fsencode(name)
    if len(encoded) > _LONGEST_BYTES:
        name = hashlib.sha256(encoded).hexdigest()
    told = "".join(each for each in file_id.lower() if each.isalnum())
    return f"{name}.{told[:_ID_CHARACTERS]}.part"


def _mismatch(found: str, file_id: str) -> MismatchError:
    return MismatchError(f"what came is {found}, and {file_id} was asked for")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
