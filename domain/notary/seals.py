"""A seal, and how pages of the log become seals."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from domain.notary.encoding import ENTRY_BYTES, count, position_at
from domain.notary.statements import NOTHING, SealStatement, digest_of

PAGE_EVENTS = 500


@dataclass(frozen=True)
class Seal:
    """A page of the log: the statement as it was signed, and the page's entries."""

    statement: bytes
    signature: bytes
    entries: bytes


class Page(NamedTuple):
    """A seal that nobody has signed yet."""

    statement: SealStatement
    entries: bytes


def pages(head: Seal | None, entries: bytes, key: str, at: datetime) -> Iterator[Page]:
    """What to sign when these entries follow the last seal.

    A page that is not full is sealed again when more events come, under its number: a
    chain has a page for so many events, however slowly they come. A page of another
    key stays as it is, full or not. The last seal must be one of ours.
    """
    number, previous, after, held = _where(head, key)
    while entries:
        room = (PAGE_EVENTS - count(held)) * ENTRY_BYTES
        held, entries = held + entries[:room], entries[room:]
        statement = SealStatement(
            key=key,
            at=at,
            number=number,
            previous=previous,
            after=after,
            last=position_at(held, -1),
            count=count(held),
            events=sha256(held).hexdigest(),
        )
        yield Page(statement, held)
        number, previous = number + 1, digest_of(statement.to_bytes())
        after, held = statement.last, b""


def _where(head: Seal | None, key: str) -> tuple[int, str, int, bytes]:
    if head is None:
        return 1, NOTHING, 0, b""
    last = SealStatement.read(head.statement)
    if last is None:
        msg = "the last seal is none"
        raise ValueError(msg)
    if last.key == key and last.count < PAGE_EVENTS:
        return last.number, last.previous, last.after, head.entries
    return last.number + 1, digest_of(head.statement), last.last, b""
