"""
A file server that kills itself: `python -m tests.crash.files_dying N before|after X`.

The real one, wired by its own composition root. What changes the disk or the log is
wrapped, here and nowhere in the product: names that come and go, syncs, cuts, appends.
From the moment that the file DYING_ARMED exists those whose name contains X (which may
be empty) are counted, and before or after the N-th the process writes the effect's name
into DYING_NOTE and gets SIGKILL.
"""

import asyncio
import functools
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eventlog import EventLog
from handlers import __main__ as handlers_main
from handlers.settings import Settings

_OF_DISK = ("replace", "rename", "link", "unlink", "fsync", "fdatasync", "ftruncate")


@dataclass
class Knife:
    """Counts effects, from several threads, and cuts at the chosen one."""

    at: int
    when: str
    only: str
    armed: Path
    note: Path
    count: int = 0
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, effect: str) -> int:
        """An effect is about to be; returns its number (0: not counted)."""
        if self.only not in effect or not self.armed.exists():
            return 0
        with self._turn:
            self.count += 1
            number = self.count
        self.cut(number, "before", effect)
        return number

    def cut(self, number: int, when: str, effect: str) -> None:
        """Die, if this is the moment."""
        if number == self.at and when == self.when:
            self.note.write_text(effect)
            os.kill(os.getpid(), signal.SIGKILL)

    def wrap_disk(self, name: str) -> None:
        """Have the calls of a function of `os` counted."""
        original: Callable[..., Any] = getattr(os, name)

        @functools.wraps(original)
        def counted(*args: Any, **kwargs: Any) -> Any:
            number = self.begin(name)
            result = original(*args, **kwargs)
            self.cut(number, "after", name)
            return result

        setattr(os, name, counted)

    def wrap_log(self) -> None:
        """Have appends counted, by what they append."""
        original = EventLog.append

        @functools.wraps(original)
        async def counted(log: EventLog, cause: Any, *appends: Any) -> int:
            events = [event for each in appends for event in each.events]
            effect = "append " + "+".join(dict.fromkeys(e.TOPIC for e in events))
            number = self.begin(effect)
            position = await original(log, cause, *appends)
            self.cut(number, "after", effect)
            return position

        setattr(EventLog, "append", counted)  # noqa: B010 (it is a method)


def main() -> None:
    """Read the command line, wrap, and serve until the cut."""
    number, when, only = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    armed, note = (Path(os.environ[name]) for name in ("DYING_ARMED", "DYING_NOTE"))
    knife = Knife(number, when, only, armed, note)
    for name in _OF_DISK:
        knife.wrap_disk(name)
    knife.wrap_log()
    logging.basicConfig(level=logging.INFO)
    asyncio.run(handlers_main._serve("files", Settings()))


if __name__ == "__main__":
    main()
