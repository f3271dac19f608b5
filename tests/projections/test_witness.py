"""Who rewrites the database, seals and all, is contradicted by the witness."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import nats
import psycopg
import pytest
from nats.js.client import JetStreamContext

from domain import names
from domain.notary.findings import Finding, Wrong
from projections.notary import witness_stream
from projections.notary.keys import Signer
from projections.notary.rotation import rotate
from projections.notary.telling import Telling
from projections.notary.verifying import LogVerification, Trust
from projections.notary.whole import sharpened, verify_log
from tests.projections.lives import life
from tests.projections.story import Story
from tests.projections.tampering import Sealed, forge, forge_key, sealed_in, sql

WAIT_SECONDS = 20


@pytest.fixture
async def sealed(story: Story, tmp_path: Path) -> Sealed:
    """Give a log of some flows, sealed."""
    return await sealed_in(story, tmp_path / "notary.key")


@pytest.fixture
async def jetstream(broker: str) -> AsyncIterator[JetStreamContext]:
    """Give the broker, without any stream."""
    client = await nats.connect(broker)
    yield client.jetstream()
    await client.close()


async def tell(sealed: Sealed, broker: str, seals: int) -> None:
    """Let the witness be told until it knows so many pages."""
    client = await nats.connect(broker)
    async with (
        Telling.open(sealed.story.log.pool, broker) as telling,
        asyncio.timeout(WAIT_SECONDS),
    ):
        await telling.connected()
        while True:
            await telling.tell_all()
            known = await witness_stream.witness(client.jetstream())
            if known and len(known.told) >= seals:
                break
            await asyncio.sleep(0.05)
    await client.close()


async def against_the_witness(
    sealed: Sealed,
    jetstream: JetStreamContext,
    tamper: Callable[[psycopg.Connection], object],
    trust: Trust | None = None,
) -> Finding | None:
    """What is found when the witness is asked too; the log is put right again."""
    known = await witness_stream.witness(jetstream)
    assert known is not None
    with (
        psycopg.connect(sealed.story.url) as connection,
        connection.transaction(force_rollback=True),
    ):
        tamper(connection)
        verification = LogVerification(connection, trust or Trust(), known)
        finding = verification.run()
        if finding is None:
            return None
        return await sharpened(verification, finding, jetstream, known)


async def test_the_witness_names_the_event_that_was_changed_with_its_seals(
    sealed: Sealed, broker: str, jetstream: JetStreamContext
) -> None:
    await tell(sealed, broker, 3)
    verdict = await verify_log(sealed.story.url, broker)
    assert (verdict.sound, verdict.witness) == (True, 3)
    mallory = Signer(b"m" * 32)

    def anew(connection: psycopg.Connection) -> None:
        forge(connection, 620, mallory, first=1)
        forge_key(connection, mallory)

    # The key stolen: each signature is right.
    ours = Signer.from_file(sealed.key_file)
    tamperings: dict[str, tuple[Callable[[psycopg.Connection], object], object]] = {
        "without a key": (lambda it: forge(it, 620, mallory), (620, Wrong.ALTERED)),
        "with another key": (anew, (620, Wrong.ALTERED)),
        "with the key": (lambda it: forge(it, 620, ours), (620, Wrong.ALTERED)),
        "end cut off, seals and all": (
            sql(
                "DELETE FROM waybill_events WHERE notification_id > 1000;"
                "DELETE FROM notary.seal WHERE number > 2"
            ),
            (1001, Wrong.TRUNCATED),
        ),
        "seals cut off": (
            sql("DELETE FROM notary.seal WHERE number > 2"),
            (1001, Wrong.MISSING_SEAL),
        ),
        "all gone": (
            sql("DELETE FROM waybill_events; DELETE FROM notary.seal"),
            (1, Wrong.TRUNCATED),
        ),
    }
    for name, (tamper, expected) in tamperings.items():
        finding = await against_the_witness(sealed, jetstream, tamper)
        assert finding, name
        assert (finding.position, finding.wrong) == expected, name


async def test_what_could_not_be_told_is_told_later(
    sealed: Sealed, broker: str, jetstream: JetStreamContext
) -> None:
    await tell(sealed, broker, 3)
    # The broker is away: sealing goes on, and the key changes meanwhile.
    async with Telling.open(sealed.story.log.pool, "nats://127.0.0.1:1") as nobody:
        await rotate(sealed.story.url, sealed.key_file)
        await sealed.story.happened(*life(99, 5))
        await sealed.seal()
        await nobody.tell_all()
    before = await witness_stream.witness(jetstream)
    assert before is not None
    assert len(before.told) == 3
    await tell(sealed, broker, 4)
    verdict = await verify_log(sealed.story.url, broker)
    assert (verdict.sound, verdict.seals, verdict.witness) == (True, 4, 4)


async def test_who_may_publish_cannot_lie_to_the_witness(
    sealed: Sealed, broker: str, jetstream: JetStreamContext
) -> None:
    await tell(sealed, broker, 3)
    for subject in (names.WITNESS_KEYS, names.witness_subject(2)):
        forged = {witness_stream.STATEMENT: "{}", witness_stream.SIGNATURE: "no"}
        await jetstream.publish(subject, b"nonsense", headers=forged)
    assert (await verify_log(sealed.story.url, broker)).sound
    finding = await against_the_witness(
        sealed, jetstream, lambda it: forge(it, 620, Signer(b"m" * 32))
    )
    assert finding is not None
    assert finding.position == 620


async def test_a_new_stream_is_told_everything(
    sealed: Sealed, broker: str, jetstream: JetStreamContext
) -> None:
    await tell(sealed, broker, 3)
    await jetstream.delete_stream(names.WITNESS_STREAM)
    await tell(sealed, broker, 3)
    verdict = await verify_log(sealed.story.url, broker)
    assert (verdict.sound, verdict.witness) == (True, 3)
