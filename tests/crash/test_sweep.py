"""Kills the worker and the dispatcher before and after every single effect."""

import time

import pytest

from tests.crash.kill_points import AGAIN, DYING, OTHERS, KillPoint, Scene, staged
from tests.crash.outcomes import Outcomes
from tests.scenarios.ground import Ground

_MOST_POINTS = 200
_MOST_FAILURES = 3

# Effects that overlap come in another order in each run, so that a number may miss one:
# what no number has met is asked for by its name.
EFFECTS = {
    "worker": (
        "append segment.leased",
        "append segment.part-copied",
        "append segment.objects-copied",
        "append segment.object-copied",
        "append segment.done",
        "Pair.relay_part",
        "Pair.relay_object",
        "S3Destination.complete_upload",
        "NatsMessage.ack",
    ),
    "dispatcher": (
        "append transfer.planning-started",
        "append transfer.object-planned",
        "append transfer.multipart-upload-created",
        "append transfer.page-planned",
        "append transfer.planned",
        "append segment.planned",
        "append transfer.completed",
        "append data-flow.completed",
        "S3Destination.list_uploads",
        "S3Destination.create_upload",
        "NatsBroker.publish",
        "Queued.mark_queued",
        "Rows.forget",
        "SecretStore.destroy",
        "commit",
    ),
}
# Where a death leaves most to find out: a part, or an upload, that no event tells of.
UNTOLD = {
    "worker": KillPoint("worker", 2, "after", "relay_part"),
    "dispatcher": KillPoint("dispatcher", 1, "after", "create_upload"),
}
RECOVERIES = {
    "worker": ("S3Destination.list_parts", "Pair.digest", "append segment.leased"),
    "dispatcher": ("S3Destination.list_uploads", "S3Destination.abort_upload"),
}
_RECOVERY_EFFECTS = 10


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("role", ["worker", "dispatcher"])
async def test_nothing_is_lost_or_repeated_whatever_is_killed(
    ground: Ground, outcomes: Outcomes, role: str, when: str
) -> None:
    async with staged(ground, role) as scene:
        for number in range(1, _MOST_POINTS):
            if not await survives(scene, outcomes, KillPoint(role, number, when)):
                break
        else:
            raise AssertionError(f"{DYING} never came to its end")
        for effect in outcomes.unmet(role, when, EFFECTS[role]):
            await survives(scene, outcomes, KillPoint(role, 1, when, effect))
    assert outcomes.failures(role, when) == 0
    assert outcomes.unmet(role, when, EFFECTS[role]) == []


@pytest.mark.parametrize("role", UNTOLD)
async def test_nothing_is_lost_or_repeated_when_the_recovery_is_killed_too(
    ground: Ground, outcomes: Outcomes, role: str
) -> None:
    first = UNTOLD[role]
    async with staged(ground, role) as scene:
        for number in range(1, _RECOVERY_EFFECTS + 1):
            await survives(scene, outcomes, first, KillPoint(role, number, AGAIN))
        for effect in outcomes.unmet(role, AGAIN, RECOVERIES[role]):
            await survives(scene, outcomes, first, KillPoint(role, 1, AGAIN, effect))
    assert outcomes.failures(role, AGAIN) == 0
    assert outcomes.unmet(role, AGAIN, RECOVERIES[role]) == []


async def survives(scene: Scene, outcomes: Outcomes, *points: KillPoint) -> bool:
    """Note what became of the last point; whether there is a next one to try."""
    began, point = time.monotonic(), points[-1]
    try:
        effect = await scene.survive(*points)
    except AssertionError as error:
        outcomes.add(point, None, time.monotonic() - began, str(error))
        scene.plane.kill(*scene.plane.started_besides(OTHERS[point.role]))
        return outcomes.failures(point.role, point.when) < _MOST_FAILURES
    outcomes.add(point, effect, time.monotonic() - began)
    return effect is not None
