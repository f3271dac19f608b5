"""`python -m benchmarks.signaling`: what a command costs, beside one raw append.

Each verb is sent one at a time by each door, and timed at the sender; then a thousand
flows at once, as many commands in flight as `_AT_ONCE`. The raw append is the same log,
in the same run: one event, one transaction, no door.
"""

import argparse
import asyncio
import json
import math
import shutil
import statistics
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import aiohttp
import nats
import psycopg
from rich.console import Console
from rich.table import Table

from benchmarks.figures import Figure
from domain.data_flow.events import DataFlowSuspended
from domain.message import Cause
from domain.names import command_subject, data_flow_stream
from eventlog import Append, EventLog, migrate
from waybill.embedded import Servers
from waybill.processes import Processes

_FLOWS = 1000
_TIMED = 300
_AT_ONCE = 32
_OUTPUT = Path(__file__).with_name("signaling.json")
_BASE = {
    "participantId": "did:web:us",
    "counterPartyId": "did:web:them",
    "dataspaceContext": "dataspace-protocol-http:2025-1",
    "agreementId": "agreement-1",
    "datasetId": "dataset-1",
    "claims": {},
}
_KINDS = {
    # A consumer that will be pushed to, and a provider that will be pulled from: both
    # answer with an address, and neither makes this plane copy anything.
    "prepare": {"profile": "AmazonS3-PUSH", "metadata": {"destinationBucket": "in"}},
    "start": {"profile": "AmazonS3-PULL", "metadata": {"sourceBucket": "out"}},
}

Send = Callable[[str, str], Awaitable[None]]


@dataclass(frozen=True)
class Costs:
    """Milliseconds of single commands by name, and commands a second of many."""

    milliseconds: dict[str, list[float]]
    per_second: dict[str, float]


async def measure(home: Path, flows: int, timed: int) -> Costs:
    """Everything, with the plane's processes and real servers."""
    costs = Costs({}, {})
    with (
        Servers(home, s3=(), durable=True) as servers,
        Processes(
            servers.home,
            database_url=servers.database_url,
            nats_url=servers.nats_url,
            workers=1,
        ) as processes,
    ):
        await _raw(_another(servers.database_url), costs, flows, timed)
        for door in (_http(processes.api_base), _nats(servers.nats_url)):
            async with door as (name, send):
                await _door(name, send, costs, flows, timed)
    return costs


async def _door(name: str, send: Send, costs: Costs, flows: int, timed: int) -> None:
    await _each(send, "start", _ids(20))
    for verb in _KINDS:
        costs.milliseconds[f"{name}.{verb}"] = await _each(send, verb, _ids(timed))
    known = _ids(timed)
    await _each(send, "start", known)
    costs.milliseconds[f"{name}.status"] = await _each(send, "status", known)
    many = _ids(flows)
    for verb in ("start", "status", "completed"):
        costs.per_second[f"{name}.{verb}"] = await _at_once(send, verb, many)


async def _each(send: Send, verb: str, flows: Sequence[str]) -> list[float]:
    took: list[float] = []
    for flow in flows:
        began = time.perf_counter()
        await send(verb, flow)
        took.append(1000 * (time.perf_counter() - began))
    return took


async def _at_once(send: Send, verb: str, flows: Sequence[str]) -> float:
    waiting = list(flows)

    async def one() -> None:
        while waiting:
            await send(verb, waiting.pop())

    began = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(_AT_ONCE)))
    return len(flows) / (time.perf_counter() - began)


def _another(database_url: str) -> str:
    """A log of its own on the same server: no projection reads what we make up."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE raw")
    url = urlunsplit(urlsplit(database_url)._replace(path="/raw"))
    migrate(url)
    return url


async def _raw(database_url: str, costs: Costs, flows: int, timed: int) -> None:
    async with EventLog.open(database_url, readers=1) as log:

        async def append(_: str, flow: str) -> None:
            event = DataFlowSuspended(data_flow_id=flow, message_id="m", reason=None)
            cause = Cause(
                causation_id="m",
                correlation_id=flow,
                actor="benchmark",
                occurred_at=datetime.now(UTC),
            )
            await log.append(
                cause, Append(data_flow_stream(f"raw-{flow}"), 0, (event,))
            )

        await _each(append, "", _ids(20))
        costs.milliseconds["log.append"] = await _each(append, "", _ids(timed))
        costs.per_second["log.append"] = await _at_once(append, "", _ids(flows))


@asynccontextmanager
async def _http(api_base: str) -> AsyncGenerator[tuple[str, Send]]:
    async with aiohttp.ClientSession(api_base) as session:

        async def send(verb: str, flow: str) -> None:
            path = f"/dataflows/{verb if verb in _KINDS else f'{flow}/{verb}'}"
            method = "GET" if verb == "status" else "POST"
            body = None if verb == "status" else _message(verb, flow)
            async with session.request(method, path, json=body) as answer:
                text = await answer.text()
                assert answer.ok, text

        yield "http", send


@asynccontextmanager
async def _nats(nats_url: str) -> AsyncGenerator[tuple[str, Send]]:
    client = await nats.connect(nats_url)

    async def send(verb: str, flow: str) -> None:
        body = json.dumps(_message(verb, flow)).encode()
        answer = await client.request(command_subject(verb), body, timeout=30)
        assert b'"problem":null' in answer.data, answer.data

    try:
        yield "nats", send
    finally:
        await client.close()


def _message(verb: str, flow: str) -> dict[str, Any]:
    own = {**_BASE, **_KINDS[verb]} if verb in _KINDS else {}
    return {"messageId": str(uuid4()), "dataFlowId": flow, **own}


def _ids(count: int) -> list[str]:
    return [str(uuid4()) for _ in range(count)]


def figures(costs: Costs) -> list[Figure]:
    """p50 and p99 in milliseconds, rates in commands a second, ratios to the append."""
    made: list[Figure] = []
    append = statistics.median(costs.milliseconds["log.append"])
    for name, took in costs.milliseconds.items():
        p50, p99 = (
            statistics.median(took),
            sorted(took)[math.ceil(0.99 * len(took)) - 1],
        )
        made += [
            Figure(f"signaling.{name}.p50", p50, "ms"),
            Figure(f"signaling.{name}.p99", p99, "ms"),
            Figure(f"signaling.{name}.vs_append", p50 / append, "x", "log.append"),
        ]
    for name, rate in costs.per_second.items():
        made.append(Figure(f"signaling.{name}.rate", rate, "1/s"))
    return made


_COLUMNS = ("", "p50 ms", "p99 ms", "x append", f"1/s ({_AT_ONCE} in flight)")


def rows(costs: Costs) -> list[list[str]]:
    """One line per verb and door."""
    found = {each.name: each.value for each in figures(costs)}
    return [
        [name]
        + [
            f"{found[key]:,.2f}" if (key := f"signaling.{name}.{what}") in found else ""
            for what in ("p50", "p99", "vs_append", "rate")
        ]
        for name in dict.fromkeys((*costs.milliseconds, *costs.per_second))
    ]


def write(costs: Costs, file: Path) -> None:
    """As JSON, and beside it as a table to read."""
    made = [
        {"name": f.name, "value": round(f.value, 3), "unit": f.unit, "peer": f.peer}
        for f in figures(costs)
    ]
    file.write_text(json.dumps(made, indent=2) + "\n")
    lines = [_COLUMNS, ["---"] * len(_COLUMNS), *rows(costs)]
    text = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    file.with_suffix(".md").write_text(
        "# What a command costs\n\nWritten by `python -m benchmarks.signaling`.\n\n"
        f"{text}\n"
    )


def show(costs: Costs, console: Console) -> None:
    """The same table."""
    table = Table(*_COLUMNS)
    for line in rows(costs):
        table.add_row(*line)
    console.print(table)


def main() -> None:
    """Run, print, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.signaling")
    parser.add_argument("--flows", type=int, default=_FLOWS)
    parser.add_argument("--timed", type=int, default=_TIMED)
    parser.add_argument("--output", type=Path, default=_OUTPUT)
    arguments = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="waybill-bench-"))
    home.chmod(0o755)
    try:
        costs = asyncio.run(measure(home, arguments.flows, arguments.timed))
    finally:
        shutil.rmtree(home, ignore_errors=True)
    show(costs, Console())
    write(costs, arguments.output)


if __name__ == "__main__":
    main()
