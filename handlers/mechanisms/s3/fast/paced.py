"""A body that is held to a limit on its way."""

import asyncio

from handlers.mechanisms.s3.fast.connection import Connection
from handlers.mechanisms.s3.fast.flow import Sink
from handlers.mechanisms.streams import Watch


class Paced:
    """A `Sink` before another: the source is not read while the watch wants a pause."""

    def __init__(self, sink: Sink, source: Connection, watch: Watch) -> None:
        """Everything goes on to `sink`."""
        self._sink, self._source, self._watch = sink, source, watch
        self._pause: asyncio.TimerHandle | None = None

    @property
    def full(self) -> bool:
        """While it pauses, and while whom it gives to is full."""
        return self._pause is not None or self._sink.full

    def take(self, chunk: memoryview) -> None:
        """Pass on, and count."""
        self._sink.take(chunk)
        self._wait(self._watch.moved(len(chunk)))

    def ended(self, error: Exception | None) -> None:
        """No more comes."""
        if self._pause is not None:
            self._pause.cancel()
        self._sink.ended(error)

    def _wait(self, seconds: float) -> None:
        if seconds:
            loop = asyncio.get_running_loop()
            self._pause = loop.call_later(seconds, self._asked_again)

    def _asked_again(self) -> None:
        self._pause = None
        self._wait(self._watch.moved(0))
        self._source.go_on()
