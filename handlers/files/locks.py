"""One at a time, over all processes: advisory locks of the database."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import blake2b

from psycopg_pool import AsyncConnectionPool


@dataclass(frozen=True)
class Locks:
    """Held by a connection: a process that dies lets go of them.

    The connections are of a pool of their own, so that nobody who holds a lock waits
    for a connection that those who wait for the lock have.
    """

    pool: AsyncConnectionPool

    @asynccontextmanager
    async def held(self, *names: str) -> AsyncGenerator[None]:
        """Wait for all of them, and hold them. Raises DATABASE_DOWN."""
        async with self.pool.connection() as connection, connection.transaction():
            # In one order, whoever asks: nobody waits for one who waits for him.
            for key in sorted(map(_key, names)):
                # Of the transaction: it ends with it, however that ends.
                await connection.execute("SELECT pg_advisory_xact_lock(%s)", (key,))
            yield


def _key(name: str) -> int:
    digest = blake2b(f"files/{name}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def lock_pool(database_url: str, connections: int) -> AsyncConnectionPool:
    """For locks; to be opened by whoever closes it."""
    return AsyncConnectionPool(
        database_url,
        min_size=1,
        max_size=connections,
        timeout=60.0,
        kwargs={"autocommit": True},
        open=False,
    )
