"""What a measure runs on: two S3 servers for all, a new plane for each."""

import shutil
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from benchmarks.bare import Bare
from benchmarks.buckets import Bucket
from benchmarks.measures import Measure
from benchmarks.plane import OneWorker, Plane
from benchmarks.rclone import Rclone
from benchmarks.rounds import Results, Rounds
from benchmarks.s5cmd import S5cmd
from benchmarks.samples import Contender
from benchmarks.workloads import GIB, WARM_UP, Workload
from tests.servers.ceph import Ceph
from waybill.embedded import Servers

WORKERS = 2
# Of the plane's workers and of the bare loop's: copies in flight per process.
SLOTS = 8
# Of each server: the largest workload twice, and what is still being freed.
_ROOM = 2.2
_LEAST_GIB = 6


@dataclass
class Stage:
    """A context manager: the S3 servers run inside."""

    home: Path
    measures: Sequence[Measure]
    results: Results = field(default_factory=Results)

    def __enter__(self) -> Self:
        """Start them, and make the buckets."""
        most = max((each.workload.total_bytes for each in self.measures), default=0)
        size_gib = max(_LEAST_GIB, round(_ROOM * most / GIB))
        _require_disk(self.home, 2 * size_gib)
        self._servers = ExitStack()
        here, there = (
            self._servers.enter_context(
                Ceph(self.home / name, size_gib=size_gib, with_tls=True)
            )
            for name in ("here", "there")
        )
        self._source = Bucket(here, "source")
        self._beside, self._away = Bucket(here, "beside"), Bucket(there, "away")
        for bucket in (self._source, self._beside, self._away):
            bucket.make()
        self._source.fill(WARM_UP)
        self._trusted = self.home / "trusted.pem"
        self._trusted.write_bytes(
            here.certificate.read_bytes() + there.certificate.read_bytes()
        )
        self._filled: Workload | None = None
        self._digests: list[str] = []
        return self

    def __exit__(self, *_: object) -> None:
        """Stop them."""
        self._servers.close()

    def run(self, measure: Measure) -> None:
        """Measure. Whatever a contender raises, after it no round of this one runs."""
        self._fill(measure.workload)
        source = replace(self._source, tls=measure.tls)
        destination = self._beside if measure.within else self._away
        rounds = Rounds(
            source, replace(destination, tls=measure.tls), self.results, print
        )
        with self._contenders(measure) as contenders:
            rounds.run(measure, contenders, self._source_digests)

    def _fill(self, workload: Workload) -> None:
        if workload == self._filled:
            return
        if self._filled is not None:
            self._source.delete(self._filled.path)
        self._filled, self._digests = workload, []
        self._source.fill(workload)

    def _source_digests(self) -> Sequence[str]:
        assert self._filled is not None
        if not self._digests:
            self._digests = self._source.digests(self._filled, self._filled.path)
        return self._digests

    @contextmanager
    def _contenders(self, measure: Measure) -> Generator[list[Contender]]:
        home = self.home / f"plane-{measure.name}"
        home.mkdir(mode=0o755)
        settings = {
            "WAYBILL_WORKER_PARTS": str(SLOTS),
            # As many as the peers are told to use, and no more.
            "WAYBILL_WORKER_PARTS_MAX": str(SLOTS),
            "SSL_CERT_FILE": str(self._trusted),
            "AWS_CA_BUNDLE": str(self._trusted),
        }
        with ExitStack() as started:
            started.callback(shutil.rmtree, home, ignore_errors=True)
            servers = started.enter_context(Servers(home, durable=True))
            plane = Plane(servers, workers=WORKERS, settings=settings)
            started.enter_context(plane)
            known: dict[str, Contender] = {"waybill": plane}
            known |= {"rclone": Rclone(), "s5cmd": S5cmd()}
            known["one_worker"] = OneWorker(plane, WORKERS * SLOTS)
            if "bare" in measure.contenders:
                bare = Bare(workers=WORKERS, slots=SLOTS)
                known["bare"] = started.enter_context(bare)
            yield [known[name] for name in measure.contenders]


def _require_disk(home: Path, needed_gib: int) -> None:
    free = shutil.disk_usage(home).free / GIB
    if free < needed_gib + 1:
        raise SystemExit(
            f"{home} has {free:.1f} GiB free and {needed_gib + 1} are needed"
        )
