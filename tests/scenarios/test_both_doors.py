"""A control plane may come by HTTP, by request or by signal: it is the same."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from domain import names
from domain.data_flow import State
from domain.message import Recorded
from domain.signaling import Reply, StatusMessage
from tests.scenarios import storage
from tests.scenarios.flows import PUSH, Copy, told
from tests.scenarios.plane import Plane
from tests.services import BucketPair

DOORS = ("request", "signal", "http")
CREATING = ("prepare", "start")

Send = Callable[[str, dict[str, Any]], Awaitable[Reply]]


def through(plane: Plane, door: str) -> Send:
    """One way in, with the answer in one shape."""

    async def http(verb: str, body: dict[str, Any]) -> Reply:
        flow = body["dataFlowId"]
        path = f"/dataflows/{verb if verb in CREATING else f'{flow}/{verb}'}"
        response = await plane.http("POST", path, body)
        assert response.is_success, response.text
        told = StatusMessage.model_validate(response.json()) if response.text else None
        confirmation = response.headers.get("Waybill-Confirmation")
        return Reply(outcome="", status=told, confirmation=confirmation)

    return {"request": plane.request, "signal": plane.signal, "http": http}[door]


def started(plane: Plane, door: str) -> Send:
    plane.start("commands", "dispatcher", "worker")
    if door == "http":
        plane.start("projections", "gateway")
    return through(plane, door)


async def own_events(plane: Plane, flow: str) -> list[Recorded]:
    return await plane.log.load(names.data_flow_stream(flow))


def normalised(events: list[Recorded], flow: str) -> list[tuple[str, str]]:
    """Without what differs by nature: the flow's name, and what is made of it."""
    return [
        (
            each.event.TOPIC,
            _SECRET.sub("", each.event.model_dump_json().replace(flow, "flow")),
        )
        for each in events
    ]


_SECRET = re.compile(r'"secret":"[^"]*"')


async def copied(send: Send, plane: Plane, pair: BucketPair, flow: str) -> None:
    await storage.seed(pair, {"in/a": 10})
    await send("start", Copy(pair, "in/", "out/").start(flow))
    await plane.reaches(flow, State.COMPLETED)


async def led_through_all_states(
    send: Send, plane: Plane, pair: BucketPair, flow: str
) -> None:
    copy = Copy(pair, "in/", "in/")
    await send("prepare", copy.creating(flow, PUSH, copy.destination_side()))
    await send("started", told(flow, "started"))
    await send("suspend", told(flow, "suspend", reason="lunch"))
    await send("resume", told(flow, "resume"))
    await send("terminate", told(flow, "terminate", reason="enough"))
    await plane.reaches(flow, State.TERMINATED)


async def test_every_door_records_the_same(
    plane: Plane, bucket_pair: BucketPair
) -> None:
    plane.start("commands", "dispatcher", "worker", "projections", "gateway")
    seen: list[list[tuple[str, str]]] = []
    for number, door in enumerate(DOORS):
        send, flow = through(plane, door), f"flow-{number}"
        await copied(send, plane, bucket_pair, flow)
        led = f"led-{number}"
        await led_through_all_states(send, plane, bucket_pair, led)
        seen.append(
            normalised(await own_events(plane, flow), flow)
            + normalised(await own_events(plane, led), led)
        )
    assert [topic for topic, _ in seen[0]] == [
        "data-flow.started.v1",
        "data-flow.completed.v1",
        "data-flow.prepared.v1",
        "data-flow.start-confirmed.v1",
        "data-flow.suspended.v1",
        "data-flow.resumed.v1",
        "data-flow.terminated.v1",
    ]
    assert seen == [seen[0]] * len(DOORS)


@pytest.mark.parametrize("door", DOORS)
async def test_a_repeated_message_gets_its_answer_and_no_event(
    plane: Plane, bucket_pair: BucketPair, door: str
) -> None:
    send = started(plane, door)
    copy = Copy(bucket_pair, "in/", "out/")
    prepare = copy.creating("flow-1", PUSH, copy.destination_side())
    messages = [
        ("prepare", prepare),
        ("started", told("flow-1", "started")),
        ("suspend", told("flow-1", "suspend")),
        ("resume", told("flow-1", "resume")),
        ("terminate", told("flow-1", "terminate")),
    ]
    first = [await send(verb, body) for verb, body in messages]
    events = await own_events(plane, "flow-1")
    again = [await send(verb, body) for verb, body in messages]
    assert [each.status for each in again] == [each.status for each in first]
    assert await own_events(plane, "flow-1") == events


@pytest.mark.parametrize("door", ["request", "signal"])
async def test_another_message_for_the_same_flow_is_refused(
    plane: Plane, bucket_pair: BucketPair, door: str
) -> None:
    plane.start("commands")
    copy = Copy(bucket_pair, "in/", "out/")
    prepare = copy.creating("flow-1", PUSH, copy.destination_side())
    send = through(plane, door)
    await send("prepare", prepare)
    reply = await send("prepare", {**prepare, "messageId": "another"})
    assert reply.problem is not None
    assert reply.problem.code == "flow.exists"


async def test_a_signal_waits_for_a_handler(
    plane: Plane, bucket_pair: BucketPair
) -> None:
    plane.start("commands")
    copy = Copy(bucket_pair, "in/", "out/")
    await plane.signal(
        "prepare", copy.creating("flow-1", PUSH, copy.destination_side())
    )
    plane.kill("commands")
    # Nobody listens, and the sender goes away.
    body = b'{"dataFlowId": "flow-1", "messageId": "t", "reason": "enough"}'
    await plane.client.jetstream().publish(names.signal_subject("terminate"), body)
    plane.start("commands")
    await plane.reaches("flow-1", State.TERMINATED)
