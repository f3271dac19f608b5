"""The notary does not sign what somebody has made of its seals."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg import AsyncConnection
from typer.testing import CliRunner

from domain.notary.encoding import Stored
from domain.notary.statements import SealStatement
from projections.notary.head import SealsChangedError
from projections.notary.keys import Signer
from projections.notary.rotation import rotate
from projections.notary.sealing import Notary, introduce
from projections.notary.telling import Telling
from projections.notary.whole import verify_log
from tests.projections.lives import life
from tests.projections.story import Story
from tests.projections.tampering import CHANGE, Sealed, sealed_in
from tests.projections.test_witness import tell
from waybill.cli import app

NOTHING = "SELECT"
# Five minutes have gone by.
LATER = timedelta(0)
CHANGED = (
    "UPDATE notary.seal SET entries = set_byte(entries, 50, 0) WHERE number = 3",
    "UPDATE notary.seal SET signature = set_byte(signature, 9, 0) WHERE number = 3",
    # An older page in the place of a later one.
    "UPDATE notary.seal SET number = 9 WHERE number = 2",
)
# The notary's position stands still, or is moved back with them.
CUT = "DELETE FROM notary.seal WHERE number > 2"
ANEW = f"{CUT}; {CHANGE.format(1100)}"
ALL_ANEW = "DELETE FROM notary.seal; DELETE FROM notary.key"


@pytest.fixture
async def sealed(story: Story, tmp_path: Path) -> Sealed:
    """Give a log of some flows, sealed."""
    return await sealed_in(story, tmp_path / "notary.key")


@asynccontextmanager
async def done(sealed: Sealed, doing: str) -> AsyncIterator[AsyncConnection]:
    """A log that was tampered with; it is put right again."""
    async with (
        await AsyncConnection.connect(sealed.story.url) as connection,
        connection.transaction(force_rollback=True),
    ):
        await connection.execute(doing.encode())
        yield connection


async def sealing(
    sealed: Sealed, notary: Notary, doing: str, behind: int
) -> Sequence[SealStatement]:
    """The seals after what was done, and after the notary was given what is behind."""
    async with done(sealed, doing) as connection:
        rows = await connection.execute(
            "SELECT notification_id, originator_id, originator_version, topic, state"
            " FROM waybill_events WHERE notification_id > %s ORDER BY 1 LIMIT 500",
            (behind,),
        )
        page = [Stored(*row) async for row in rows]
        await notary.seal(connection, page)
        made = await connection.execute("SELECT statement FROM notary.seal")
        return [SealStatement.model_validate_json(row[0]) async for row in made]


async def refuses(sealed: Sealed, notary: Notary, doing: str, behind: int) -> None:
    with pytest.raises(SealsChangedError) as refused:
        await sealing(sealed, notary, doing, behind)
    assert refused.value.code == "notary.seals-changed"


async def last_of(sealed: Sealed) -> int:
    async with done(sealed, NOTHING) as connection:
        row = await (
            await connection.execute("SELECT max(last) FROM notary.seal")
        ).fetchone()
        assert row is not None
        return int(row[0])


async def test_behind_a_seal_that_was_changed_nothing_is_signed(sealed: Sealed) -> None:
    last = await last_of(sealed)
    await sealed.story.happened(*life(99, 5))
    for doing in CHANGED:
        await refuses(sealed, Notary(sealed.key_file), doing, last)
        async with done(sealed, doing) as connection:
            signer = Signer.from_file(sealed.key_file)
            with pytest.raises(SealsChangedError):
                await introduce(connection, signer, Signer(b"n" * 32))
    # The seals are gone, and the notary's position is where it was.
    await refuses(sealed, Notary(sealed.key_file), CUT, last)
    # It is moved back, and the seals are there.
    await refuses(sealed, Notary(sealed.key_file), NOTHING, 1000)
    made = await sealing(sealed, Notary(sealed.key_file), NOTHING, last)
    assert max(each.last for each in made) > last


async def test_a_notary_remembers_what_it_has_sealed(sealed: Sealed) -> None:
    notary = Notary(sealed.key_file)
    await sealed.story.happened(*life(99, 5))
    await notary.follower(sealed.story.log.pool).catch_up()
    last = await last_of(sealed)
    await sealed.story.happened(*life(98, 5))
    await refuses(sealed, notary, ANEW, 1000)
    await refuses(sealed, notary, ALL_ANEW, 0)
    # Not so what was rolled back; and another key is no other log.
    for _ in range(2):
        made = await sealing(sealed, notary, NOTHING, last)
        assert len(made) == 3
    await rotate(sealed.story.url, sealed.key_file)
    await notary.follower(sealed.story.log.pool).catch_up()
    await refuses(sealed, notary, "DELETE FROM notary.seal WHERE number = 4", last)


async def test_a_new_process_asks_the_witness(sealed: Sealed, broker: str) -> None:
    last = await last_of(sealed)
    await tell(sealed, broker, 3)
    await sealed.story.happened(*life(99, 5))
    async with Telling.open(sealed.story.log.pool, broker) as telling:

        def started() -> Notary:
            return Notary(sealed.key_file, telling.recall)

        await refuses(sealed, started(), ANEW, 1000)
        await refuses(sealed, started(), ALL_ANEW, 0)
        made = await sealing(sealed, started(), NOTHING, last)
        assert max(each.last for each in made) > last
        # The log was sealed anew while the broker was away: found out afterwards.
        blind = Notary(sealed.key_file)
        async with done(sealed, ALL_ANEW) as connection:
            rows = await connection.execute(
                "SELECT notification_id, originator_id, originator_version, topic,"
                " state || ' ' FROM waybill_events ORDER BY 1 LIMIT 500"
            )
            page = [Stored(*row) async for row in rows]
            await blind.seal(connection, page)
            rows = await connection.execute(
                "SELECT notification_id, originator_id, originator_version, topic,"
                " state FROM waybill_events ORDER BY 1 OFFSET 500 LIMIT 500"
            )
            page = [Stored(*row) async for row in rows]
            late = Notary(sealed.key_file, telling.recall)
            for _ in range(2):
                with pytest.raises(SealsChangedError):
                    await late.seal(connection, page)


async def test_seals_that_the_witness_was_not_told_are_counted_and_told(
    sealed: Sealed, broker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await tell(sealed, broker, 3)
    await rotate(sealed.story.url, sealed.key_file)
    await sealed.story.happened(*life(99, 5))
    await sealed.seal()
    # As if all had been told, and much more.
    with psycopg.connect(sealed.story.url) as connection:
        connection.execute("UPDATE notary.told SET number = 1000000")
    assert (await verify_log(sealed.story.url, broker)).unwitnessed == 0
    monkeypatch.setattr("projections.notary.reading.OVERDUE", LATER)
    verdict = await verify_log(sealed.story.url, broker)
    assert (verdict.sound, verdict.witness, verdict.unwitnessed) == (True, 3, 1)
    monkeypatch.setenv("WAYBILL_DATABASE_URL", sealed.story.url)
    monkeypatch.setenv("WAYBILL_NATS_URL", broker)
    result = await asyncio.to_thread(CliRunner().invoke, app, ["verify"])
    assert (result.exit_code, "NOT told of 1 page" in result.output) == (1, True)
    await tell(sealed, broker, 4)
    verdict = await verify_log(sealed.story.url, broker)
    assert (verdict.sound, verdict.witness, verdict.unwitnessed) == (True, 4, 0)
