"""The control plane hears how its flows end: until it says that it has heard."""

from collections.abc import AsyncIterator

import pytest

from domain.data_flow import State
from tests.scenarios import storage
from tests.scenarios.control_plane import ControlPlane
from tests.scenarios.flows import Copy
from tests.scenarios.plane import Plane
from tests.services import BucketPair

FLOW = "flow-1"
DELIVERED = "callback.delivered.v1"
REFUSED = "callback.attempt-failed.v1"
OURS = ("commands", "dispatcher", "worker", "projections")


@pytest.fixture
async def control() -> AsyncIterator[ControlPlane]:
    """Give a control plane that listens."""
    async with ControlPlane.open() as control:
        yield control


async def begin(
    plane: Plane, pair: BucketPair, control: ControlPlane, flow: str, source: str
) -> None:
    await storage.seed(pair, {"in/a": 10})
    copy = Copy(pair, source, "out/", callback_address=control.url)
    reply = await plane.request("start", copy.start(flow))
    assert reply.problem is None, reply


async def test_completed_is_told_until_it_is_heard(
    plane: Plane, bucket_pair: BucketPair, control: ControlPlane
) -> None:
    control.refusals = [404, 409, 500]
    plane.start(*OURS)
    await begin(plane, bucket_pair, control, FLOW, "in/")
    await plane.records(FLOW, DELIVERED)
    assert [each.status for each in control.calls] == [404, 409, 500, 200]
    assert {each.path for each in control.calls} == {
        f"/transfers/{FLOW}/dataflow/completed"
    }
    bodies = [each.body for each in control.calls]
    assert bodies == [bodies[0]] * 4
    assert bodies[0]["dataFlowId"] == FLOW
    assert bodies[0]["state"] == State.COMPLETED
    assert (await plane.topics(FLOW)).count(REFUSED) == 3


async def test_a_failed_flow_is_errored_and_stays_started(
    plane: Plane, bucket_pair: BucketPair, control: ControlPlane
) -> None:
    plane.start(*OURS)
    await begin(plane, bucket_pair, control, FLOW, "there-is-no-such-key")
    await plane.records(FLOW, DELIVERED)
    (call,) = control.calls
    assert call.path == f"/transfers/{FLOW}/dataflow/errored"
    assert call.body["state"] == State.STARTED
    assert call.body["error"].startswith("storage.not-found")
    assert (await plane.flow(FLOW)).state is State.STARTED


async def test_what_is_owed_outlives_the_dispatcher(
    plane: Plane, bucket_pair: BucketPair, control: ControlPlane
) -> None:
    control.refusals = [503] * 1000
    plane.start(*OURS)
    await begin(plane, bucket_pair, control, FLOW, "in/")
    await plane.records(FLOW, REFUSED)
    plane.kill("dispatcher")
    control.refusals = []
    plane.start("dispatcher")
    await plane.records(FLOW, DELIVERED)
    assert len(control.accepted) == 1
    assert len({each.body["messageId"] for each in control.calls}) == 1


async def test_a_standby_keeps_quiet(
    plane: Plane, bucket_pair: BucketPair, control: ControlPlane
) -> None:
    control.delay_seconds = 1.5  # longer than the outbox is looked at
    plane.start(*OURS, "dispatcher-2")
    await begin(plane, bucket_pair, control, FLOW, "in/")
    await plane.records(FLOW, DELIVERED)
    assert len(control.calls) == 1
    assert (await plane.topics(FLOW)).count("data-flow.completed.v1") == 1


async def test_a_standby_takes_over(
    plane: Plane, bucket_pair: BucketPair, control: ControlPlane
) -> None:
    plane.start(*OURS)
    await begin(plane, bucket_pair, control, FLOW, "in/")
    await plane.records(FLOW, DELIVERED)
    plane.start("dispatcher-2")
    plane.kill("dispatcher")
    await begin(plane, bucket_pair, control, "flow-2", "in/")
    await plane.records("flow-2", DELIVERED)


async def test_a_flow_may_have_any_name(
    plane: Plane, bucket_pair: BucketPair, control: ControlPlane
) -> None:
    flow = "urn:flow/1?x=ü %2F#2"
    plane.start(*OURS)
    await begin(plane, bucket_pair, control, flow, "in/")
    await plane.records(flow, DELIVERED)
    (call,) = control.calls
    assert call.path == f"/transfers/{flow}/dataflow/completed"
