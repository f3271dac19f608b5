"""`python -m benchmarks.verify`: how fast an honest log is sealed and verified.

Copies a log of synthetic part events into a PostgreSQL of its own, has the notary seal
it and tell the witness, and verifies it as `waybill verify` does: log, seals, witness.
Then one event is changed, and must be named.
"""

import argparse
import asyncio
import contextlib
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pydantic_core
from rich.console import Console
from rich.table import Table

from domain.segment.events import PartCopied
from eventlog import migrate
from projections.notary.sealing import Notary
from projections.notary.telling import Telling
from projections.notary.whole import verify_log
from projections.pool import make_pool
from tests import controls
from waybill.embedded import Servers
from waybill.secret_key import ensure_key

_EVENTS = 1_000_000
_OF_A_STREAM = 100
_ROUNDS = 3
_WANTED_PER_SECOND = 200_000

_COPY = (
    "COPY waybill_events (originator_id, originator_version, topic, state)"
    " FROM STDIN (FORMAT BINARY)"
)


def main() -> None:
    """Fill, seal, verify, tamper, verify; print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.verify")
    parser.add_argument("--events", type=int, default=_EVENTS)
    events = parser.parse_args().events
    with tempfile.TemporaryDirectory(prefix="waybill-verify-") as folder:
        home = Path(folder)
        # Where they run as root, the servers' user comes in too.
        home.chmod(0o755)
        with Servers(home, durable=False) as servers:
            key_file = ensure_key(home / "notary.key")
            asyncio.run(_run(servers.database_url, servers.nats_url, key_file, events))


class _Clock:
    """Times what is done, and prints it in the end."""

    def __init__(self, events: int) -> None:
        self._events = events
        self.table = Table("what", "seconds", "events/s", box=None)

    @contextlib.contextmanager
    def timed(self, what: str) -> Iterator[list[float]]:
        """Events a second, once it is done."""
        rate: list[float] = []
        began = time.perf_counter()
        yield rate
        took = time.perf_counter() - began
        rate.append(self._events / took)
        self.table.add_row(what, f"{took:.2f}", f"{rate[0]:,.0f}")


async def _run(url: str, nats_url: str, key_file: Path, events: int) -> None:
    clock = _Clock(events)
    migrate(url)
    with clock.timed("copy the log in"):
        _fill(url, events)
    with clock.timed("seal it, tell the witness"):
        await _seal(url, nats_url, key_file)
    rates: list[float] = []
    for _ in range(_ROUNDS):
        with clock.timed("verify: log, seals, witness") as rate:
            verdict = await verify_log(url, nats_url)
        rates += rate
        assert verdict.sound
        assert (verdict.events, verdict.witness) == (events, verdict.seals)
    with clock.timed("verify: log and seals"):
        assert (await verify_log(url, None)).sound
    _tamper(url, events // 2)
    finding = (await verify_log(url, nats_url)).finding
    assert finding is not None
    assert finding.position == events // 2
    console = Console(width=100)
    console.print(clock.table)
    enough = min(rates) >= _WANTED_PER_SECOND
    console.print(f"{events:,} events; one changed: {finding.wrong} {finding.position}")
    console.print(f"{_WANTED_PER_SECOND:,} a second: {enough} ({min(rates):,.0f})")
    if not enough:
        raise SystemExit(1)


def _fill(url: str, events: int) -> None:
    event = controls.part_copied()
    state = pydantic_core.to_json({"event": event, "metadata": controls.metadata()})
    # Behind the object, as JSON may have it, so that no two are the same.
    states = (state + b" " * (number % 50) for number in range(events))
    with (
        psycopg.connect(url) as connection,
        connection.cursor() as cursor,
        cursor.copy(_COPY) as copy,
    ):
        copy.set_types(["uuid", "int8", "text", "bytea"])
        stream = uuid4()
        for number, each in enumerate(states):
            version = number % _OF_A_STREAM + 1
            stream = uuid4() if version == 1 else stream
            copy.write_row((stream, version, PartCopied.TOPIC, each))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE waybill_events")


async def _seal(url: str, nats_url: str, key_file: Path) -> None:
    async with make_pool(url, 4) as pool, Telling.open(pool, nats_url) as telling:
        await telling.connected()
        await Notary(key_file).follower(pool, telling.tell).catch_up()
        await telling.tell_all()


def _tamper(url: str, position: int) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(
            "UPDATE waybill_events SET state = state || ' ' WHERE notification_id = %s",
            (position,),
        )


if __name__ == "__main__":
    main()
