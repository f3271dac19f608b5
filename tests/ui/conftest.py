"""A headless browser, and pages that must not complain."""

import secrets
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser, async_playwright, expect

from eventlog import migrate
from projections.notary.keys import write_seeds
from tests import services
from tests.gateway.serving import reading
from tests.projections.story import Story, story_in
from tests.scenarios.front import Front
from tests.scenarios.plane import Plane
from tests.scenarios.storage import MIB
from tests.servers.chromium import chromium
from tests.services import BucketPair
from tests.ui.crowd import crowd
from tests.ui.visit import PATIENCE_MS, Visits

_OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Give a browser; a machine without one gets one, and none is a failure."""
    expect.set_options(timeout=PATIENCE_MS)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium(), args=list(_OPTIONS)
        )
        yield browser
        await browser.close()


@pytest.fixture
async def visits(browser: Browser) -> AsyncIterator[Visits]:
    """Give what opens pages; each must have ended without an error of its own."""
    visits = Visits(browser)
    yield visits
    await visits.end()


@pytest.fixture
async def front(bucket_pair: BucketPair) -> AsyncIterator[Front]:
    """Give a narrow door in front of the destination's server."""
    async with Front.open(bucket_pair.destination.endpoint) as front:
        front.bytes_per_second = 8 * MIB
        yield front


@pytest.fixture
async def watched(
    server_home: Path, database: str, broker: str
) -> AsyncIterator[Plane]:
    """Give a plane of all processes."""
    home = server_home / f"watched-{uuid.uuid4().hex[:8]}"
    async with Plane.open(home, database, broker) as plane:
        key = home / "notary.key"
        write_seeds(key, [secrets.token_bytes(32)])
        plane.environment["WAYBILL_NOTARY_KEY_FILE"] = str(key)
        plane.environment["WAYBILL_NOTARY_SECONDS"] = "0.2"
        plane.environment["WAYBILL_WORKER_PARTS"] = "2"
        plane.start("commands", "dispatcher", "worker-1", "worker-2")
        plane.start("projections", "gateway")
        await plane.http("GET", "/management/board")
        yield plane


@pytest.fixture(scope="module")
def crowded_url(database_url: str) -> Iterator[str]:
    """Give a database for the flows of a module."""
    with services.fresh_database(database_url) as url:
        migrate(url)
        yield url


@pytest.fixture(scope="module")
async def crowded(crowded_url: str, nats_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """Give a gateway with a thousand flows, one of them with ten thousand parts."""
    async with story_in(crowded_url) as story:
        await crowd(story)
        await _project(story)
        async with reading(crowded_url, nats_url) as client:
            yield client


async def _project(story: Story) -> None:
    for name in ("flow_status", "transfer_progress", "flow_timeline", "history_index"):
        await story.follower(name).catch_up()
    for name in ("object_report", "endpoint_health"):
        await story.follower(name).catch_up()
