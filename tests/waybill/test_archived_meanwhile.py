"""Readers and rebuilds that meet an archive which is being made."""

from typing import Any

import pytest

from projections import history as of_log
from projections.catalogue import READ_MODELS
from projections.history_index import STRETCH
from projections.rebuild import rebuild
from projections.replay import replay
from projections.replay_views import Difference
from tests import controls
from tests.projections import events as made
from tests.projections.test_rebuild import all_rows
from tests.waybill.archived import House, run


async def test_a_flow_that_is_archived_under_its_reader_is_read_whole(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines, read = await house.lines("old"), of_log._of_log
    begun: list[bool] = []

    async def late(*asked: Any) -> Any:
        if not begun:
            begun.append(True)
            assert (await run("archive", "old"))[0] == 0
        return await read(*asked)

    monkeypatch.setattr(of_log, "_of_log", late)
    assert (await house.lines("old"))[:-1] == lines


async def test_a_rebuild_with_the_projector_behind_loses_nothing_of_it(
    house: House,
) -> None:
    assert (await run("archive", "old"))[0] == 0
    noise = [made.started(f"noise-{n}") for n in range(STRETCH)]
    await house.story.happened(*noise)
    await house.sealed.seal()
    before = await house.lines("old")
    # Another stretch of the log, of which the live index knows nothing yet.
    observed = controls.circuit_opened(data_flow_id="old", segment_id="o-p1")
    await house.story.happened(observed)
    await rebuild(house.story.url, list(READ_MODELS))
    await house.story.project()
    found = await house.lines("old")
    assert found[:-1] == before
    assert found[-1].topic == observed.TOPIC
    await its_own_are_followed(house)


async def its_own_are_followed(house: House) -> None:
    """What the live ones had not applied is neither lost nor counted twice."""
    rows = await all_rows(house.story)
    await rebuild(house.story.url, list(READ_MODELS))
    assert await all_rows(house.story) == rows
    found = [each async for each in replay(house.story.url, list(READ_MODELS))]
    assert not [each for each in found if isinstance(each, Difference)]
