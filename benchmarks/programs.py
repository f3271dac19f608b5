"""A contender that is a program: run once for each copy."""

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.accounting import PeakRss
from benchmarks.samples import Sample

_PATIENCE_SECONDS = 600


def located(name: str, *places: Path) -> str:
    """The program in one of these places, else on the path."""
    for place in places:
        if place.exists():
            return str(place)
    found = shutil.which(name)
    if found is None:
        raise FileNotFoundError(f"{name} is not installed (uv sync --group bench)")
    return found


def measured(
    kind: str, command: Sequence[str], environment: Mapping[str, str]
) -> Sample:
    """Run it. Its start counts: it is 0.1 seconds."""
    began = time.monotonic()
    running = subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL
    )
    given_up = threading.Timer(_PATIENCE_SECONDS, running.kill)
    given_up.start()
    with PeakRss(running.pid) as peak:
        _, status, used = os.wait4(running.pid, 0)
        seconds = time.monotonic() - began
    given_up.cancel()
    # It was waited for above; Popen must not wait for it again.
    running.returncode = os.waitstatus_to_exitcode(status)
    if running.returncode:
        raise subprocess.CalledProcessError(running.returncode, list(command))
    return Sample(seconds, {kind: used.ru_utime + used.ru_stime}, peak.bytes)


def said(*command: str) -> str:
    """The first line of what it prints."""
    told = subprocess.run(command, check=True, capture_output=True, text=True)
    return told.stdout.splitlines()[0]
