"""Who owns which key, in a real Postgres: nobody twice, nothing for ever."""

import asyncio
import random
from collections.abc import Sequence

import pytest

from domain.errors import DataPlaneError
from domain.ownership import KeySpace
from eventlog import EventLog
from handlers.coordinator.claims import Claims, Holder
from handlers.coordinator.rows import Rows

SPACE = KeySpace("s3\nstorage\nbucket")
KEYS = [SPACE.digest(f"out/{number}") for number in range(1000)]


async def begun(log: EventLog, *flows: str) -> Claims:
    """Rows of flows that run."""
    for each in flows:
        await told(
            log,
            "INSERT INTO work.flow (data_flow_id, state, moves_data)"
            " VALUES (%s, 'running', true)",
            each,
        )
    return Claims(log.pool)


async def told(log: EventLog, statement: str, *values: object) -> None:
    async with log.pool.connection() as connection:
        await connection.execute(statement.encode(), values)


async def rows(log: EventLog) -> int:
    async with log.pool.connection() as connection:
        counted = await connection.execute("SELECT count(*) FROM work.claim")
        row = await counted.fetchone()
        return int(row[0]) if row else 0


async def owner(log: EventLog, flow: str) -> int:
    row = await Rows(log.pool).flow(flow)
    assert row is not None
    return row.owner


async def test_of_planners_at_once_each_key_has_one_owner(log: EventLog) -> None:
    flows: list[str] = ["a", "b", "c"]
    claims = await begun(log, *flows)

    async def plan(flow: str) -> set[str]:
        """In an order of its own, as listings of other prefixes would be."""
        keys = KEYS.copy()
        random.Random(flow).shuffle(keys)  # noqa: S311 (no secret)
        pages: Sequence[list[str]] = [keys[n : n + 100] for n in range(0, 1000, 100)]
        return {
            key
            for page in pages
            for key in set(page) - (await claims.take(flow, page)).keys()
        }

    won = dict(zip(flows, await asyncio.gather(*map(plan, flows)), strict=True))
    assert sorted(key for keys in won.values() for key in keys) == sorted(KEYS)
    for flow in flows:
        # As after a crash: what was its own is its own, and what was not is not.
        held = await claims.take(flow, KEYS)
        assert set(KEYS) - held.keys() == won[flow]
        assert all(key in won[each.data_flow_id] for key, each in held.items())


async def test_what_is_over_blocks_nobody_whoever_has_died(log: EventLog) -> None:
    claims = await begun(log, "a", "b", "c", "d")
    await claims.take("a", KEYS)
    assert set((await claims.take("b", KEYS)).values()) == {Holder("a", leaving=False)}
    await told(log, "UPDATE work.flow SET ended = true WHERE data_flow_id = 'a'")
    assert set((await claims.take("b", KEYS)).values()) == {Holder("a", leaving=True)}
    # Killed after each of these, before its rows were deleted.
    await claims.release("a")
    assert await claims.take("b", KEYS) == {}
    await Rows(log.pool).forget("b")
    assert await claims.take("c", KEYS[:500]) == {}
    assert await claims.take("d", KEYS[400:]) == dict.fromkeys(
        KEYS[400:500], Holder("c", leaving=False)
    )
    # One that still plans, and does not know that its flow is over, gets nothing.
    for late in ("a", "b"):
        with pytest.raises(DataPlaneError) as raised:
            await claims.take(late, [SPACE.digest("free")])
        assert raised.value.code == "plane.conflict"
    assert await rows(log) == len(KEYS)


async def test_what_a_crash_has_left_is_swept(log: EventLog) -> None:
    claims = await begun(log, "a", "b", "c")
    for number, flow in enumerate("abc"):
        await claims.take(flow, KEYS[number * 100 : number * 100 + 100])
    await claims.release("a")
    await Rows(log.pool).forget("c")
    await claims.sweep()
    assert await rows(log) == 100
    await claims.forget(await owner(log, "b"))
    await claims.sweep()
    assert await rows(log) == 0


async def test_a_flow_without_an_end_keeps_what_is_not_copied_yet(
    log: EventLog,
) -> None:
    claims = await begun(log, "a")
    await claims.take("a", KEYS)
    # Its second page is recorded, and the rows have not heard of it.
    segment = "INSERT INTO work.segment (data_flow_id, segment_id, kind, state)"
    await told(log, f"{segment} VALUES ('a', '0-k0', 'pack', 'leased')")
    assert not await claims.release_done("a", 2)
    await told(log, "UPDATE work.segment SET state = 'done'")
    assert not await claims.release_done("a", 2)
    assert await rows(log) == len(KEYS)
    await told(log, f"{segment} VALUES ('a', '1-k0', 'pack', 'failed')")
    assert await claims.release_done("a", 2)
    assert await rows(log) == 0
