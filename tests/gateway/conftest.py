"""A gateway on real servers, with a scripted commands handler at the other end."""

from collections.abc import AsyncIterator

import httpx
import pytest

from eventlog import migrate
from tests import services
from tests.gateway.peer import Peer, listening
from tests.gateway.serving import reading
from tests.projections.story import Story


@pytest.fixture
async def peer(nats_url: str) -> AsyncIterator[Peer]:
    """Give whoever answers the gateway's commands."""
    async with listening(nats_url) as peer:
        yield peer


@pytest.fixture(scope="session")
async def client(database_url: str, nats_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client of a gateway that is ready, on a log that stays empty."""
    with services.fresh_database(database_url) as url:
        migrate(url)
        async with reading(url, nats_url) as client:
            yield client


@pytest.fixture
async def reader(story: Story, nats_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client of a gateway that reads the story."""
    async with reading(story.url, nats_url) as client:
        yield client
