"""A whole data flow through the processes, from, to and within each server."""

import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from domain.data_flow import State
from domain.location import CopyOptions
from domain.message import Recorded
from domain.segment.events import (
    CompletionWork,
    ObjectCopied,
    ObjectOutcome,
    ObjectsCopied,
    PackWork,
    PartsWork,
    SegmentFailed,
    SegmentPlanned,
    Work,
)
from domain.transfer.events import PlannedObject
from tests import services
from tests.matrix import names
from tests.matrix.carrying import Said
from tests.matrix.comparing import Case, Table
from tests.matrix.ground import Ground
from tests.matrix.sides import Bucket, Held
from tests.matrix.ways import Role, Shape, Way
from tests.scenarios import history
from tests.scenarios.flows import SMALL_PARTS, Copy, told
from tests.scenarios.plane import Plane
from tests.scenarios.storage import MIB
from tests.services import BucketPair

_SIZES = {
    "in/empty": 0,
    "in/one": 1,
    "in/folder/": 0,
    "in/folder/a b+c%20ü": 70_000,
    "in/largest whole": 5 * MIB,
    "in/two parts": 5 * MIB + 1,
    "in/four parts": 17 * MIB,
    **{f"in/many/{number:03}": 1000 + number for number in range(120)},
}


@pytest.fixture(scope="module")
async def plane(
    server_home: Path, database_url: str, nats_url: str
) -> AsyncIterator[Plane]:
    """Give a plane with all that copies."""
    home = server_home / f"matrix-{uuid.uuid4().hex[:8]}"
    await services.delete_streams(nats_url)
    with services.fresh_database(database_url) as database:
        async with Plane.open(home, database, nats_url) as plane:
            plane.start("commands", "dispatcher", "worker")
            yield plane


@pytest.mark.parametrize("role", Role)
async def test_a_flow_tells_the_truth_of_every_object(
    plane: Plane, ground: Ground, table: Table, role: Role
) -> None:
    source_at, destination_at = ground.sides(role)
    flow = f"{ground.server.name}-{role}-{uuid.uuid4().hex[:8]}"
    async with AsyncExitStack() as stack:
        source, destination = [
            await stack.enter_async_context(Bucket.open(each))
            for each in (source_at, destination_at)
        ]
        sent = await _seeded(source, folders=ground.server.facts.folders)
        pair = BucketPair(source_at, destination_at, source.name, destination.name)
        copy = Copy(pair, "in/", "out/", SMALL_PARTS)
        reply = await plane.request("start", copy.start(flow))
        assert reply.problem is None, reply
        code = await _ended(plane, flow)
        said = _said(await plane.events(flow))
        there = await destination.get_all(key.replace("in/", "out/", 1) for key in sent)
        found = {key.replace("out/", "in/", 1): held for key, held in there.items()}
        case = Case(sent, {key: said[key] for key in sent}, found)
        table.add(ground.server.name, f"flow {role}", case)
        small = CopyOptions(multipart_threshold_bytes=5 * MIB)
        ground.require(Way(role, Shape.PLANNED), case, small)
        assert (code is None) == (case.failed() == {})
        assert await destination.unfinished() == []


async def _seeded(bucket: Bucket, *, folders: bool) -> dict[str, Held]:
    """Put them all; what the server then lists and gives is what there is."""
    sizes = {k: v for k, v in _SIZES.items() if folders or not k.endswith("/")}
    for key, size in sizes.items():
        await bucket.put(key, names.body_of(key, size)[:size])
    found = await bucket.get_all(await bucket.keys())
    assert len(found) >= len(sizes) - 1
    return {key: held for key, held in found.items() if held is not None}


async def _ended(plane: Plane, flow: str) -> str | None:
    """Wait for its end, or its error, whose code is returned."""

    async def there() -> tuple[str | None] | None:
        state = await plane.flow(flow)
        return (state.error,) if state.final or state.error else None

    code = (await plane.until(f"{flow} to end", there, flow))[0]
    if code is not None:
        await plane.request("terminate", told(flow, "terminate"))
        await plane.reaches(flow, State.TERMINATED)
    await plane.cleaned_up()
    return code


def _said(events: list[Recorded]) -> dict[str, Said]:
    """What the log says of each object, by the source's key."""
    work = {e.segment_id: e.work for e in history.of_kind(events, SegmentPlanned)}
    said: dict[str, Said] = {}
    for failed in history.of_kind(events, SegmentFailed):
        for each in _objects(work[failed.segment_id]):
            said[each.object_id] = Said(code=failed.code, detail=failed.detail)
    outcomes = [o for e in history.of_kind(events, ObjectsCopied) for o in e.objects]
    outcomes += [each.object for each in history.of_kind(events, ObjectCopied)]
    said.update({each.object_id: _of(each) for each in outcomes})
    planned = [each for one in work.values() for each in _objects(one)]
    return {each.source_key: said[each.object_id] for each in planned}


def _objects(work: Work) -> Sequence[PlannedObject]:
    match work:
        case PackWork():
            return work.objects
        case PartsWork() | CompletionWork():
            return (work.object,)
        case _:
            return ()


def _of(outcome: ObjectOutcome) -> Said:
    if outcome.error is not None:
        return Said(code=outcome.error, detail=outcome.detail or "")
    return Said(outcome.verdict)
