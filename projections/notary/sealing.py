"""Follows the log and seals it: pages that are full at once, others after a while."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from domain.errors import NotaryKeyError
from domain.notary.encoding import Stored, entries
from domain.notary.seals import Seal, pages
from domain.notary.statements import NOTHING, KeyStatement, SealStatement, digest_of
from eventlog.follower import Applied, Follower
from projections.notary import rows
from projections.notary.keys import Signer, read_seeds

if TYPE_CHECKING:
    from eventlog.follower import Apply, Read

NAME, SCHEMA = "notary", "notary"


@dataclass(frozen=True)
class Notary:
    """Seals what is in the log, with the key in use of a file."""

    key_file: Path

    def follower(
        self,
        pool: AsyncConnectionPool,
        applied: Applied | None = None,
        every_seconds: float = 5.0,
    ) -> Follower:
        """What seals: an event waits at most so long for more to fill its page."""
        return Follower(
            pool,
            NAME,
            SCHEMA,
            # The follower hands on whatever `read` makes of a row.
            cast("Apply", self.seal),
            applied,
            every_seconds=every_seconds,
            read=cast("Read", Stored),
        )

    async def seal(self, connection: AsyncConnection, page: Sequence[Stored]) -> None:
        """Seal the events that follow the last seal, in the follower's transaction."""
        signer = await self._signer(connection)
        now = datetime.now(UTC)
        head = await rows.head(connection)
        for each in pages(head, entries(page), signer.key_id, now):
            statement = each.statement.to_bytes()
            signature = signer.sign(statement).value
            await rows.store(
                connection, each.statement, Seal(statement, signature, each.entries)
            )

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
    """Let a key take over after the last seal: `signer` has the key in use."""
    head = await rows.head(connection)
    number, previous = after(head)
    statement = KeyStatement(
        key=signer.key_id,
        at=datetime.now(UTC),
        public_key=new.public_key.hex(),
        new_key=new.key_id,
        from_seal=number + 1,
        previous=previous,
    )
    await rows.store_key(connection, statement, signer.sign(statement.to_bytes()))
    return statement


def after(head: Seal | None) -> tuple[int, str]:
    """The number of the last seal, and what the next statement names it by."""
    if head is None:
        return 0, NOTHING
    last = SealStatement.read(head.statement)
    if last is None:
        raise NotaryKeyError("the last seal is not one that a key of ours has made")
    return last.number, digest_of(head.statement)
