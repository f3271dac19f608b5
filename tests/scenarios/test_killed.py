"""A sample of the kill points: `make crash` runs all of them."""

import pytest

from tests.crash.kill_points import KillPoint, staged
from tests.scenarios.ground import Ground

SAMPLE = {
    "worker": (
        KillPoint("worker", 1, "after", "relay_part"),
        KillPoint("worker", 2, "before", "part-copied"),
        KillPoint("worker", 1, "after", "complete_upload"),
    ),
    "dispatcher": (
        KillPoint("dispatcher", 1, "after", "create_upload"),
        KillPoint("dispatcher", 1, "after", "publish"),
        KillPoint("dispatcher", 1, "before", "data-flow.completed"),
    ),
}


@pytest.mark.parametrize("role", SAMPLE)
async def test_a_killed_process_loses_and_repeats_nothing(
    ground: Ground, role: str
) -> None:
    async with staged(ground, role) as scene:
        for point in SAMPLE[role]:
            effect = await scene.survive(point)
            assert effect is not None, f"{point.name} was not reached"
            assert point.effect in effect
