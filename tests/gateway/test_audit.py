"""The whole history of a flow, in the order of the log."""

import json

import httpx

from tests.gateway.test_refusals import assert_problem
from tests.projections.events import FLOW
from tests.projections.lives import interleaved, life
from tests.projections.story import Story

AUDIT = "/audit/dataflows/flow-1/events"


async def lived(story: Story) -> list[str]:
    """Five flows, interleaved; returns the topics of flow-1 as they happened."""
    events = list(interleaved(5))
    for start in range(0, len(events), 100):
        await story.happened(*events[start : start + 100])
    return [event.TOPIC for event in life(1)]


async def test_a_page_at_a_time(reader: httpx.AsyncClient, story: Story) -> None:
    topics = await lived(story)
    await story.project()
    seen: list[str] = []
    after: int | None = 0
    while after is not None:
        answer = await reader.get(AUDIT, params={"after": after, "limit": 11})
        seen += [each["topic"] for each in answer.json()["events"]]
        after = answer.json()["next"]
    assert seen == topics


async def test_a_line_has_all_that_the_log_knows(
    reader: httpx.AsyncClient, story: Story
) -> None:
    await lived(story)
    answer = await reader.get(AUDIT, params={"limit": 1})
    (line,) = answer.json()["events"]
    assert line["position"] == 2
    assert (line["stream"], line["version"]) == ("data-flow/flow-1", 1)
    assert line["topic"] == "data-flow.started.v1"
    assert line["actor"] == "test"
    assert line["causationId"] == "message-1"
    assert line["correlationId"] == FLOW
    assert line["occurredAt"] == "2026-11-20T12:00:00.123456Z"
    assert line["recordedAt"].endswith("Z")
    assert line["data"]["terms"]["agreement_id"] == "agreement-1"


async def test_all_of_it_as_json_lines(reader: httpx.AsyncClient, story: Story) -> None:
    topics = await lived(story)
    await story.project()
    headers = {"Accept": "application/x-ndjson"}
    async with reader.stream("GET", AUDIT, headers=headers) as answer:
        assert answer.headers["Content-Type"] == "application/x-ndjson"
        lines = [json.loads(line) async for line in answer.aiter_lines()]
    assert [line["topic"] for line in lines] == topics
    positions = [line["position"] for line in lines]
    assert positions == sorted(set(positions))
    assert {line["stream"] for line in lines} == {
        *("data-flow/flow-1", "transfer/flow-1", "segment/s1", "segment/s2")
    }


async def test_a_flow_that_never_was_has_no_history(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get("/audit/dataflows/unknown/events")
    assert_problem(answer, 404, "flow.unknown")
    answer = await client.get(AUDIT, params={"limit": 0})
    assert_problem(answer, 400, "message.invalid")
