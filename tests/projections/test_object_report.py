"""What became of each object of a flow."""

from datetime import timedelta
from typing import Any

from domain.reception.events import ObjectReceived
from domain.segment.events import ObjectOutcome, PackWork, Verdict
from domain.transfer.plan import completion_segment, parts_work
from projections.object_report import owner_of
from tests.projections.events import (
    FLOW,
    MIB,
    NOON,
    cause,
    completion_work,
    failed,
    leased,
    object_copied,
    objects,
    outcome,
    pack_work,
    page,
    planned_object,
    segment_planned,
    started,
)
from tests.projections.events import parts_work as some_parts
from tests.projections.story import Story

LATER = NOON + timedelta(minutes=5)


async def report(story: Story) -> list[dict[str, Any]]:
    await story.project()
    return sorted(await story.rows("object_report"), key=lambda row: row["position"])


async def test_a_row_tells_what_was_planned_and_what_became_of_it(story: Story) -> None:
    await story.happened(started(), page(), segment_planned("0-k0", pack_work("a")))
    await story.happened(leased("0-k0"))
    doubted = ObjectOutcome(
        object_id="a",
        size_bytes=MIB,
        etag="there",
        verdict=Verdict.UNVERIFIABLE,
        detail="no checksum",
    )
    await story.happened(
        objects("0-k0", doubted), why=cause(actor="w7", occurred_at=LATER)
    )
    (row,) = await report(story)
    told: dict[str, Any] = {"key": "in/a", "destination_key": "out/a", "etag": "etag"}
    told |= {"outcome": "copied", "size_bytes": MIB, "destination_etag": "there"}
    told |= {"verdict": "unverifiable", "verdict_reason": "no checksum", "parts": None}
    told |= {"route": "stream", "worker": "w7", "segment_id": "0-k0"}
    told |= {"started_at": NOON, "ended_at": LATER, "error_code": None}
    assert {name: row[name] for name in told} == told
    total = await story.row("object_report_total")
    assert (total["copied"], total["bytes_copied"]) == (1, MIB)
    assert total["verdicts"] == {"unverifiable": 1}
    assert (total["first_at"], total["last_at"]) == (NOON, LATER)


async def test_a_failed_object_has_its_error_and_the_planned_size(story: Story) -> None:
    await story.happened(
        started(),
        page(skipped={"excluded": 2}),
        segment_planned("0-k0", pack_work("a", "b")),
        leased("0-k0"),
        objects("0-k0", outcome("a"), outcome("b", "storage.denied", size=0)),
    )
    _, row = await report(story)
    assert (row["outcome"], row["key"], row["size_bytes"]) == ("failed", "in/b", MIB)
    assert (row["error_code"], row["error_detail"]) == ("storage.denied", "why")
    assert row["verdict"] is None
    total = await story.row("object_report_total")
    assert (total["copied"], total["failed"]) == (1, 1)
    assert (total["bytes_failed"], total["skipped"]) == (MIB, {"excluded": 2})


async def test_a_large_object_begins_with_its_first_segment_and_ends_once(
    story: Story,
) -> None:
    await story.happened(segment_planned("s1", some_parts("big")), leased("s1"))
    await story.happened(
        segment_planned("big-c", completion_work("big")),
        leased("big-c"),
        object_copied("big", "storage.wrong-object"),
        failed("big-c"),
        why=cause(occurred_at=LATER),
    )
    (row,) = await report(story)
    assert (row["started_at"], row["ended_at"]) == (NOON, LATER)
    assert (row["parts"], row["error_code"]) == (2, "storage.wrong-object")


async def test_a_large_object_that_is_given_up_by_two_segments_fails_once(
    story: Story,
) -> None:
    await story.happened(
        segment_planned("big-p0", some_parts("big")),
        segment_planned("big-p1", some_parts("big", 3, 4)),
        leased("big-p0"),
        failed("big-p0"),
    )
    assert len(await report(story)) == 1
    await story.happened(leased("big-p1"), failed("big-p1"))
    (row,) = await report(story)
    assert (row["key"], row["segment_id"]) == ("in/big", "big-p0")
    assert (await story.row("object_report_total"))["failed"] == 1


async def test_a_pack_that_is_given_up_fails_what_it_has_left(story: Story) -> None:
    await story.happened(
        segment_planned("0-k0", pack_work("a", "b", "c")),
        leased("0-k0"),
        objects("0-k0", outcome("b")),
        failed("0-k0"),
    )
    found = [(row["key"], row["outcome"]) for row in await report(story)]
    assert sorted(found) == [("in/a", "failed"), ("in/b", "copied"), ("in/c", "failed")]


async def test_keys_that_no_table_takes_do_not_stop_it(story: Story) -> None:
    odd = planned_object("a").model_copy(update={"source_key": "in/a\x00b"})
    await story.happened(segment_planned("0-k0", PackWork(objects=(odd,))))
    await story.happened(leased("0-k0"), objects("0-k0", outcome("a")))
    (row,) = await report(story)
    assert row["key"] == "in/a\ufffdb"


async def test_what_was_received_at_the_door_is_told_too(story: Story) -> None:
    received = ObjectReceived(
        data_flow_id=FLOW,
        upload_id="u",
        key="in/a",
        size_bytes=7,
        etag="there",
        crc64nvme="AAAAAAAAAAA=",
        verdict=Verdict.VERIFIED,
    )
    await story.happened(received)
    (row,) = await report(story)
    assert (row["key"], row["destination_key"], row["outcome"]) == (
        "in/a",
        "in/a",
        "copied",
    )
    assert (row["verdict"], row["size_bytes"]) == ("verified", 7)


def test_whose_attempts_a_lease_is_agrees_with_the_plan() -> None:
    large = planned_object("0-12")
    for segment, _ in parts_work(large, "u"):
        assert owner_of(segment) == "0-12"
    assert owner_of(completion_segment("0-12")) == "0-12"
    assert owner_of("0-k3") == "0-k3"
