"""Waybill's processes as children of a test: started, killed, paused, listened to."""

import asyncio
import os
import signal
import sys
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from tests.scenarios.nursery import Nursling
from waybill.embedded.process import Child

_DRAIN_SECONDS = 20.0
_COMMANDS = {
    "commands": ("handlers", "commands"),
    "dispatcher": ("handlers", "dispatcher"),
    "worker": ("handlers", "worker"),
    "door": ("handlers", "door"),
    "files": ("handlers", "files"),
    "projections": ("projections", "run"),
    "gateway": ("gateway",),
}


@dataclass
class Children:
    """By name, and a name is a role: `worker-2` is another worker."""

    home: Path
    environment: dict[str, str]
    _children: dict[str, Child | Nursling] = field(
        default_factory=dict[str, Child | Nursling], init=False, repr=False
    )

    def start(self, *process_names: str) -> None:
        """Start these; they are heard of when they are ready, not before."""
        for name in process_names:
            child = self._children.setdefault(name, Nursling(name, self.home))
            command = _COMMANDS[name.partition("-")[0]]
            assert isinstance(child, Nursling), f"{name} is another program's"
            child.start(command, self.environment)

    def run(self, name: str, module: str, *arguments: str) -> Child:
        """Start `python -m module` under a name, with an interpreter of its own."""
        child = self._children[name] = Child(name, self.home)
        with child.claimed():
            child.start(
                [sys.executable, "-m", module, *arguments],
                environment=self.environment,
            )
        return child

    def kill(self, *process_names: str) -> None:
        """SIGKILL: no goodbye."""
        for name in process_names:
            self._children[name].kill()

    async def stop(self, *process_names: str) -> None:
        """SIGTERM, and wait: what is in hand is put down in order."""
        stops = [
            asyncio.to_thread(self._children[name].stop, grace=_DRAIN_SECONDS)
            for name in process_names
        ]
        await asyncio.gather(*stops)

    def pause(self, name: str) -> None:
        """SIGSTOP: it lives, and does nothing."""
        os.kill(self.pid(name), signal.SIGSTOP)

    def go_on(self, name: str) -> None:
        """SIGCONT."""
        os.kill(self.pid(name), signal.SIGCONT)

    def pid(self, name: str) -> int:
        """The pid of one that runs."""
        pid = self._children[name].pid
        assert pid is not None, f"{name} has died:\n{self._children[name].tail()}"
        return pid

    def runs(self, name: str) -> bool:
        """Whether it runs."""
        return self._children[name].pid is not None

    def output(self, name: str) -> str:
        """All that it has written."""
        return self._children[name].log.read_text(errors="replace")

    def started_besides(self, process_names: Collection[str] = ()) -> list[str]:
        """All processes there ever were, but these."""
        return [name for name in self._children if name not in process_names]

    def tails(self) -> list[str]:
        """The end of what each has written, for whoever reads why a test failed."""
        return [
            f"--- {name} ({child.pid or 'dead'})\n{child.tail()}"
            for name, child in self._children.items()
        ]
