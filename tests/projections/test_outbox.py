"""What we owe the control planes, and what became of it."""

from uuid import UUID

from tests.projections.events import (
    FLOW,
    NOON,
    completed,
    delivered,
    errored,
    not_delivered,
    prepared,
    started,
    suspended,
    terminated,
    terms,
)
from tests.projections.story import Story


async def owed_for_completion(story: Story) -> UUID:
    await story.happened(started(), completed())
    await story.project()
    about = (await story.row("outbox"))["about"]
    assert isinstance(about, UUID)
    return about


async def test_what_is_answered_at_once_owes_no_callback(story: Story) -> None:
    await story.happened(started(), prepared("flow-2"), suspended())
    await story.project()
    assert await story.rows("outbox") == []


async def test_a_completion_found_by_the_plane_is_owed(story: Story) -> None:
    about = await owed_for_completion(story)
    row = await story.row("outbox")
    assert (row["kind"], row["state"], row["sequence"]) == ("completed", "pending", 1)
    assert row["message_id"] == str(about)
    assert row["callback_address"] == terms().callback_address
    assert row["body"] == {
        "messageId": str(about),
        "dataFlowId": FLOW,
        "state": "COMPLETED",
    }


async def test_a_flow_without_a_control_plane_owes_nothing(story: Story) -> None:
    nobody = terms(callback_address=None)
    await story.happened(started(terms=nobody), completed())
    await story.project()
    assert await story.rows("outbox") == []


async def test_a_completion_told_by_the_control_plane_is_not(story: Story) -> None:
    await story.happened(started(), completed(by="control-plane"))
    await story.project()
    assert await story.rows("outbox") == []


async def test_an_error_is_owed_with_the_state_that_it_leaves(story: Story) -> None:
    address = "https://control.example/signaling"
    with_address = terms(callback_address=address)
    await story.happened(started(terms=with_address), errored(), suspended())
    await story.project()
    row = await story.row("outbox")
    assert (row["kind"], row["callback_address"]) == ("errored", address)
    assert row["body"]["state"] == "STARTED"
    assert row["body"]["error"] == "storage.denied: no permission"


async def test_several_callbacks_of_a_flow_have_their_order(story: Story) -> None:
    await story.happened(started(), errored(), errored(code="storage.not-found"))
    await story.project()
    await story.happened(completed())
    await story.project()
    found = [(row["sequence"], row["kind"]) for row in await story.rows("outbox")]
    assert found == [(1, "errored"), (2, "errored"), (3, "completed")]


async def test_a_failed_attempt_is_kept_with_its_reason(story: Story) -> None:
    about = await owed_for_completion(story)
    await story.happened(not_delivered(about, 1), not_delivered(about, 2))
    await story.project()
    row = await story.row("outbox")
    assert (row["state"], row["attempts"]) == ("pending", 2)
    assert row["last_error"] == "503 from the control plane"
    assert row["next_attempt_at"] == NOON


async def test_a_delivered_one_is_not_owed_any_more(story: Story) -> None:
    about = await owed_for_completion(story)
    await story.happened(not_delivered(about, 1), delivered(about, 2))
    await story.project()
    row = await story.row("outbox")
    assert (row["state"], row["attempts"]) == ("delivered", 2)
    assert row["last_error"] is None


async def test_a_terminated_flow_is_not_told_of_its_error(story: Story) -> None:
    await story.happened(started(), errored(), terminated())
    await story.project()
    assert (await story.row("outbox"))["state"] == "dropped"


async def test_what_was_delivered_stays_delivered_when_the_flow_is_terminated(
    story: Story,
) -> None:
    await story.happened(started(), errored())
    await story.project()
    about = (await story.row("outbox"))["about"]
    await story.happened(delivered(about, 1), terminated())
    await story.project()
    assert (await story.row("outbox"))["state"] == "delivered"
