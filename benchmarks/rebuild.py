"""`python -m benchmarks.rebuild`: how fast read models are made again from the log.

Fills a log of synthetic events in a PostgreSQL of its own, has every read model built,
each alone and then all together, and compares the rows of the last two.
"""

import argparse
import asyncio
import contextlib
import cProfile
import math
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import LiteralString, NamedTuple

import psycopg
from psycopg.sql import SQL, Identifier
from rich.console import Console
from rich.table import Table

from benchmarks.synthetic_log import fill
from eventlog import EventLog, migrate
from projections.catalogue import READ_MODELS
from projections.rebuild import rebuild
from waybill.embedded import EmbeddedPostgres

_EVENTS = 300_000
_WANTED_PER_SECOND = 30_000


def main() -> None:
    """Fill, build, compare, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rebuild")
    parser.add_argument("--events", type=int, default=_EVENTS)
    parser.add_argument("--profile", type=Path, help="write a profile of the last one")
    parser.add_argument("--all-only", action="store_true", help="not each alone")
    said = parser.parse_args()
    with _database() as url:
        asyncio.run(_run(url, said.events, said.profile, alone=not said.all_only))


async def _run(url: str, events: int, profile: Path | None, *, alone: bool) -> None:
    migrate(url)
    async with EventLog.open(url) as log:
        count = await fill(log, events)
    table = Table("read model", "rows", "seconds", "ours", "events/s", box=None)
    everything = list(READ_MODELS)
    first = await _timed(url, everything)
    _add(table, "all, from nothing", _rows(url, everything), first, count)
    before = _digests(url)
    slowest = math.inf
    for name in everything if alone else ():
        took = await _timed(url, [name])
        _add(table, name, _rows(url, [name]), took, count)
        slowest = min(slowest, count / took.seconds)
    with _profiled(profile):
        took = await _timed(url, everything)
    _add(table, "all, beside the live ones", _rows(url, everything), took, count)
    console = Console(width=100)
    console.print(f"{count:,} events", highlight=False)
    console.print(table)
    same = _digests(url) == before
    enough = slowest >= _WANTED_PER_SECOND
    wanted = f"each alone at {_WANTED_PER_SECOND:,} a second or more: {enough}"
    console.print(f"identical rows: {same}; {wanted}", highlight=False)
    if not (same and enough):
        raise SystemExit(1)


def _add(table: Table, name: str, rows: int, took: "_Took", events: int) -> None:
    rate = f"{events / took.seconds:,.0f}"
    table.add_row(name, f"{rows:,}", f"{took.seconds:.2f}", f"{took.ours:.2f}", rate)


class _Took(NamedTuple):
    """Seconds by the clock, and of this process's own work."""

    seconds: float
    ours: float


async def _timed(url: str, names: list[str]) -> _Took:
    began, worked = time.perf_counter(), time.process_time()
    await rebuild(url, names)
    return _Took(time.perf_counter() - began, time.process_time() - worked)


def _rows(url: str, names: list[str]) -> int:
    tables = [table for name in names for table in READ_MODELS[name].tables]
    with psycopg.connect(url) as connection:
        return sum(_one(connection, "SELECT count(*) FROM {}", t) for t in tables)


def _digests(url: str) -> dict[str, int]:
    """Of each table, a number that any other row would change."""
    query = "SELECT coalesce(sum(hashtextextended(t::text, 0)), 0) FROM {} AS t"
    tables = [table for model in READ_MODELS.values() for table in model.tables]
    with psycopg.connect(url) as connection:
        return {table: _one(connection, query, table) for table in tables}


def _one(connection: psycopg.Connection, query: LiteralString, table: str) -> int:
    named = SQL(query).format(Identifier("read_model", table))
    row = connection.execute(named).fetchone()
    return int(row[0]) if row else 0


@contextlib.contextmanager
def _profiled(path: Path | None) -> Iterator[None]:
    if path is None:
        yield
        return
    profile = cProfile.Profile()
    with profile:
        yield
    profile.dump_stats(path)


@contextlib.contextmanager
def _database() -> Iterator[str]:
    home = Path(tempfile.mkdtemp(prefix="waybill-rebuild-"))
    home.chmod(0o755)
    try:
        with EmbeddedPostgres(home) as database:
            yield database.url
    finally:
        shutil.rmtree(home)


if __name__ == "__main__":
    main()
