"""Kills the worker and the dispatcher before and after every single effect."""

import time

import pytest

from tests.crash.kill_points import AGAIN, DYING, OTHERS, KillPoint, Scene, staged
from tests.crash.outcomes import Outcomes
from tests.scenarios.ground import Ground

_MOST_POINTS = 200
_MOST_FAILURES = 3


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("role", ["worker", "dispatcher"])
async def test_nothing_is_lost_or_repeated_whatever_is_killed(
    ground: Ground, outcomes: Outcomes, role: str, when: str
) -> None:
    async with staged(ground, role) as scene:
        for number in range(1, _MOST_POINTS):
            if not await survives(scene, KillPoint(role, number, when), outcomes):
                break
        else:
            raise AssertionError(f"{DYING} never came to its end")
    assert outcomes.failures(role, when) == 0


# Where a death leaves most to find out: a part, or an upload, that no event tells of.
UNTOLD = {
    "worker": KillPoint("worker", 2, "after", "relay_part"),
    "dispatcher": KillPoint("dispatcher", 1, "after", "create_upload"),
}
_RECOVERY_EFFECTS = 10


@pytest.mark.parametrize("role", UNTOLD)
async def test_nothing_is_lost_or_repeated_when_the_recovery_is_killed_too(
    ground: Ground, outcomes: Outcomes, role: str
) -> None:
    async with staged(ground, role) as scene:
        for number in range(1, _RECOVERY_EFFECTS + 1):
            point = KillPoint(role, number, AGAIN)
            if not await survives(scene, point, outcomes, first=UNTOLD[role]):
                break
    assert outcomes.failures(role, AGAIN) == 0


async def survives(
    scene: Scene, point: KillPoint, outcomes: Outcomes, first: KillPoint | None = None
) -> bool:
    """Note what became of the point; whether there is a next one to try."""
    began = time.monotonic()
    try:
        effect = await scene.survive(*([first] if first else []), point)
    except AssertionError as error:
        outcomes.add(point, None, time.monotonic() - began, str(error))
        scene.plane.kill(*scene.plane.started_besides(OTHERS[point.role]))
        return outcomes.failures(point.role, point.when) < _MOST_FAILURES
    outcomes.add(point, effect, time.monotonic() - began)
    return effect is not None
