"""CPU time and memory of processes, as the kernel counts them."""

import contextlib
from pathlib import Path

import psutil


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


def forget_peak(pid: int) -> None:
    """Begin to measure the peak of its memory anew."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def peak_rss_bytes(pid: int) -> int:
    """The most memory that it ever had resident, or since the peak was forgotten."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0
