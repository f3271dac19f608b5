"""Our plane, as it runs everywhere: all processes, driven through the gateway."""

import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

from benchmarks.accounting import (
    cpu_seconds,
    family_cpu_seconds,
    forget_peak,
    peak_rss_bytes,
)
from benchmarks.samples import Order, Sample
from projections.views import Progress
from waybill.client import ApiError, Client
from waybill.embedded import Servers
from waybill.messages import push
from waybill.processes import Processes

_SINGLE = ("commands", "dispatcher", "projections", "gateway", "door", "files")
_POLL_SECONDS = 0.5
_READY_SECONDS = 60
_PATIENCE_SECONDS = 300
_NOT_FOUND = 404


class FlowFailedError(Exception):
    """Our own copy did not complete."""


class Plane:
    """A context manager: its processes run inside. Starting them is not measured."""

    name: str = "waybill"

    def __init__(
        self, servers: Servers, *, workers: int, settings: Mapping[str, str]
    ) -> None:
        """`settings` are environment variables of all processes."""
        self._servers = servers
        self._workers = [f"worker-{n}" for n in range(1, workers + 1)]
        self._processes = Processes(
            servers.home,
            database_url=servers.database_url,
            nats_url=servers.nats_url,
            workers=workers,
            settings=settings,
        )

    def __enter__(self) -> Self:
        """Start, and wait until all are ready."""
        self._processes.__enter__()
        self._client = Client(self._processes.api_base)
        self._wait_for_handlers()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._processes.close()

    def copy(self, order: Order) -> Sample:
        """From the start message until the completion is stored."""
        part = order.part_mib
        said = {} if part is None else {"multipartPartSizeMb": str(part)}
        message = push(
            order.source.side(order.workload.path),
            order.destination.side(order.to),
            tuning=said,
        )
        workers = [self._processes.pid(name) for name in self._workers]
        for pid in workers:
            forget_peak(pid)
        before = self._cpu()
        began = time.time()
        self._client.start(message)
        progress = self._ended(str(message["processId"]))
        after = self._cpu()
        if progress.state != "COMPLETED" or progress.objects_failed:
            raise FlowFailedError(f"{progress.state} {progress.error_code}")
        return Sample(
            # When its last event was stored: the polling does not count.
            seconds=progress.updated_at.timestamp() - began,
            cpu={kind: after[kind] - before[kind] for kind in before},
            peak_rss_bytes=sum(map(peak_rss_bytes, workers)),
            repeated_leases=progress.repeated_leases,
        )

    @contextmanager
    def with_workers(self, slots: Sequence[int]) -> Generator[None]:
        """Inside, a worker for each number of slots; after, the usual ones again."""
        usual, own = self._workers, dict(self._processes.environment)
        for name in usual:
            self._processes.stop(name)
        try:
            self._workers = usual[: len(slots)]
            for name, count in zip(self._workers, slots, strict=True):
                for each in ("WAYBILL_WORKER_PARTS", "WAYBILL_WORKER_PARTS_MAX"):
                    self._processes.environment[each] = str(count)
                self._start(name)
            yield
        finally:
            for name in self._workers:
                self._processes.stop(name)
            self._processes.environment.update(own)
            self._workers = usual
            for name in usual:
                self._start(name)

    def _start(self, name: str) -> None:
        log = self._processes.log(name)
        log.write_text("")
        self._processes.start(name)
        self._wait_for(name)

    def _wait_for_handlers(self) -> None:
        # The gateway is ready without them; a first copy would wait for their imports.
        for name in ("commands", "dispatcher", *self._workers):
            self._wait_for(name)

    def _wait_for(self, name: str) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        said = f"{name.partition('-')[0]} ready"
        while said not in self._processes.log(name).read_text():
            if time.monotonic() > deadline:
                raise FlowFailedError(f"{name} is not ready")
            time.sleep(_POLL_SECONDS)

    def _ended(self, data_flow_id: str) -> Progress:
        # Polled, rarely: following every change would be work that nobody asked for.
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
            progress = self._progress(data_flow_id)
            if progress and (progress.finished_at or progress.phase == "errored"):
                return progress
        raise FlowFailedError(f"not complete after {_PATIENCE_SECONDS} s")

    def _progress(self, data_flow_id: str) -> Progress | None:
        try:
            return self._client.progress(data_flow_id)
        except ApiError as error:
            # The read model has not heard of it yet.
            if error.status == _NOT_FOUND:
                return None
            raise

    def _cpu(self) -> dict[str, float]:
        pid = self._processes.pid
        return {
            **{name: cpu_seconds(pid(name)) for name in _SINGLE},
            "workers": cpu_seconds(*map(pid, self._workers)),
            "postgres": family_cpu_seconds(self._servers.postgres.pid or 0),
            "nats": cpu_seconds(self._servers.nats.pid or 0),
        }


@dataclass(frozen=True)
class OneWorker:
    """The same plane with a single worker that has as many copies in flight."""

    plane: Plane
    slots: int
    name: str = "one_worker"

    def copy(self, order: Order) -> Sample:
        """As the plane does. Changing the workers is not measured."""
        with self.plane.with_workers([self.slots]):
            self.plane.copy(order.warm_up())
            return self.plane.copy(order)
