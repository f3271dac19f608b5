"""Several doors write the streams of one flow: none hides the other's lines."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from domain.errors import StorageError
from domain.reception import Phase
from eventlog import EventLog, migrate
from handlers.door.receptions import Receptions
from tests import controls
from tests.controls import FLOW

UPLOAD = controls.open_upload().upload_id


@pytest.fixture
async def log(database: str) -> AsyncIterator[EventLog]:
    """Give an empty log."""
    migrate(database)
    async with EventLog.open(database) as log:
        yield log


async def test_lines_of_two_doors_stand_in_one_ledger(log: EventLog) -> None:
    doors = Receptions(log), Receptions(log)
    lines = [controls.upload_planned(upload_id=str(number)) for number in range(20)]
    plans = [doors[n % 2].plan(line, controls.cause()) for n, line in enumerate(lines)]
    await asyncio.gather(*plans)
    seen = [await door.ledger(FLOW) for door in doors]
    assert set(seen[0].planned) == {line.upload_id for line in lines}
    assert list(seen[0].planned) == list(seen[1].planned)


async def test_parts_by_two_doors_are_all_recorded(log: EventLog) -> None:
    doors = Receptions(log), Receptions(log)
    await doors[0].record(controls.open_upload(), controls.cause())
    parts = [
        doors[number % 2].record(
            controls.receive_part(part_number=number), controls.cause()
        )
        for number in (1, 2, 3)
    ]
    await asyncio.gather(*parts)
    for door in doors:
        assert set((await door.upload(FLOW, UPLOAD)).parts) == {1, 2, 3}


async def test_a_door_that_knows_of_no_abort_adds_no_part(log: EventLog) -> None:
    one, other = Receptions(log), Receptions(log)
    await one.record(controls.open_upload(), controls.cause())
    await other.record(controls.abort_upload(), controls.cause())
    with pytest.raises(StorageError, match="no such upload"):
        await one.record(controls.receive_part(), controls.cause())
    assert (await one.upload(FLOW, UPLOAD)).phase is Phase.ABORTED


async def test_what_was_aborted_before_it_was_open_does_not_open(log: EventLog) -> None:
    one, other = Receptions(log), Receptions(log)
    await other.record(controls.abort_upload(), controls.cause())
    with pytest.raises(StorageError, match="no such upload"):
        await one.record(controls.open_upload(), controls.cause())
