"""What an object that was made of parts proves."""

from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import md5
from typing import Protocol

from awscrt import checksums

from domain.errors import Side, StorageError
from domain.segment.events import Verdict
from handlers.objects import ObjectInfo
from handlers.ports import DestinationStore


class Summed(Protocol):
    """Some bytes, and their CRC64NVME in base64; empty where nobody computed it."""

    @property
    def size_bytes(self) -> int: ...
    @property
    def crc64nvme(self) -> str: ...


class Piece(Summed, Protocol):
    """A part that the destination has; `proven` says that it vouched for the bytes."""

    @property
    def crc32c(self) -> str: ...
    @property
    def etag(self) -> str: ...
    @property
    def proven(self) -> bool: ...


def etag_of(parts: Sequence[Piece]) -> str:
    """What S3 gives an object of these parts, where a part's ETag is its MD5."""
    try:
        digests = b"".join(bytes.fromhex(each.etag) for each in parts)
    except ValueError:
        return ""
    return f"{md5(digests, usedforsecurity=False).hexdigest()}-{len(parts)}"


def combined(parts: Sequence[Summed]) -> str:
    """The whole object's CRC64NVME, in base64; empty where a part's is missing."""
    crcs = [(each.crc64nvme, each.size_bytes) for each in parts]
    return _combined(crcs, checksums.combine_crc64nvme, 8)


def judged(parts: Sequence[Piece], there: ObjectInfo, size_bytes: int) -> Verdict:
    """The verdict on what stands there. Raises StorageError where it is not them.

    `size_bytes` is what the whole must have, whatever parts were found.
    """
    if there.size_bytes != size_bytes:
        raise _wrong(f"{there.size_bytes} bytes instead of {size_bytes}")
    pairs = (
        (combined(parts), there.crc64nvme),
        (_combined32(parts), (there.checksums or {}).get("CRC32C")),
    )
    compared = [ours == theirs for ours, theirs in pairs if ours and theirs]
    if not all(compared):
        raise _wrong("the object's CRC is not its parts'")
    whole = bool(compared) or there.etag == etag_of(parts)
    proven = whole and all(each.proven for each in parts)
    return Verdict.VERIFIED if proven else Verdict.SIZE_ONLY


async def removed(
    store: DestinationStore, there: ObjectInfo, wrong: StorageError
) -> StorageError:
    """What is wrong with the object, once it is gone; or saying that it is not.

    Raises what is waited out, or may pass: the object is still there, and can still go.
    """
    try:
        await store.remove(there)
    except StorageError as error:
        if error.waited_out or error.retryable:
            raise
        said = f"it STAYS at the destination ({error.code}: {error.detail})"
    else:
        said = "it was removed"
    return StorageError(f"{wrong.detail}; {said}", code=wrong.code, side=wrong.side)


async def withdrawn(
    store: DestinationStore, key: str, wrong: "StoredWrongError"
) -> StorageError:
    """The same of an object that was put in one piece: exactly that one is removed."""
    there = await store.head(key)
    if wrong.version_id is not None:
        there = replace(there, version_id=wrong.version_id)
    return await removed(store, there, wrong)


class StoredWrongError(StorageError):
    """It is stored, and not what was sent. `version_id`: where there are versions."""

    code = "storage.mismatch"
    side = Side.DESTINATION

    def __init__(self, detail: str, version_id: str | None = None) -> None:
        """`detail` tells what was compared."""
        super().__init__(detail)
        self.version_id = version_id


def _combined32(parts: Sequence[Piece]) -> str:
    crcs = [(each.crc32c, each.size_bytes) for each in parts]
    return _combined(crcs, checksums.combine_crc32c, 4)


def _combined(
    crcs: Sequence[tuple[str, int]],
    combine: Callable[[int, int, int], int],
    width: int,
) -> str:
    """Of checksums in base64 and the sizes of what they are of; `width` in bytes."""
    whole = 0
    for crc, size_bytes in crcs:
        if not crc:
            return ""
        whole = combine(whole, int.from_bytes(b64decode(crc), "big"), size_bytes)
    return b64encode(whole.to_bytes(width, "big")).decode()


def _wrong(detail: str) -> StorageError:
    return StorageError(detail, code="storage.wrong-object", side=Side.DESTINATION)
