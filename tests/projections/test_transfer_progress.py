"""How much of each data flow's copying is done."""

from datetime import timedelta

from domain.location import CopyOptions, PlanMode
from tests.projections.events import (
    FLOW,
    MIB,
    NOON,
    approved,
    cause,
    completed,
    completion_work,
    errored,
    failed,
    leased,
    object_copied,
    objects,
    outcome,
    pack_work,
    page,
    part,
    parts_work,
    planned,
    planning,
    prepared,
    resumed,
    segment_planned,
    started,
    suspended,
    transfer_completed,
)
from tests.projections.events import (
    done as segment_done,
)
from tests.projections.story import Story

BEGUN = (
    started(),
    planning(),
    page(),
    segment_planned("s1", parts_work("big")),
    segment_planned("s2", pack_work("small-1", "small-2")),
)


async def test_a_flow_that_has_no_plan_yet_waits(story: Story) -> None:
    await story.happened(prepared())
    await story.project()
    row = await story.row("transfer_progress")
    assert (row["phase"], row["objects_total"]) == ("waiting", 0)
    assert row["started_at"] is None


async def test_totals_grow_page_by_page_until_the_listing_is_complete(
    story: Story,
) -> None:
    await story.happened(started(), planning(), page(), page(page=1))
    await story.project()
    row = await story.row("transfer_progress")
    assert (row["objects_total"], row["bytes_total"]) == (6, 68 * MIB)
    assert (row["parts_total"], row["segments_total"]) == (8, 4)
    assert not row["listing_complete"]
    await story.happened(planned(objects=7, size_bytes=70, parts=9, segments=5))
    await story.project()
    row = await story.row("transfer_progress")
    assert row["listing_complete"]
    assert (row["objects_total"], row["bytes_total"]) == (7, 70)
    assert (row["parts_total"], row["segments_total"]) == (9, 5)


async def test_what_is_left_out_is_counted_by_reason(story: Story) -> None:
    skipped = {"excluded": 2, "up-to-date": 1}
    await story.happened(started(), planning(), page(skipped=skipped, requests=9))
    await story.happened(page(page=1, skipped={"excluded": 1}, requests=1))
    await story.project()
    row = await story.row("transfer_progress")
    assert row["skipped"] == {"excluded": 3, "up-to-date": 1}
    assert row["requests_total"] == 10
    await story.happened(planned(skipped={"excluded": 4}, requests=12))
    await story.project()
    row = await story.row("transfer_progress")
    assert (row["skipped"], row["requests_total"]) == ({"excluded": 4}, 12)


async def test_a_plan_that_waits_is_planned_until_it_is_approved(story: Story) -> None:
    options = CopyOptions(plan=PlanMode.APPROVE)
    await story.happened(started(options=options), planning(), page())
    await story.project()
    assert (await story.row("transfer_progress"))["phase"] == "running"
    await story.happened(planned(), suspended(), resumed())
    await story.project()
    row = await story.row("transfer_progress")
    assert (row["phase"], row["plan"], row["approved"]) == ("planned", "approve", False)
    await story.happened(approved())
    await story.project()
    row = await story.row("transfer_progress")
    assert (row["phase"], row["approved"]) == ("running", True)


async def test_a_large_object_counts_its_bytes_by_parts_and_itself_at_its_completion(
    story: Story,
) -> None:
    await story.happened(*BEGUN, leased("s1"), part("s1", 1), part("s1", 2))
    await story.project()
    row = await story.row("transfer_progress")
    assert (row["parts_copied"], row["bytes_copied"]) == (2, 32 * MIB)
    assert row["objects_copied"] == 0
    await story.happened(
        segment_done("s1"),
        segment_planned("big-c", completion_work("big")),
        leased("big-c"),
        object_copied("big"),
        segment_done("big-c"),
    )
    await story.project()
    row = await story.row("transfer_progress")
    assert (row["objects_copied"], row["bytes_copied"]) == (1, 32 * MIB)
    assert (row["segments_done"], row["segments_total"]) == (1, 2)


async def test_small_objects_count_when_they_are_copied(story: Story) -> None:
    await story.happened(
        *BEGUN,
        leased("s2"),
        objects("s2", outcome("small-1"), outcome("small-2", "storage.denied")),
    )
    await story.project()
    row = await story.row("transfer_progress")
    assert (row["objects_copied"], row["objects_failed"]) == (1, 1)
    assert row["bytes_copied"] == MIB
    failure = await story.row("transfer_failures")
    assert (failure["object_id"], failure["code"]) == ("small-2", "storage.denied")


async def test_an_object_of_many_failed_segments_fails_once(story: Story) -> None:
    await story.happened(
        *BEGUN,
        segment_planned("s3", parts_work("big", 3, 4)),
        leased("s1"),
        failed("s1"),
    )
    await story.project()
    await story.happened(leased("s3"), failed("s3"))
    await story.project()
    row = await story.row("transfer_progress")
    assert (row["objects_failed"], row["segments_failed"]) == (1, 2)


async def test_a_failed_completion_fails_its_object(story: Story) -> None:
    await story.happened(
        *BEGUN,
        segment_planned("big-c", completion_work("big")),
        leased("big-c"),
        object_copied("big", "storage.mismatch"),
        failed("big-c"),
    )
    await story.project()
    row = await story.row("transfer_progress")
    assert (row["objects_copied"], row["objects_failed"]) == (0, 1)
    assert (await story.row("transfer_failures"))["code"] == "storage.mismatch"


async def test_a_failed_pack_fails_the_objects_that_have_no_outcome(
    story: Story,
) -> None:
    await story.happened(
        *BEGUN, leased("s2"), objects("s2", outcome("small-2")), failed("s2")
    )
    await story.project()
    row = await story.row("transfer_progress")
    assert (row["objects_copied"], row["objects_failed"]) == (1, 1)
    assert (await story.row("transfer_failures"))["object_id"] == "small-1"


async def test_the_end_of_the_transfer_has_the_last_word_on_failures(
    story: Story,
) -> None:
    await story.happened(*BEGUN, leased("s1"), failed("s1"), transfer_completed())
    await story.project()
    assert (await story.row("transfer_progress"))["objects_failed"] == 0


async def test_a_lease_after_the_first_is_counted_as_repeated(story: Story) -> None:
    await story.happened(*BEGUN, leased("s1"), leased("s2"), leased("s1", epoch=2))
    await story.project()
    row = await story.row("transfer_progress")
    assert (row["leases"], row["repeated_leases"]) == (3, 1)


async def test_the_phase_follows_the_flow(story: Story) -> None:
    phases = []
    for event in (*BEGUN[:2], suspended(), resumed(), errored(), completed()):
        await story.happened(event)
        await story.project()
        phases.append((await story.row("transfer_progress"))["phase"])
    assert phases == ["running", "running", "paused", "running", "errored", "finished"]
    row = await story.row("transfer_progress")
    assert (row["state"], row["finished_at"]) == ("COMPLETED", NOON)


async def test_times_are_those_of_the_events(story: Story) -> None:
    later = NOON + timedelta(hours=1)
    await story.happened(started())
    await story.happened(planning(), why=cause(occurred_at=later))
    await story.project()
    row = await story.row("transfer_progress")
    assert row["started_at"] == later
    assert row["data_flow_id"] == FLOW
