"""What the notary looks at before it signs: is what it sealed before still there?

Whoever can write to the database can change the last seal, or take seals out and let
the log be sealed anew. The key must not vouch for what they have made of it.
"""

from dataclasses import dataclass, field
from hashlib import sha256

from psycopg import AsyncConnection

from domain.errors import DataPlaneError, NotaryKeyError
from domain.notary.check import Checker, as_signed
from domain.notary.encoding import ENTRY_BYTES
from domain.notary.key_chain import KeyChain
from domain.notary.seals import Seal
from domain.notary.statements import SealStatement
from projections.notary import rows
from projections.notary.keys import verify_with

_BETWEEN = (
    "SELECT EXISTS (SELECT FROM waybill_events"
    " WHERE notification_id > %s AND notification_id < %s)"
)


class SealsChangedError(DataPlaneError):
    """What the notary sealed before is gone or changed: nothing more is signed."""

    code = "notary.seals-changed"


@dataclass(frozen=True)
class Head:
    """The last seal, as it was signed."""

    seal: Seal
    said: SealStatement


@dataclass
class Memory:
    """What this process has sealed; no database can take it back."""

    sealed: SealStatement | None = None
    """The last seal that was there when we looked, that we committed, or were told."""
    witnessed: bool = False
    """Whether the witness was asked since we began."""
    _made: SealStatement | None = field(default=None, repr=False)

    def made(self, last: SealStatement) -> None:
        """It is signed, and counts as soon as its transaction is over."""
        self._made = last

    def committed(self) -> None:
        """The transaction is over."""
        self.sealed, self._made = self._made or self.sealed, None


async def chain_of(connection: AsyncConnection, key_id: str | None = None) -> KeyChain:
    """The keys of the database. Raises NotaryKeyError where `key_id` is not the last.

    The chain says itself who is its last key; a row that does not fit is no key.
    """
    chain = KeyChain.of(await rows.keys(connection), verify_with)
    last = chain.keys[-1].new_key if chain.keys else None
    if chain.problem or (key_id is not None and last != key_id):
        reason = chain.problem or "another key is the last one"
        raise NotaryKeyError(f"the notary's keys are not a chain: {reason}")
    return chain


async def head_of(connection: AsyncConnection, chain: KeyChain) -> Head | None:
    """The last seal; None before the first. Raises SealsChangedError for a false one.

    Its entries are looked at too: they are signed again when the page grows.
    """
    seal = await rows.head(connection)
    if seal is None:
        _reached(Checker(chain, verify_with))
        return None
    said = SealStatement.read(seal.statement)
    if said is None or not _genuine(seal, said, chain):
        raise SealsChangedError("the last seal is not as a key of ours has signed it")
    if said.number != await rows.last_number(connection):
        raise SealsChangedError("the last seal is not in its place")
    checker = Checker(chain, verify_with)
    checker.passed(said, seal)
    _reached(checker)
    return Head(seal, said)


async def continues(connection: AsyncConnection, known: SealStatement) -> None:
    """Check that a page is sealed as it was before, or has grown since.

    Raises SealsChangedError where it is not.
    """
    found = await rows.seals(connection, known.number, 1)
    said = SealStatement.read(found[0].statement) if found else None
    if said is None or not _grown(known, said, found[0].entries):
        detail = f"seal {known.number} is gone, or is not the one that we have made"
        raise SealsChangedError(detail)


async def follows(
    connection: AsyncConnection, head: Head | None, position: int
) -> None:
    """Check that the event at a position is the next one that is to be sealed.

    Raises SealsChangedError where seals were removed, or the notary's position moved.
    """
    last = head.said.last if head else 0
    cursor = await connection.execute(_BETWEEN, (last, position))
    found = await cursor.fetchone()
    if position <= last or (found and found[0]):
        detail = f"position {position} does not follow the last seal's, {last}"
        raise SealsChangedError(detail)


def _genuine(seal: Seal, said: SealStatement, chain: KeyChain) -> bool:
    checker = Checker(
        chain, verify_with, number=said.number - 1, last=said.after, previous=None
    )
    return checker.follows(seal) == said and as_signed(said, seal.entries)


def _reached(checker: Checker) -> None:
    if finding := checker.unreached():
        raise SealsChangedError(finding.detail)


def _grown(known: SealStatement, said: SealStatement, entries: bytes) -> bool:
    before = entries[: known.count * ENTRY_BYTES]
    return (
        (said.number, said.previous, said.after)
        == (known.number, known.previous, known.after)
        and said.count >= known.count
        and sha256(before).hexdigest() == known.events
    )
