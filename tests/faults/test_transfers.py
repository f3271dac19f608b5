"""
A hundred transfers while one request in five goes wrong.

`make faults` runs them; WAYBILL_TEST_FAULT_FLOWS, _RATE and _SEED change how many, how
often, and which.
"""

import asyncio
import os
import time
from collections import Counter

import pytest

from domain.data_flow import State
from tests.faults.outcomes import Outcomes, Result
from tests.faults.transfers import MIXES, Scene
from tests.faults.weather import Fault

_FLOWS = int(os.environ.get("WAYBILL_TEST_FAULT_FLOWS", "100"))
_RATE = float(os.environ.get("WAYBILL_TEST_FAULT_RATE", "0.2"))
_AT_ONCE = 4
_CALM_FLOWS = 2
_MOST_RATIO = 2.0
# Where a client that only tries again would be wrong.
SINGLE = (
    ("CreateMultipartUpload", Fault.REPLY_LOST, "large"),
    ("UploadPart", Fault.REPLY_LOST, "large"),
    ("UploadPart", Fault.FLIPPED, "large"),
    ("CompleteMultipartUpload", Fault.REPLY_LOST, "large"),
    ("CompleteMultipartUpload", Fault.LATE_ERROR, "large"),
    ("UploadPart", Fault.WRONG_ETAG, "large"),
    ("PutObject", Fault.WRONG_ETAG, "small"),
    ("PutObject", Fault.REPLY_LOST, "small"),
    ("CopyObject", Fault.REPLY_LOST, "beside"),
    ("CopyObject", Fault.LATE_ERROR, "beside"),
    ("UploadPartCopy", Fault.LATE_ERROR, "beside"),
    ("UploadPartCopy", Fault.REPLY_LOST, "beside"),
)


async def test_they_end_right_or_tell_why(scene: Scene, outcomes: Outcomes) -> None:
    await scene.seed()
    mixes = [[*MIXES][number % len(MIXES)] for number in range(_FLOWS)]
    costs = {mix: await cost(scene, mix) for mix in MIXES}
    for mix in mixes:
        outcomes.minimum.update(costs[mix])

    began = time.monotonic()
    scene.weather.turn(_RATE)
    outcomes.results += await all_of(scene, mixes)
    await scene.plane.cleaned_up()
    outcomes.seconds = time.monotonic() - began
    outcomes.requests += scene.weather.requests
    outcomes.faults.update(
        {fault.value: count for fault, count in scene.weather.faults.items()}
    )
    assert outcomes.complaints == []
    share = outcomes.faults.total() / outcomes.requests.total()
    assert share > _RATE * 0.9, "the weather was too good"
    assert outcomes.ratio <= _MOST_RATIO


async def cost(scene: Scene, mix: str) -> Counter[str]:
    """The requests that one transfer of the mix needs: the second and third one's."""
    await completes(scene, f"calm-{mix}-0", mix)
    scene.weather.turn(0.0)
    for number in range(1, _CALM_FLOWS + 1):
        await completes(scene, f"calm-{mix}-{number}", mix)
    made = scene.weather.requests
    # Whole numbers: nothing that every transfer needs is a fraction of a request.
    return Counter({name: count // _CALM_FLOWS for name, count in made.items()})


async def completes(scene: Scene, flow: str, mix: str) -> None:
    """Where nothing goes wrong, nothing is wrong."""
    result = await scene.transfer(flow, mix, frozenset())
    assert (result.code, result.complaints) == (None, ())


async def all_of(scene: Scene, mixes: list[str]) -> list[Result]:
    """A few at a time."""
    slots = asyncio.Semaphore(_AT_ONCE)

    async def one(number: int, mix: str) -> Result:
        async with slots:
            return await scene.transfer(f"flow-{number:03}", mix)

    return await asyncio.gather(*(one(n, mix) for n, mix in enumerate(mixes)))


async def test_one_fault_is_mended(scene: Scene) -> None:
    """Each in a transfer of its own, which has to be completed."""
    await scene.seed()
    results: list[Result] = []
    for operation, fault, mix in SINGLE:
        flow = f"{operation}-{fault.name}"
        scene.weather.turn(0.0)
        scene.weather.once[operation] = fault
        results.append(await scene.transfer(flow, mix, frozenset()))
        assert scene.weather.once == {}, f"there was no {operation}"
    complaints = [(e.flow, what) for e in results for what in e.complaints]
    assert complaints == []
    assert {each.code for each in results} == {None}


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault.EXPIRED, "storage.credentials-expired"),
        (Fault.SKEWED, "storage.clock-skewed"),
    ],
    ids=["expired", "skewed"],
)
async def test_what_lasts_ends_with_its_code_and_leaves_nothing(
    scene: Scene, fault: Fault, code: str
) -> None:
    await scene.seed()
    copy = scene.copy("flow", "both")
    await scene.plane.request("start", copy.start("flow"))
    await scene.plane.records("flow", "transfer.multipart-upload-created.v1")
    scene.weather.turn(1.0, fault)
    assert await scene.ended("flow") == code
    met = scene.weather.faults.total()
    scene.weather.turn(0.0)
    await scene.terminate("flow")
    await scene.forgotten("flow")
    assert await scene.left_open("flow", "both") == []
    assert (await scene.plane.flow("flow")).state is State.TERMINATED
    # Whoever is told no hundred times has stopped listening.
    assert met < 100
