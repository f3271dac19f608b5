"""Which tokens were used: each that has an id is good for one message."""

import asyncio
import contextlib
import hashlib
import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import psycopg
from psycopg_pool import AsyncConnectionPool

_log = logging.getLogger(__name__)

# A signal may have waited longer in the queue than its token was good for.
_KEPT_AFTER_EXPIRY = timedelta(hours=1)
_SWEEP_SECONDS = 600.0

_USE = (
    "INSERT INTO access.used_token (token, expires_at) VALUES (%s, %s)"
    " ON CONFLICT DO NOTHING"
)


@dataclass(frozen=True)
class Replays:
    """One table for all processes: whoever inserts first has used the token."""

    pool: AsyncConnectionPool

    async def use(
        self, control_plane_id: str, token_id: str, expires: datetime
    ) -> bool:
        """Whether this is the token's first use."""
        # Hashed: the table is not a place where a token's contents can be read.
        named = f"{len(control_plane_id)}:{control_plane_id}:{token_id}"
        digest = hashlib.sha256(named.encode("utf-8", "surrogatepass")).digest()
        until = max(expires, datetime.now(UTC)) + _KEPT_AFTER_EXPIRY
        async with self.pool.connection() as connection:
            done = await connection.execute(_USE, (digest, until))
        return done.rowcount == 1

    async def sweep(self) -> int:
        """Forget those that have expired; returns how many."""
        async with self.pool.connection() as connection:
            done = await connection.execute(
                "DELETE FROM access.used_token WHERE expires_at < now()"
            )
        return done.rowcount

    async def run(self) -> None:
        """Sweep now and then, until cancelled."""
        while True:
            with contextlib.suppress(psycopg.Error):
                await self.sweep()
            await asyncio.sleep(_SWEEP_SECONDS)
