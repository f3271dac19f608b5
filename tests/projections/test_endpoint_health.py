"""What is known of endpoints: what they can, whether they are there, how many help."""

from tests import controls
from tests.projections.story import Story

A, B = "s3-a:9000", "s3-b"


async def test_what_is_learnt_adds_up_and_may_change(story: Story) -> None:
    await story.happened(
        controls.endpoint_learned(endpoint=A, capabilities={"one": True, "two": False}),
        controls.endpoint_learned(endpoint=A, capabilities={"two": True}),
        controls.endpoint_learned(endpoint=B, capabilities={"one": False}),
    )
    await story.project()
    rows = {row["endpoint"]: row for row in await story.rows("endpoint_health")}
    assert rows[A]["capabilities"] == {"one": True, "two": True}
    assert rows[B]["capabilities"] == {"one": False}
    assert rows[A]["circuit"] == "closed"


async def test_an_endpoint_is_away_until_it_is_back(story: Story) -> None:
    await story.happened(controls.circuit_opened(endpoint=A))
    await story.project()
    row = await story.row("endpoint_health")
    assert (row["circuit"], row["circuit_reason"]) == ("open", "storage.unavailable")
    await story.happened(
        controls.circuit_closed(endpoint=A), controls.paced(endpoint=A)
    )
    await story.project()
    row = await story.row("endpoint_health")
    assert (row["circuit"], row["circuit_reason"]) == ("closed", None)
    assert row["requests_at_once"] == controls.paced().requests_after


async def test_of_a_pair_the_last_decision_counts(story: Story) -> None:
    for after in (16, 32):
        await story.happened(controls.concurrency_tuned(requests_after=after))
    await story.project()
    row = await story.row("endpoint_pair")
    assert (row["requests_at_once"], row["worker"]) == (32, "test")
