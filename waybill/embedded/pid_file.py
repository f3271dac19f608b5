"""
The locked pid file: one live server per home.

The server inherits the descriptor, so the lock lasts exactly as long as the last of
its processes, whatever becomes of the file's text or of the process that made it.
"""

import fcntl
import time
from pathlib import Path
from typing import IO

from waybill.embedded.errors import HomeInUseError

LOCK_SECONDS = 10.0
_POLL_SECONDS = 0.02


def locked(path: Path, name: str) -> IO[bytes]:
    """Open and lock the file; raise HomeInUseError when a live server holds it."""
    file = path.open("a+b", buffering=0)
    deadline = time.monotonic() + LOCK_SECONDS
    while not _try_lock(file):
        if time.monotonic() > deadline:
            file.close()
            owner = path.read_text().strip() or "unknown"
            raise HomeInUseError(f"{name} already runs as pid {owner} ({path})")
        time.sleep(_POLL_SECONDS)
    return file


def _try_lock(file: IO[bytes]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
