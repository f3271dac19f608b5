"""A plane whose two servers are behind proxies of one weather; the table at the end."""

import os
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.faults.outcomes import Outcomes
from tests.faults.proxy import FaultProxy
from tests.faults.transfers import Scene
from tests.faults.weather import Weather
from tests.scenarios import plane as planes
from tests.scenarios import storage
from tests.scenarios.plane import Plane
from tests.services import BucketPair

_PATIENCE_SECONDS = 180.0
_OUTCOMES = Outcomes()


@pytest.fixture
def outcomes() -> Outcomes:
    """Give the one collection of this run."""
    return _OUTCOMES


@pytest.fixture
async def scene(
    server_home: Path,
    database: str,
    broker: str,
    bucket_pair: BucketPair,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Scene]:
    """Give a plane of four processes, in calm weather."""
    monkeypatch.setattr(planes, "PATIENCE_SECONDS", _PATIENCE_SECONDS)
    weather = Weather(int(os.environ.get("WAYBILL_TEST_FAULT_SEED", "1")))
    home = server_home / f"faults-{uuid.uuid4().hex[:8]}"
    async with AsyncExitStack() as stack:
        opened = [
            await stack.enter_async_context(FaultProxy.open(each.endpoint, weather))
            for each in (bucket_pair.source, bucket_pair.destination)
        ]
        through = storage.source_at(bucket_pair, opened[0].url)
        through = storage.destination_at(through, opened[1].url)
        plane = await stack.enter_async_context(Plane.open(home, database, broker))
        plane.start("commands", "dispatcher", "worker-1", "worker-2", "projections")
        yield Scene(plane, weather, bucket_pair, through)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table."""
    if _OUTCOMES.results:
        terminalreporter.section("transfers through faults")
        terminalreporter.write_line("\n".join(_OUTCOMES.table()))
