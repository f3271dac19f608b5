"""From copies to figures with stable names."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.rounds import Results
from benchmarks.samples import GIB, Round
from benchmarks.workloads import Workload

PEERS = ("rclone", "bare")
_MB = 1e6
Measure = Callable[[Round], float]


@dataclass(frozen=True)
class Figure:
    """One number; `peer` is whose it is, or whom we are compared with."""

    name: str
    value: float
    unit: str
    peer: str | None = None


def figures(results: Results, workloads: Sequence[Workload]) -> list[Figure]:
    """All of them."""
    large, small = workloads
    return [
        *_throughput(results, large),
        *_objects(results, small),
        *(each for workload in workloads for each in _cpu(results, workload)),
        *_durability(results, "large", large),
        *_durability(results, "small", small),
        *_memory(results, large),
        *_conditions(results, workloads),
    ]


def _throughput(results: Results, workload: Workload) -> Iterator[Figure]:
    def rate(done: Round) -> float:
        return workload.total_bytes / done.sample.seconds / _MB

    yield from _compared(results, workload, "throughput", "MB/s", rate)


def _objects(results: Results, workload: Workload) -> Iterator[Figure]:
    def rate(done: Round) -> float:
        return workload.objects / done.sample.seconds

    yield from _compared(
        results, workload, "objects_per_second", "1/s", rate, "objects"
    )


def _cpu(results: Results, workload: Workload) -> Iterator[Figure]:
    """Per GiB of a large object, but per object of small ones."""
    one = workload.objects == 1
    name, unit = ("cpu_per_gib", "s/GiB") if one else ("cpu_per_object", "ms")
    scale = GIB / workload.total_bytes if one else 1000 / workload.objects

    def client(done: Round) -> float:
        return scale * done.sample.client_cpu

    def storage(done: Round) -> float:
        return scale * done.storage_cpu

    yield from _compared(results, workload, name, unit, client, "cpu")
    yield from _compared(
        results, workload, f"storage_{name}", unit, storage, "storage_cpu"
    )
    ours = results[workload.name, "waybill"]
    for kind in ours[0].sample.cpu:
        spent = median(scale * done.sample.cpu[kind] for done in ours)
        yield Figure(f"{workload.name}.{name}_{kind}", spent, unit)
    ratio = median(
        a.sample.cpu["workers"] / b.sample.client_cpu
        for a, b in zip(ours, results[workload.name, "rclone"], strict=True)
    )
    yield Figure(f"{workload.name}.worker_cpu_vs_rclone", ratio, "x", "rclone")


def _compared(  # noqa: PLR0913, PLR0917 (a row of a table)
    results: Results,
    workload: Workload,
    name: str,
    unit: str,
    measure: Measure,
    short: str | None = None,
) -> Iterator[Figure]:
    """Ours, each peer's, and the medians of the ratios of the pairs."""
    ours = [measure(done) for done in results[workload.name, "waybill"]]
    full = f"{workload.name}.{name}"
    yield Figure(full, median(ours), unit)
    for peer in PEERS:
        theirs = [measure(done) for done in results[workload.name, peer]]
        yield Figure(f"{full}_{peer}", median(theirs), unit, peer)
        ratio = median(a / b for a, b in zip(ours, theirs, strict=True))
        yield Figure(f"{workload.name}.{short or name}_vs_{peer}", ratio, "x", peer)


def _durability(results: Results, size: str, workload: Workload) -> Iterator[Figure]:
    """What we take more than the bare loop, in percent of what that takes."""
    measures: dict[str, Measure] = {
        "pct": lambda done: done.sample.seconds,
        "cpu_pct": lambda done: done.sample.client_cpu,
        "cpu_with_servers_pct": lambda done: done.sample.all_cpu,
    }
    ours, bare = (results[workload.name, name] for name in ("waybill", "bare"))
    for name, measure in measures.items():
        ratios = (measure(a) / measure(b) for a, b in zip(ours, bare, strict=True))
        yield Figure(
            f"durability.{size}_{name}", 100 * (median(ratios) - 1), "%", "bare"
        )


def _memory(results: Results, workload: Workload) -> Iterator[Figure]:
    names = {"waybill": "worker", "rclone": "rclone", "bare": "bare"}
    for name, said in names.items():
        most = max(done.sample.peak_rss_bytes for done in results[workload.name, name])
        peer = None if name == "waybill" else name
        yield Figure(f"memory.{said}_peak_rss", most / _MB, "MB", peer)


def _conditions(results: Results, workloads: Sequence[Workload]) -> Iterator[Figure]:
    """Whether the run can be trusted: both should be next to nothing."""
    for workload in workloads:
        done = [
            each
            for name in ("waybill", *PEERS)
            for each in results[workload.name, name]
        ]
        share = median(each.foreign_share for each in done)
        yield Figure(f"conditions.{workload.name}_foreign_cpu_pct", 100 * share, "%")
        repeated = sum(each.sample.repeated_leases for each in done)
        yield Figure(f"conditions.{workload.name}_repeated_leases", repeated, "1")
