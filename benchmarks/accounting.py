"""CPU time and memory of processes, as the kernel counts them."""

import contextlib
import threading
from pathlib import Path
from typing import Self

import psutil

_WATCH_SECONDS = 0.1


def cpu_seconds(*pids: int) -> float:
    """User and system time of these processes, without their children."""
    times = [psutil.Process(pid).cpu_times() for pid in pids]
    return sum(each.user + each.system for each in times)


def family_cpu_seconds(pid: int) -> float:
    """Of a process, of its children that live, and of those that it has reaped."""
    parent = psutil.Process(pid)
    times = parent.cpu_times()
    spent = times.user + times.system + times.children_user + times.children_system
    for child in parent.children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            spent += cpu_seconds(child.pid)
    return spent


def machine_cpu_seconds() -> float:
    """Of all cores since the machine started, whatever they did but idle."""
    times = psutil.cpu_times()
    # Of a virtual machine: what other machines took of our cores is among it.
    return (
        times.user + times.nice + times.system + times.irq + times.softirq + times.steal
    )


def forget_peak(pid: int) -> None:
    """Begin to measure the peak of its memory anew."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def peak_rss_bytes(pid: int) -> int:
    """The most memory that it ever had resident, or since the peak was forgotten."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


class PeakRss:
    """Watches the memory of a program that ends by itself, while the block runs.

    Its rusage would not do: that also counts our own memory, from before the exec.
    """

    def __init__(self, pid: int) -> None:
        """Nothing is read yet."""
        self.bytes = 0
        self._pid = pid
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(_WATCH_SECONDS):
            with contextlib.suppress(OSError):
                self.bytes = max(self.bytes, peak_rss_bytes(self._pid))
