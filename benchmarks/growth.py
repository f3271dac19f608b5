"""`python -m benchmarks.growth`: what an object, and a part, costs at any number.

Flows of ever more small objects, and of one object of ever more parts, go through all
processes, a durable log and the bus, between two storages that copy for nothing
(`benchmarks.counted`). Time and CPU are per object or part, memory is each process's
peak; flat is good. A resume is what a worker does before the first byte: read the
journals of the largest object's segments, and find what is missing.
"""

import argparse
import asyncio
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import reduce
from pathlib import Path
from typing import cast

from rich.console import Console
from rich.table import Table
from uuid_utils.compat import uuid7

from benchmarks.accounting import (
    cpu_seconds,
    family_cpu_seconds,
    forget_peak,
    peak_rss_bytes,
)
from benchmarks.counted import NAME, PROFILE
from domain import segment
from domain.names import segment_stream
from domain.segment import SegmentEvent
from domain.segment.events import SegmentPlanned
from eventlog import EventLog
from handlers.coordinator.transfers import load_transfer
from waybill.client import ApiError, Client
from waybill.embedded import Servers
from waybill.processes import Processes

_OUTPUT = Path(__file__).with_name("growth.json")
_ROOT = Path(__file__).parents[1]
_PROCESSES = ("commands", "dispatcher", "projections", "gateway", "worker-1")
_PART_BYTES = 128 << 20
_POLL_SECONDS = 0.2
_PATIENCE_SECONDS = 7200
_MICRO, _MIB = 1e6, 1 << 20


@dataclass(frozen=True)
class Growth:
    """One flow: microseconds per object or part, and MiB per process at their most."""

    what: str
    count: int
    wall_us: float
    cpu_us: Mapping[str, float]
    peak_mib: Mapping[str, float]
    caught_up_seconds: float


def measure(
    home: Path, objects: Sequence[int], parts: Sequence[int]
) -> tuple[list[Growth], dict[str, float]]:
    """A flow for each number; then what a resume of the last one takes."""
    found: list[Growth] = []
    with (
        Servers(home, s3=(), durable=True) as servers,
        Processes(
            servers.home,
            database_url=servers.database_url,
            nats_url=servers.nats_url,
            workers=1,
            settings={"PYTHONPATH": os.pathsep.join([str(_ROOT), str(_plugin(home))])},
        ) as processes,
        Client(processes.api_base) as client,
    ):
        run = _Run(servers, processes, client)
        # The first flow warms everything up: imports, pools, statements.
        run.flow("objects", 200)
        found += [run.flow("objects", count) for count in objects]
        found += [run.flow("parts", count) for count in parts]
        resume = asyncio.run(_resume(servers.database_url, run.last)) if parts else {}
    return found, resume


@dataclass
class _Run:
    servers: Servers
    processes: Processes
    client: Client
    last: str = ""

    def flow(self, what: str, count: int) -> Growth:
        pids = {name: self.processes.pid(name) for name in _PROCESSES}
        for pid in pids.values():
            forget_peak(pid)
        before = self._cpu(pids)
        message = _message(what, count)
        self.last = str(message["processId"])
        began = time.time()
        self.client.start(message)
        ended = self._ended(began)
        waited = self._caught_up()
        after = self._cpu(pids)
        return Growth(
            what=what,
            count=count,
            wall_us=_MICRO * (ended - began) / count,
            cpu_us={n: _MICRO * (after[n] - before[n]) / count for n in after},
            peak_mib={n: peak_rss_bytes(pid) / _MIB for n, pid in pids.items()},
            caught_up_seconds=waited,
        )

    def _ended(self, began: float) -> float:
        while time.time() < began + _PATIENCE_SECONDS:
            time.sleep(_POLL_SECONDS)
            try:
                row = self.client.progress(self.last)
            except ApiError:
                continue
            if row.finished_at:
                # By the event, not by when it was looked at.
                return row.finished_at.timestamp()
            if row.phase == "errored":
                raise SystemExit(f"{row.error_code}")
        raise SystemExit("it does not end")

    def _caught_up(self) -> float:
        """How long the report takes to know the last object."""
        began = time.monotonic()
        while self.client.report(self.last, limit=1).lag.positions:
            time.sleep(0.05)
        return time.monotonic() - began

    def _cpu(self, pids: Mapping[str, int]) -> dict[str, float]:
        return {
            **{name: cpu_seconds(pid) for name, pid in pids.items()},
            "postgres": family_cpu_seconds(self.servers.postgres.pid or 0),
            "nats": cpu_seconds(self.servers.nats.pid or 0),
        }


async def _resume(database_url: str, data_flow_id: str) -> dict[str, float]:
    """What it takes to know again what a large object has and lacks."""
    async with EventLog.open(database_url) as log:
        state, _ = await load_transfer(log, data_flow_id)
        (object_id,) = state.keys
        began, spent = time.perf_counter(), time.process_time()
        index = known = 0
        await load_transfer(log, data_flow_id)
        while True:
            stream = segment_stream(data_flow_id, f"{object_id}-p{index}")
            events = [each.event for each in await log.load(stream)]
            if not events:
                break
            assert isinstance(events[0], SegmentPlanned)
            journal = cast("list[SegmentEvent]", events)
            now = reduce(segment.evolve, journal, segment.INITIAL)
            known += len(now.parts) + len(now.missing_parts())
            index += 1
        wall, cpu = time.perf_counter() - began, time.process_time() - spent
    return {"parts": known, "wall_seconds": wall, "cpu_seconds": cpu}


def _message(what: str, count: int) -> dict[str, object]:
    size = 16 if what == "objects" else count * _PART_BYTES
    names = {"countedObjects": count if what == "objects" else 1, "countedBytes": size}
    same = dict.fromkeys(("participantId", "counterPartyId", "dataspaceContext"), "us")
    return {
        **same,
        "messageId": str(uuid7()),
        "processId": str(uuid7()),
        "agreementId": "growth",
        "datasetId": "counted",
        "profile": PROFILE,
        "claims": {},
        "metadata": names,
    }


def _plugin(home: Path) -> Path:
    """A folder that installs the storage: entry points are all that there is to it."""
    folder = home / "plugin"
    made = folder / "waybill_counted-0.dist-info"
    made.mkdir(parents=True)
    (made / "METADATA").write_text("Name: waybill-counted\nVersion: 0\n")
    (made / "entry_points.txt").write_text(
        f"[waybill.mechanisms]\n{NAME} = benchmarks.counted:Counted\n"
        f"[waybill.executors]\n{NAME} = benchmarks.counted:CountedExecutor\n"
    )
    return folder


def show(
    found: Sequence[Growth], resume: Mapping[str, float], console: Console
) -> None:
    """As a table, with each figure beside that of the smallest number."""
    names = [*found[0].cpu_us]
    table = Table("", "count", "wall µs", "CPU µs", *names, "peak MiB", "report s")
    for each in found:
        cpu = sum(each.cpu_us.values())
        table.add_row(
            each.what,
            f"{each.count:,}",
            f"{each.wall_us:,.0f}",
            f"{cpu:,.0f}",
            *(f"{each.cpu_us[name]:,.0f}" for name in names),
            " ".join(f"{size:.0f}" for size in each.peak_mib.values()),
            f"{each.caught_up_seconds:.1f}",
        )
    console.print(table)
    told = ", ".join(f"{name} {value:.3g}" for name, value in resume.items())
    console.print(f"resume of the last object, our own work: {told or '-'}")


def main() -> None:
    """Measure, show, and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--objects", type=_numbers, default=[1000, 10_000, 100_000])
    parser.add_argument("--parts", type=_numbers, default=[10, 100, 1000, 10_000])
    parser.add_argument("--output", type=Path, default=_OUTPUT)
    asked = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="waybill-growth-"))
    # PostgreSQL runs as another user where this one is root.
    home.chmod(0o755)
    try:
        found, resume = measure(home, asked.objects, asked.parts)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    show(found, resume, Console(file=sys.stdout, width=160))
    rows = {"flows": [asdict(each) for each in found], "resume": resume}
    asked.output.write_text(json.dumps(rows, indent=2) + "\n")


def _numbers(text: str) -> list[int]:
    return [int(each) for each in text.split(",") if each]


if __name__ == "__main__":
    main()
