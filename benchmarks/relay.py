"""The relay alone: both ways from S3 to S3, between endpoints that cost nothing.

`python -m benchmarks.relay`. The endpoints are processes of their own that look at no
byte: one sends a file from memory, the other lets the kernel drop what it gets. What is
measured is this process: it relays, once a round in each way, in turn.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import re
import socket
import statistics
import threading
import time
from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe

from pydantic import SecretStr

from benchmarks.samples import GIB
from domain.mechanisms.s3 import S3Address
from handlers.copiers import GivenAccess
from handlers.mechanisms.pair import Pair
from handlers.mechanisms.s3 import Integrity, RelayKind, S3Executor, S3Settings
from handlers.ports import Copied, ObjectInfo, Pin, Range

_SPAWN = multiprocessing.get_context("spawn")
_FILE_BYTES = 64 << 20
_PART_BYTES = 16 << 20
_SMALL_BYTES = 64 * 1024
_SLOTS = 8
_ETAG = "0123456789abcdef0123456789abcdef"
_SECRETS = {"access_key_id": SecretStr("k"), "secret_access_key": SecretStr("s")}


@dataclass(frozen=True)
class Figures:
    """What one run took."""

    seconds: float
    cpu_seconds: float


def serve(pipe: Pipe) -> None:
    """Be an endpoint until the process is ended; tell the port."""
    file = os.memfd_create("object")
    os.ftruncate(file, _FILE_BYTES)
    listening = socket.create_server(("127.0.0.1", 0), backlog=512)
    pipe.send(listening.getsockname()[1])
    while True:
        found, _ = listening.accept()
        threading.Thread(target=_answer, args=(found, file), daemon=True).start()


def _answer(connection: socket.socket, file: int) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    dropped = bytearray(4 << 20)
    pending = b""
    with suppress(ConnectionError), connection:
        while True:
            while b"\r\n\r\n" not in pending:
                more = connection.recv(64 * 1024)
                if not more:
                    return
                pending += more
            head, _, pending = pending.partition(b"\r\n\r\n")
            if head.startswith(b"GET"):
                _send(connection, file, head.decode())
            else:
                pending = _drop(connection, head.decode(), pending, dropped)


def _send(connection: socket.socket, file: int, head: str) -> None:
    asked = re.search(r"(?im)^range: bytes=(\d+)-(\d+)", head)
    first, last = map(int, asked.groups()) if asked else (0, _SMALL_BYTES - 1)
    length = last - first + 1
    said = [
        "HTTP/1.1 206 Partial Content" if asked else "HTTP/1.1 200 OK",
        f'ETag: "{_ETAG}"',
        f"Content-Length: {length}",
        f"Content-Range: bytes {first}-{last}/{1 << 50}",
    ]
    connection.sendall("\r\n".join([*said, "", ""]).encode(), socket.MSG_MORE)
    while length:
        size = min(length, _FILE_BYTES)
        length -= os.sendfile(connection.fileno(), file, 0, size)


def _drop(
    connection: socket.socket, head: str, pending: bytes, into: bytearray
) -> bytes:
    told = re.search(r"(?im)^content-length: (\d+)", head)
    assert told
    left = int(told[1]) - len(pending)
    while left > 0:
        # The kernel frees them without a copy.
        got = connection.recv_into(into, min(left, len(into)), socket.MSG_TRUNC)
        if not got:
            raise ConnectionError
        left -= got
    connection.sendall(
        f'HTTP/1.1 200 OK\r\nETag: "{_ETAG}"\r\nContent-Length: 0\r\n\r\n'.encode()
    )
    return b""


@contextmanager
def endpoint() -> Generator[str]:
    """The URL of an endpoint in a process of its own."""
    ours, theirs = _SPAWN.Pipe()
    process = _SPAWN.Process(target=serve, args=(theirs,), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        process.terminate()
        process.join()


def _large(pair: Pair, number: int) -> Awaitable[Copied]:
    span = Range(number * _PART_BYTES, _PART_BYTES)
    return pair.relay_part("o", Pin(_ETAG), span, "o", "u", number + 1)


def _small(pair: Pair, number: int) -> Awaitable[Copied]:
    return pair.relay_object(
        ObjectInfo(f"o{number}", _SMALL_BYTES, _ETAG), f"o{number}"
    )


async def run(
    kind: RelayKind,
    urls: tuple[str, str],
    relay: Callable[[Pair, int], Awaitable[Copied]],
    count: int,
) -> Figures:
    """Relay `count` times, eight at once; opening the ends is not measured."""
    executor = S3Executor(S3Settings(integrity=Integrity.CRC, relay=kind))
    source, destination = (
        S3Address(bucket="b", prefix="", endpoint_url=url, region="r").location()
        for url in urls
    )
    access, numbers = GivenAccess(_SECRETS), iter(range(count))
    async with (
        executor.open_source(source, access) as reads,
        executor.open_destination(destination, access) as writes,
    ):
        pair = Pair(reads, writes)
        await relay(pair, 0)

        async def slot() -> None:
            for number in numbers:
                await relay(pair, number)

        began, cpu = time.monotonic(), time.process_time()
        async with asyncio.TaskGroup() as group:
            for _ in range(_SLOTS):
                group.create_task(slot())
        return Figures(time.monotonic() - began, time.process_time() - cpu)


def main() -> None:
    """Measure and print; with `--json`, only figures."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--gib", type=float, default=2.0)
    options.add_argument("--objects", type=int, default=2000)
    options.add_argument("--json", action="store_true")
    asked = options.parse_args()
    work = {
        "large": (_large, int(asked.gib * GIB / _PART_BYTES)),
        "small": (_small, asked.objects),
    }
    found: dict[str, dict[RelayKind, list[Figures]]] = {
        name: {kind: [] for kind in RelayKind} for name in work
    }
    with endpoint() as source, endpoint() as destination:
        for number in range(asked.rounds):
            # Who goes first alternates.
            kinds = (RelayKind.PLAIN, RelayKind.FAST)[:: -1 if number % 2 else 1]
            for name, (relay, count) in work.items():
                for kind in kinds:
                    figures = asyncio.run(
                        run(kind, (source, destination), relay, count)
                    )
                    found[name][kind].append(figures)
    report = {
        name: _summary(found[name], _units(name, count))
        for name, (_, count) in work.items()
    }
    print(json.dumps(report) if asked.json else _page(report))


def _units(name: str, count: int) -> tuple[float, float]:
    """What rates and what CPU is divided by: MB and GiB, or objects and thousands."""
    if name == "large":
        return count * _PART_BYTES / 1e6, count * _PART_BYTES / GIB
    return count, count / 1000


def _summary(
    found: dict[RelayKind, list[Figures]], units: tuple[float, float]
) -> dict[str, float]:
    per_second, per_cpu = units
    told: dict[str, float] = {}
    for kind, figures in found.items():
        rates = [per_second / each.seconds for each in figures]
        costs = [each.cpu_seconds / per_cpu for each in figures]
        told |= {f"{kind}_rate": statistics.median(rates)}
        told |= {f"{kind}_cpu": statistics.median(costs)}
        told |= {f"{kind}_cpu_min": min(costs), f"{kind}_cpu_max": max(costs)}
    pairs = list(zip(found[RelayKind.PLAIN], found[RelayKind.FAST], strict=True))
    told["rate_ratio"] = statistics.median(a.seconds / b.seconds for a, b in pairs)
    told["cpu_ratio"] = statistics.median(
        a.cpu_seconds / b.cpu_seconds for a, b in pairs
    )
    return told


def _page(report: Mapping[str, Mapping[str, float]]) -> str:
    lines = ["large: MB/s and CPU-s/GiB; small: objects/s and CPU-ms/object"]
    for name, told in report.items():
        lines += [f"{name}.{key}: {value:.3f}" for key, value in told.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
