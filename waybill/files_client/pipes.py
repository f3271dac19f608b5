"""What is no regular file: a pipe, a terminal, a device, the standard output.

It has no size, is read or written once and in order, and is never renamed over.
"""

import os
import select
import stat
import threading
from errno import ECANCELED
from pathlib import Path
from typing import Final

# How soon who waits for the other end sees that nobody wants it any more.
_LOOK_MS: Final = 100
# So much goes into a pipe that has room, without waiting for the rest of it.
_AT_ONCE: Final = getattr(select, "PIPE_BUF", 512)
_OWN: Final = ("/proc/self/fd", "/dev/fd")


def is_pipe(path: Path) -> bool:
    """Whether bytes go into what is there, and nothing takes its name.

    Also a regular file that this process has open, by the name `/dev/stdout`.
    """
    try:
        kind = path.stat().st_mode
    except OSError:
        return False
    if stat.S_ISDIR(kind):
        return False
    return not stat.S_ISREG(kind) or _own_descriptor(path) is not None


def open_descriptor(path: Path, flags: int) -> int:
    """Open it without waiting for another end. Raises OSError.

    What this process has open already is the same again, at the same place: opened
    anew, a file would be written over from its beginning.
    """
    own = _own_descriptor(path)
    if own is not None:
        return os.dup(own)
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)


def _own_descriptor(path: Path) -> int | None:
    """The number of what a path such as `/dev/stdout` means."""
    own = {os.path.realpath(each) for each in _OWN}
    step = path.absolute()
    for _ in range(40):
        if os.path.realpath(step.parent) in own and step.name.isdecimal():
            return int(step.name)
        if not step.is_symlink():
            return None
        step = step.parent / step.readlink()
    return None


class Pipe:
    """One end of it; whoever waits for the other one can be stopped."""

    def __init__(self, descriptor: int) -> None:
        """It is closed with this."""
        self._descriptor = descriptor
        self._regular = stat.S_ISREG(os.fstat(descriptor).st_mode)
        self._stop = threading.Event()
        self._used = threading.Lock()

    def read(self, length: int, /) -> bytes:
        """Some of it, up to so many bytes; none at its end. Blocks. Raises OSError."""
        with self._used:
            while True:
                self._until(select.POLLIN)
                try:
                    return os.read(self._descriptor, length)
                except BlockingIOError:
                    continue

    def write(self, data: bytes) -> None:
        """All of it. Blocks. Raises OSError."""
        left = memoryview(data)
        with self._used:
            while left:
                self._until(select.POLLOUT)
                some = left if self._regular else left[:_AT_ONCE]
                try:
                    left = left[os.write(self._descriptor, some) :]
                except BlockingIOError:
                    continue

    def close(self) -> None:
        """Who reads or writes now stops."""
        self._stop.set()
        with self._used:
            os.close(self._descriptor)

    def _until(self, ready: int) -> None:
        poll = select.poll()
        poll.register(self._descriptor, ready)
        while not poll.poll(_LOOK_MS):
            if self._stop.is_set():
                raise OSError(ECANCELED, os.strerror(ECANCELED))
