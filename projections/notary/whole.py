"""`waybill verify` without a flow: the whole log, its seals, and the witness."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator

import psycopg
from nats.aio.client import Client
from nats.errors import Error
from nats.js.client import JetStreamContext
from psycopg_pool import AsyncConnectionPool

from domain.notary.findings import Finding
from domain.notary.key_chain import KeyChain
from domain.notary.verdict import Verdict
from domain.notary.witness import Witness
from projections.notary import rows, witness_stream
from projections.notary.keys import verify_with
from projections.notary.verifying import LogVerification, Trust

_CONNECT_SECONDS = 3


async def verify_log(
    database_url: str, nats_url: str | None, trust: Trust | None = None
) -> Verdict:
    """Check everything, at some 300,000 events a second; the first fault is told.

    Without a broker, the database's own seals are all that there is to ask. Raises
    psycopg.Error where the log cannot be read.
    """
    trust = trust or Trust()
    async with _jetstream(nats_url) as jetstream:
        witness = None
        if jetstream:
            witness = await witness_stream.witness(jetstream, trust.key_ids)
        # In a thread: it takes seconds, and the broker wants to be answered.
        verification, finding = await asyncio.to_thread(
            _run, database_url, trust, witness
        )
        with contextlib.closing(verification):
            verdict = await asyncio.to_thread(verification.verdict, finding)
            if finding and jetstream and witness:
                finding = await sharpened(verification, finding, jetstream, witness)
            return verdict.model_copy(update={"finding": finding})


async def witnessed(pool: AsyncConnectionPool, nats_url: str) -> int:
    """The position up to which the witness knows of seals; 0 if it cannot be asked."""
    async with pool.connection() as connection:
        number = await rows.last_number(connection)
        keys = KeyChain.of(await rows.keys(connection), verify_with)
    async with _jetstream(nats_url) as jetstream:
        if jetstream is None:
            return 0
        try:
            told = await witness_stream.recalled(jetstream, number, keys)
        except (Error, OSError, TimeoutError):
            return 0
    return max((each.last for each in told), default=0)


async def sharpened(
    verification: LogVerification,
    finding: Finding,
    jetstream: JetStreamContext,
    witness: Witness,
) -> Finding:
    """The very event that was changed, where the witness knows it; else the same."""
    number = finding.seal
    while told := await witness_stream.told_entries(jetstream, number, witness):
        sharper = await asyncio.to_thread(verification.against, told)
        if sharper:
            return sharper
        number += 1
    return finding


def _run(
    database_url: str, trust: Trust, witness: Witness | None
) -> tuple[LogVerification, Finding | None]:
    with contextlib.ExitStack() as stack:
        connection = psycopg.connect(database_url, autocommit=True)
        stack.callback(connection.close)
        verification = LogVerification(connection, trust, witness)
        finding = verification.run()
        # It is read on, and closed by our caller.
        stack.pop_all()
    return verification, finding


@contextlib.asynccontextmanager
async def _jetstream(nats_url: str | None) -> AsyncGenerator[JetStreamContext | None]:
    if nats_url is None:
        yield None
        return
    try:
        client = Client()
        await client.connect(
            nats_url,
            allow_reconnect=False,
            connect_timeout=_CONNECT_SECONDS,
            error_cb=_quiet,
        )
    except (Error, OSError):
        yield None
        return
    try:
        yield JetStreamContext(client)
    finally:
        await client.close()


async def _quiet(_: Exception) -> None:
    """Whoever waits for an answer hears of it."""
