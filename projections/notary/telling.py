"""Tells the witness what was sealed, as soon as there is one to be told."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncGenerator, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Self

from nats.aio.client import Client
from nats.errors import Error
from nats.js.client import JetStreamContext
from nats.js.errors import NotFoundError
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from domain.message import Recorded
from domain.notary.key_chain import KeyChain, SignedKey
from domain.notary.statements import SealStatement
from projections.notary import rows, witness_stream
from projections.notary.keys import verify_with
from projections.notary.rows import ToldUpTo

log = logging.getLogger(__name__)

_AT_ONCE = 50
_EVERY_SECONDS = 1.0
# So long the first seal waits for a broker that may contradict it.
_PATIENCE_SECONDS = 3.0
_AWAY = (Error, OSError, TimeoutError)


@dataclass
class _Known:
    """What the stream holds. The database's word for it is not enough.

    Who moves the number there on could else make the notary silent.
    """

    keys: set[SignedKey]
    upto: ToldUpTo


class Telling:
    """Publishes in order what is not published yet; what fails is tried again."""

    def __init__(self, pool: AsyncConnectionPool) -> None:
        """Without a broker. How much was told is remembered in the pool's database."""
        self._pool = pool
        self._client = Client()
        self._connecting: asyncio.Task[None] | None = None
        self._known: _Known | None = None
        self._waited = False
        self._failing = False
        self._told_at = -_EVERY_SECONDS

    @classmethod
    @asynccontextmanager
    async def open(
        cls, pool: AsyncConnectionPool, nats_url: str
    ) -> AsyncGenerator[Self]:
        """Connects in the background, for as long as it takes."""
        telling = cls(pool)
        telling._connecting = asyncio.create_task(telling._connect(nats_url))
        try:
            yield telling
        finally:
            telling._connecting.cancel()
            with contextlib.suppress(asyncio.CancelledError, *_AWAY):
                await telling._connecting
            with contextlib.suppress(*_AWAY):
                await telling._client.close()

    async def connected(self) -> None:
        """Wait until there is a broker."""
        if self._connecting:
            await asyncio.shield(self._connecting)

    async def tell(self, _: Sequence[Recorded] = ()) -> None:
        """Publish what is to be told, about once a second, however much is sealed."""
        if time.monotonic() - self._told_at >= _EVERY_SECONDS:
            await self.tell_all()
            self._told_at = time.monotonic()

    async def tell_all(self) -> None:
        """Publish what is to be told. Without a broker, later: seals do not wait."""
        if not self._client.is_connected:
            return
        try:
            jetstream = JetStreamContext(self._client)
            async with self._pool.connection() as connection:
                if self._known is None:
                    self._known = await _known(connection, jetstream)
                await _tell_keys(connection, jetstream, self._known)
                await _tell_seals(connection, jetstream, self._known)
            self._failing = False
        except _AWAY as error:
            # The stream may have been lost with its broker.
            self._known = None
            if not self._failing:
                fields = {"error": f"{type(error).__name__}: {error}"}
                log.warning("the witness was not told", extra={"fields": fields})
            self._failing = True

    async def recall(self, number: int, keys: KeyChain) -> list[SealStatement] | None:
        """What the witness knows of the log's end: `projections.notary.sealing.Recall`.

        The broker may just be starting, as we are: it is waited for once.
        """
        try:
            if not self._waited:
                self._waited = True
                await asyncio.wait_for(self.connected(), _PATIENCE_SECONDS)
            if not self._client.is_connected:
                return None
            jetstream = JetStreamContext(self._client)
            return await witness_stream.recalled(jetstream, number, keys)
        except NotFoundError:
            return []
        except _AWAY:
            return None

    async def _connect(self, nats_url: str) -> None:
        await self._client.connect(
            nats_url,
            name="waybill-notary",
            max_reconnect_attempts=-1,
            reconnect_time_wait=1,
            error_cb=_log_error,
        )


async def _known(connection: AsyncConnection, jetstream: JetStreamContext) -> _Known:
    await witness_stream.provision(jetstream)
    keys = await witness_stream.told_keys(jetstream)
    chain = KeyChain.of(await rows.keys(connection), verify_with)
    last = await witness_stream.last_told(jetstream, chain)
    noted = await rows.told(connection, "seal")
    # The stream may be another one, or hold only some of what was told at once.
    there = ToldUpTo(last.number, last.count) if last else ToldUpTo(0, 0)
    return _Known(set(keys), min(noted, there))


async def _tell_keys(
    connection: AsyncConnection, jetstream: JetStreamContext, known: _Known
) -> None:
    keys = await rows.keys(connection)
    new = [each for each in keys if each not in known.keys]
    for key in new:
        await witness_stream.tell_key(jetstream, key)
        known.keys.add(key)
    if new:
        await rows.store_told(connection, "key", ToldUpTo(len(keys), 0))


async def _tell_seals(
    connection: AsyncConnection, jetstream: JetStreamContext, known: _Known
) -> None:
    while True:
        begun = max(known.upto.number, 1)
        seals = await rows.seals(connection, begun, _AT_ONCE)
        upto, telling = known.upto, list[Coroutine[None, None, None]]()
        for seal in seals:
            said = SealStatement.read(seal.statement)
            begin = upto.size if said and said.number == upto.number else 0
            # Else nothing is new; or somebody has written over it, and whoever
            # verifies will hear of it.
            if said is not None and begin < said.count:
                told = witness_stream.tell_seal(jetstream, said.number, seal, begin)
                telling.append(told)
                upto = ToldUpTo(said.number, said.count)
        if not telling:
            return
        # All or none is remembered; what was published is not published twice, and if
        # it is, nothing comes of it.
        await asyncio.gather(*telling)
        known.upto = upto
        await rows.store_told(connection, "seal", upto)


async def _log_error(error: Exception) -> None:
    log.warning("broker error", extra={"fields": {"error": type(error).__name__}})
