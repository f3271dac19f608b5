"""The bare loop: our copier and our part plan, with nothing that would remember.

As many worker processes as the plane has, each with as many copies in flight. Whoever
is free takes the next part or object, from a counter in shared memory. No log, no bus,
no read models, no leases: what is lost is lost.
"""

import asyncio
import multiprocessing
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import Self

from benchmarks.accounting import cpu_seconds, forget_peak, peak_rss_bytes
from benchmarks.bare_worker import Counter, Job, Sides, Upload, opened, serve
from benchmarks.samples import Order, Sample
from domain.location import CopyOptions
from domain.transfer.parts import parts
from domain.transfer.plan import Policy
from handlers.mechanisms.s3 import S3Executor
from handlers.ports import Copied, Copier, ObjectInfo

_SPAWN = multiprocessing.get_context("spawn")
_PAGE = 1000


class Bare:
    """A context manager: its processes run inside. Starting them is not measured."""

    name: str = "bare"

    def __init__(self, *, workers: int, slots: int) -> None:
        """`slots` are the copies in flight per worker."""
        self._executor = S3Executor()
        self._taken: Counter = _SPAWN.Value("q", 0)
        pairs = [_SPAWN.Pipe() for _ in range(workers)]
        self._pipes: list[Connection] = [ours for ours, _ in pairs]
        self._workers = [
            _SPAWN.Process(target=serve, args=(theirs, self._taken, slots), daemon=True)
            for _, theirs in pairs
        ]

    def __enter__(self) -> Self:
        """Start, and wait until all have imported what they need."""
        for each in self._workers:
            each.start()
        for pipe in self._pipes:
            pipe.recv()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        for pipe in self._pipes:
            pipe.send(None)
        for each in self._workers:
            each.join()

    def copy(self, order: Order) -> Sample:
        """List, copy, complete: the same requests as the plane's."""
        pids = [each.pid or 0 for each in self._workers]
        for pid in pids:
            forget_peak(pid)
        before, own_before = cpu_seconds(*pids), time.process_time()
        began = time.monotonic()
        asyncio.run(self._copy(order))
        seconds = time.monotonic() - began
        cpu = {
            "workers": cpu_seconds(*pids) - before,
            "leader": time.process_time() - own_before,
        }
        return Sample(seconds, cpu, sum(map(peak_rss_bytes, pids)))

    async def _copy(self, order: Order) -> None:
        path, to = order.workload.path, order.to
        sides = Sides(
            order.source.location(path),
            order.source.secrets(),
            order.destination.location(to),
            order.destination.secrets(),
        )
        async with opened(self._executor, sides) as copier:
            listed = await _listed(copier)
            if path.endswith("/"):
                pairs = [(e, to + e.key.removeprefix(path)) for e in listed]
                await self._share(
                    Job(sides, copier.same_endpoint, objects=tuple(pairs))
                )
            else:
                await self._copy_large(copier, sides, listed[0], to)

    async def _copy_large(
        self, copier: Copier, sides: Sides, source: ObjectInfo, to: str
    ) -> None:
        by_itself = copier.same_endpoint
        size = Policy(CopyOptions(), by_itself).part_bytes(source.size_bytes)
        plan = tuple(parts(source.size_bytes, size or source.size_bytes))
        upload_id = await copier.destination.create_upload(to, source)
        copied = await self._share(
            Job(sides, by_itself, upload=Upload(source, to, upload_id, plan))
        )
        etags = {part.number: copied[index].etag for index, part in enumerate(plan)}
        await copier.destination.complete_upload(to, upload_id, etags)

    async def _share(self, job: Job) -> dict[int, Copied]:
        self._taken.value = 0
        for pipe in self._pipes:
            pipe.send(job)
        answers: list[dict[int, Copied] | str] = await asyncio.gather(
            *(asyncio.to_thread(pipe.recv) for pipe in self._pipes)
        )
        return _merged(answers)


def _merged(answers: Sequence[dict[int, Copied] | str]) -> dict[int, Copied]:
    copied: dict[int, Copied] = {}
    for each in answers:
        if isinstance(each, str):
            raise RuntimeError(f"the bare loop failed: {each}")  # noqa: TRY004
        copied |= each
    return copied


async def _listed(copier: Copier) -> list[ObjectInfo]:
    found: list[ObjectInfo] = []
    cursor: str | None = None
    while True:
        page = await copier.source.list_page(cursor, _PAGE)
        found += page.objects
        cursor = page.cursor
        if cursor is None:
            return found
