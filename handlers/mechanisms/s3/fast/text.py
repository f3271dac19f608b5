"""The body of a short answer, whole: an error's XML, or nothing."""

import asyncio

from handlers.mechanisms.s3.fast.connection import Connection
from handlers.mechanisms.s3.fast.flow import promise
from handlers.mechanisms.s3.fast.heads import Answer, HeadError, dechunked
from handlers.mechanisms.s3.wire import MAX_ERROR_BYTES

_UNTIL_THE_END = 1 << 62


async def text(connection: Connection, answer: Answer) -> bytes:
    """To 64 KiB; of a longer one its beginning, and the connection is closed."""
    collected = _Text(answer)
    length = answer.length_bytes
    connection.pour(_UNTIL_THE_END if length is None else length, collected)
    return await collected.whole


class _Text:
    full = False

    def __init__(self, answer: Answer) -> None:
        self.whole: asyncio.Future[bytes] = promise()
        self._answer = answer
        self._raw = bytearray()

    def take(self, chunk: memoryview) -> None:
        if self.whole.done():
            return
        self._raw += chunk
        text, whole = bytes(self._raw), len(self._raw) >= MAX_ERROR_BYTES
        if self._answer.chunked:
            try:
                text, ended = dechunked(text)
            except HeadError as error:
                self.whole.set_exception(error)
                return
            whole = whole or ended
        if whole:
            self.whole.set_result(text[:MAX_ERROR_BYTES])

    def ended(self, error: Exception | None) -> None:
        if self.whole.done():
            return
        announced = self._answer.length_bytes is not None or self._answer.chunked
        # Of a refusal, what came of it will do.
        if error is not None and announced and self._answer.success:
            self.whole.set_exception(error)
        else:
            self.whole.set_result(bytes(self._raw))
