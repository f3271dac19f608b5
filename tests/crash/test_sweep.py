"""Kills the worker and the dispatcher before and after every single effect."""

import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.crash.kill_points import DYING, KillPoint, Scene
from tests.crash.outcomes import Outcomes
from tests.scenarios import storage
from tests.scenarios.front import Front
from tests.scenarios.plane import Plane
from tests.crash.kill_points import SIZES
from tests.services import BucketPair

_OTHERS = {
    "worker": ("commands", "dispatcher"),
    "dispatcher": ("commands", "worker"),
}
_MOST_POINTS = 200
_MOST_FAILURES = 3


@asynccontextmanager
async def scene(
    home: Path, database: str, broker: str, pair: BucketPair, role: str
) -> AsyncIterator[Scene]:
    seeded = await storage.seed(pair, SIZES)
    async with (
        Front.open(pair.destination.endpoint) as front,
        Plane.open(home, database, broker, ack_wait_seconds="1") as plane,
    ):
        plane.start(*_OTHERS[role])
        yield Scene(plane, front, pair, seeded)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("role", ["worker", "dispatcher"])
async def test_nothing_is_lost_or_repeated_whatever_is_killed(
    server_home: Path,
    database: str,
    broker: str,
    bucket_pair: BucketPair,
    outcomes: Outcomes,
    role: str,
    when: str,
) -> None:
    home = server_home / f"sweep-{uuid.uuid4().hex[:8]}"
    async with scene(home, database, broker, bucket_pair, role) as made:
        for number in range(1, _MOST_POINTS):
            point = KillPoint(role, number, when)
            began = time.monotonic()
            try:
                effect = await made.survive(point)
            except AssertionError as error:
                outcomes.failed(point, str(error), time.monotonic() - began)
                made.plane.kill(*made.plane.started_besides(_OTHERS[role]))
                if outcomes.failures(role, when) >= _MOST_FAILURES:
                    break
                continue
            if effect is None:
                break
            outcomes.survived(point, effect, time.monotonic() - began)
        else:
            raise AssertionError(f"{DYING} never came to its end")
    assert outcomes.failures(role, when) == 0
