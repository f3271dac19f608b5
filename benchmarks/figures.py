"""From copies to figures with stable names."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.measures import Measure
from benchmarks.rounds import Results
from benchmarks.samples import GIB, Round

OURS = "waybill"
_MB = 1e6
Value = Callable[[Round], float]

# What some ratios are called in the project's goals.
_RENAMED = {
    "server_side.throughput_vs_bare": "server_side.vs_bare_loop",
    "server_side.any.throughput_vs_rclone": "server_side.vs_rclone",
    "server_side.objects.objects_vs_s5cmd": "server_side.vs_s5cmd",
    "small.copied.objects_vs_s5cmd": "small.objects_vs_s5cmd",
}


@dataclass(frozen=True)
class Figure:
    """One number; `peer` is whose it is, or whom we are compared with."""

    name: str
    value: float
    unit: str
    peer: str | None = None


def figures(results: Results, measures: Sequence[Measure]) -> list[Figure]:
    """All that the results allow: what was not measured to its end has none."""
    by_name = {each.name: each for each in measures}
    found = [each for measure in measures for each in _of(results, measure)]
    found += _durability(results, "large", "stream")
    found += _durability(results, "small", "small")
    found += _memory(results)
    if stream := by_name.get("stream"):
        found += _workers(results, stream)
    for measure in measures:
        found += _conditions(results, measure)
    return [_renamed(each) for each in found]


def _of(results: Results, measure: Measure) -> Iterator[Figure]:
    """How fast, and for how much CPU: of ours, of the peers', and the ratios."""
    if (measure.name, OURS) not in results:
        return
    compared = _Compared(results, measure)
    workload, large = measure.workload, measure.workload.in_parts
    if large:
        rate = workload.total_bytes / _MB
        yield from compared.all("throughput", "MB/s", lambda d: rate / d.sample.seconds)
    else:
        yield from compared.all(
            "objects_per_second",
            "1/s",
            lambda d: workload.objects / d.sample.seconds,
            "objects",
        )
    name, unit = ("cpu_per_gib", "s/GiB") if large else ("cpu_per_object", "ms")
    scale = GIB / workload.total_bytes if large else 1000 / workload.objects
    yield from compared.all(name, unit, lambda d: scale * d.sample.client_cpu, "cpu")
    yield from compared.all(
        f"{name}_with_servers",
        unit,
        lambda d: scale * d.sample.all_cpu,
        "cpu_with_servers",
    )
    yield from compared.all(
        f"storage_{name}", unit, lambda d: scale * d.storage_cpu, "storage_cpu"
    )
    yield from compared.kinds(name, unit, scale)


@dataclass(frozen=True)
class _Compared:
    results: Results
    measure: Measure

    @property
    def prefix(self) -> str:
        return "stream.tls_" if self.measure.tls else f"{self.measure.name}."

    def all(
        self, name: str, unit: str, value: Value, short: str | None = None
    ) -> Iterator[Figure]:
        """Ours, each peer's, and the medians of the ratios of the pairs."""
        ours = self._values(OURS, value)
        yield Figure(f"{self.prefix}{name}", median(ours), unit)
        for peer in self.measure.contenders:
            theirs = self._values(peer, value)
            if peer == OURS or not theirs:
                continue
            yield Figure(f"{self.prefix}{name}_{peer}", median(theirs), unit, peer)
            ratio = _ratio(ours, theirs)
            yield Figure(f"{self.prefix}{short or name}_vs_{peer}", ratio, "x", peer)

    def kinds(self, name: str, unit: str, scale: float) -> Iterator[Figure]:
        """Ours, by kind of process."""
        done = self.results[self.measure.name, OURS]
        for kind in done[0].sample.cpu:
            spent = median(scale * each.sample.cpu[kind] for each in done)
            yield Figure(f"{self.prefix}{name}_{kind}", spent, unit)

    def _values(self, contender: str, value: Value) -> list[float]:
        return _values(self.results, self.measure.name, contender, value)


def _values(
    results: Results, measure: str, contender: str, value: Value
) -> list[float]:
    return [value(each) for each in results.get((measure, contender), ())]


def _ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median of the ratios within the rounds that both have ended."""
    return median(a / b for a, b in zip(ours, theirs, strict=False))


def _durability(results: Results, size: str, measure: str) -> Iterator[Figure]:
    """What we take more than the bare loop, in percent of what that takes."""
    values: dict[str, Value] = {
        "pct": lambda done: done.sample.seconds,
        "cpu_pct": lambda done: done.sample.client_cpu,
        "cpu_with_servers_pct": lambda done: done.sample.all_cpu,
    }
    for name, value in values.items():
        ours, bare = (_values(results, measure, c, value) for c in (OURS, "bare"))
        if ours and bare:
            more = 100 * (_ratio(ours, bare) - 1)
            yield Figure(f"durability.{size}_{name}", more, "%", "bare")


def _memory(results: Results) -> Iterator[Figure]:
    """The most memory at once, of all processes that hold bytes."""
    said = {OURS: "workers", "one_worker": "one_worker"}
    said |= {"rclone": "rclone", "bare": "bare"}
    peaks = {
        name: _values(results, "stream", name, lambda done: done.sample.peak_rss_bytes)
        for name in said
    }
    for name, found in peaks.items():
        if found:
            peer = name if name in {"rclone", "bare"} else None
            peak = max(found) / _MB
            yield Figure(f"memory.{said[name]}_peak_rss", peak, "MB", peer)
    for name, short in ((OURS, "vs_rclone"), ("one_worker", "one_worker_vs_rclone")):
        if peaks[name] and peaks["rclone"]:
            ratio = _ratio(peaks[name], peaks["rclone"])
            yield Figure(f"memory.{short}", ratio, "x", "rclone")


def _workers(results: Results, measure: Measure) -> Iterator[Figure]:
    """Two workers against one, as many copies in flight; and what the storage gives."""

    def rate(done: Round) -> float:
        return measure.workload.total_bytes / done.sample.seconds / _MB

    two, one, limit = (
        _values(results, measure.name, name, rate)
        for name in (OURS, "one_worker", "bare")
    )
    if two and one:
        yield Figure("workers.two_throughput", median(two), "MB/s")
        yield Figure("workers.one_throughput", median(one), "MB/s")
        yield Figure("workers.two_vs_one", _ratio(two, one), "x")
    if limit:
        yield Figure("workers.storage_limit_throughput", median(limit), "MB/s", "bare")


def _conditions(results: Results, measure: Measure) -> Iterator[Figure]:
    """Whether the run can be trusted: both should be next to nothing."""
    done = [
        each
        for name in measure.contenders
        # Around this one, workers end and start.
        if name != "one_worker"
        for each in results.get((measure.name, name), ())
    ]
    if done:
        share = median(each.foreign_share for each in done)
        yield Figure(f"conditions.{measure.name}_foreign_cpu_pct", 100 * share, "%")
        repeated = sum(each.sample.repeated_leases for each in done)
        yield Figure(f"conditions.{measure.name}_repeated_leases", repeated, "1")


def _renamed(figure: Figure) -> Figure:
    name = _RENAMED.get(figure.name, figure.name)
    return Figure(name, figure.value, figure.unit, figure.peer)
