"""An endpoint that is away for a while costs a transfer its time, and nothing else."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from domain.data_flow import State
from domain.segment.events import (
    EndpointCircuitClosed,
    EndpointCircuitOpened,
    SegmentLeased,
)
from tests.scenarios import history, storage
from tests.scenarios.flows import Copy
from tests.scenarios.plane import Plane
from tests.scenarios.switch import Switch
from tests.services import BucketPair

SMALL = 60
AWAY_SECONDS = 8.0
# One question after each pause, which botocore may ask three times; before that, each
# object that was on its way.
MOST_REQUESTS = 60


@pytest.fixture
async def switch(bucket_pair: BucketPair) -> AsyncIterator[Switch]:
    """Give a switch in the line to the destination's server."""
    async with Switch.open(bucket_pair.destination.endpoint) as switch:
        yield switch


async def test_a_destination_that_is_away_is_waited_for_and_not_stormed(
    plane: Plane, bucket_pair: BucketPair, switch: Switch, flow: str
) -> None:
    sizes = {f"in/{number}": 10 for number in range(SMALL)}
    sent = await storage.seed(bucket_pair, sizes)
    # However busy this machine is, the segment stays with its worker.
    plane.environment["WAYBILL_ACK_WAIT_SECONDS"] = "30"
    plane.start("commands", "dispatcher", "worker")
    switch.turn_off()
    pair = storage.destination_at(bucket_pair, switch.url)
    await plane.request("start", Copy(pair, "in/", "out/").start(flow))
    await plane.records(flow, EndpointCircuitOpened.TOPIC)
    await asyncio.sleep(AWAY_SECONDS)
    assert switch.refused <= MOST_REQUESTS
    switch.on = True
    await plane.reaches(flow, State.COMPLETED)
    arrived = await storage.arrived(bucket_pair)
    assert arrived == {key.replace("in/", "out/"): each for key, each in sent.items()}

    events = await plane.events(flow)
    (opened,) = history.of_kind(events, EndpointCircuitOpened)
    (closed,) = history.of_kind(events, EndpointCircuitClosed)
    assert opened.endpoint == closed.endpoint == switch.url.removeprefix("http://")
    assert opened.reason == "storage.unavailable"
    assert closed.seconds > AWAY_SECONDS
    # Nothing was put down and taken up again meanwhile.
    assert [e.delivery for e in history.of_kind(events, SegmentLeased)] == [1]
