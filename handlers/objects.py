"""What is said of objects and parts, whatever storage they are in.

Sizes and offsets are in bytes. Keys are opaque strings. ETags are unquoted.
"""

from collections.abc import AsyncIterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from domain.transfer.events import Route


@dataclass(frozen=True)
class ObjectInfo:
    """One object as the storage tells it. `etag` is unquoted.

    `headers` are what must travel with the bytes, in lower case as on the wire: the
    content headers (`content-type`, …) and user metadata (`x-amz-meta-…`). A listing
    does not tell them: they are empty there. `ranges` says whether a part of it can be
    read: without, it goes in one piece. `modified_at` is by the storage's own clock,
    where it tells. `traits` are what only its mechanism knows, in the mechanism's own
    words; between two of one mechanism, they may travel too. `checksums` are those of
    the whole object that the storage keeps, by algorithm; None: it was not asked.
    """

    key: str
    size_bytes: int
    etag: str
    version_id: str | None = None
    crc64nvme: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str], hash=False)
    ranges: bool = True
    modified_at: datetime | None = field(default=None, compare=False)
    checksums: Mapping[str, str] | None = field(default=None, compare=False)
    traits: Mapping[str, str] = field(
        default_factory=dict[str, str], hash=False, compare=False
    )


@dataclass(frozen=True)
class ListedPage:
    """Objects in key order, and where to go on: None at the end.

    A cursor is a key, and any key is a cursor: what follows it is listed, also when
    nothing did the last time, and whether or not there is an object of that name.
    """

    objects: tuple[ObjectInfo, ...]
    cursor: str | None


@dataclass(frozen=True)
class Copied:
    """What the destination answered for a part or object that we sent.

    `crc64nvme` is base64 of the 8 bytes, computed over the bytes that passed through
    us; empty where none did (server-side copy). `crc32c`, of the 4 bytes, is kept where
    the destination keeps that one instead. `proven` says whether the destination
    itself vouched for these bytes (it returned the same CRC, or an MD5 that we computed
    too). `doubt` is why not even their number is known at the destination; empty where
    it is. `route` is the one that they took, where it was not the one that was asked
    for.
    """

    etag: str
    crc64nvme: str
    proven: bool
    doubt: str = ""
    route: Route | None = None
    crc32c: str = ""


@dataclass(frozen=True)
class UploadedPart:
    """A part that the destination says it holds; with its CRCs, where it tells them."""

    part_number: int
    size_bytes: int
    etag: str
    crc64nvme: str = ""
    crc32c: str = ""


@dataclass(frozen=True)
class Pin:
    """Which bytes we mean: a read of anything else is `storage.source-changed`."""

    etag: str
    version_id: str | None = None


@dataclass(frozen=True)
class Range:
    """`length_bytes` from `offset_bytes`."""

    offset_bytes: int
    length_bytes: int


@dataclass(frozen=True)
class Incoming:
    """Bytes on their way in, to be iterated once.

    Exactly `size_bytes`, or an error at the place where they end. `headers` are those
    of the object, and `traits` too, as in `ObjectInfo`.
    """

    size_bytes: int
    headers: Mapping[str, str]
    chunks: AsyncIterable[bytes]
    traits: Mapping[str, str] = field(default_factory=dict[str, str])
