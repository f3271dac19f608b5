"""`python -m benchmarks [--only NAME…] [--rounds N] [--quick] [--output FILE]`."""

import argparse
import math
import os
import platform
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from rich.console import Console

from benchmarks import relay, report
from benchmarks.figures import Figure, figures
from benchmarks.measures import MEASURES, RELAY, RELAY_ROUNDS, Measure
from benchmarks.rclone import Rclone
from benchmarks.s5cmd import S5cmd
from benchmarks.stage import SLOTS, WORKERS, Stage

_LATEST = Path(__file__).with_name("latest.json")
_NAMES = (*(each.name for each in MEASURES), RELAY)


@dataclass
class _Attempts:
    """Runs one thing after another, whatever became of the one before."""

    failed: list[str] = field(default_factory=list[str])

    def run(self, name: str, do: Callable[[], None]) -> None:
        """Do it, and say how long it took or why it failed."""
        began = time.monotonic()
        try:
            do()
        except Exception:  # noqa: BLE001 (one that fails stops no other)
            traceback.print_exc()
            self.failed.append(name)
        said = "FAILED" if name in self.failed else "done"
        print(f"-- {name} {said} after {time.monotonic() - began:.0f} s", flush=True)


def main() -> None:
    """Run, print, write; end with 1 when something failed."""
    asked = _parser().parse_args()
    console, attempts = Console(), _Attempts()
    chosen = _chosen(asked)
    _explain(console, chosen)
    found: list[Figure] = []
    if RELAY in asked.only:
        rounds = 1 if asked.quick else asked.rounds or RELAY_ROUNDS
        attempts.run(RELAY, lambda: found.extend(_relayed(rounds, quick=asked.quick)))
    if chosen:
        attempts.run("servers", lambda: _copies(chosen, attempts, found))
    report.show(found, console)
    report.write(found, asked.output, whole=set(asked.only) == set(_NAMES))
    console.print(f"written to {asked.output}")
    if attempts.failed:
        sys.exit(f"failed: {', '.join(attempts.failed)}")


def _copies(
    chosen: Sequence[Measure], attempts: _Attempts, found: list[Figure]
) -> None:
    home = Path(tempfile.mkdtemp(prefix="waybill-bench-"))
    # Readable for the user that PostgreSQL runs as when we are root.
    home.chmod(0o755)
    stage = Stage(home, chosen)
    try:
        with stage:
            for each in chosen:
                attempts.run(each.name, partial(stage.run, each))
    finally:
        found += figures(stage.results, chosen)
        shutil.rmtree(home, ignore_errors=True)


def _relayed(rounds: int, *, quick: bool) -> list[Figure]:
    ratios = relay.measured(rounds, 1) if quick else relay.measured(rounds)
    return [Figure(name, value, "x", "rclone") for name, value in ratios.items()]


def _chosen(asked: argparse.Namespace) -> list[Measure]:
    chosen = [each for each in MEASURES if each.name in asked.only]
    if asked.rounds:
        chosen = [
            replace(each, rounds=asked.rounds, seconds=math.inf) for each in chosen
        ]
    return [each.quick() for each in chosen] if asked.quick else chosen


def _explain(console: Console, chosen: Sequence[Measure]) -> None:
    console.print(f"{os.cpu_count()} cores, {platform.platform()}")
    console.print(f"{Rclone().version}, {S5cmd().version}, between two Ceph RGW")
    console.print(f"waybill and bare: {WORKERS} workers, {SLOTS} copies in flight each")
    for each in chosen:
        where = "within one server" if each.within else "between two servers"
        tls = " over TLS" if each.tls else ""
        console.print(f"{each.name}: {each.workload.text} {where}{tls}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=_NAMES, default=_NAMES)
    parser.add_argument("--rounds", type=int, help="of every measure")
    parser.add_argument("--quick", action="store_true", help="little data: only a test")
    parser.add_argument("--output", type=Path, default=_LATEST, help="the JSON file")
    return parser


if __name__ == "__main__":
    main()
