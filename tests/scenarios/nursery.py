"""Waybill's processes, forked from one that has imported everything already.

A test starts half a dozen of them, and importing is most of what that costs. What is
forked is a process as any other: with its own environment, log and signals, to be
killed at any moment. `python -m` itself is what the tests of `waybill up` go through.

    test ── {module, arguments, environment, log} ──→ nursery ── fork ──→ process
         ←────────────── its pid ────────────────────
"""

import atexit
import contextlib
import ctypes
import functools
import gc
import importlib
import json
import os
import runpy
import select
import shutil
import signal
import socket
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path

from waybill.embedded.process import Child

ROOT = Path(__file__).parents[2]
_MODULES = ("handlers.__main__", "projections.__main__", "gateway.__main__")
_STOP_SECONDS = 15.0
_PDEATHSIG = 1


class Nursery:
    """The process that forks the others; they die when it does."""

    def __init__(self, home: Path) -> None:
        """Starts it. Its socket and its log are at home."""
        self._path = str(home / "nursery.sock")
        self._child = Child("nursery", home)
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
        with self._child.claimed():
            self._child.start(
                [sys.executable, "-m", "tests.scenarios.nursery", self._path],
                environment=environment,
            )
        self._child.wait_until(lambda: Path(self._path).exists())

    def fork(
        self, command: Sequence[str], environment: Mapping[str, str], log: Path
    ) -> int:
        """The pid of `python -m` with these arguments."""
        asked = {"command": command, "environment": dict(environment), "log": str(log)}
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(self._path)
            line.sendall(json.dumps(asked).encode())
            line.shutdown(socket.SHUT_WR)
            return int(line.makefile().read())

    def stop(self) -> None:
        """With all that it has forked."""
        self._child.kill()


@functools.cache
def nursery() -> Nursery:
    """The one of this run."""
    home = Path(tempfile.mkdtemp(prefix="waybill-nursery-"))
    made = Nursery(home)

    @atexit.register
    def _() -> None:
        made.stop()
        shutil.rmtree(home, ignore_errors=True)

    return made


class Nursling:
    """One that was forked; to a test what `Child` is."""

    def __init__(self, name: str, directory: Path) -> None:
        """Its log is in the directory."""
        self._plain = Child(name, directory)
        self.log = self._plain.log
        self._handle: int | None = None
        self._pid = 0

    @property
    def pid(self) -> int | None:
        """The pid while it runs, else None."""
        return self._pid if self._handle is not None and not self._ended(0) else None

    def start(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start it, after the one before has ended."""
        self.kill()
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.log.touch()
        self._pid = nursery().fork(command, environment, self.log)
        with contextlib.suppress(ProcessLookupError):
            self._handle = os.pidfd_open(self._pid)

    def stop(self, gently: signal.Signals = signal.SIGTERM, grace: float = 15) -> None:
        """Ask it to end, wait, and kill it when it does not."""
        self._signal(gently)
        if not self._ended(grace):
            self.kill()

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        """End it at once."""
        self._signal(how)
        if not self._ended(_STOP_SECONDS):
            self._signal(signal.SIGKILL)
            self._ended(_STOP_SECONDS)
        if self._handle is not None:
            os.close(self._handle)
        self._handle = None

    def tail(self) -> str:
        """The last lines of its log."""
        return self._plain.tail()

    def _signal(self, number: signal.Signals) -> None:
        if self._handle is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._handle, number)

    def _ended(self, seconds: float) -> bool:
        if self._handle is None:
            return True
        waiting = select.poll()
        waiting.register(self._handle, select.POLLIN)
        return bool(waiting.poll(seconds * 1000))


def serve(path: str) -> None:
    """Import everything, then fork whatever is asked for."""
    for module in _MODULES:
        importlib.import_module(module)
        # To be run, and not only to be there.
        del sys.modules[module]
    # Who ends is not waited for: those who care hold a handle.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    gc.freeze()
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(f"{path}.new")
        door.listen()
        Path(f"{path}.new").rename(path)
        while True:
            line, _ = door.accept()
            asked = json.loads(line.makefile().read())
            pid = os.fork()
            if pid == 0:
                door.close()
                line.close()
                _become(asked["command"], asked["environment"], asked["log"])
            line.sendall(str(pid).encode())
            line.close()


def _become(command: Sequence[str], environment: Mapping[str, str], log: str) -> None:
    """Be `python -m` with these arguments, and end as it does."""
    ctypes.CDLL(None).prctl(_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    os.environ.clear()
    os.environ.update(environment)
    with Path(log).open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    places = environment.get("PYTHONPATH", "").split(os.pathsep)
    sys.path[:] = [*filter(None, places), *sys.path]
    module, *arguments = command
    sys.argv = [module, *arguments]
    code = 0
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(bool(ended.code))
    except BaseException:  # noqa: BLE001 - as the interpreter would
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    serve(sys.argv[1])
