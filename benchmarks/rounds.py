"""Copies in rounds, each contender once a round, every copy compared with its source.

What is compared: of each object its size, and its MD5 where the server tells it (it
does for objects put in one piece); in the first round also the SHA-256 of all bytes,
read back from the destination.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import psutil

from benchmarks.accounting import cpu_seconds, machine_cpu_seconds
from benchmarks.buckets import Bucket
from benchmarks.samples import Contender, Round, Sample
from benchmarks.workloads import Workload

Results = dict[tuple[str, str], list[Round]]


class WrongBytesError(Exception):
    """A copy is not its source: no figure counts."""


@dataclass(frozen=True)
class Rounds:
    """`results` are by names of workload and contender, in the order of the rounds."""

    source: Bucket
    destination: Bucket
    say: Callable[[str], None]
    results: Results = field(default_factory=dict[tuple[str, str], list[Round]])

    def run(
        self, workload: Workload, contenders: Sequence[Contender], rounds: int
    ) -> None:
        """All rounds of one workload. Raises WrongBytesError."""
        digests = self.source.digests(workload, workload.path)
        for number in range(1, rounds + 1):
            for each in contenders:
                to = f"{each.name}-{number}-{workload.path}"
                done = self._measured(each, workload, to)
                self.results.setdefault((workload.name, each.name), []).append(done)
                self.say(_line(workload, number, each.name, done))
                self._compare(workload, to, digests if number == 1 else None)
                if workload.objects == 1:
                    # Small ones stay: deleting them takes longer than copying them.
                    self.destination.delete(to)

    def _measured(self, contender: Contender, workload: Workload, to: str) -> Round:
        # What the copy before left to be written must not be paid by this one.
        os.sync()
        storage, machine = self._storage_cpu(), machine_cpu_seconds()
        own = cpu_seconds(os.getpid())
        sample = contender.copy(workload, to)
        own = cpu_seconds(os.getpid()) - own
        storage = self._storage_cpu() - storage
        machine = machine_cpu_seconds() - machine
        foreign = max(0.0, machine - storage - own - _apart(sample))
        cores = psutil.cpu_count() or 1
        return Round(sample, storage, foreign / (sample.seconds * cores))

    def _storage_cpu(self) -> float:
        return cpu_seconds(*self.source.server.pids, *self.destination.server.pids)

    def _compare(
        self, workload: Workload, to: str, digests: Sequence[str] | None
    ) -> None:
        theirs = self.destination.listing(to)
        if len(theirs) != workload.objects:
            raise WrongBytesError(f"{to}: {len(theirs)} objects of {workload.objects}")
        if theirs != self.source.listing(workload.path):
            raise WrongBytesError(f"{to}: sizes or checksums differ")
        if digests and self.destination.digests(workload, to) != digests:
            raise WrongBytesError(f"{to}: SHA-256 differs")


def _apart(sample: Sample) -> float:
    """What it spent in processes other than this one."""
    return sum(spent for kind, spent in sample.cpu.items() if kind != "leader")


def _line(workload: Workload, number: int, name: str, done: Round) -> str:
    sample = done.sample
    return (
        f"{workload.name:6} {number} {name:8}{sample.seconds:7.2f} s"
        f"{workload.total_bytes / sample.seconds / 1e6:7.1f} MB/s"
        f"  CPU: own{sample.client_cpu:6.2f} s, S3{done.storage_cpu:6.2f} s,"
        f" others{100 * done.foreign_share:3.0f} %"
    )
