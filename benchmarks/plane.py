"""Our plane, as it runs everywhere: all processes, driven through the gateway."""

import time
from collections.abc import Mapping
from typing import ClassVar, Self

from benchmarks.accounting import (
    cpu_seconds,
    family_cpu_seconds,
    forget_peak,
    peak_rss_bytes,
)
from benchmarks.buckets import Bucket
from benchmarks.samples import Sample
from benchmarks.workloads import Workload
from projections.views import Progress
from waybill.client import ApiError, Client
from waybill.embedded import Servers
from waybill.messages import push
from waybill.processes import Processes

_SINGLE = ("commands", "dispatcher", "projections", "gateway")
_POLL_SECONDS = 0.25
_READY_SECONDS = 60
_PATIENCE_SECONDS = 900
_NOT_FOUND = 404


class FlowFailedError(Exception):
    """Our own copy did not complete."""


class Plane:
    """A context manager: its processes run inside. Starting them is not measured."""

    name: ClassVar[str] = "waybill"

    def __init__(
        self,
        servers: Servers,
        source: Bucket,
        destination: Bucket,
        *,
        workers: int,
        settings: Mapping[str, str],
    ) -> None:
        """`settings` are environment variables of all processes."""
        self._servers = servers
        self._source, self._destination = source, destination
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

    def copy(self, workload: Workload, to: str) -> Sample:
        """From the start message until the completion is stored."""
        message = push(self._source.side(workload.path), self._destination.side(to))
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
            peak_rss_bytes=max(map(peak_rss_bytes, workers)),
            repeated_leases=progress.repeated_leases,
        )

    def _wait_for_handlers(self) -> None:
        # The gateway is ready without them; a first copy would wait for their imports.
        deadline = time.monotonic() + _READY_SECONDS
        for name in ("commands", "dispatcher", *self._workers):
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
