"""A prepare or a start that takes its time, in the read models."""

from domain.location import Direction
from tests.projections.events import (
    errored,
    made_ready,
    preparing,
    starting,
    terms,
)
from tests.projections.story import Story

ADDRESS = {"@type": "DataAddress", "endpointType": "AmazonS3", "endpoint": "s3://lake"}


async def test_a_flow_is_shown_as_it_becomes_ready(story: Story) -> None:
    await story.happened(starting(terms=terms(control_plane_id="cp-1")))
    await story.project()
    row = await story.row("flow_status")
    assert (row["state"], row["role"], row["control_plane_id"]) == (
        "STARTING",
        "provider",
        "cp-1",
    )
    await story.happened(errored(), made_ready())
    await story.project()
    row = await story.row("flow_status")
    assert (row["state"], row["error_code"]) == ("STARTED", None)
    assert (await story.row("transfer_progress"))["state"] == "STARTED"


async def test_the_control_plane_is_told_of_what_it_waits_for(story: Story) -> None:
    await story.happened(
        preparing(direction=Direction.PUSH, reply_address=ADDRESS), made_ready()
    )
    await story.project()
    row = await story.row("outbox")
    assert (row["kind"], row["state"]) == ("prepared", "pending")
    assert row["body"]["state"] == "PREPARED"
    assert row["body"]["dataAddress"] == ADDRESS


async def test_a_control_plane_without_an_address_of_its_own_is_owed_too(
    story: Story,
) -> None:
    owner = terms(callback_address=None, control_plane_id="cp-1")
    await story.happened(starting(terms=owner), made_ready())
    await story.project()
    row = await story.row("outbox")
    assert (row["kind"], row["callback_address"]) == ("started", "")
    assert (row["control_plane_id"], row["agreement_id"]) == ("cp-1", "agreement-1")


async def test_nobody_is_owed_a_flow_of_nobody(story: Story) -> None:
    await story.happened(starting(terms=terms(callback_address=None)), made_ready())
    await story.project()
    assert await story.rows("outbox") == []
