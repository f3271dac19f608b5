"""Progress as server-sent events."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import nats
import pytest

from domain import names
from tests.projections.events import (
    FLOW,
    completed,
    errored,
    page,
    part,
    started,
    suspended,
    terminated,
)
from tests.projections.story import Story

EVENTS = f"/management/dataflows/{FLOW}/progress/events"


async def sent(answer: httpx.Response) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """The events of a stream: (name, data)."""
    name = ""
    async for line in answer.aiter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


async def test_each_change_is_sent_and_the_end_of_the_flow_is_the_last(
    reader: httpx.AsyncClient, story: Story
) -> None:
    await story.happened(started(), page())
    await story.project()
    seen = []
    async with reader.stream("GET", EVENTS) as answer, asyncio.timeout(20):
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        async for name, data in sent(answer):
            seen.append((name, data["partsCopied"], data["state"]))
            match len(seen):
                case 1:
                    await story.happened(part("s1", 1))
                case 2:
                    await story.happened(part("s1", 2), completed())
                case _:
                    pass
            await story.project()
    assert seen == [
        ("progress", 0, "STARTED"),
        ("progress", 1, "STARTED"),
        ("progress", 2, "COMPLETED"),
        ("end", 2, "COMPLETED"),
    ]


@pytest.mark.parametrize("last", [terminated(), errored()])
async def test_a_flow_that_goes_no_further_is_shown_once(
    reader: httpx.AsyncClient, story: Story, last: Any
) -> None:
    await story.happened(started(), suspended(), last)
    await story.project()
    async with reader.stream("GET", EVENTS) as answer, asyncio.timeout(20):
        seen = [name async for name, _ in sent(answer)]
    assert seen == ["progress", "end"]


async def test_a_tick_is_faster_than_the_poll(
    reader: httpx.AsyncClient, story: Story, nats_url: str
) -> None:
    await story.happened(started())
    await story.project()
    broker = await nats.connect(nats_url)
    waits = []
    try:
        async with reader.stream("GET", EVENTS) as answer, asyncio.timeout(30):
            changed = 0.0
            async for _ in sent(answer):
                if changed:
                    waits.append(time.perf_counter() - changed)
                if len(waits) == 4:
                    break
                # Begin to wait right after a poll, so that the next is far away.
                await asyncio.sleep(0.15)
                await story.happened(part("s1", len(waits) + 1))
                await story.project()
                changed = time.perf_counter()
                await broker.publish(names.progress_subject(FLOW))
    finally:
        await broker.close()
    assert min(waits) < 0.5


async def test_a_reader_that_goes_away_leaves_nothing_behind(
    reader: httpx.AsyncClient, story: Story
) -> None:
    await story.happened(started())
    await story.project()
    for _ in range(20):
        async with reader.stream("GET", EVENTS) as answer:
            async for _ in sent(answer):
                break
    answer = await reader.get("/readyz")
    assert answer.status_code == 200
