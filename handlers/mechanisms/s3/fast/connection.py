"""One socket that asks and is answered: a request at a time."""

import asyncio
from collections.abc import Callable
from enum import Enum, auto

from handlers.mechanisms.s3.fast import heads
from handlers.mechanisms.s3.fast.flow import GoneError, Sink, promise
from handlers.mechanisms.s3.fast.heads import Answer, HeadError
from handlers.mechanisms.s3.fast.sockets import last_words

_HEAD_END = b"\r\n\r\n"
_MOST_INTERIM = 8


class _Is(Enum):
    IDLE = auto()
    ASKED = auto()
    ANSWERED = auto()  # the head is read; its body waits for somebody to take it
    TAKEN = auto()
    CLOSED = auto()


class Connection(asyncio.BufferedProtocol):
    """Receives into its own block; what it is given to send, it writes at once.

    While nobody takes the body of an answer, nothing is read: the block holds the bytes
    that came with the head.

    It serves again only where both sides know where the next request begins: every byte
    of this one was on its way when its answer came, and a body was not refused, for who
    refuses one may not have read it.
    """

    transport: asyncio.Transport

    def __init__(self, block_bytes: int) -> None:
        """The block is one piece of memory for as long as the connection lives."""
        self._block = memoryview(bytearray(block_bytes))
        self._unasked = memoryview(bytearray(1))
        self._early = self._block[:0]
        self._is = _Is.IDLE
        self._head = bytearray()
        self._interims = 0
        self._owed_bytes: int | None = None
        self._left_bytes = 0
        self._sink: Sink | None = None
        self._answer: asyncio.Future[Answer] | None = None
        self._keeps = False
        self.full = False
        """Whether something that was written is not on its way yet."""
        self.drained: Callable[[], None] | None = None
        """Called when all that was written is on its way."""
        self.kept_at: float | None = None
        """The loop's time when it was put aside; None: it has served nobody yet."""

    @property
    def reusable(self) -> bool:
        """Whether nothing is owed on it, and the other side is there."""
        return self._is is _Is.IDLE and not self.full and not self.closing

    @property
    def closing(self) -> bool:
        """Whether nothing can be written any more."""
        return self._is is _Is.CLOSED or self.transport.is_closing()

    def ask(
        self, request: bytes, owed_bytes: int | None = None
    ) -> "asyncio.Future[Answer]":
        """Write a request, or its beginning; the future is of the answer's head.

        `owed_bytes` of its body are still to be sent; None: there is no body.
        """
        self._answer = promise()
        if self.closing:
            self._answer.set_exception(GoneError("hung up", stale=True))
            return self._answer
        self._is, self._owed_bytes = _Is.ASKED, owed_bytes
        self._head.clear()
        self._interims = 0
        self.transport.write(request)
        return self._answer

    def send(self, chunk: bytes | memoryview) -> None:
        """The next bytes of the request's body."""
        self._owed_bytes = (self._owed_bytes or 0) - len(chunk)
        if not self.closing:
            self.transport.write(chunk)

    def pour(self, length_bytes: int, sink: Sink) -> None:
        """Give the answer's body, exactly so long, to the sink, from now on."""
        self._left_bytes, self._sink = length_bytes, sink
        early, self._early = self._early, self._block[:0]
        gone = self.closing
        if gone or len(early) > length_bytes:
            self._keeps = False  # what is behind it, nobody asked for
        if not gone:
            self._is = _Is.TAKEN
        if length_bytes and early:
            self._take(early[:length_bytes])
        elif not length_bytes:
            self._end(None)
        if gone:
            self._lost(GoneError("hung up"))
        self.go_on()

    def go_on(self) -> None:
        """Read on, unless the sink is full."""
        if self._sink is not None and not self._sink.full:
            self.transport.resume_reading()

    def abort(self) -> None:
        """Hang up at once, whatever is under way."""
        self.transport.abort()

    # What the transport calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - for the types
        self.transport = transport

    def get_buffer(self, sizehint: int) -> memoryview:
        del sizehint
        match self._is:
            case _Is.TAKEN:
                return self._block[: self._left_bytes]
            case _Is.ASKED:
                return self._block
            case _:
                # A destination may still be sending from the block.
                return self._unasked

    def buffer_updated(self, nbytes: int) -> None:
        match self._is:
            case _Is.TAKEN:
                self._take(self._block[:nbytes])
            case _Is.ASKED:
                self._read_head(nbytes)
            case _:
                self.abort()

    def eof_received(self) -> None:
        """Nobody goes on listening who has nothing more to say."""
        self._break(GoneError("hung up"))

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is not None and self._owed_bytes is not None:
            self._hear_out()
        self._lost(GoneError("hung up" if exc is None else type(exc).__name__))

    def pause_writing(self) -> None:
        self.full = True

    def resume_writing(self) -> None:
        self.full = False
        if self.drained is not None:
            self.drained()

    # How an answer is read.

    def _read_head(self, nbytes: int) -> None:
        kept = len(self._head)
        self._head += self._block[: min(nbytes, heads.MAX_HEAD_BYTES)]
        end = self._head.find(_HEAD_END, max(0, kept - len(_HEAD_END) + 1))
        if end < 0:
            if len(self._head) >= heads.MAX_HEAD_BYTES:
                self._break(HeadError("an answer's head does not end"))
            return
        try:
            answer = heads.read(bytes(self._head[:end]))
        except HeadError as error:
            self._break(error)
            return
        self._got(answer, self._block[end + len(_HEAD_END) - kept : nbytes])

    def _got(self, answer: Answer, rest: memoryview) -> None:
        self._head.clear()
        if answer.interim:
            self._interims += 1
            if self._interims > _MOST_INTERIM:
                self._break(HeadError("an answer does not come to its point"))
            elif rest:
                self._block[: len(rest)] = bytes(rest)
                self._read_head(len(rest))
            return
        unread = bool(self._owed_bytes) or self.full
        refused = self._owed_bytes is not None and not answer.success
        self._keeps = answer.keeps and not unread and not refused
        self._is, self._early = _Is.ANSWERED, rest
        self.transport.pause_reading()
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(answer)

    def _take(self, chunk: memoryview) -> None:
        if self._sink is None:
            return
        self._left_bytes -= len(chunk)
        self._sink.take(chunk)
        if not self._left_bytes:
            self._end(None)
        elif self._sink.full:
            self.transport.pause_reading()

    def _end(self, error: Exception | None) -> None:
        sink, self._sink = self._sink, None
        if error is None and self._keeps:
            self._is = _Is.IDLE
            # To notice when the other side hangs up.
            self.transport.resume_reading()
        else:
            self._is = _Is.CLOSED
            self.abort()
        if sink is not None:
            sink.ended(error)

    def _hear_out(self) -> None:
        said = last_words(self.transport, len(self._block))
        match self._is:
            case _Is.ASKED:
                self._block[: len(said)] = said
                self._read_head(len(said))
            case _Is.ANSWERED:
                self._early = memoryview(bytes(self._early) + said)
            case _Is.TAKEN if said:
                self._take(memoryview(said)[: self._left_bytes])
            case _:
                pass

    def _break(self, error: "GoneError | HeadError") -> None:
        self._lost(error)
        self.abort()

    def _lost(self, error: "GoneError | HeadError") -> None:
        was, self._is = self._is, _Is.CLOSED
        if self._answer is not None and not self._answer.done():
            if isinstance(error, GoneError):
                error.stale = was is _Is.ASKED and not self._head
            self._answer.set_exception(error)
        if self._sink is not None:
            self._end(error)
