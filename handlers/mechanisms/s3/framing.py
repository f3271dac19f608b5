"""aws-chunked: a body with the checksum that it must have behind it."""

from collections.abc import AsyncIterator

from handlers.mechanisms.hashes import CRC32C_HEADER, Hashes
from handlers.mechanisms.streams import Outgoing


class Frame:
    """What is around a body that goes as one chunk, and behind it its checksum.

    One chunk, because its size is known before its bytes: the request then has an exact
    length, and no byte is copied for framing.
    """

    def __init__(self, length_bytes: int, hashes: Hashes) -> None:
        """The trailer is written when the last byte has been hashed."""
        self._hashes = hashes
        self._close = b"\r\n0\r\n" if length_bytes else b"0\r\n"
        self.start = b"%x\r\n" % length_bytes if length_bytes else b""
        self.size_bytes = len(self.start) + length_bytes + len(self.end())

    def end(self) -> bytes:
        """With the checksum of the bytes so far."""
        trailer = f"{CRC32C_HEADER}:{self._hashes.crc32c}\r\n\r\n"
        return self._close + trailer.encode()


class Framed:
    """The body in its frame."""

    def __init__(self, body: Outgoing, frame: Frame) -> None:
        """Hashes the body on its way."""
        self._body = body
        self._frame = frame

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._frame.start
        async for chunk in self._body:
            yield chunk
        yield self._frame.end()


def framed_headers(length_bytes: int, encoding: str | None) -> dict[str, str]:
    """What must announce a framed body."""
    return {
        "content-encoding": f"aws-chunked,{encoding}" if encoding else "aws-chunked",
        "x-amz-decoded-content-length": str(length_bytes),
        # Without this, Ceph takes a wrong trailer for an unknown header.
        "x-amz-sdk-checksum-algorithm": "CRC32C",
        "x-amz-trailer": CRC32C_HEADER,
    }
