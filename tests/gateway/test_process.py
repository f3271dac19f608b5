"""The gateway as a process: it starts alone, and stops although somebody listens."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import httpx

from tests.gateway.serving import until_ready
from tests.projections.events import FLOW, started
from tests.projections.story import Story
from waybill.embedded.ports import free_port

ROOT = Path(__file__).parents[2]
STOP_SECONDS = 5


async def test_a_stop_ends_the_endless_streams(story: Story, nats_url: str) -> None:
    await story.happened(started())
    await story.project()
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway"),
        cwd=ROOT,
        env={
            **os.environ,
            "WAYBILL_DATABASE_URL": story.url,
            "WAYBILL_NATS_URL": nats_url,
            "WAYBILL_GATEWAY_PORT": str(port),
            "WAYBILL_AUTHORIZATION": "development",
        },
        stderr=PIPE,
    )
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        await until_answering(client)
        await until_ready(client)
        events = f"/management/dataflows/{FLOW}/progress/events"
        async with client.stream("GET", events) as answer:
            lines = answer.aiter_lines()
            assert await anext(lines) == "event: progress"
            process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(STOP_SECONDS):
                rest = [line async for line in lines]
                _, errors = await process.communicate()
    assert rest[0].startswith("id: ")
    logged = [json.loads(line) for line in errors.splitlines()]
    assert any(each["event"] == "request answered" for each in logged)
    # uvicorn has handled the signal, and then lets it have its usual effect.
    assert process.returncode in (0, -signal.SIGTERM)


async def until_answering(client: httpx.AsyncClient) -> None:
    """Wait until somebody listens at the port."""
    async with asyncio.timeout(20):
        while True:
            try:
                await client.get("/healthz")
            except httpx.TransportError:
                await asyncio.sleep(0.05)
            else:
                return
