"""`python -m benchmarks.dispatch`: what one round of the dispatcher costs.

Rows of so many flows and segments are made in a database of its own. A round is what
comes before the messages: who holds what, who could have more, whose turn it is, which
segments. In each a few places are free, as when a few segments have just been done.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from eventlog import migrate
from handlers.coordinator.queued import Queued
from handlers.coordinator.shares import Shares
from waybill.embedded import Servers

_PLACES, _FREE = 32, 4
_FLOWS = (
    "INSERT INTO work.flow (data_flow_id, state, moves_data, planned, tenant, priority)"
    " SELECT 'flow-' || n, 'running', true, true, 'tenant-' || n %% 10, 1 + n %% 5"
    " FROM generate_series(1, %(flows)s) n"
)
_SEGMENTS = (
    "INSERT INTO work.segment (data_flow_id, segment_id, kind, state)"
    " SELECT 'flow-' || 1 + n %% %(flows)s, %(state)s || n,"
    "  CASE n %% 3 WHEN 0 THEN 'pack' ELSE 'parts' END, %(state)s"
    " FROM generate_series(1, %(count)s) n"
)


async def main(flows: int, ready: int, done: int, rounds: int) -> None:
    """Print one line: the median and the 95th of a hundred rounds."""
    with tempfile.TemporaryDirectory() as home, Servers(Path(home)) as servers:
        migrate(servers.database_url)
        pool: AsyncConnectionPool[AsyncConnection] = AsyncConnectionPool(
            servers.database_url, min_size=2, open=False
        )
        async with pool:
            await _fill(pool, flows, ready, done)
            took = await _rounds(pool, rounds)
    seconds, busy = ([each[n] for each in took] for n in (0, 1))
    middle, late = statistics.median(seconds), statistics.quantiles(seconds, n=20)[-1]
    print(
        f"{flows} flows, {ready} segments ready, {done} done:"
        f" {middle * 1e3:.1f} ms a round (95th: {late * 1e3:.1f} ms),"
        f" {statistics.median(busy) * 1e3:.1f} ms of it our own CPU"
    )


async def _fill(pool: AsyncConnectionPool, flows: int, ready: int, done: int) -> None:
    async with pool.connection() as connection:
        await connection.execute(_FLOWS, {"flows": flows})
        for state, count in (("ready", ready), ("done", done)):
            values = {"flows": flows, "state": state, "count": count}
            await connection.execute(_SEGMENTS, values)
    async with pool.connection() as connection:
        await connection.execute("ANALYZE work.segment, work.flow")


async def _rounds(
    pool: AsyncConnectionPool, rounds: int
) -> Sequence[tuple[float, float]]:
    queued = Queued(pool)
    shares = Shares(queued, {})
    for each in await shares.choose([], _PLACES, _PLACES):
        await queued.mark_queued(each)
    took: list[tuple[float, float]] = []
    for _ in range(rounds):
        held = await queued.held()
        for each in held[:_FREE]:
            await _finished(pool, each.data_flow_id, each.segment_id)
        began, busy = time.perf_counter(), time.process_time()
        held = await queued.held()
        chosen = await shares.choose(held, _PLACES, _PLACES - len(held))
        took.append((time.perf_counter() - began, time.process_time() - busy))
        for each in chosen:
            await queued.mark_queued(each)
    return took


async def _finished(pool: AsyncConnectionPool, flow: str, segment: str) -> None:
    async with pool.connection() as connection:
        await connection.execute(
            "UPDATE work.segment SET state = 'done'"
            " WHERE data_flow_id = %s AND segment_id = %s",
            (flow, segment),
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.dispatch")
    parser.add_argument("--flows", type=int, default=1000)
    parser.add_argument("--ready", type=int, default=100_000)
    parser.add_argument("--done", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=100)
    said = parser.parse_args()
    asyncio.run(main(said.flows, said.ready, said.done, said.rounds))
