"""From an event to its digest, byte for byte.

An event is encoded as four fields, each behind its length: stream, version, topic,
state. This is exactly how PostgreSQL's binary COPY writes these columns, so whoever
checks a log of millions hashes what the database sends, and decodes nothing. The
position stands beside the digest, in the entry: so an event that was moved is told
from one that was changed.
"""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from struct import Struct
from typing import NamedTuple
from uuid import UUID

POSITION_BYTES, DIGEST_BYTES = 8, 32
ENTRY_BYTES = POSITION_BYTES + DIGEST_BYTES

# 16, stream; 8, version; the topic's length. Big-endian.
_FIXED = Struct(">I16sIqI")
_LENGTH = Struct(">I")
_POSITION = Struct(">q")
_ENTRY = Struct(f">q{DIGEST_BYTES}s")


class Stored(NamedTuple):
    """An event as the log stores it. `state` is the bytes, as they are."""

    position: int
    stream: UUID
    version: int
    topic: str
    state: bytes


def encode(event: Stored) -> bytes:
    """The bytes that the digest is made of."""
    topic = event.topic.encode()
    head = _FIXED.pack(16, event.stream.bytes, 8, event.version, len(topic))
    return b"".join((head, topic, _LENGTH.pack(len(event.state)), event.state))


def entry(event: Stored) -> bytes:
    """What a seal says of an event: 8 bytes of position, 32 bytes of SHA-256."""
    return _POSITION.pack(event.position) + sha256(encode(event)).digest()


def entries(events: Iterable[Stored]) -> bytes:
    """The entries of events, one behind the other."""
    return b"".join(map(entry, events))


def split(entries: bytes) -> Iterator[tuple[int, bytes]]:
    """Position and digest of each entry."""
    return _ENTRY.iter_unpack(entries)


def position_at(entries: bytes, index: int) -> int:
    """The position of one entry; a negative index counts from the end."""
    start = index * ENTRY_BYTES + (len(entries) if index < 0 else 0)
    found: int = _POSITION.unpack_from(entries, start)[0]
    return found


def count(entries: bytes) -> int:
    """How many entries there are."""
    return len(entries) // ENTRY_BYTES


def in_order(entries: bytes, after: int) -> bool:
    """Whether these are whole entries, each position higher than the one before."""
    if len(entries) % ENTRY_BYTES:
        return False
    for position, _ in split(entries):
        if position <= after:
            return False
        after = position
    return True
