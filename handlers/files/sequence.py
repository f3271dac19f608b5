"""An upload whose bytes come in order: hashed on the way, by who alone may write it.

While it is written, its file is locked for every other process; a while after that,
what was hashed is remembered with the file's times. If both are still the same when the
upload is whole, nothing has to be read again.
"""

import asyncio
import hashlib
import os
import threading
from collections import deque
from collections.abc import AsyncIterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from handlers.files import staged

# Longer than the steps that a file's times move on in.
_LINGER_SECONDS = 0.025
_MOST_WAITING_BYTES = 8 * 1024 * 1024
_MOST_KEPT = 4096


class Chain:
    """A hash of what comes, computed in a thread, in the order of its coming."""

    def __init__(self, pool: Executor) -> None:
        """Of nothing yet."""
        self.size_bytes = 0
        self._pool = pool
        self._hash = hashlib.sha256()
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._turn = threading.Lock()
        self._job: Future[None] | None = None

    async def feed(self, chunk: bytes) -> None:
        """The next bytes. Waits only where too many wait."""
        self.size_bytes += len(chunk)
        with self._turn:
            self._waiting.append(chunk)
            self._waiting_bytes += len(chunk)
            if self._job is None:
                self._job = self._pool.submit(self._drain)
        if self._waiting_bytes > _MOST_WAITING_BYTES:
            await self._settled()

    async def fed(self, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The same bytes."""
        async for chunk in body:
            await self.feed(chunk)
            yield chunk

    async def sha256(self) -> str:
        """Of all that came, in hex."""
        await self._settled()
        return self._hash.hexdigest()

    async def _settled(self) -> None:
        job = self._job
        if job is not None:
            # Who is cancelled does not cancel what others wait for.
            await asyncio.wait({asyncio.ensure_future(asyncio.wrap_future(job))})

    def _drain(self) -> None:
        while True:
            with self._turn:
                if not self._waiting:
                    self._job = None
                    return
                chunk = self._waiting.popleft()
                self._waiting_bytes -= len(chunk)
            self._hash.update(chunk)


@dataclass
class _Open:
    """One that is being written, and its lock."""

    fd: int
    chain: Chain | None
    writers: int = 0
    closing: Any = None
    closed: asyncio.Event = field(default_factory=asyncio.Event)


class Sequences:
    """Those of this process."""

    def __init__(self, pool: Executor) -> None:
        """Hashes in the pool's threads."""
        self._pool = pool
        self._open: dict[str, _Open] = {}
        self._known: dict[str, tuple[staged.Look, Chain]] = {}

    def begin(self, upload_id: str, path: Path, offset: int) -> int:
        """A write at this place; its own descriptor. Raises as `open_to_write`."""
        one = self._open.get(upload_id)
        if one is None:
            fd = staged.open_to_write(path, alone=True)
            one = self._open[upload_id] = _Open(fd, self._chain(upload_id, fd, offset))
        try:
            staged.require_there(one.fd, path)
            own = os.dup(one.fd)
        except BaseException:
            self._close_later(upload_id, one)
            raise
        if one.closing is not None:
            one.closing.cancel()
            one.closing = None
        if one.chain is not None and one.chain.size_bytes != offset:
            one.chain = None
        one.writers += 1
        return own

    async def hashed(
        self, upload_id: str, body: AsyncIterator[bytes]
    ) -> AsyncIterator[bytes]:
        """The same bytes."""
        one = self._open[upload_id]
        async for chunk in body:
            if one.chain is not None:
                await one.chain.feed(chunk)
            yield chunk

    def end(self, upload_id: str, *, well: bool) -> None:
        """Of a write that began. What did not end well is not what was hashed."""
        one = self._open[upload_id]
        if not well:
            one.chain = None
        one.writers -= 1
        self._close_later(upload_id, one)

    async def known(self, upload_id: str) -> tuple[staged.Look, Chain] | None:
        """What is known of the whole of it; None: it has to be read."""
        one = self._open.get(upload_id)
        if one is not None and not one.writers:
            await one.closed.wait()
        return self._known.get(upload_id)

    def forget(self, upload_id: str) -> None:
        """It is a file, or nothing."""
        self._known.pop(upload_id, None)

    def close(self) -> None:
        """Let go of all."""
        for upload_id, one in list(self._open.items()):
            if one.closing is not None:
                one.closing.cancel()
            self._close(upload_id)

    def _close_later(self, upload_id: str, one: _Open) -> None:
        if not one.writers and one.closing is None:
            loop = asyncio.get_running_loop()
            one.closing = loop.call_later(_LINGER_SECONDS, self._close, upload_id)

    def _close(self, upload_id: str) -> None:
        one = self._open.pop(upload_id)
        if one.chain is not None:
            self._known[upload_id] = staged.look(one.fd), one.chain
            while len(self._known) > _MOST_KEPT:
                del self._known[next(iter(self._known))]
        os.close(one.fd)
        one.closed.set()

    def _chain(self, upload_id: str, fd: int, offset: int) -> Chain | None:
        look, chain = self._known.pop(upload_id, (None, None))
        if chain is not None and look == staged.look(fd):
            return chain
        return None if offset else Chain(self._pool)
