"""
The one thread that forks servers.

A parent-death signal is delivered when the *thread* that forked the child ends, not
only when the process does. So every child is forked by this thread, which never ends.
"""

import queue
import subprocess
import threading
from collections.abc import Callable
from concurrent.futures import Future

_Process = subprocess.Popen[bytes]
_Job = tuple[Callable[[], _Process], "Future[_Process]"]

_jobs: queue.SimpleQueue[_Job] = queue.SimpleQueue()
_guard = threading.Lock()
_thread: threading.Thread | None = None


def on_spawner(start: Callable[[], _Process]) -> _Process:
    """Run start() on the forking thread and return, or raise, what it does."""
    _ensure_thread()
    done: Future[_Process] = Future()
    _jobs.put((start, done))
    return done.result()


def _ensure_thread() -> None:
    global _thread  # noqa: PLW0603 - one thread per process is the point
    with _guard:
        if _thread is None or not _thread.is_alive():
            _thread = threading.Thread(target=_serve, name="spawner", daemon=True)
            _thread.start()


def _serve() -> None:
    while True:
        start, done = _jobs.get()
        try:
            done.set_result(start())
        except BaseException as error:  # noqa: BLE001 - handed to the caller
            done.set_exception(error)
