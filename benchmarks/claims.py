"""`python -m benchmarks.claims`: what it costs that a key has one writer.

A flow claims pages of a thousand keys, as the planner does before it records a page;
then all of them are freed, and their rows deleted. CPU is this process's and, as the
kernel counts it, that of all processes of Postgres.
"""

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from domain.ownership import KeySpace
from eventlog import migrate
from handlers.coordinator.claims import Claims
from waybill.embedded import EmbeddedPostgres

_PAGE = 1000
_SPACE = KeySpace("s3\nstorage.example\nbucket")
_FLOWS = (
    "INSERT INTO work.flow (data_flow_id, state, moves_data)"
    " VALUES ('one', 'running', true), ('other', 'running', true)"
)


def main(pages: int, steps: int) -> None:
    """Print a line for each tenth of the pages, and what follows."""
    with tempfile.TemporaryDirectory() as made:
        home = Path(made)
        # Postgres runs as another user where we are root.
        home.chmod(0o755)
        with EmbeddedPostgres(home) as server:
            migrate(server.url)
            asyncio.run(_run(server.url, home, pages, steps))


async def _run(database_url: str, home: Path, pages: int, steps: int) -> None:
    pool: AsyncConnectionPool[AsyncConnection] = AsyncConnectionPool(
        database_url, kwargs={"autocommit": True}, open=False
    )
    async with pool:
        await _measure(pool, pages, steps, lambda: _cpu_of(home))


async def _measure(
    pool: AsyncConnectionPool, pages: int, steps: int, server: Callable[[], float]
) -> None:
    claims = Claims(pool)
    async with pool.connection() as connection:
        await connection.execute(_FLOWS)
        found = await connection.execute("SELECT min(owner) FROM work.flow")
        (owner,) = await found.fetchone() or (0,)
    per_step = max(1, pages // steps)
    for first in range(0, pages, per_step):
        several = range(first, first + per_step)
        await _claimed(f"{first * _PAGE} rows", claims, "one", several, server)
    few = range(min(20, pages))
    await _claimed("its own again", claims, "one", few, server)
    await _claimed("another's", claims, "other", few, server)
    began = time.perf_counter()
    await claims.release("one")
    freed = time.perf_counter()
    await claims.forget(owner)
    ended = time.perf_counter()
    print(f"freed: {freed - began:.3f} s; their rows deleted: {ended - freed:.3f} s")


async def _claimed(
    what: str,
    claims: Claims,
    flow: str,
    pages: Sequence[int],
    server: Callable[[], float],
) -> None:
    ours, theirs, began = time.process_time(), server(), time.perf_counter()
    for page in pages:
        await claims.take(
            flow, [_SPACE.digest(f"out/{page:06}/{n:04}") for n in range(_PAGE)]
        )
    objects = len(pages) * _PAGE
    spent = (
        time.perf_counter() - began,
        time.process_time() - ours,
        server() - theirs,
    )
    wall, own, postgres = (each / objects * 1e6 for each in spent)
    print(
        f"{what}: {wall:.1f} µs an object;"
        f" CPU: {own:.1f} µs of ours, {postgres:.1f} µs of Postgres's"
    )


def _cpu_of(home: Path) -> float:
    """Seconds of the server below `home`, and of all that it has started."""
    parents: dict[int, int] = {}
    seconds: dict[int, float] = {}
    family: set[int] = set()
    for each in Path("/proc").glob("[0-9]*"):
        try:
            said = (each / "stat").read_text().rpartition(")")[2].split()
            command = (each / "cmdline").read_bytes()
        except OSError:
            continue
        pid = int(each.name)
        parents[pid] = int(said[1])
        ticks = sum(int(said[n]) for n in (11, 12, 13, 14))
        seconds[pid] = ticks / os.sysconf("SC_CLK_TCK")
        if str(home).encode() in command:
            family.add(pid)
    return sum(
        spent
        for pid, spent in seconds.items()
        if pid in family or parents[pid] in family
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.claims")
    parser.add_argument("--pages", type=int, default=1000, help="of 1,000 keys each")
    parser.add_argument("--steps", type=int, default=10)
    given = parser.parse_args()
    main(given.pages, given.steps)
