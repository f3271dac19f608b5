"""Our side of the relay's benchmark: worker processes that do nothing but relay."""

import asyncio
import multiprocessing
import os
import resource
import time
from collections.abc import Generator, Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe
from typing import Self

from pydantic import SecretStr

from benchmarks.null_servers import Endpoints
from domain.mechanisms.s3 import S3Address
from handlers.copiers import GivenAccess
from handlers.mechanisms.pair import Pair
from handlers.mechanisms.s3 import Integrity, RelayKind, S3Executor, S3Settings
from handlers.ports import Pin, Range

PART_BYTES = 16 << 20
_SPAWN = multiprocessing.get_context("spawn")
_ETAG = "00000000000000000000000000000000-1"
_SECRETS = {"access_key_id": SecretStr("k"), "secret_access_key": SecretStr("s")}


@dataclass(frozen=True)
class Took:
    """What one run took: seconds, CPU seconds of all workers, their memory's peak."""

    seconds: float
    cpu_seconds: float
    rss_bytes: int


@dataclass(frozen=True)
class Workers:
    """They are on, as a plane's are: their start is not measured."""

    pipes: tuple[Pipe, ...]

    @classmethod
    @contextmanager
    def on(
        cls, at: Endpoints, kind: RelayKind, count: int, slots: int
    ) -> Generator[Self]:
        """`count` processes, `slots` parts at once in each."""
        with ExitStack() as stack:
            before = {name: os.environ.get(name) for name in at.trust}
            os.environ.update(at.trust)
            try:
                pipes = [
                    stack.enter_context(_started(at, kind, slots)) for _ in range(count)
                ]
            finally:
                for name, value in before.items():
                    if value is None:
                        del os.environ[name]
                    else:
                        os.environ[name] = value
            for pipe in pipes:
                pipe.recv()
            yield cls(tuple(pipes))

    def relay(self, total_bytes: int) -> Took:
        """So much of one object, in parts, shared out evenly."""
        began = time.monotonic()
        parts = total_bytes // PART_BYTES
        for first, pipe in enumerate(self.pipes):
            pipe.send(range(first, parts, len(self.pipes)))
        told = [pipe.recv() for pipe in self.pipes]
        seconds = time.monotonic() - began
        return Took(
            seconds, sum(cpu for cpu, _ in told), sum(memory for _, memory in told)
        )


@contextmanager
def _started(at: Endpoints, kind: RelayKind, slots: int) -> Generator[Pipe]:
    ours, theirs = _SPAWN.Pipe()
    process = _SPAWN.Process(target=_work, args=(theirs, at, kind, slots), daemon=True)
    process.start()
    try:
        yield ours
    finally:
        process.terminate()
        process.join()


def _work(pipe: Pipe, at: Endpoints, kind: RelayKind, slots: int) -> None:
    asyncio.run(_serve(pipe, at, kind, slots))


async def _serve(pipe: Pipe, at: Endpoints, kind: RelayKind, slots: int) -> None:
    executor = S3Executor(S3Settings(integrity=Integrity.CRC, relay=kind))
    access, loop = GivenAccess(_SECRETS), asyncio.get_running_loop()
    source, destination = (
        S3Address(
            bucket=name, prefix="", endpoint_url=url, region="r", force_path_style=True
        ).location()
        for name, url in (("source", at.source), ("destination", at.destination))
    )
    async with AsyncExitStack() as stack:
        pair = Pair(
            await stack.enter_async_context(executor.open_source(source, access)),
            await stack.enter_async_context(
                executor.open_destination(destination, access)
            ),
        )
        await _relayed(pair, iter(range(slots)), slots)
        pipe.send(None)
        while True:
            numbers = await loop.run_in_executor(None, pipe.recv)
            before = time.process_time()
            await _relayed(pair, iter(numbers), slots)
            used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
            pipe.send((time.process_time() - before, used))


async def _relayed(pair: Pair, numbers: Iterator[int], slots: int) -> None:
    async def slot() -> None:
        for number in numbers:
            span = Range(number * PART_BYTES, PART_BYTES)
            key = f"o-{1 << 50}"
            await pair.relay_part(key, Pin(_ETAG), span, "copy", "u", number + 1)

    async with asyncio.TaskGroup() as group:
        for _ in range(slots):
            group.create_task(slot())
