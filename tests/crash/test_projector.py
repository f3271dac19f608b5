"""Kills the projector around every page: the rows are those of a run without a kill."""

import time

import pytest

from tests.crash.kill_points import DYING, KillPoint
from tests.crash.outcomes import Outcomes
from tests.scenarios import database as tables
from tests.scenarios.front import Front
from tests.scenarios.ground import Ground
from tests.scenarios.plane import Plane
from tests.scenarios.story import story

READ_MODEL = "read_model"
_MOST_POINTS = 200


async def reset(plane: Plane) -> None:
    """Empty read models, at the beginning of the log."""
    names = await tables.dump(plane, READ_MODEL)
    await plane.rows(f"TRUNCATE {', '.join(names)}")


async def survive(plane: Plane, point: KillPoint) -> str | None:
    """Follow the log over the kill point; the effect's name, None: not reached."""
    note = plane.home / f"{point.name}.note"
    plane.environment["DYING_NOTE"] = str(note)
    await reset(plane)
    plane.run(DYING, "tests.crash.dying", "projector", str(point.number), point.when)

    async def dead_or_done() -> bool:
        return not plane.runs(DYING) or await tables.is_caught_up(plane)

    await plane.until("death or the log's end", dead_or_done)
    await plane.stop(DYING)
    if not note.exists():
        return None
    plane.start("projections")
    await tables.caught_up(plane)
    plane.kill("projections")
    return note.read_text()


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_page_counts_once_whatever_is_killed(
    ground: Ground, outcomes: Outcomes, when: str
) -> None:
    async with (
        Front.open(ground.pair.destination.endpoint) as front,
        Plane.open(ground.home, ground.database_url, ground.nats_url) as plane,
    ):
        await story(plane, ground.pair, front)
        await tables.caught_up(plane)
        plane.kill("projections")
        expected = await tables.dump(plane, READ_MODEL)
        for number in range(1, _MOST_POINTS):
            point = KillPoint("projector", number, when)
            began = time.monotonic()
            effect = await survive(plane, point)
            complaint = "" if await tables.dump(plane, READ_MODEL) == expected else "?"
            outcomes.add(point, effect, time.monotonic() - began, complaint)
            if effect is None:
                break
        plane.run("rebuild", "projections", "rebuild", "--all")
        await plane.ends("rebuild")
        assert await tables.dump(plane, READ_MODEL) == expected
    assert outcomes.failures("projector", when) == 0
