"""A body on its way from the block that it was received into."""

import asyncio

from domain.errors import Side, StorageError
from handlers.mechanisms.hashes import Hashes
from handlers.mechanisms.s3.fast.connection import Connection
from handlers.mechanisms.s3.fast.flow import promise
from handlers.mechanisms.s3.fast.paced import Paced
from handlers.mechanisms.s3.sent import Sent
from handlers.mechanisms.streams import Watch

# How exact the watch is: moving its alarm with each block would cost as much as these.
_GLANCE_SECONDS = 0.05


class Pour:
    """From one connection to another, hashed between; a `Sink`.

    The source is read only while the destination holds nothing back, so its block is
    not received into while it is being sent.
    """

    def __init__(
        self,
        found: tuple[Connection, int],
        destination: Connection,
        sent: Sent,
        watch: Watch,
    ) -> None:
        """So many bytes of the first to the second; begins with `start`."""
        self._source, self._length_bytes = found
        self._destination = destination
        self._hashes, self._frame = sent.hashes, sent.frame
        self._watch = watch
        self._loop = asyncio.get_running_loop()
        self._glanced_at = self._loop.time()
        self._stopped = False
        self.done: asyncio.Future[None] = promise()

    @property
    def full(self) -> bool:
        """Whether the destination holds bytes back, or wants no more."""
        return self._stopped or self._destination.full

    def start(self) -> None:
        """Now; the destination has been sent the head."""
        self._destination.drained = self._resume
        self._moved(Side.SOURCE)
        self._source.pour(self._length_bytes, Paced(self, self._source, self._watch))

    def stop(self) -> None:
        """For good: nothing more is read from the source, nor written."""
        self._stopped = True
        self._destination.drained = None
        self._source.transport.pause_reading()

    def take(self, chunk: memoryview) -> None:
        """Hash and write."""
        self._hashes.update(chunk)
        self._destination.send(chunk)
        self._moved(Side.DESTINATION if self.full else Side.SOURCE)

    def ended(self, error: Exception | None) -> None:
        """The source has given everything, or fails."""
        if self.done.done():
            return
        if error is not None:
            self.done.set_exception(
                _short(self._hashes.size_bytes, self._length_bytes, error)
            )
            return
        if self._frame is not None:
            self._destination.send(self._frame.end())
        self._watch.waits_for(Side.DESTINATION)
        self.done.set_result(None)

    def _resume(self) -> None:
        if not self.done.done():
            self._moved(Side.SOURCE)
            self._source.go_on()

    def _moved(self, side: Side) -> None:
        now = self._loop.time()
        if now - self._glanced_at < _GLANCE_SECONDS:
            self._watch.side = side
            return
        self._glanced_at = now
        self._watch.waits_for(side)


class Collected:
    """A short body, held whole, so that it can be sent again; a `Sink`."""

    full = False

    def __init__(self, length_bytes: int, hashes: Hashes) -> None:
        """For exactly so many bytes."""
        self.whole: asyncio.Future[bytes] = promise()
        self._length_bytes = length_bytes
        self._hashes = hashes
        self._parts: list[bytes] = []

    def take(self, chunk: memoryview) -> None:
        """Hash and keep."""
        self._hashes.update(chunk)
        self._parts.append(bytes(chunk))

    def ended(self, error: Exception | None) -> None:
        """The source has given everything, or fails."""
        if self.whole.done():
            return
        if error is None:
            self.whole.set_result(b"".join(self._parts))
            return
        self.whole.set_exception(
            _short(self._hashes.size_bytes, self._length_bytes, error)
        )


def _short(sent_bytes: int, announced_bytes: int, error: Exception) -> StorageError:
    return StorageError(
        f"source sent {sent_bytes} bytes and had announced {announced_bytes}: {error}",
        side=Side.SOURCE,
    )
