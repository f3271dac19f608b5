"""Our plane, as it runs everywhere: all processes, driven by its own client."""

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

import nats
import psycopg
from uuid_utils.compat import uuid7

from benchmarks.accounting import (
    cpu_seconds,
    family_cpu_seconds,
    forget_peak,
    peak_rss_bytes,
)
from benchmarks.buckets import Bucket
from benchmarks.samples import Sample
from benchmarks.workloads import Workload
from projections import queries
from projections.views import Progress
from waybill.embedded import Servers
from waybill.messages import push
from waybill.processes import Processes

WORKERS = 2
_POLL_SECONDS = 0.1
_PATIENCE_SECONDS = 900


class FlowFailedError(Exception):
    """Our copy did not complete."""


class _NoGateway(Processes):
    def __init__(self, home: Path, **rest) -> None:
        super().__init__(home, **rest)
        del self._commands["gateway"]
    def wait_until_ready(self) -> None:
        time.sleep(10)
        self._commands["gateway"] = []
        del self._commands["gateway"]


class Plane:
    """A context manager: everything runs inside. Starting it is not measured."""

    name: ClassVar[str] = "waybill"

    def __init__(
        self,
        servers: Servers,
        source: Bucket,
        destination: Bucket,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self._servers = servers
        self._source = source
        self._destination = destination
        self._processes = _NoGateway(
            servers.home,
            database_url=servers.database_url,
            nats_url=servers.nats_url,
            workers=WORKERS,
            settings=settings,
        )

    def __enter__(self) -> Self:
        self._processes.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._processes.close()

    def copy(self, workload: Workload, to: str) -> Sample:
        """From the start message until the completion is stored."""
        message = push(
            self._source.side(workload.path), self._destination.side(to)
        )
        for pid in self._worker_pids():
            forget_peak(pid)
        before = self._cpu()
        began = time.time()
        self._start(message)
        progress = self._ended(str(message["processId"]))
        after = self._cpu()
        if progress.state != "COMPLETED" or progress.objects_failed:
            raise FlowFailedError(f"{progress.state}, {progress.objects_failed} failed: {progress.error_code}")
        return Sample(
            seconds=progress.updated_at.timestamp() - began,
            cpu={kind: after[kind] - before[kind] for kind in before},
            peak_rss_bytes=max(map(peak_rss_bytes, self._worker_pids())),
        )

    def _ended(self, data_flow_id: str) -> Progress:
        # Polled: a stream of changes would be work that nobody asked for.
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
            progress = self._progress(data_flow_id)
            if progress and (progress.finished_at or progress.phase == "errored"):
                return progress
        raise FlowFailedError("it takes too long")

    def _start(self, message) -> None:
        async def go():
            nc = await nats.connect(self._servers.nats_url)
            body = {**message, "dataFlowId": message["processId"]}
            del body["processId"]
            r = await nc.request("waybill.command.start", json.dumps(body).encode(), timeout=10)
            d = json.loads(r.data)
            assert d["outcome"] == "handled", d
            await nc.close()
        asyncio.run(go())

    def _progress(self, data_flow_id: str):
        from psycopg.rows import dict_row
        if not hasattr(self, "_c"):
            self._c = psycopg.connect(self._servers.database_url, autocommit=True, row_factory=dict_row)
        row = self._c.execute("SELECT * FROM read_model.transfer_progress WHERE data_flow_id = %s", (data_flow_id,)).fetchone()
        return Progress.model_validate(row) if row else None

    def _worker_pids(self) -> list[int]:
        return [self._processes.pid(f"worker-{n}") for n in range(1, WORKERS + 1)]

    def _cpu(self) -> dict[str, float]:
        singles = ("commands", "dispatcher", "projections")
        return {
            **{name: cpu_seconds(self._processes.pid(name)) for name in singles},
            "workers": cpu_seconds(*self._worker_pids()),
            "postgres": family_cpu_seconds(self._servers.postgres.pid or 0),
            "nats": cpu_seconds(self._servers.nats.pid or 0),
        }
