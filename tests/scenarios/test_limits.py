"""Limits hold over all workers together, while they run, whoever sets them how."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from typer.testing import CliRunner

from domain import names
from domain.data_flow import State
from domain.limits import LimitsChanged
from domain.segment.events import SegmentLeased
from tests.scenarios import history, storage
from tests.scenarios.flows import SMALL_PARTS, Copy
from tests.scenarios.front import Front
from tests.scenarios.plane import Plane
from tests.scenarios.storage import MIB
from tests.services import BucketPair
from waybill.cli import app

PARTS, SMALL = 14, 200
# Bytes and requests are counted for so long; what may go at once, or wait for a
# neighbour's heartbeat, must fade beside it.
SECONDS = 4.0
TOLERANCE = 0.2
WINDOWS = 3


async def measured(counted: Callable[[], int], seconds: float = SECONDS) -> float:
    """How many a second there were."""
    began, before = time.monotonic(), counted()
    await asyncio.sleep(seconds)
    return (counted() - before) / (time.monotonic() - began)


async def held_to(
    limit: float, counted: Callable[[], int], least: float = 1 - TOLERANCE
) -> None:
    """All of it and no more, once a busy machine has passed on what lay in sockets."""
    rate = 0.0
    for _ in range(WINDOWS):
        rate = await measured(counted)
        if limit * least <= rate <= limit * (1 + TOLERANCE):
            return
    raise AssertionError(rate)


async def both_work(plane: Plane, flow: str, counted: Callable[[], int]) -> None:
    async def there() -> bool:
        leases = history.of_kind(await plane.events(flow), SegmentLeased)
        return len({each.worker for each in leases}) > 1 and counted() > 0

    await plane.until("two workers to copy", there, flow)


async def put(plane: Plane, scope: str, **rates: Any) -> None:
    answer = await plane.http("PUT", f"/management/limits/{scope}", rates)
    assert answer.status_code == 200, answer.text


async def command(plane: Plane, *words: str) -> str:
    line = ["limits", *words, "--api", plane.api_base]
    result = await asyncio.to_thread(CliRunner().invoke, app, line)
    assert result.exit_code == 0, result.output
    return result.output


def two_workers(plane: Plane) -> None:
    # One segment each, so that neither can take them all.
    plane.environment["WAYBILL_WORKER_SEGMENTS"] = "1"
    plane.start("commands", "dispatcher", "worker", "worker-2", "gateway")


async def test_two_workers_share_a_bandwidth_that_changes_while_they_copy(
    plane: Plane, bucket_pair: BucketPair, front: Front, flow: str
) -> None:
    sent = await storage.seed(bucket_pair, {"big": PARTS * 5 * MIB})
    two_workers(plane)
    await put(plane, "plane", bytesPerSecond=2 * MIB)
    pair = storage.destination_at(bucket_pair, front.url)
    await plane.request("start", Copy(pair, "big", "copy", SMALL_PARTS).start(flow))
    await both_work(plane, flow, lambda: front.bytes_in)
    await held_to(2 * MIB, lambda: front.bytes_in)

    # The smallest wins: the flow's own limit is beside the plane's.
    await command(plane, "set", f"data-flow:{flow}", "--bandwidth", "512Ki")
    await settled(lambda: measured(lambda: front.bytes_in, 1.0), MIB)
    assert (await plane.flow(flow)).state is State.STARTED

    for scope in ("plane", f"data-flow:{flow}"):
        answer = await plane.http("DELETE", f"/management/limits/{scope}")
        assert answer.status_code == 204, answer.text
    began = time.monotonic()
    await plane.reaches(flow, State.COMPLETED)
    # At the limits that were, it would take this long.
    assert time.monotonic() - began < PARTS * 5 / 2
    assert await storage.arrived(bucket_pair) == {"copy": sent["big"]}
    assert sorted(front.parts().values()) == [1] * PARTS
    changes = await plane.log.load(names.limits_stream())
    assert [_scope(each.event) for each in changes] == ["plane", flow_of(flow)] * 2
    assert {each.metadata.actor for each in changes} == {"operator:http:127.0.0.1"}


async def test_requests_are_counted_at_the_endpoint_that_is_limited(
    plane: Plane, bucket_pair: BucketPair, front: Front, flow: str
) -> None:
    sizes = {f"in/{number}": 10 for number in range(SMALL)}
    sent = await storage.seed(bucket_pair, sizes)
    two_workers(plane)
    limit = {"scope": f"endpoint:{front.url.removeprefix('http://')}"}
    # On the bus as over HTTP.
    await plane.request(names.SET_LIMITS, {**limit, "requestsPerSecond": 10})
    pair = storage.destination_at(bucket_pair, front.url)
    await plane.request("start", Copy(pair, "in/", "out/").start(flow))
    await both_work(plane, flow, lambda: len(front.objects()))
    # A worker that records what it has copied asks for nothing meanwhile.
    await held_to(10, lambda: len(front.objects()), least=0.5)
    reply = await plane.request(names.CLEAR_LIMITS, limit)
    assert reply.limits == ()
    await plane.reaches(flow, State.COMPLETED)
    arrived = await storage.arrived(bucket_pair)
    assert arrived == {key.replace("in/", "out/"): each for key, each in sent.items()}


async def settled(rate: Callable[[], Awaitable[float]], most: float) -> None:
    """Within a few seconds it is no more than that."""
    deadline = time.monotonic() + 5
    while (found := await rate()) > most:
        assert time.monotonic() < deadline, found


def flow_of(flow: str) -> str:
    return f"data-flow:{flow}"


def _scope(event: object) -> str:
    assert isinstance(event, LimitsChanged)
    return event.scope
