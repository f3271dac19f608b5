"""A store's directory: where what is, and how it comes there and goes. Blocking."""

import errno
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from domain.errors import InvalidMessageError, StorageError
from handlers.files.sidecar import read_sidecar, write_sidecar
from handlers.files.store import About, Kept, Standing

TEMPORARY = "tmp"
_BYTES, _SIDECAR = ".bin", ".meta"
# Of a file system that has no files without a name.
_NO_NAMELESS = frozenset({errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL})
_UPLOAD = re.compile(r"[A-Za-z0-9_-]{1,128}")
_SHARD = re.compile(r"[0-9a-f]{2}")
_NAME = re.compile(r"[0-9a-f]{64}\.bin")
_PLACE = re.compile(r"[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{64}\.bin")


def staging(root: Path, upload_id: str) -> Path:
    """Where an upload's bytes are. Raises InvalidMessageError for no id of ours."""
    if not _UPLOAD.fullmatch(upload_id):
        raise InvalidMessageError("this is no upload's id")
    return root / TEMPORARY / upload_id


def sidecar_of(path: Path) -> Path:
    """Of bytes, wherever they are."""
    return path.with_suffix(_SIDECAR)


def place(file_id: str) -> str:
    """A file's place, in two levels of directories."""
    return f"{file_id[:2]}/{file_id[2:4]}/{file_id}{_BYTES}"


def make(path: Path, root: Path) -> None:
    """A directory below the root, that a power cut does not take away."""
    missing = [path, *path.parents]
    for each in reversed(missing[: missing.index(root) + 1]):
        if not each.is_dir():
            each.mkdir(parents=True, exist_ok=True)
            settle(each.parent)


def require_writable(path: Path) -> None:
    """Raise OSError where nothing can be made in a directory; nothing stays there."""
    try:
        fd = os.open(path, os.O_TMPFILE | os.O_WRONLY, 0o600)
    except OSError as error:
        if error.errno not in _NO_NAMELESS:
            raise
        if not os.access(path, os.W_OK):
            raise PermissionError(errno.EACCES, "not writable") from None
    else:
        os.close(fd)


def settle(path: Path) -> None:
    """What names a directory has, is on the disk."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def install(root: Path, staged: Path, kept: Kept, about: About) -> None:
    """Give staged bytes, which are on the disk, their name; and a sidecar before."""
    final = root / kept.place
    make(final.parent, root)
    beside = sidecar_of(staged)
    write_sidecar(beside, kept, about, staged.name)
    # First, so that whoever finds the bytes knows which upload they are of.
    beside.replace(sidecar_of(final))
    staged.replace(final)
    settle(final.parent)


def size(root: Path, place: str) -> int | None:
    """Of what stands there; None where nothing does."""
    try:
        return (root / _checked(place)).stat().st_size
    except FileNotFoundError:
        return None


def open_to_read(root: Path, place: str, size_bytes: int) -> BinaryIO:
    """The bytes. Raises `storage.not-found`, `storage.mismatch`."""
    try:
        file = (root / _checked(place)).open("rb", buffering=0)
    except FileNotFoundError:
        raise StorageError(
            "the file's bytes are gone", code="storage.not-found"
        ) from None
    if os.fstat(file.fileno()).st_size != size_bytes:
        file.close()
        raise StorageError("the file was cut or grew", code="storage.mismatch")
    return file


def remove(root: Path, place: str) -> None:
    """The bytes and their sidecar; also where there are none."""
    final = root / _checked(place)
    unlink(final, sidecar_of(final))
    if final.parent.is_dir():
        settle(final.parent)


def unlink(*paths: Path) -> None:
    """Also where there is none."""
    for each in paths:
        each.unlink(missing_ok=True)


def quiet(area: Path, older_than_seconds: float) -> list[str]:
    """The uploads of which nothing was written for so long."""
    newest: dict[str, float] = {}
    for name, changed in _entries(area):
        upload_id = name.partition(".")[0]
        if _UPLOAD.fullmatch(upload_id):
            newest[upload_id] = max(changed, newest.get(upload_id, 0.0))
    limit = time.time() - older_than_seconds
    return sorted(each for each, changed in newest.items() if changed <= limit)


def shards(root: Path) -> list[Path]:
    """The directories that files are in."""
    above = [each for each in root.iterdir() if _SHARD.fullmatch(each.name)]
    found = (below for each in sorted(above) for below in sorted(each.iterdir()))
    return [each for each in found if _SHARD.fullmatch(each.name)]


def standing(shard: Path, older_than_seconds: float) -> list[Standing]:
    """The files of one shard that have stood there for so long."""
    limit = time.time() - older_than_seconds
    found: list[Standing] = []
    for name, changed in _entries(shard):
        if _NAME.fullmatch(name) and changed <= limit:
            told = read_sidecar(sidecar_of(shard / name))
            file_id = name.removesuffix(_BYTES)
            found.append(Standing(place(file_id), file_id, told.get("upload_id", "")))
    return found


def tidy(shard: Path, older_than_seconds: float) -> None:
    """Sidecars whose bytes never came, or went before them."""
    limit = time.time() - older_than_seconds
    for name, changed in list(_entries(shard)):
        alone = not (shard / name).with_suffix(_BYTES).exists()
        if name.endswith(_SIDECAR) and changed <= limit and alone:
            unlink(shard / name)


def _entries(path: Path) -> Iterator[tuple[str, float]]:
    with os.scandir(path) as entries:
        for each in entries:
            try:
                told = each.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            # A rename changes only the latter, and a write both.
            yield each.name, max(told.st_mtime, told.st_ctime)


def _checked(place: str) -> str:
    if not _PLACE.fullmatch(place):
        raise StorageError("this is no place in a directory", code="storage.not-found")
    return place
