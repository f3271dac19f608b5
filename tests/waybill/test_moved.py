"""`waybill stats`, `waybill ledger`, `waybill timeline`."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from typer.testing import CliRunner

from tests import controls
from tests.gateway.serving import serving, settings
from tests.projections.events import FLOW, MIB, part, planning, started, suspended
from tests.projections.story import story_in
from waybill.cli import app


@pytest.fixture
async def api(database: str, nats_url: str) -> AsyncIterator[str]:
    """Give the address of a gateway that knows a flow with an upload."""
    async with story_in(database) as story:
        await story.happened(
            started(),
            planning(),
            controls.upload_created(data_flow_id=FLOW, object_id="o"),
            part("o-p0", 1),
            suspended(),
        )
        await story.project()
        async with serving(settings(database_url=database, nats_url=nats_url)) as http:
            yield str(http.base_url)


async def said(api: str, *arguments: str) -> str:
    """What a command prints; it must not fail."""
    runner = CliRunner(env={"WAYBILL_API_BASE": api})
    done = await asyncio.to_thread(runner.invoke, app, list(arguments))
    assert done.exit_code == 0, done.output
    return done.output


async def test_what_was_moved_is_printed(api: str) -> None:
    sums = await said(api, "stats", "--per", "day", "--per", "counter-party")
    assert "2026-11-20" in sums
    assert "did:web:consumer" in sums
    assert "16 MiB" in sums
    whose = await said(api, "stats", "--agreement", "agreement-1", "--json")
    assert json.loads(whose)["lines"][0]["sizeBytes"] == 16 * MIB
    uploads = await said(api, "ledger", FLOW, "--state", "open")
    assert "open" in uploads
    assert "1 open" in uploads
    times = await said(api, "timeline", FLOW)
    assert "suspended  lunch" in times
    assert "16 MiB/s at most" in times
