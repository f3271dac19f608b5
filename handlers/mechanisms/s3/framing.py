"""aws-chunked: a body with the checksum that it must have behind it."""

from collections.abc import AsyncIterator

from handlers.mechanisms.hashes import CRC_HEADER, Hashes
from handlers.mechanisms.streams import Outgoing


class Framed:
    """The body as one chunk, and behind it the checksum it must have.

    One chunk, because its size is known before its bytes: the request then has an exact
    length, and no byte is copied for framing.
    """

    def __init__(self, body: Outgoing, length_bytes: int, hashes: Hashes) -> None:
        """The trailer is written when the last byte has been hashed."""
        self._body = body
        self._hashes = hashes
        self._start = b"%x\r\n" % length_bytes if length_bytes else b""
        self._end = b"\r\n0\r\n" if length_bytes else b"0\r\n"
        self.size_bytes = (
            len(self._start) + length_bytes + len(self._end) + len(self._trailer())
        )

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._start
        async for chunk in self._body:
            yield chunk
        yield self._end + self._trailer()

    def _trailer(self) -> bytes:
        return f"{CRC_HEADER}:{self._hashes.crc64nvme}\r\n\r\n".encode()


def framed_headers(length_bytes: int, encoding: str | None) -> dict[str, str]:
    """What must announce a framed body."""
    return {
        "content-encoding": f"aws-chunked,{encoding}" if encoding else "aws-chunked",
        "x-amz-decoded-content-length": str(length_bytes),
        # Without this, Ceph takes a wrong trailer for an unknown header.
        "x-amz-sdk-checksum-algorithm": "CRC64NVME",
        "x-amz-trailer": CRC_HEADER,
    }
