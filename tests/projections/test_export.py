"""An export of a flow holds its own proof, also that the log was tampered with."""

from collections.abc import Sequence
from pathlib import Path

import psycopg
import pytest

from domain.errors import UnknownFlowError
from domain.notary.export import ExportCheck
from domain.notary.findings import Wrong
from domain.notary.verdict import Verdict
from projections.notary.exporting import export
from projections.notary.head import SealsChangedError
from projections.notary.keys import Signer, verify_with
from tests.projections.lives import life
from tests.projections.story import Story
from tests.projections.tampering import (
    CHANGE,
    CUT,
    REMOVE,
    SWAP,
    Sealed,
    sealed_in,
)

FLOW = "flow-5"
DATED = """
    UPDATE waybill_events SET state = convert_to(regexp_replace(
        convert_from(state, 'UTF8'), '"recorded_at":"[0-9]', '"recorded_at":"' || %s
    ), 'UTF8') WHERE notification_id = %s
"""


@pytest.fixture
async def sealed(story: Story, tmp_path: Path) -> Sealed:
    """Give a log of some flows, sealed."""
    return await sealed_in(story, tmp_path / "notary.key")


async def exported(
    sealed: Sealed, flow: str = FLOW, *, witnessed: int = 0
) -> list[bytes]:
    signer = Signer.from_file(sealed.key_file)
    lines = export(sealed.story.log.pool, signer, flow, witnessed=witnessed)
    return [line async for line in lines]


def checked(lines: Sequence[bytes], *trusted: str) -> Verdict:
    check = ExportCheck(verify_with, trusted)
    for line in lines:
        check.line(line)
    return check.verdict()


async def positions(sealed: Sealed) -> list[int]:
    """Those of the flow's events."""
    async with sealed.story.log.pool.connection() as connection:
        rows = await connection.execute(
            "SELECT notification_id FROM waybill_events"
            " WHERE encode(state, 'escape') LIKE '%\"flow-5\"%' ORDER BY 1"
        )
        return [row[0] async for row in rows]


async def test_an_export_verifies_by_itself(sealed: Sealed) -> None:
    key = Signer.from_file(sealed.key_file).key_id
    for flow in ("flow-0", "flow-3", FLOW):
        verdict = checked(await exported(sealed, flow), key)
        assert (verdict.finding, verdict.trusted, verdict.unsealed) == (None, True, 0)
        assert verdict.events > 90
    with pytest.raises(UnknownFlowError):
        await exported(sealed, "nobody's")


async def test_what_is_not_sealed_yet_is_signed_with_the_export(sealed: Sealed) -> None:
    await sealed.story.happened(*life(77, 5))
    verdict = checked(await exported(sealed, "flow-77"))
    assert (verdict.finding, verdict.events) == (None, 0)
    assert verdict.unsealed > 10


async def test_an_export_tells_that_the_log_was_tampered_with(sealed: Sealed) -> None:
    mine = await positions(sealed)
    # From the end on, so that each is the first fault.
    doings = (
        (CUT.format(mine[-1] - 3), mine[-1] - 2, Wrong.REMOVED),
        (REMOVE.format(mine[60]), mine[60], Wrong.REMOVED),
        (CHANGE.format(mine[40]), mine[40], Wrong.ALTERED),
        (SWAP.format(mine[20], mine[21]), mine[20], Wrong.REORDERED),
    )
    for doing, position, wrong in doings:
        with psycopg.connect(sealed.story.url) as connection:
            connection.execute(doing.encode())
        finding = checked(await exported(sealed)).finding
        assert finding is not None
        assert (finding.position, finding.wrong) == (position, wrong)


async def test_what_has_lost_its_seal_is_not_signed_with_an_export(
    sealed: Sealed,
) -> None:
    (first, *_) = await positions(sealed)
    doings = (
        # As if there was no page that reaches so far.
        "UPDATE notary.seal SET last = 1",
        "DELETE FROM notary.seal",
        # As if the notary had never come so far; but the witness knows.
        "UPDATE notary.positions SET position = 0",
    )
    for doing in doings:
        with psycopg.connect(sealed.story.url) as connection:
            connection.execute(doing)
        with pytest.raises(SealsChangedError):
            await exported(sealed, witnessed=first)
    # All that is left are events that say that they are new; or nothing of the kind.
    assert checked(await exported(sealed)).unsealed
    for said in ("3", "x"):
        with psycopg.connect(sealed.story.url) as connection:
            connection.execute(DATED, (said, first))
        with pytest.raises(SealsChangedError):
            await exported(sealed)
