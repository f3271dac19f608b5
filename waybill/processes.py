"""Waybill's own processes as children of this one."""

import json
import os
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import httpx

from eventlog import migrate
from waybill.embedded.ports import free_port
from waybill.embedded.process import Child
from waybill.secret_key import ensure_key

_GATEWAY_READY_SECONDS = 60
_DRAIN_SECONDS = 20.0
_WATCH_SECONDS = 0.5
# There is no such flow; where authorization is required, it asks who we are instead.
_HEARD = (httpx.codes.NOT_FOUND, httpx.codes.UNAUTHORIZED)


class Processes:
    """Commands, dispatcher, projections, gateway, data door, files and workers.

    A child that dies is started again, unless it was stopped here.
    """

    def __init__(  # noqa: PLR0913 (where things are, and how many)
        self,
        home: Path,
        *,
        database_url: str,
        nats_url: str,
        workers: int = 2,
        gateway_port: int | None = None,
        door_port: int | None = None,
        files_port: int | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """`settings` are further environment variables for all of them."""
        self._home = home.resolve() / "processes"
        self._database_url = database_url
        port = gateway_port or free_port()
        self.api_base = f"http://127.0.0.1:{port}"
        door = door_port or free_port()
        self.door_url = f"http://127.0.0.1:{door}"
        files = files_port or free_port()
        self.files_url = f"http://127.0.0.1:{files}"
        self.environment = {
            "WAYBILL_NOTARY_KEY_FILE": str(ensure_key(home.resolve() / "notary.key")),
            "WAYBILL_FILES_DIRECTORY": str(home.resolve() / "files"),
            "WAYBILL_FILES_URL": self.files_url,
            **_absolute(os.environ),
            "WAYBILL_DATABASE_URL": database_url,
            "WAYBILL_NATS_URL": nats_url,
            "WAYBILL_SECRET_KEY_FILE": str(ensure_key(home.resolve() / "secret.key")),
            "WAYBILL_GATEWAY_PORT": str(port),
            "WAYBILL_DOOR_PORT": str(door),
            "WAYBILL_FILES_PORT": str(files),
            # Plain http, because nothing here leaves the machine.
            "WAYBILL_MECHANISM_OPTIONS": os.environ.get(
                "WAYBILL_MECHANISM_OPTIONS", json.dumps({"http": {"allow_http": True}})
            ),
            "PYTHONUNBUFFERED": "1",
            # On this machine alone; whoever wants more than that says so.
            "WAYBILL_AUTHORIZATION": os.environ.get(
                "WAYBILL_AUTHORIZATION", "development"
            ),
            **(settings or {}),
        }
        self._commands = {
            "commands": ["-m", "handlers", "commands"],
            "dispatcher": ["-m", "handlers", "dispatcher"],
            "projections": ["-m", "projections", "run"],
            "gateway": ["-m", "gateway"],
            "door": ["-m", "handlers", "door"],
            "files": ["-m", "handlers", "files"],
            **{
                f"worker-{n}": ["-m", "handlers", "worker"]
                for n in range(1, workers + 1)
            },
        }
        self._children = {name: Child(name, self._home) for name in self._commands}
        self._wanted: set[str] = set()
        self._guard = threading.RLock()
        self._watcher = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        """Migrate, start everything, and wait until the gateway is ready."""
        migrate(self._database_url)
        try:
            for name in self._commands:
                self.start(name)
            self._watcher.start()
            self.wait_until_ready()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Drain and stop everything."""
        self.close()

    @property
    def development(self) -> bool:
        """Whether nobody is asked who he is."""
        return self.environment["WAYBILL_AUTHORIZATION"] == "development"

    def start(self, name: str) -> None:
        """Start one, and keep it running."""
        with self._guard:
            self._wanted.add(name)
            child = self._children[name]
            if child.pid is None:
                with child.claimed():
                    child.start(
                        [sys.executable, *self._commands[name]],
                        environment=self.environment,
                    )

    def kill(self, name: str) -> int:
        """SIGKILL one and leave it dead; returns the pid that it had."""
        with self._guard:
            self._wanted.discard(name)
            pid = self.pid(name)
            self._children[name].kill()
        return pid

    def stop(self, name: str) -> None:
        """Ask one to drain and end."""
        with self._guard:
            self._wanted.discard(name)
            self._children[name].stop(grace=_DRAIN_SECONDS)

    def pid(self, name: str) -> int:
        """The pid of one that runs; 0 of one that does not."""
        return self._children[name].pid or 0

    def log(self, name: str) -> Path:
        """Where one writes its log."""
        return self._children[name].log

    def wait_until_ready(self) -> None:
        """Until the gateway says that everything it stands on is ready."""
        self._children["gateway"].wait_until(self._ready, _GATEWAY_READY_SECONDS)

    def close(self) -> None:
        """Edge first, so that nothing new comes in while the rest drains."""
        with self._guard:
            self._wanted.clear()
        threads = [
            threading.Thread(target=child.stop, kwargs={"grace": _DRAIN_SECONDS})
            for child in self._children.values()
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _ready(self) -> bool:
        try:
            ready = httpx.get(f"{self.api_base}/readyz", timeout=2).is_success
            # That there is no such flow, only a commands handler can tell.
            asked = httpx.get(f"{self.api_base}/dataflows/none/status", timeout=2)
            door = httpx.get(f"{self.door_url}/healthz", timeout=2).is_success
            files = httpx.get(f"{self.files_url}/healthz", timeout=2).is_success
        except httpx.HTTPError:
            return False
        return ready and door and files and asked.status_code in _HEARD

    def _watch(self) -> None:
        while True:
            time.sleep(_WATCH_SECONDS)
            with self._guard:
                for name in self._wanted:
                    if self._children[name].pid is None:
                        self.start(name)


def _absolute(environment: Mapping[str, str]) -> dict[str, str]:
    """Files as they are named here: the processes run elsewhere."""
    return {
        name: str(Path(value).resolve())
        if value and name.startswith("WAYBILL_") and name.endswith("_FILE")
        else value
        for name, value in environment.items()
    }
