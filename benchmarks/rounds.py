"""Copies in rounds, each contender once a round; every copy compared, then deleted."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from benchmarks.buckets import Bucket, WrongBytesError
from benchmarks.samples import Contender, Sample
from benchmarks.workloads import Workload


@dataclass(frozen=True)
class Rounds:
    """Samples by workload and contender, in the order of the rounds."""

    source: Bucket
    destination: Bucket
    say: Callable[[str], None]
    samples: dict[tuple[str, str], list[Sample]] = field(
        default_factory=dict[tuple[str, str], list[Sample]]
    )

    def run(
        self, workload: Workload, contenders: Sequence[Contender], rounds: int
    ) -> None:
        """All rounds of one workload. Raises WrongBytesError."""
        expected = self.source.digests(workload, workload.path)
        for number in range(rounds):
            for each in contenders:
                digests = expected if number == 0 else None
                self._once(workload, each, number, digests)

    def _once(
        self,
        workload: Workload,
        contender: Contender,
        number: int,
        digests: list[str] | None,
    ) -> None:
        to = f"{contender.name}-{number}-{workload.path}"
        # What the last copy left to be written must not be paid by this one.
        os.sync()
        sample = contender.copy(workload, to)
        self.samples.setdefault((workload.name, contender.name), []).append(sample)
        rate = workload.total_bytes / sample.seconds / 1e6
        self.say(
            f"{workload.name} {number + 1} {contender.name:8} {sample.seconds:7.2f} s"
            f" {rate:7.1f} MB/s  client CPU {sample.client_cpu:6.2f} s"
        )
        self._compare(workload, to, digests)
        if workload.objects == 1:
            # The small ones stay until the end: deleting them takes longer than copying.
            self.destination.delete(to)

    def _compare(self, workload: Workload, to: str, digests: list[str] | None) -> None:
        theirs = self.destination.listing(to)
        if theirs != self.source.listing(workload.path):
            raise WrongBytesError(f"{to}: sizes or checksums differ")
        if len(theirs) != workload.objects:
            raise WrongBytesError(f"{to}: {len(theirs)} objects of {workload.objects}")
        if digests and self.destination.digests(workload, to) != digests:
            raise WrongBytesError(f"{to}: SHA-256 differs")
