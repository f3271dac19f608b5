"""A page of the log counts once, whatever happens to its reader."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from uuid import uuid4

import psycopg
import pytest
from psycopg import AsyncConnection

from domain.message import Recorded
from eventlog import Append, EventLog, Follower
from eventlog.waking import Pace
from tests import controls

EVENTS = 1200  # three pages
WAIT_SECONDS = 30

Apply = Callable[[AsyncConnection, Sequence[Recorded]], Awaitable[None]]


@pytest.fixture
async def table(log: EventLog) -> EventLog:
    """Give a log with a table that tells each position that was applied."""
    async with log.pool.connection() as connection:
        await connection.execute("CREATE SCHEMA reading")
        await connection.execute(
            "CREATE TABLE reading.positions (name text PRIMARY KEY, position bigint)"
        )
        await connection.execute("CREATE TABLE reading.applied (position bigint)")
    return log


async def write(log: EventLog, count: int = EVENTS) -> None:
    event = controls.started()
    appends = [Append(uuid4(), 0, (event,)) for _ in range(count)]
    await log.append(controls.cause(), *appends)


async def note(connection: AsyncConnection, page: Sequence[Recorded]) -> None:
    rows = [(each.position,) for each in page]
    async with connection.cursor() as cursor:
        await cursor.executemany("INSERT INTO reading.applied VALUES (%s)", rows)


async def applied(log: EventLog) -> list[int]:
    async with log.pool.connection() as connection:
        rows = await connection.execute("SELECT position FROM reading.applied")
        return [row[0] async for row in rows]


def reader(log: EventLog, apply: Apply = note) -> Follower:
    return Follower(log.pool, "reader", "reading", apply, pace=Pace(idle_seconds=0.05))


async def applies_all(log: EventLog, count: int) -> list[int]:
    async with asyncio.timeout(WAIT_SECONDS):
        while len(positions := await applied(log)) < count:
            await asyncio.sleep(0.02)
    return positions


@contextlib.asynccontextmanager
async def running(follower: Follower) -> AsyncIterator["asyncio.Task[None]"]:
    task = asyncio.create_task(follower.run())
    try:
        yield task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, psycopg.OperationalError):
            await task


async def test_every_event_is_applied_once_in_order(table: EventLog) -> None:
    await write(table)
    await reader(table).catch_up()
    await reader(table).catch_up()
    positions = await applied(table)
    assert len(positions) == EVENTS
    assert positions == sorted(set(positions))


async def test_a_page_that_fails_is_rolled_back_and_read_again(table: EventLog) -> None:
    pages = 0

    async def failing(connection: AsyncConnection, page: Sequence[Recorded]) -> None:
        nonlocal pages
        pages += 1
        await note(connection, page)
        if pages == 2:
            raise ArithmeticError

    await write(table)
    follower = reader(table, failing)
    with pytest.raises(ArithmeticError):
        await follower.catch_up()
    assert len(await applied(table)) == 500
    await follower.catch_up()
    positions = await applied(table)
    assert positions == sorted(set(positions))
    assert len(positions) == EVENTS


async def test_a_page_whose_connection_dies_counts_once(table: EventLog) -> None:
    pages = 0

    async def dying(connection: AsyncConnection, page: Sequence[Recorded]) -> None:
        nonlocal pages
        pages += 1
        await note(connection, page)
        if pages == 2:
            await connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    await write(table)
    with pytest.raises(psycopg.OperationalError):
        await reader(table, dying).catch_up()
    await reader(table, dying).catch_up()
    assert sorted(await applied(table)) == sorted(set(await applied(table)))
    assert len(await applied(table)) == EVENTS


async def test_what_is_appended_later_is_heard_of(table: EventLog) -> None:
    async with running(reader(table)):
        await write(table, 3)
        await applies_all(table, 3)
        await write(table, 4)
        assert len(await applies_all(table, 7)) == 7


async def test_what_is_not_wanted_wakes_nobody_and_is_passed_in_the_end(
    table: EventLog,
) -> None:
    """A wake-up tells its topics: many small appends of others cost nothing."""
    wanted = controls.started()
    follower = replace(
        reader(table), topics=frozenset({wanted.TOPIC}), pace=Pace(idle_seconds=3600)
    )
    other = controls.completed()
    async with running(follower):
        await write(table, 1)
        await applies_all(table, 1)
        async with table.pool.connection() as connection:
            before = await follower.position(connection)
            for _ in range(5):
                append = Append(uuid4(), 0, (other,))
                await table.append(controls.cause(), append)
            assert await follower.position(connection) == before
        # Nobody waits for the hour: what is wanted wakes it, and it passes the others.
        await write(table, 1)
        positions = await applies_all(table, 2)
    assert positions[1] - positions[0] > 5


async def test_a_standby_takes_over_when_the_active_one_goes(table: EventLog) -> None:
    turns: list[str] = []

    def named(name: str) -> Follower:
        async def apply(connection: AsyncConnection, page: Sequence[Recorded]) -> None:
            turns.append(name)
            await note(connection, page)

        return reader(table, apply)

    async with running(named("first")):
        await write(table, 1)
        await applies_all(table, 1)
        async with running(named("second")):
            await write(table, 1)
            await applies_all(table, 2)
            assert set(turns) == {"first"}
            # As if its machine was cut off: the claim goes with its connection.
            await terminate_claims(table)
            await write(table, 1)
            positions = await applies_all(table, 3)
    assert turns == ["first", "first", "second"]
    assert positions == sorted(set(positions))


async def test_two_at_once_do_not_count_twice(table: EventLog) -> None:
    await write(table)
    results = await asyncio.gather(
        reader(table).catch_up(), reader(table).catch_up(), return_exceptions=True
    )
    assert None in results
    positions = await applied(table)
    assert sorted(positions) == sorted(set(positions))
    assert len(positions) == EVENTS


async def terminate_claims(log: EventLog) -> None:
    async with log.pool.connection() as connection:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks"
            " JOIN pg_database d ON d.oid = database AND datname = current_database()"
            " WHERE locktype = 'advisory' AND granted"
        )
