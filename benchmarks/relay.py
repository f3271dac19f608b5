"""The relay alone: ours against rclone, between endpoints that cost next to nothing.

`python -m benchmarks.relay`. Each round copies the same bytes with each contender, over
http and over https, and who goes first alternates. Ours are one worker process for each
core, as they are deployed; CRC64NVME is computed on the way, as always.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from benchmarks import programs
from benchmarks.null_servers import Endpoints, endpoints
from benchmarks.relay_workers import PART_BYTES, Took, Workers
from benchmarks.workloads import GIB, MIB
from handlers.mechanisms.s3 import RelayKind

_AT_ONCE = 16
_WORKERS = os.cpu_count() or 1
# Of http, and again of https: whoever waits for the figures waits three minutes.
_LONGEST_SECONDS = 80.0
_FLAGS = (
    *("--config=", "--retries=1", "--s3-no-check-bucket", "--stats=0"),
    *("--ignore-times", f"--s3-chunk-size={PART_BYTES}B"),
    *(f"--s3-upload-concurrency={_AT_ONCE}", f"--multi-thread-streams={_AT_ONCE}"),
)
Contender = Callable[[int], Took]
Rounds = Mapping[str, Sequence[Took]]


def measured(rounds: int, gib: int = 3) -> dict[str, float]:
    """Ours divided by rclone's: medians of the ratios within the rounds.

    A round takes about 15 seconds on two cores; on a slow machine there are fewer.
    """
    plain, tls = (run(each, rounds, gib) for each in (False, True))
    return {
        "relay.throughput_vs_rclone": _faster(plain),
        "relay.cpu_vs_rclone": _costlier(plain),
        "relay.tls_throughput_vs_rclone": _faster(tls),
        "relay.tls_cpu_vs_rclone": _costlier(tls),
    }


def run(tls: bool, rounds: int, gib: int, *, more: bool = False) -> Rounds:  # noqa: FBT001
    """What each contender took in each round; `more`: also ours in other ways."""
    with ExitStack() as stack:
        at = stack.enter_context(endpoints(tls=tls))
        contenders = {"fast": _ours(stack, at, RelayKind.FAST, _WORKERS)}
        if more:
            contenders["fast, one process"] = _ours(stack, at, RelayKind.FAST, 1)
            contenders["plain"] = _ours(stack, at, RelayKind.PLAIN, _WORKERS)
        contenders["rclone"] = _rclone(at)
        took: dict[str, list[Took]] = {name: [] for name in contenders}
        until = time.monotonic() + _LONGEST_SECONDS
        for number in range(rounds):
            if number and time.monotonic() > until:
                break
            for name in list(contenders)[:: -1 if number % 2 else 1]:
                took[name].append(contenders[name](gib * GIB))
    return took


def _ours(
    stack: ExitStack, at: Endpoints, kind: RelayKind, processes: int
) -> Contender:
    slots = _AT_ONCE // processes
    return stack.enter_context(Workers.on(at, kind, processes, slots)).relay


def _rclone(at: Endpoints) -> Contender:
    program = programs.located("rclone", Path(sys.executable).with_name("rclone"))
    environment = {**_remote("SOURCE", at.source), **_remote("TO", at.destination)}

    def copy(size_bytes: int) -> Took:
        command = [
            program,
            "copyto",
            *_FLAGS,
            f"source:source/o-{size_bytes}",
            "to:b/o",
        ]
        sample = programs.measured("rclone", command, {**environment, **at.trust})
        return Took(sample.seconds, sample.client_cpu, sample.peak_rss_bytes)

    return copy


def _remote(name: str, url: str) -> dict[str, str]:
    told = {
        "TYPE": "s3",
        "PROVIDER": "Other",
        "ENDPOINT": url,
        "REGION": "r",
        "FORCE_PATH_STYLE": "true",
        "ACCESS_KEY_ID": "k",
        "SECRET_ACCESS_KEY": "s",
    }
    return {f"RCLONE_CONFIG_{name}_{key}": value for key, value in told.items()}


def _faster(took: Rounds, ours: str = "fast") -> float:
    pairs = zip(took["rclone"], took[ours], strict=True)
    return median(theirs.seconds / each.seconds for theirs, each in pairs)


def _costlier(took: Rounds, ours: str = "fast") -> float:
    pairs = zip(took["rclone"], took[ours], strict=True)
    return median(each.cpu_seconds / theirs.cpu_seconds for theirs, each in pairs)


def _show(title: str, took: Rounds, gib: int) -> Table:
    columns = ("MB/s", "CPU-s/GiB", "MiB", "rate / rclone", "CPU / rclone")
    table = Table("", *columns, title=title)
    for name, each in took.items():
        rates = [gib * GIB / 1e6 / one.seconds for one in each]
        costs = [one.cpu_seconds / gib for one in each]
        table.add_row(
            name,
            f"{median(rates):,.0f} [{min(rates):,.0f} to {max(rates):,.0f}]",
            f"{median(costs):.3f} [{min(costs):.3f} to {max(costs):.3f}]",
            f"{max(one.rss_bytes for one in each) / MIB:,.0f}",
            f"{_faster(took, name):.2f}",
            f"{_costlier(took, name):.2f}",
        )
    return table


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--gib", type=int, default=3)
    asked = options.parse_args()
    console = Console()
    console.print(f"{_WORKERS} processes of ours; rclone {' '.join(_FLAGS)}")
    for title, tls in (("http", False), ("https at both ends", True)):
        took = run(tls, asked.rounds, asked.gib, more=True)
        console.print(_show(title, took, asked.gib))


if __name__ == "__main__":
    main()
