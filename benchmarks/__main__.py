"""`python -m benchmarks [--pairs N] [--quick] [--output FILE]`."""

import argparse
import os
import platform
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from benchmarks import rclone, report
from benchmarks.bare import Bare
from benchmarks.buckets import Bucket
from benchmarks.figures import figures
from benchmarks.plane import Plane
from benchmarks.rounds import Results, Rounds
from benchmarks.samples import GIB
from benchmarks.workloads import FULL, QUICK, Workload
from waybill.embedded import Servers

WORKERS = 2
# Of the plane's workers and of the bare loop's: copies in flight per process.
SLOTS = 8
_LATEST = Path(__file__).with_name("latest.json")


def main() -> None:
    """Run, print, write."""
    arguments = _parser().parse_args()
    console = Console()
    workloads = QUICK if arguments.quick else FULL
    home = Path(tempfile.mkdtemp(prefix="waybill-bench-"))
    # Readable for the user that PostgreSQL runs as when we are root.
    home.chmod(0o755)
    try:
        _require_disk(home, workloads)
        results = _measured(home, workloads, arguments.pairs, console)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    found = figures(results, workloads)
    report.show(found, console)
    report.write(found, arguments.output)
    console.print(f"written to {arguments.output}")


def _measured(
    home: Path, workloads: Sequence[Workload], pairs: int, console: Console
) -> Results:
    settings = {"WAYBILL_WORKER_PARTS": str(SLOTS)}
    with Servers(home, s3=("source", "destination"), durable=True) as servers:
        source = Bucket(servers.s3["source"], "bench-source")
        destination = Bucket(servers.s3["destination"], "bench-destination")
        peer = rclone.Rclone(source, destination)
        _explain(console, workloads, peer)
        source.make()
        destination.make()
        for workload in workloads:
            source.fill(workload)
        rounds = Rounds(source, destination, print)
        with (
            Plane(
                servers, source, destination, workers=WORKERS, settings=settings
            ) as plane,
            Bare(source, destination, workers=WORKERS, slots=SLOTS) as bare,
        ):
            for workload in workloads:
                rounds.run(workload, (plane, peer, bare), pairs)
    return rounds.results


def _explain(
    console: Console, workloads: Sequence[Workload], peer: rclone.Rclone
) -> None:
    console.print(f"{os.cpu_count()} cores, {platform.platform()}, {peer.version}")
    console.print(f"waybill and bare: {WORKERS} workers, {SLOTS} copies in flight each")
    for each in workloads:
        size = f"{each.object_bytes // 1024:,} KiB"
        console.print(f"{each.name}: {each.objects} x {size}")
        console.print(f"  rclone {' '.join(rclone.flags(each))}", soft_wrap=True)


def _require_disk(home: Path, workloads: Sequence[Workload]) -> None:
    # The source, a copy, and the one before that is still being deleted.
    needed = 3 * sum(each.total_bytes for each in workloads) + GIB
    free = shutil.disk_usage(home).free
    if free < needed:
        raise SystemExit(
            f"{home} has {free / GIB:.1f} GiB free and {needed / GIB:.1f} are needed"
        )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--pairs", type=int, default=3, help="rounds (default 3)")
    parser.add_argument("--quick", action="store_true", help="little data: only a test")
    parser.add_argument("--output", type=Path, default=_LATEST, help="the JSON file")
    return parser


if __name__ == "__main__":
    main()
