"""Follows the log and seals it: pages that are full at once, others after a while."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, cast

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from domain.errors import NotaryKeyError
from domain.message import Recorded
from domain.notary.encoding import Stored, entries
from domain.notary.key_chain import KeyChain
from domain.notary.seals import Seal, pages
from domain.notary.statements import NOTHING, KeyStatement, SealStatement, digest_of
from eventlog.follower import Applied, Follower
from eventlog.waking import Pace
from projections.notary import rows
from projections.notary.head import (
    Head,
    Memory,
    chain_of,
    continues,
    follows,
    head_of,
)
from projections.notary.keys import Signer, introduction, read_seeds

if TYPE_CHECKING:
    from eventlog.follower import Apply, Read

NAME, SCHEMA = "notary", "notary"

# Of the last seal's number and the keys: what the witness knows of the log's end; None
# where it cannot be asked.
Recall: TypeAlias = Callable[[int, KeyChain], Awaitable[Sequence[SealStatement] | None]]


@dataclass(frozen=True)
class Notary:
    """Seals what is in the log, with the key in use of a file.

    It signs nothing where what was sealed before is not there as it was: as its key has
    signed it, as this process remembers it, as the witness was told.
    """

    key_file: Path
    witness: Recall | None = None
    memory: Memory = field(default_factory=Memory, compare=False)

    def follower(
        self,
        pool: AsyncConnectionPool,
        applied: Applied | None = None,
        every_seconds: float = 5.0,
    ) -> Follower:
        """What seals: an event waits at most so long for more to fill its page."""

        async def sealed(page: Sequence[Recorded]) -> None:
            # Without events nothing was committed.
            if page:
                self.memory.committed()
            if applied:
                await applied(page)

        return Follower(
            pool,
            NAME,
            SCHEMA,
            # The follower hands on whatever `read` makes of a row.
            cast("Apply", self.seal),
            sealed,
            pace=Pace(every_seconds=every_seconds),
            read=cast("Read", Stored),
        )

    async def seal(self, connection: AsyncConnection, page: Sequence[Stored]) -> None:
        """Seal the events that follow the last seal, in the follower's transaction.

        Raises NotaryKeyError, and SealsChangedError where the last seal is not as it
        was: then the events stay unsealed.
        """
        if self.memory.sealed:
            await continues(connection, self.memory.sealed)
        signer = await self._signer(connection)
        chain = await chain_of(connection, signer.key_id)
        head = await head_of(connection, chain)
        await follows(connection, head, page[0].position)
        await self._remember(connection, head, chain)
        now, last = datetime.now(UTC), head.seal if head else None
        for each in pages(last, entries(page), signer.key_id, now):
            statement = each.statement.to_bytes()
            signature = signer.sign(statement).value
            await rows.store(
                connection, each.statement, Seal(statement, signature, each.entries)
            )
            self.memory.made(each.statement)

    async def _remember(
        self, connection: AsyncConnection, head: Head | None, chain: KeyChain
    ) -> None:
        if self.witness and not self.memory.witnessed:
            told = await self.witness(head.said.number if head else 0, chain)
            for each in told or ():
                # Not forgotten where it is contradicted, and the broker goes away.
                self.memory.sealed = each
                await continues(connection, each)
            # Else the broker is away: seals do not wait for it; it is asked later.
            self.memory.witnessed = told is not None
        if head:
            self.memory.sealed = head.said

    async def _signer(self, connection: AsyncConnection) -> Signer:
        """The signer of the key in use, introduced by itself if it is the first."""
        signers = [Signer(seed) for seed in read_seeds(self.key_file)]
        known = await rows.last_key(connection)
        if known is None:
            await introduce(connection, signers[0], signers[0])
            return signers[0]
        for each in signers:
            if each.key_id == known.new_key:
                return each
        raise NotaryKeyError("the notary's key file does not hold the key in use")


async def introduce(
    connection: AsyncConnection, signer: Signer, new: Signer
) -> KeyStatement:
    """Let a key take over after the last seal: `signer` has the key in use.

    Raises SealsChangedError where the last seal is not as that key's chain has signed.
    """
    head = await head_of(connection, await chain_of(connection))
    number = head.said.number if head else 0
    previous = digest_of(head.seal.statement) if head else NOTHING
    statement = KeyStatement(
        key=signer.key_id,
        at=datetime.now(UTC),
        public_key=new.public_key.hex(),
        new_key=new.key_id,
        from_seal=number + 1,
        previous=previous,
    )
    signature = introduction(statement.to_bytes(), signer, new)
    await rows.store_key(connection, statement, signature)
    return statement
