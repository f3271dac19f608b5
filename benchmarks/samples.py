"""One measured copy."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol

from benchmarks.workloads import Workload

GIB = 1 << 30
SERVERS = ("postgres", "nats")


@dataclass(frozen=True)
class Sample:
    """What one copy took; `cpu` is user and system seconds by kind of process."""

    seconds: float
    cpu: Mapping[str, float]
    peak_rss_bytes: int
    repeated_leases: int = 0

    @property
    def client_cpu(self) -> float:
        """Of the copying side's own processes, without the servers it keeps data in."""
        return sum(spent for kind, spent in self.cpu.items() if kind not in SERVERS)

    @property
    def all_cpu(self) -> float:
        """With those servers. Never with the S3 servers."""
        return sum(self.cpu.values())


@dataclass(frozen=True)
class Round:
    """A copy, and what went on around it.

    `storage_cpu` are the seconds of the S3 servers; `foreign_share` is how much of all
    cores went to processes that have nothing to do with us, between 0 and 1.
    """

    sample: Sample
    storage_cpu: float
    foreign_share: float


class Contender(Protocol):
    """Something that copies, and is measured while it does."""

    # In tables, and in names of figures.
    name: ClassVar[str]

    def copy(self, workload: Workload, to: str) -> Sample:
        """Copy the workload's path to the path `to` of the destination."""
        ...
