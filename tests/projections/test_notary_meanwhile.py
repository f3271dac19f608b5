"""Flows are archived while somebody checks the log: nothing of them is missing."""

from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from domain.archive import ArchiveStatement, FlowArchived
from domain.notary.export import ExportCheck
from domain.notary.key_chain import KeyChain
from domain.notary.statements import NOTHING, positions_text
from projections.notary import reading
from projections.notary.archived import Archived
from projections.notary.exporting import export
from projections.notary.keys import Signer, verify_with
from projections.notary.rotation import rotate
from tests.projections.story import Story
from tests.projections.tampering import Sealed, sealed_in, verified


@pytest.fixture
async def sealed(story: Story, tmp_path: Path) -> Sealed:
    """Give a log of some flows, sealed."""
    return await sealed_in(story, tmp_path / "notary.key")


async def archive(sealed: Sealed, flow: str, gone: list[int]) -> None:
    """Record that these events are archived, and delete them."""
    signer = Signer.from_file(sealed.key_file)
    said = ArchiveStatement(
        key=signer.key_id,
        at=datetime.now(UTC),
        data_flow_id=flow,
        place="s3://archive/it",
        digest=NOTHING,
        removed=positions_text(gone),
    )
    signature = signer.sign(said.to_bytes()).value
    record = FlowArchived.of(said, signature, size_bytes=1, events=len(gone))
    position = await sealed.story.happened(record)
    with psycopg.connect(sealed.story.url) as connection:
        connection.execute(
            "INSERT INTO archive.flow VALUES (%s, %s, %s, %s)",
            (flow, said.place, said.digest, position),
        )
        connection.execute(
            "DELETE FROM waybill_events WHERE notification_id = ANY(%s)", (gone,)
        )


async def test_what_is_archived_while_it_is_read_is_not_missing(
    sealed: Sealed,
) -> None:
    signer, check = Signer.from_file(sealed.key_file), ExportCheck(verify_with)
    # It is not over: its seals go on to the end of the log.
    lines = export(sealed.story.log.pool, signer, "flow-2")
    with psycopg.connect(sealed.story.url, autocommit=True) as connection:
        keys = KeyChain.of(reading.signed_keys(connection), verify_with)
        absent = Archived(connection, keys)
        await archive(sealed, "flow-4", [700, 701])
        assert (700 in absent, 1100 in absent) == (True, False)
        # The keys are out, and what was archived is known; now there is more.
        for _ in range(3):
            check.line(await anext(lines))
        await archive(sealed, "flow-5", [1100, 1101])
        async for line in lines:
            check.line(line)
        assert check.verdict().finding is None
        await rotate(sealed.story.url, sealed.key_file)
        await archive(sealed, "flow-6", [1200])
        assert (1101 in absent, 1200 in absent, 1102 in absent) == (True, True, False)
        await sealed.seal()
        verdict = verified(connection)
        assert (verdict.finding, verdict.archived) == (None, 5)
