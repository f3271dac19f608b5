"""Uploads: in one request, or in chunks that go on where they stopped."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from waybill.connection import header
from waybill.files_client.answers import StoredFile, Upload, read
from waybill.files_client.bytes_to_send import Digest, Readable, Source, rest, span
from waybill.files_client.errors import FilesClientError, MismatchError
from waybill.files_client.upload_calls import UploadCalls
from waybill.files_client.wire import Ask, Wire

Moved = Callable[[int], None]
"""Told how many more bytes are there: less than none, where some are sent again."""


@dataclass(frozen=True)
class Chunking:
    """Shorter files go in one request; of others, `workers` chunks at once."""

    workers: int = 4
    threshold_bytes: int = 32 << 20


@dataclass(frozen=True)
class About:
    """What the file says of itself."""

    name: str
    content_type: str | None = None

    def headers(self) -> dict[str, str]:
        """As a request carries it."""
        told = self.content_type or "application/octet-stream"
        name = quote(self.name.encode(errors="replace"), safe="")
        return {
            "Content-Type": header("the content type", told),
            "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
        }


@dataclass(frozen=True)
class Sender:
    """Sends files, over one wire."""

    wire: Wire
    chunking: Chunking

    async def stream(self, about: About, stream: Readable, moved: Moved) -> StoredFile:
        """What cannot be begun again: in one request, and never twice."""
        hashed = hashlib.sha256()

        def body() -> AsyncIterator[bytes]:
            return _counted(rest(stream, hashed.update), moved)

        ask = Ask("POST", "/files", about.headers(), body=body, once=True)
        stored = read(StoredFile, await self.wire.call(ask))
        return _proven(stored, hashed.hexdigest())

    async def source(
        self, about: About, source: Source, moved: Moved, resume: Path | None
    ) -> StoredFile:
        """All of it. `resume` keeps the upload's id as long as it is unfinished."""
        digest = Digest(source)
        try:
            if source.size_bytes < self.chunking.threshold_bytes:
                stored = await self._posted(about, source, moved)
            else:
                stored = await self._chunked(about, source, moved, resume)
            return _proven(stored, await digest.hex())
        finally:
            await digest.close()

    async def _posted(self, about: About, source: Source, moved: Moved) -> StoredFile:
        size = source.size_bytes
        sent = _Again(moved)

        def body() -> AsyncIterator[bytes]:
            sent.begin()
            return _counted(span(source, 0, size), sent.moved)

        headers = {**about.headers(), "Content-Length": str(size)}
        ask = Ask("POST", "/files", headers, body=body)
        return read(StoredFile, await self.wire.call(ask))

    async def _chunked(
        self, about: About, source: Source, moved: Moved, resume: Path | None
    ) -> StoredFile:
        calls = UploadCalls(self.wire)
        note = _Note.of(resume, source)
        upload = await self._resumed(calls, note)
        if upload is None:
            upload = await calls.init(
                about.name, source.size_bytes, content_type=about.content_type
            )
            note.keep(upload)
        moved((await calls.status(upload.upload_id)).received_bytes)
        slots = asyncio.Semaphore(self.chunking.workers)

        async def one(index: int) -> None:
            async with slots:
                await self._chunk(calls, (upload, index), source, moved)

        try:
            # As many are named at a time as fit into an answer.
            while missing := await calls.missing(upload.upload_id):
                async with asyncio.TaskGroup() as group:
                    for index in missing:
                        group.create_task(one(index))
        # Not `except*`: before Python 3.11.4 it would raise a group again.
        except ExceptionGroup as errors:
            raise _first(errors) from None
        stored = await calls.complete(upload.upload_id, source.size_bytes)
        note.forget()
        return stored

    async def _chunk(
        self,
        calls: UploadCalls,
        which: tuple[Upload, int],
        source: Source,
        moved: Moved,
    ) -> None:
        upload, index = which
        offset = index * upload.chunk_size_bytes
        length = min(upload.chunk_size_bytes, source.size_bytes - offset)
        sent = _Again(moved)

        def body() -> AsyncIterator[bytes]:
            sent.begin()
            return _counted(span(source, offset, length), sent.moved)

        await calls.put(upload.upload_id, index, body, length)

    async def _resumed(self, calls: UploadCalls, note: "_Note") -> Upload | None:
        """The upload of an earlier run, where the server still has it open."""
        kept = note.read()
        if kept is None:
            return None
        try:
            status = await calls.status(kept.upload_id)
        except FilesClientError as error:
            if error.status not in {403, 404, 410}:
                raise
            return None
        return kept if status.state in {"open", "sealed"} else None


@dataclass(frozen=True)
class _Note:
    """A small file beside nothing: which upload, of which bytes."""

    path: Path | None
    identity: tuple[int, int]

    @classmethod
    def of(cls, path: Path | None, source: Source) -> "_Note":
        modified: int = getattr(source, "modified_ns", 0)
        return cls(path, (source.size_bytes, modified))

    def read(self) -> Upload | None:
        try:
            said = json.loads(self.path.read_text("utf-8")) if self.path else {}
            same = (said["sizeBytes"], said["modifiedNs"]) == self.identity
            return Upload.model_validate(said) if same else None
        except (OSError, ValueError, KeyError):
            return None

    def keep(self, upload: Upload) -> None:
        if self.path is None:
            return
        size, modified = self.identity
        said = {
            **upload.model_dump(mode="json", exclude={"expires_at"}),
            "sizeBytes": size,
            "modifiedNs": modified,
        }
        self.path.parent.mkdir(parents=True, exist_ok=True)
        part = self.path.with_name(f"{self.path.name}.part")
        part.write_text(json.dumps(said), "utf-8")
        part.replace(self.path)

    def forget(self) -> None:
        if self.path is not None:
            self.path.unlink(missing_ok=True)


class _Again:
    """Counts a body that may be begun again: what was sent before was for nothing."""

    def __init__(self, moved: Moved) -> None:
        self._tell = moved
        self._sent = 0

    def begin(self) -> None:
        if self._sent:
            self._tell(-self._sent)
        self._sent = 0

    def moved(self, count: int) -> None:
        self._sent += count
        self._tell(count)


async def _counted(blocks: AsyncIterator[bytes], moved: Moved) -> AsyncIterator[bytes]:
    async for block in blocks:
        yield block
        moved(len(block))


def _proven(stored: StoredFile, sha256: str) -> StoredFile:
    if stored.file_id != sha256:
        raise MismatchError(
            f"the server has stored {stored.file_id}, and what was sent is {sha256}"
        )
    return stored


def _first(errors: ExceptionGroup[Exception]) -> Exception:
    """Of what failed at once: what failed first."""
    found: BaseException = errors
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    assert isinstance(found, Exception)  # noqa: S101 (all of them are)
    return found
