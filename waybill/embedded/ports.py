"""
Free TCP ports on the loopback interface, and whether something answers there.

Ports are taken from below the kernel's ephemeral range. A client that keeps retrying
a port inside that range while the server is down can be given the very same port as
its own, and then talks to itself; outside the range this cannot happen.
"""

import contextlib
import secrets
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from waybill.embedded.errors import PortInUseError

LOOPBACK = "127.0.0.1"
_LOWEST = 12_000
_DEFAULT_EPHEMERAL = 32_768
_ATTEMPTS = 500
_WAIT_SECONDS = 5.0
_POLL_SECONDS = 0.05

_given: set[int] = set()
_lock = threading.Lock()


def free_port(offsets: Sequence[int] = (0,)) -> int:
    """Return a port P such that P + each offset is free and not given out before."""
    span = _ephemeral_start() - _LOWEST - max(offsets)
    with _lock:
        for _ in range(_ATTEMPTS):
            port = _LOWEST + secrets.randbelow(span)
            wanted = {port + offset for offset in offsets}
            if wanted & _given or not all(map(is_free, wanted)):
                continue
            _given.update(wanted)
            return port
    message = f"no free port with offsets {list(offsets)} after {_ATTEMPTS} attempts"
    raise OSError(message)


def is_free(port: int) -> bool:
    """Tell whether a server could listen on this loopback port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def remembered_port(
    file: Path, wanted: int | None, offsets: Sequence[int] = (0,)
) -> int:
    """
    Return the wanted port, else this home's last one if free, else a new one.

    A wanted port is waited for while a server that was just killed lets go of it; one
    that stays taken raises PortInUseError.
    """
    if wanted is not None:
        _await_free(wanted, offsets)
    else:
        with contextlib.suppress(OSError, ValueError):
            last = int(file.read_text())
            if all(is_free(last + offset) for offset in offsets):
                wanted = last
    port = free_port(offsets) if wanted is None else wanted
    file.write_text(f"{port}\n")
    return port


def answers(url: str, status: int = 200) -> bool:
    """Tell whether a GET of the URL is answered with the status now."""
    try:
        with urllib.request.urlopen(url, timeout=2) as reply:  # noqa: S310 - loopback
            return bool(reply.status == status)
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code == status
    except OSError:
        return False


def _await_free(port: int, offsets: Sequence[int]) -> None:
    deadline = time.monotonic() + _WAIT_SECONDS
    for wanted in (port + offset for offset in offsets):
        while not is_free(wanted):
            if time.monotonic() > deadline:
                raise PortInUseError(f"port {wanted} is taken by another program")
            time.sleep(_POLL_SECONDS)


def _ephemeral_start() -> int:
    try:
        text = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text()
    except OSError:
        return _DEFAULT_EPHEMERAL
    first = int(text.split()[0])
    return first if first > _LOWEST + 1_000 else _DEFAULT_EPHEMERAL
