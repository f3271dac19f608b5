"""Whoever changes a sealed log is found out, and the first bad position is named."""

import asyncio
from pathlib import Path

import psycopg
import pytest

from domain.errors import NotaryKeyError
from domain.notary.findings import Wrong
from projections.notary.keys import Signer, read_seeds
from projections.notary.rotation import rotate
from projections.notary.verifying import Trust
from tests.projections.lives import life
from tests.projections.story import Story
from tests.projections.tampering import (
    LAST,
    SWAP,
    Sealed,
    after,
    forge,
    forge_key,
    sealed_in,
    sql,
    verified,
)
from waybill.secret_key import ensure_key


@pytest.fixture
async def sealed(story: Story, tmp_path: Path) -> Sealed:
    """Give a log of some flows, sealed."""
    return await sealed_in(story, tmp_path / "notary.key")


_AGAIN = """
    INSERT INTO waybill_events
    SELECT gen_random_uuid(), 1, topic, state, {1} FROM waybill_events
    WHERE notification_id = {0}
"""
TAMPERINGS = {
    "state": (
        "UPDATE waybill_events SET state = state || ' ' WHERE notification_id >= 700",
        (700, Wrong.ALTERED),
    ),
    "version": (
        "UPDATE waybill_events SET originator_version = 0 WHERE notification_id = 501",
        (501, Wrong.ALTERED),
    ),
    "topic": (
        "UPDATE waybill_events SET topic = topic || ' ' WHERE notification_id = 1",
        (1, Wrong.ALTERED),
    ),
    "removed": (
        "DELETE FROM waybill_events WHERE notification_id = 640",
        (640, Wrong.REMOVED),
    ),
    "removed at the seam": (
        "DELETE FROM waybill_events WHERE notification_id IN (500, 501)",
        (500, Wrong.REMOVED),
    ),
    "moved to the front": (
        "UPDATE waybill_events SET notification_id = 0 WHERE notification_id = 44",
        (0, Wrong.REORDERED),
    ),
    "swapped": (SWAP.format(77, 78), (77, Wrong.REORDERED)),
    "inserted before all": (_AGAIN.format(10, -5), (-5, Wrong.INSERTED)),
    "cut off": (
        "DELETE FROM waybill_events WHERE notification_id > 1200",
        (1201, Wrong.TRUNCATED),
    ),
    "seal removed": (
        "DELETE FROM notary.seal WHERE number = 2",
        (501, Wrong.MISSING_SEAL),
    ),
    "digest changed": (
        "UPDATE notary.seal SET entries = set_byte(entries, 50, 0) WHERE number = 2",
        (502, Wrong.FORGED_SEAL),
    ),
    "key replaced": (
        "UPDATE notary.key SET signature = set_byte(signature, 63, 255)",
        (1, Wrong.FORGED_SEAL),
    ),
}


async def test_an_honest_log_is_as_it_was_sealed(sealed: Sealed) -> None:
    with psycopg.connect(sealed.story.url, autocommit=True) as connection:
        verdict = verified(connection)
        assert verdict.finding is None
        assert verdict.events > LAST
        assert (verdict.seals, verdict.unsealed) == (3, 0)
        # What comes later continues the last page, and takes no row of its own.
        last = await sealed.story.happened(*life(99, 5))
        assert verified(connection).unsealed
        await sealed.seal()
        verdict = verified(connection)
        assert (verdict.sound, verdict.events, verdict.seals) == (True, last, 3)


async def test_what_was_done_to_the_log_is_found(sealed: Sealed) -> None:
    found = {
        name: after(sealed.story.url, sql(TAMPERINGS[name][0])) for name in TAMPERINGS
    }
    told = {name: each and (each.position, each.wrong) for name, each in found.items()}
    assert told == {name: expected for name, (_, expected) in TAMPERINGS.items()}


async def test_who_has_no_key_cannot_seal_what_he_changed(sealed: Sealed) -> None:
    finding = after(sealed.story.url, lambda it: forge(it, 620, Signer(b"m" * 32)))
    assert finding is not None
    # Without the witness, the page is all that can be told.
    assert finding.wrong is Wrong.FORGED_SEAL
    assert (finding.position, finding.until) == (501, 1000)


async def test_a_chain_of_somebody_elses_keys_is_not_believed(sealed: Sealed) -> None:
    mallory = Signer(b"m" * 32)
    ours = Trust((Signer.from_file(sealed.key_file).key_id,))

    def tamper(connection: psycopg.Connection) -> None:
        forge(connection, 620, mallory, first=1)
        forge_key(connection, mallory)

    with (
        psycopg.connect(sealed.story.url) as connection,
        connection.transaction(force_rollback=True),
    ):
        tamper(connection)
        # It is in itself without a fault: only who knows our key can tell.
        assert verified(connection).sound
        finding = verified(connection, ours).finding
        assert finding is not None
        assert (finding.position, finding.wrong) == (1, Wrong.FORGED_SEAL)


async def test_a_new_key_is_introduced_by_the_old_one(sealed: Sealed) -> None:
    first = Signer.from_file(sealed.key_file).key_id
    made = await rotate(sealed.story.url, sealed.key_file)
    second = Signer.from_file(sealed.key_file).key_id
    assert (made.key, made.new_key, made.from_seal) == (first, second, 4)
    await sealed.story.happened(*life(99, 5))
    await sealed.seal()
    with psycopg.connect(sealed.story.url, autocommit=True) as connection:
        for trusted in (first, second):
            verdict = verified(connection, Trust((trusted,)))
            assert (verdict.sound, verdict.trusted, verdict.seals) == (True, True, 4)
            assert verdict.key == second
    unsigned = sql(TAMPERINGS["key replaced"][0])
    finding = after(sealed.story.url, unsigned)
    assert finding is not None
    assert finding.position == 1


async def test_two_rotations_at_once_leave_the_key_in_use(sealed: Sealed) -> None:
    await asyncio.gather(
        *(rotate(sealed.story.url, sealed.key_file) for _ in range(4)),
    )
    (seed,) = read_seeds(sealed.key_file)
    await sealed.story.happened(*life(99, 5))
    await sealed.seal()
    with psycopg.connect(sealed.story.url, autocommit=True) as connection:
        verdict = verified(connection)
        assert (verdict.sound, verdict.key) == (True, Signer(seed).key_id)


async def test_a_key_whose_turn_was_cut_off_is_missed(sealed: Sealed) -> None:
    await rotate(sealed.story.url, sealed.key_file)
    second = Signer.from_file(sealed.key_file).key_id
    cut = sql(
        "DELETE FROM waybill_events WHERE notification_id > 1000;"
        "DELETE FROM notary.seal WHERE number > 2"
    )
    with (
        psycopg.connect(sealed.story.url) as connection,
        connection.transaction(force_rollback=True),
    ):
        cut(connection)
        finding = verified(connection, Trust((second,))).finding
        assert finding is not None
        assert (finding.position, finding.wrong) == (1001, Wrong.MISSING_SEAL)


async def test_a_file_without_the_key_in_use_seals_nothing(
    sealed: Sealed, tmp_path: Path
) -> None:
    await sealed.story.happened(*life(99, 5))
    other = Sealed(sealed.story, ensure_key(tmp_path / "other.key"))
    with pytest.raises(NotaryKeyError):
        await other.seal()
    with pytest.raises(NotaryKeyError):
        await rotate(sealed.story.url, other.key_file)


async def test_events_that_nobody_sealed_are_told(sealed: Sealed) -> None:
    old = b'{"metadata":{"recorded_at":"2026-11-20T12:00:00Z"}}'
    finding = after(
        sealed.story.url,
        lambda it: it.execute(
            "INSERT INTO waybill_events VALUES (gen_random_uuid(), 1, 'a.b.v1', %s)",
            (old,),
        ),
    )
    assert finding is not None
    assert finding.wrong is Wrong.MISSING_SEAL
    everything = sql("DELETE FROM notary.seal; DELETE FROM notary.key")

    def unseal(connection: psycopg.Connection) -> None:
        everything(connection)
        connection.execute(
            "UPDATE waybill_events SET state = %s WHERE notification_id = 1", (old,)
        )

    finding = after(sealed.story.url, unseal)
    assert finding is not None
    assert (finding.position, finding.wrong) == (1, Wrong.MISSING_SEAL)
