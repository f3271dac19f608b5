"""A body cut into equal parts, each whole in memory, and hashed as it comes."""

import asyncio
import hashlib
from collections.abc import AsyncIterator


class Parts:
    """Read by one task only."""

    def __init__(self, body: AsyncIterator[bytes], part_bytes: int) -> None:
        """Reads nothing yet."""
        self._body = body
        self._part_bytes = part_bytes
        self._hash = hashlib.sha256()
        self._ahead: list[bytes] = []
        self._ahead_bytes = 0
        self.size_bytes = 0

    async def next(self) -> bytes:
        """The next part; shorter only at the end, and empty after it."""
        while self._ahead_bytes < self._part_bytes:
            chunk = await anext(self._body, b"")
            if not chunk:
                break
            self._ahead.append(chunk)
            self._ahead_bytes += len(chunk)
        whole = b"".join(self._ahead)
        part, rest = whole[: self._part_bytes], whole[self._part_bytes :]
        self._ahead, self._ahead_bytes = [rest], len(rest)
        self.size_bytes += len(part)
        await asyncio.to_thread(self._hash.update, part)
        return part

    def sha256(self) -> str:
        """Of all parts that were read, in hex."""
        return self._hash.hexdigest()
