"""One measured copy."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from benchmarks.buckets import Bucket
from benchmarks.workloads import GIB, WARM_UP, Workload

__all__ = ["GIB", "SERVERS", "Contender", "Order", "Round", "Sample"]

SERVERS = ("postgres", "nats")


@dataclass(frozen=True)
class Order:
    """What a contender is asked for: the workload, copied to the path `to`.

    `part_mib` is for whoever would else choose by himself whether to cut.
    """

    workload: Workload
    source: Bucket
    destination: Bucket
    to: str
    part_mib: int | None = None

    @property
    def same_endpoint(self) -> bool:
        """Whether the storage can copy by itself."""
        return self.source.endpoint == self.destination.endpoint

    def warm_up(self) -> "Order":
        """Hardly anything, between the same places."""
        return replace(self, workload=WARM_UP, to=WARM_UP.path)


@dataclass(frozen=True)
class Sample:
    """What one copy took; `cpu` is user and system seconds by kind of process.

    `peak_rss_bytes` is of the processes that hold bytes, together.
    """

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

    @property
    def name(self) -> str:
        """In tables, and in names of figures."""
        ...

    def copy(self, order: Order) -> Sample:
        """Carry the order out."""
        ...
