"""The whole history of a flow, in the order of the log."""

import json
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from starlette.types import Message

from gateway.app import create_app
from gateway.dependencies import Dependencies
from tests.gateway.serving import settings
from tests.gateway.test_refusals import assert_problem
from tests.projections.events import FLOW, part, started, suspended
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


async def test_json_lines_that_were_cut_do_not_look_complete(
    story: Story, nats_url: str
) -> None:
    await story.happened(started(), *(part("s1", n) for n in range(1, 600)))
    here = Dependencies.of(settings(database_url=story.url, nats_url=nats_url))
    here.closing.set()
    await here.pool.open()
    transport = httpx.ASGITransport(create_app(here))
    base, headers = "http://gateway", {"Accept": "application/x-ndjson"}
    async with here.pool, httpx.AsyncClient(transport=transport, base_url=base) as http:
        with pytest.raises(ConnectionAbortedError):
            await http.get(AUDIT, headers=headers)


async def test_nothing_is_folded_for_a_client_that_is_gone(
    story: Story, nats_url: str
) -> None:
    await story.happened(started())
    here = Dependencies.of(settings(database_url=story.url, nats_url=nats_url))
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: dict[str, Any] = {"type": "http", "method": "GET", "scheme": "http"}
    scope |= {"headers": [], "query_string": b"", "client": ("127.0.0.1", 1)}
    app = create_app(here)
    await here.pool.open()
    async with here.pool:
        for what in ("state", "why", "receipt"):
            path = AUDIT.replace("events", what)
            await app({**scope, "path": path}, receive, send)
    starts = [each for each in sent if each["type"] == "http.response.start"]
    assert [each["status"] for each in starts] == [499] * 3


async def test_the_link_to_the_next_page_is_an_address_whatever_the_id(
    reader: httpx.AsyncClient, story: Story
) -> None:
    for flow in ("ü\u2028日", '> ; rel="x", <b'):
        await story.happened(started(flow), suspended(flow))
        path = f"/audit/dataflows/{quote(flow, safe='')}/events"
        first = await reader.get(path, params={"limit": 1})
        assert list(first.links) == ["next"]
        second = await reader.get(first.links["next"]["url"])
        assert [each["version"] for each in second.json()["events"]] == [2]


async def test_a_flow_that_never_was_has_no_history(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get("/audit/dataflows/unknown/events")
    assert_problem(answer, 404, "flow.unknown")
    answer = await client.get(AUDIT, params={"limit": 0})
    assert_problem(answer, 400, "message.invalid")
