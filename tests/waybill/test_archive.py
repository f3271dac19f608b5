"""A finished flow in the archive still answers and verifies; shredded, it verifies."""

import base64
import os
from dataclasses import dataclass

import psycopg
import pytest

from domain.archive import FlowArchived
from domain.errors import ArchiveError, FlowShreddedError, InvalidMessageError
from projections.archive import moving, reading
from projections.catalogue import READ_MODELS
from projections.notary.keys import Signer
from projections.rebuild import rebuild
from projections.replay import replay
from projections.replay_views import Difference
from tests.gateway.serving import serving, settings
from tests.gateway.test_refusals import assert_problem
from tests.projections.tampering import after
from tests.projections.test_rebuild import all_rows
from tests.waybill.archived import House, left, life, run
from waybill.secret_key import ensure_key


async def test_an_archived_flow_answers_and_verifies_as_before(house: House) -> None:
    lines, parts = await house.lines("old"), await house.parts("old")
    moments = [line.position for line in lines[::7]]
    states, rows = await house.at("old", moments), await all_rows(house.story)
    code, output = await run("archive", "old")
    assert code == 0, output
    assert await left(house, "old") == {
        "data-flow.started.v1",
        "data-flow.completed.v1",
        "endpoint.circuit-opened.v1",
        "archive.flow-archived.v1",
    }
    await house.settle()
    reading._read.clear()
    found = await house.lines("old")
    assert found[:-1] == lines
    assert found[-1].topic == "archive.flow-archived.v1"
    middle = lines[20].position
    page = await house.lines("old", after=middle, limit=5)
    assert page == lines[21:26]
    assert await house.parts("old") == parts
    assert await house.at("old", moments) == states
    verdict = await house.exported("old")
    assert verdict.finding is None
    assert verdict.events == len(lines) + 1
    whole = house.verdict()
    assert whole.finding is None
    await its_rows_stay(house, rows)


async def its_rows_stay(house: House, before: dict[str, list[str]]) -> None:
    """But for the index of where its events are, which are no longer there."""
    index = before.pop("history_index")
    assert len(index) < len(await house.story.rows("history_index")) + len(index)
    await rebuild(house.story.url, list(READ_MODELS))
    now = await all_rows(house.story)
    assert {name: now[name] for name in before} == before
    found = [each async for each in replay(house.story.url, list(READ_MODELS))]
    assert not [each for each in found if isinstance(each, Difference)]


async def test_whoever_says_that_more_is_archived_is_not_believed(
    house: House,
) -> None:
    await run("archive", "old")
    position = (await house.lines("other"))[9].position
    # A record that says so, sealed by the notary like all that is appended, and the
    # note that leads to it; but signed by nobody who may.
    mallory = Signer.from_file(ensure_key(house.sealed.key_file.with_name("mallory")))
    (line,) = [e for e in await house.lines("old") if e.topic.startswith("archive.")]
    forged = FlowArchived.model_validate(line.data).model_copy(
        update={"data_flow_id": "other", "removed": f"{position}"}
    )
    signature = mallory.sign(forged.statement().to_bytes()).value.hex()
    for each in (forged, forged.model_copy(update={"signature": signature})):
        at = await house.story.happened(each)
        await house.settle()
        note = ("other", each.place, each.digest, at)
        finding = after(house.story.url, Tampering(note, position))
        assert finding is not None
        assert finding.position == position


@dataclass(frozen=True)
class Tampering:
    """Deletes an event, and notes a reason."""

    note: tuple[str, str, str, int]
    position: int

    def __call__(self, connection: psycopg.Connection) -> None:
        connection.execute(
            "INSERT INTO archive.flow VALUES (%s, %s, %s, %s)", self.note
        )
        connection.execute(
            "DELETE FROM waybill_events WHERE notification_id = %s", (self.position,)
        )


async def test_what_is_shredded_is_gone_and_the_chain_verifies(
    house: House, nats_url: str
) -> None:
    assert (await run("shred", "old"))[0] == 1, "it is not archived"
    await run("archive", "--older-than", "0m")
    assert await left(house, "other") == await left(house, "old")
    assert "segment.done.v1" in await left(house, "running")
    code, output = await run("shred", "old")
    assert code == 0, output
    await house.settle()
    with pytest.raises(FlowShreddedError):
        await house.lines("old")
    assert len(await house.lines("other")) == len(life("other")) + 1
    assert house.verdict().finding is None
    async with house.pair.destination.client() as s3:
        there = await s3.list_objects_v2(Bucket=house.pair.destination_bucket)
    assert there["KeyCount"] == 1
    assert (await run("shred", "old"))[0] == 0, "safe to repeat"
    asked = settings(database_url=house.story.url, nats_url=nats_url)
    async with serving(asked) as http:
        answer = await http.get("/audit/dataflows/other/state")
        assert answer.json()["flow"]["state"] == "COMPLETED", answer.text
        assert_problem(
            await http.get("/audit/dataflows/old/events"), 410, "flow.shredded"
        )


async def test_what_is_not_over_or_not_sealed_is_not_archived(house: House) -> None:
    code, output = await run("archive", "running")
    assert code == 1
    assert "the flow is not over" in output
    await house.story.happened(*life("late"))
    await house.story.project()
    code, output = await run("archive", "late")
    assert code == 1
    assert "not sealed yet" in output
    assert "archive.flow-archived.v1" not in await left(house, "late")


async def test_killed_before_the_deletion_it_goes_on_where_it_was(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def killed(*_: object) -> None:
        raise InvalidMessageError("killed")

    lines = await house.lines("old")
    with monkeypatch.context() as patched:
        patched.setattr(moving, "_remove", killed)
        assert (await run("archive", "old"))[0] == 1
    assert "segment.done.v1" in await left(house, "old")
    assert (await run("archive", "old"))[0] == 0
    assert (await run("archive", "old"))[0] == 0, "safe to repeat"
    assert "segment.done.v1" not in await left(house, "old")
    assert (await house.lines("old"))[:-1] == lines


async def test_an_archive_that_was_changed_is_not_believed(house: House) -> None:
    await run("archive", "old")
    (line,) = [e for e in await house.lines("old") if e.topic.startswith("archive.")]
    key = str(line.data["place"]).partition(f"{house.pair.destination_bucket}/")[2]
    async with house.pair.destination.client() as s3:
        body = base64.b64encode(os.urandom(100))
        await s3.put_object(Bucket=house.pair.destination_bucket, Key=key, Body=body)
    reading._read.clear()
    with pytest.raises(ArchiveError):
        await house.lines("old")
