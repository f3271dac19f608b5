"""Senders that keep a place and bring next to nothing, while others wait for one."""

import asyncio
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

from handlers.files.uploads.admission import Admission
from handlers.files.uploads.holds import Hold

_LEAST_BYTES_A_SECOND = 1024


@contextmanager
def watched(
    hold: Hold, admission: Admission, give_up: Callable[[], None]
) -> Generator[None]:
    """While it lasts, `give_up` is called where that is so for too long."""
    watch = _Watch(hold, admission, give_up)
    watch.look()
    try:
        yield
    finally:
        hold.reads = False
        watch.stop()


@dataclass
class _Watch:
    hold: Hold
    admission: Admission
    give_up: Callable[[], None]
    _came_before: int | None = None
    _stops: Callable[[], None] = field(default=lambda: None)

    def look(self) -> None:
        seconds, came = self.admission.patience_seconds, self.hold.came_bytes
        if self._came_before is not None and self.hold.reads:
            slow = came - self._came_before < seconds * _LEAST_BYTES_A_SECOND
            if slow and self.admission.wanted:
                self.give_up()
        self._came_before = came
        loop = asyncio.get_running_loop()
        self._stops = loop.call_later(seconds, self.look).cancel

    def stop(self) -> None:
        self._stops()
