"""Copies in rounds, each contender once a round, every copy compared with its source.

What is compared: of each object its size, and its MD5 where the ETag is one (it is for
objects put in one piece); of our own copy of one large object, in the first round, also
the SHA-256 of all bytes, read back from the destination.
"""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import psutil

from benchmarks.accounting import cpu_seconds, machine_cpu_seconds
from benchmarks.buckets import Bucket
from benchmarks.measures import Measure
from benchmarks.samples import Contender, Order, Round, Sample
from benchmarks.workloads import Workload

# By names of measure and contender, in the order of the rounds.
Results = dict[tuple[str, str], list[Round]]

_ALWAYS_ON = ("waybill", "bare")


class WrongBytesError(Exception):
    """A copy is not its source: no figure counts."""


@dataclass
class Rounds:
    """Between these two buckets."""

    source: Bucket
    destination: Bucket
    results: Results
    say: Callable[[str], None]

    def run(
        self,
        measure: Measure,
        contenders: Sequence[Contender],
        digests: Callable[[], Sequence[str]],
    ) -> None:
        """All rounds. `digests` are the sources'. Raises WrongBytesError."""
        began = time.monotonic()
        for each in contenders:
            if each.name in _ALWAYS_ON:
                order = self._order(measure)
                each.copy(order.warm_up())
        for number in range(1, measure.rounds + 1):
            before = time.monotonic()
            # Whoever goes first finds the servers in another state: take turns.
            for each in contenders[:: 1 if number % 2 else -1]:
                to = f"{each.name}-{number}-{measure.workload.path}"
                order = replace(self._order(measure), to=to)
                done = self._measured(each, order)
                self.say(_line(measure, number, each.name, done))
                self._compare(order)
                if number == 1 and each.name == "waybill":
                    _compare_bytes(order, digests)
                self.results.setdefault((measure.name, each.name), []).append(done)
                if not _tiny(measure.workload):
                    # Tiny ones stay: deleting them takes longer than copying them.
                    self.destination.delete(to)
            now = time.monotonic()
            if 2 * now - before - began > measure.seconds:
                return

    def _order(self, measure: Measure) -> Order:
        """To no path yet."""
        ends = self.source, self.destination
        return Order(measure.workload, *ends, "", measure.part_mib)

    def _measured(self, contender: Contender, order: Order) -> Round:
        # What the copy before left to be written must not be paid by this one.
        os.sync()
        storage, machine = self._storage_cpu(), machine_cpu_seconds()
        own = cpu_seconds(os.getpid())
        sample = contender.copy(order)
        own = cpu_seconds(os.getpid()) - own
        storage = self._storage_cpu() - storage
        machine = machine_cpu_seconds() - machine
        foreign = max(0.0, machine - storage - own - _apart(sample))
        cores = psutil.cpu_count() or 1
        return Round(sample, storage, foreign / (sample.seconds * cores))

    def _storage_cpu(self) -> float:
        servers = (self.source.server, self.destination.server)
        return cpu_seconds(*{pid for each in servers for pid in each.pids})

    def _compare(self, order: Order) -> None:
        theirs, objects = self.destination.listing(order.to), order.workload.objects
        if len(theirs) != objects:
            raise WrongBytesError(f"{order.to}: {len(theirs)} objects of {objects}")
        ours = self.source.listing(order.workload.path)
        if ours.keys() != theirs.keys() or any(
            map(_differ, ours.values(), theirs.values())
        ):
            raise WrongBytesError(f"{order.to}: keys, sizes or checksums differ")


def _differ(one: tuple[int, str], other: tuple[int, str]) -> bool:
    """In size; or in MD5, where both objects were put in one piece."""
    return one[0] != other[0] or ("" not in {one[1], other[1]} and one[1] != other[1])


def _compare_bytes(order: Order, digests: Callable[[], Sequence[str]]) -> None:
    """Of one large object; of small ones the MD5s have told, many are much to read."""
    workload = order.workload
    if workload.objects > 1 or not workload.in_parts:
        return
    if order.destination.digests(workload, order.to) != digests():
        raise WrongBytesError(f"{order.to}: SHA-256 differs")


def _tiny(workload: Workload) -> bool:
    return workload.object_bytes < workload.objects


def _apart(sample: Sample) -> float:
    """What it spent in processes other than this one."""
    return sum(spent for kind, spent in sample.cpu.items() if kind != "leader")


def _line(measure: Measure, number: int, name: str, done: Round) -> str:
    sample, workload = done.sample, measure.workload
    return (
        f"{measure.name:20}{number} {name:11}{sample.seconds:7.2f} s"
        f"{workload.total_bytes / sample.seconds / 1e6:7.1f} MB/s"
        f"{workload.objects / sample.seconds:7.0f}/s"
        f"  CPU: own{sample.client_cpu:6.2f} s, S3{done.storage_cpu:6.2f} s,"
        f" others{100 * done.foreign_share:3.0f} %"
        f"  {sample.peak_rss_bytes / 1e6:5.0f} MB"
    )
