"""What an earlier key of the notary's says of the archive, after a rotation."""

import psycopg

from domain.archive import FlowArchived
from projections.notary.keys import Signer
from projections.notary.rotation import rotate
from projections.notary.verifying import Trust
from tests.projections.tampering import verified
from tests.waybill.archived import House, run


async def test_an_earlier_keys_records_count_where_they_were_sealed(
    house: House,
) -> None:
    assert (await run("archive", "old"))[0] == 0
    await house.settle()
    old = Signer.from_file(house.sealed.key_file)
    await rotate(house.story.url, house.sealed.key_file)
    new = Signer.from_file(house.sealed.key_file)
    trusts = [Trust((new.key_id,)), Trust((old.key_id,))]

    # The old key is stolen, and excuses another deletion.
    (line,) = [e for e in await house.lines("old") if e.topic.startswith("archive.")]
    position = (await house.lines("other"))[9].position
    genuine = FlowArchived.model_validate(line.data)
    forged = genuine.model_copy(
        update={"data_flow_id": "other", "removed": f"{position}"}
    )
    signature = old.sign(forged.statement().to_bytes()).value.hex()
    forged = forged.model_copy(update={"signature": signature})
    at = await house.story.happened(forged)
    await house.settle()
    with psycopg.connect(house.story.url) as connection:
        for trust in trusts:
            assert verified(connection, trust).finding is None
        connection.execute(
            "INSERT INTO archive.flow VALUES (%s, %s, %s, %s)",
            ("other", forged.place, forged.digest, at),
        )
        connection.execute(
            "DELETE FROM waybill_events WHERE notification_id = %s", (position,)
        )
        finding = verified(connection, trusts[0]).finding
        assert finding is not None
        assert finding.position == position
        # Who still trusts the stolen key has no means to tell.
        assert verified(connection, trusts[1]).finding is None
