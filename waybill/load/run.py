"""One run: uploads from their beginning to their file, many at once."""

import asyncio
import contextlib
import hashlib
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from waybill.files_client import AsyncFilesClient, FilesClientError, MismatchError
from waybill.files_client.answers import Upload
from waybill.load.profiles import MIB, Load
from waybill.load.result import Result, Tally, result_of

_NOISE_BYTES: Final = 4 * MIB
_BLOCK_BYTES: Final = 256 * 1024


async def run(
    client: AsyncFilesClient,
    base_url: str,
    load: Load,
    moved: Callable[[int], None] = lambda _: None,
) -> Result:
    """The result; nothing that a server does makes it raise.

    `moved` hears how many more bytes were stored.
    """
    tally = Tally()
    noise = os.urandom(_NOISE_BYTES)
    places = asyncio.Semaphore(load.files_at_once)
    started_at, begun = datetime.now(UTC), time.perf_counter()

    async def one(number: int) -> None:
        async with places:
            await _File(client, load, tally, noise, moved).run(number)

    async with asyncio.TaskGroup() as group:
        for number in range(load.files):
            group.create_task(one(number))
    seconds = time.perf_counter() - begun
    made = result_of(base_url, started_at, load, tally, seconds)
    busy = client.busy
    if not load.keep:
        for file_id in tally.completed:
            with contextlib.suppress(FilesClientError):
                await client.delete(file_id)
    return made.model_copy(update={"busy": busy})


@dataclass(frozen=True)
class _File:
    """Bytes that nobody else has: a number of its own, and then noise."""

    client: AsyncFilesClient
    load: Load
    tally: Tally
    noise: bytes
    moved: Callable[[int], None]

    async def run(self, number: int) -> None:
        tag = os.urandom(16)
        try:
            with self._timed("file"):
                self.tally.completed.append(await self._sent(number, tag))
        except* FilesClientError as errors:
            first = _leaf(errors)
            self.tally.errors[getattr(first, "code", "plane.internal")] += 1

    async def _sent(self, number: int, tag: bytes) -> str:
        calls, size = self.client.uploads, self.load.file_size_bytes
        with self._timed("init"):
            upload = await calls.init(
                f"load-{number}.bin", size, chunkSizeBytes=self.load.chunk_size_bytes
            )
        slots = asyncio.Semaphore(self.load.chunks_at_once)

        async def chunk(index: int) -> None:
            async with slots:
                await self._chunk(upload, index, tag)

        async with asyncio.TaskGroup() as group:
            for index in range(upload.chunk_count):
                group.create_task(chunk(index))
        with self._timed("complete"):
            stored = await calls.complete(upload.upload_id, size)
        if stored.file_id != await asyncio.to_thread(self._sha256, tag):
            raise MismatchError("the file is not what was sent")
        return stored.file_id

    async def _chunk(self, upload: Upload, index: int, tag: bytes) -> None:
        offset = index * upload.chunk_size_bytes
        end = min(offset + upload.chunk_size_bytes, self.load.file_size_bytes)

        async def body() -> AsyncIterator[bytes]:
            for block in self._blocks(tag, offset, end):
                yield block

        with self._timed("chunk"):
            calls = self.client.uploads
            await calls.put(upload.upload_id, index, body, end - offset)
        self.moved(end - offset)

    def _blocks(self, tag: bytes, offset: int, end: int) -> Iterator[bytes]:
        """The bytes from `offset` to `end`: the tag, and noise over and over."""
        while offset < end:
            if offset < len(tag):
                block = tag[offset : min(end, len(tag))]
            else:
                place = offset % len(self.noise)
                most = min(_BLOCK_BYTES, end - offset, len(self.noise) - place)
                block = self.noise[place : place + most]
            offset += len(block)
            yield block

    def _sha256(self, tag: bytes) -> str:
        hashed = hashlib.sha256()
        for block in self._blocks(tag, 0, self.load.file_size_bytes):
            hashed.update(block)
        return hashed.hexdigest()

    @contextmanager
    def _timed(self, kind: str) -> Iterator[None]:
        """Noted only where it succeeds: a refusal is no answer to be proud of."""
        begun = time.perf_counter()
        yield
        self.tally.seconds[kind].append(time.perf_counter() - begun)


def _leaf(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
