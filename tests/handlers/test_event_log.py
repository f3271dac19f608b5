"""The log stores whole or not at all, at the version that was asked for, once."""

import asyncio
from collections.abc import Iterator, Sequence
from uuid import UUID, uuid4

import pytest
from eventsourcing.persistence import StoredEvent

from domain.errors import VersionConflictError
from domain.message import Event, Recorded
from eventlog import Append, EventLog, migrate
from eventlog.appender import GroupAppender
from tests import controls


def a_flow(name: str = "flow") -> tuple[UUID, Event]:
    return uuid4(), controls.started(data_flow_id=name)


async def events_in(log: EventLog, stream: UUID) -> list[Event]:
    return [each.event for each in await log.load(stream)]


async def count(log: EventLog, what: str) -> int:
    async with log.pool.connection() as connection:
        query = f"SELECT count({what}) FROM waybill_events".encode()  # noqa: S608
        row = await (await connection.execute(query)).fetchone()
    assert row is not None
    return int(row[0])


async def test_a_stream_is_loaded_as_it_was_appended(log: EventLog) -> None:
    stream, event = a_flow()
    cause = controls.cause()
    more = (controls.suspended(), controls.resumed())
    first = await log.append(cause, Append(stream, 0, (event,)))
    last = await log.append(cause, Append(stream, 1, more))
    loaded = await log.load(stream)
    assert [each.event for each in loaded] == [event, *more]
    assert [each.version for each in loaded] == [1, 2, 3]
    assert [loaded[0].position, loaded[-1].position] == [first, last]
    assert {each.metadata.causation_id for each in loaded} == {cause.causation_id}
    assert {each.metadata.occurred_at for each in loaded} == {cause.occurred_at}
    assert len({each.metadata.event_id for each in loaded}) == 3
    assert await log.load(stream, after_version=2) == loaded[2:]


async def test_a_stream_that_is_not_there_is_empty(log: EventLog) -> None:
    assert await log.load(uuid4()) == []
    assert await log.load_many([uuid4()]) == []


async def test_many_streams_come_in_the_order_of_the_log(log: EventLog) -> None:
    (one, event), (two, other) = a_flow("one"), a_flow("two")
    await log.append(controls.cause(), Append(one, 0, (event,)))
    await log.append(controls.cause(), Append(two, 0, (other,)))
    await log.append(controls.cause(), Append(one, 1, (controls.suspended(),)))
    loaded = await log.load_many([two, one])
    assert [each.stream for each in loaded] == [one, two, one]


@pytest.mark.parametrize("taken", [0, 1])
async def test_a_version_that_is_taken_is_a_conflict(log: EventLog, taken: int) -> None:
    stream, event = a_flow()
    both = (event, controls.suspended())
    await log.append(controls.cause(), Append(stream, 0, both))
    late = Append(stream, taken, (controls.terminated(),))
    with pytest.raises(VersionConflictError):
        await log.append(controls.cause(), late)
    assert await events_in(log, stream) == list(both)


async def test_streams_are_appended_together_or_not_at_all(log: EventLog) -> None:
    (one, event), (two, other) = a_flow("one"), a_flow("two")
    await log.append(controls.cause(), Append(two, 0, (other,)))
    with pytest.raises(VersionConflictError):
        await log.append(
            controls.cause(), Append(one, 0, (event,)), Append(two, 0, (other,))
        )
    assert await events_in(log, one) == []
    await log.append(
        controls.cause(),
        Append(one, 0, (event,)),
        Append(two, 1, (controls.suspended(),)),
    )
    assert await events_in(log, one) == [event]
    assert await events_in(log, two) == [other, controls.suspended()]


class Forgetful(GroupAppender):
    """Its database stores, and the answer is lost: so it stores again, as ours does."""

    async def append(self, events: Sequence[StoredEvent]) -> Sequence[int]:
        await super().append(events)
        return await super().append(events)


@pytest.fixture
def forgetful(log: EventLog) -> Iterator[EventLog]:
    """Give a log whose every answer is lost once."""
    appender = Forgetful(log._appender._recorder)
    yield EventLog(log.pool, appender)
    appender.close()


async def test_what_was_stored_before_the_answer_was_lost_is_found(
    log: EventLog, forgetful: EventLog
) -> None:
    (one, event), (two, other) = a_flow("one"), a_flow("two")
    both = (Append(one, 0, (event, controls.suspended())), Append(two, 0, (other,)))
    position = await forgetful.append(controls.cause(), *both)
    loaded = await log.load_many([one, two])
    assert [each.event for each in loaded] == [event, controls.suspended(), other]
    assert position == loaded[-1].position


async def test_a_lost_answer_does_not_hide_a_conflict(
    log: EventLog, forgetful: EventLog
) -> None:
    stream, event = a_flow()
    await log.append(controls.cause(), Append(stream, 0, (event,)))
    with pytest.raises(VersionConflictError):
        # The very same event, but not ours: only its id tells.
        await forgetful.append(controls.cause(), Append(stream, 0, (event,)))
    assert await events_in(log, stream) == [event]


async def test_what_waits_is_stored_together(log: EventLog) -> None:
    flows = [a_flow(f"flow-{number}") for number in range(300)]
    positions = await asyncio.gather(
        *(log.append(controls.cause(), Append(s, 0, (e,))) for s, e in flows)
    )
    assert len(set(positions)) == len(flows)
    for (stream, event), position in zip(flows, positions, strict=True):
        (found,) = await log.load(stream)
        assert (found.event, found.position) == (event, position)
    # Transactions, by the id that PostgreSQL gave each row's.
    assert await count(log, "DISTINCT xmin::text") < len(flows) / 10


async def test_one_conflict_of_many_harms_no_other(log: EventLog) -> None:
    stream, event = a_flow("contended")
    flows = [a_flow(f"flow-{number}") for number in range(50)]
    everything = [Append(s, 0, (e,)) for s, e in flows]
    everything[10:10] = [Append(stream, 0, (event,))] * 5
    results = await asyncio.gather(
        *(log.append(controls.cause(), each) for each in everything),
        return_exceptions=True,
    )
    refused = [each for each in results if isinstance(each, BaseException)]
    assert [type(each) for each in refused] == [VersionConflictError] * 4
    assert await count(log, "*") == len(flows) + 1


async def test_a_cancelled_caller_leaves_the_others_alone(log: EventLog) -> None:
    (one, event), (two, other) = a_flow("one"), a_flow("two")
    cancelled = asyncio.create_task(
        log.append(controls.cause(), Append(one, 0, (event,)))
    )
    kept = asyncio.create_task(log.append(controls.cause(), Append(two, 0, (other,))))
    await asyncio.sleep(0)
    cancelled.cancel()
    await kept
    assert await events_in(log, two) == [other]
    assert await events_in(log, one) in ([], [event])


async def test_positions_follow_the_order_of_commits(log: EventLog) -> None:
    async def writer(number: int) -> list[int]:
        stream, event = a_flow(f"flow-{number}")
        return [
            await log.append(controls.cause(), Append(stream, version, (event,)))
            for version in range(20)
        ]

    for positions in await asyncio.gather(*(writer(number) for number in range(8))):
        assert positions == sorted(positions)


async def test_what_waits_when_the_log_closes_is_stored(database: str) -> None:
    stream, event = a_flow()
    migrate(database)
    async with EventLog.open(database) as log:
        appending = asyncio.create_task(
            log.append(controls.cause(), Append(stream, 0, (event,)))
        )
        await asyncio.sleep(0)
    await appending
    async with EventLog.open(database) as again:
        found: list[Recorded] = await again.load(stream)
    assert [each.event for each in found] == [event]
