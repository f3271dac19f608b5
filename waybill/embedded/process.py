"""
One server as a child process that cannot outlive us.

The child runs in its own session, so Ctrl-C at our terminal reaches us and not the
server. The kernel kills it when we die (`setpriv --pdeathsig`).
The pid file is locked through a descriptor that the child inherits: the lock lasts
exactly as long as the last process of that server.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from waybill.embedded.errors import (
    MissingProgramError,
    ServerStartError,
)
from waybill.embedded.pid_file import locked
from waybill.embedded.spawner import on_spawner

READY_SECONDS = 60.0
STOP_SECONDS = 15.0
_POLL_SECONDS = 0.02
_TAIL_LINES = 20
# Between fork and prctl we may already be gone; then nobody would deliver the signal.
_TETHER = '[ "$PPID" = "$0" ] || exit 1; exec "$@"'


class Child:
    """A server process with a log file and a locked pid file."""

    def __init__(self, name: str, directory: Path) -> None:
        """Name the server; its log and pid file live in the directory."""
        self.name = name
        self.log = directory / f"{name}.log"
        self.pid_file = directory / f"{name}.pid"
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: IO[bytes]

    @property
    def pid(self) -> int | None:
        """The pid while the server runs, else None."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    @contextmanager
    def claimed(self) -> Generator[None]:
        """
        Hold the pid file, so that this home can be prepared and the server started.

        Raises HomeInUseError when a live server holds it.
        """
        self.pid_file.parent.mkdir(parents=True, exist_ok=True)
        with locked(self.pid_file, self.name) as self._lock:
            yield

    def start(
        self,
        command: Sequence[str],
        *,
        privileges: Sequence[str] = (),
        death_signal: signal.Signals = signal.SIGKILL,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """
        Start the command; it gets the death signal when this process dies.

        To be called while claimed; the server takes the claim over.
        Privileges are options of setpriv, such as the user to change to.
        Without an environment it gets ours.
        """
        if shutil.which("setpriv") is None:
            message = "setpriv is not installed (Debian: apt install util-linux)"
            raise MissingProgramError(message)
        tethered = [
            *("setpriv", f"--pdeathsig={death_signal.name[3:]}", *privileges, "--"),
            *("sh", "-c", _TETHER, str(os.getpid()), *command),
        ]
        lock = self._lock
        with self.log.open("ab") as log:
            self._process = on_spawner(
                lambda: subprocess.Popen(
                    tethered,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd="/",
                    env=environment,
                    start_new_session=True,
                    pass_fds=(lock.fileno(),),
                )
            )
        lock.truncate(0)
        lock.write(f"{self._process.pid}\n".encode())

    def wait_until(
        self, ready: Callable[[], bool], seconds: float = READY_SECONDS
    ) -> None:
        """Return when ready() is true; else kill the child and raise."""
        deadline = time.monotonic() + seconds
        while not ready():
            code = self._process.poll() if self._process is not None else None
            if code is not None or time.monotonic() > deadline:
                reason = f"exited with {code}" if code is not None else "is not ready"
                self.kill()
                raise ServerStartError(
                    self.name, f"{reason} (limit {seconds:g} s)", self.tail()
                )
            time.sleep(_POLL_SECONDS)

    def stop(
        self,
        gently: signal.Signals = signal.SIGTERM,
        grace: float = STOP_SECONDS,
    ) -> None:
        """Ask the server to end, wait, and kill it when it does not."""
        if self._process is None:
            return
        self._process.send_signal(gently)
        try:
            self._process.wait(grace)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        """End the server at once, as a crash would."""
        if self._process is None:
            return
        self._process.send_signal(how)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def tail(self) -> str:
        """Return the last lines of the server's log."""
        try:
            text = self.log.read_text(errors="replace")
        except OSError:
            return "(no log)"
        return "\n".join(text.splitlines()[-_TAIL_LINES:]) or "(empty log)"
