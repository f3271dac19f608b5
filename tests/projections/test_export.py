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


@pytest.fixture
async def sealed(story: Story, tmp_path: Path) -> Sealed:
    """Give a log of some flows, sealed."""
    return await sealed_in(story, tmp_path / "notary.key")


async def exported(sealed: Sealed, flow: str = FLOW) -> list[bytes]:
    signer = Signer.from_file(sealed.key_file)
    return [line async for line in export(sealed.story.log.pool, signer, flow)]


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
