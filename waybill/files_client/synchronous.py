"""The client, for programs without an event loop, or with one that must not wait."""

import asyncio
import threading
from collections.abc import Coroutine
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self, TypeVar

from waybill.files_client.answers import FileHead, FileInfo, StoredFile, Upload
from waybill.files_client.asynchronous import AsyncFilesClient
from waybill.files_client.upload_calls import UploadStatus

_T = TypeVar("_T")


class FilesClient:
    """`AsyncFilesClient`, call by call: see there. Close it, or use `with`."""

    def __init__(
        self, base_url: str, api_key: str | None = None, **settings: Any
    ) -> None:
        """As for AsyncFilesClient. Raises BadInputError."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="files-client", daemon=True
        )
        self._thread.start()

        async def made() -> AsyncFilesClient:
            return AsyncFilesClient(base_url, api_key, **settings)

        try:
            self._client = self._wait(made())
        except BaseException:
            self._end()
            raise

    def __enter__(self) -> Self:
        """Nothing is sent yet."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections."""
        self.close()

    def close(self) -> None:
        """Close the connections, and end the thread."""
        if self._loop.is_closed():
            return
        self._wait(self._client.close())
        self._wait(self._loop.shutdown_default_executor())
        self._end()

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def upload(
        self,
        name: str,
        source: Path | str | BinaryIO,
        content_type: str | None = None,
        **how: Any,
    ) -> StoredFile:
        """Store a file: `AsyncFilesClient.upload`."""
        return self._wait(self._client.upload(name, source, content_type, **how))

    def download_to_path(
        self,
        file_id: str,
        path: Path,
        *,
        resume: bool = True,
        verify_etag: bool = True,
        **how: Any,
    ) -> Path:
        """Have a file at `path`: `AsyncFilesClient.download_to_path`."""
        return self._wait(
            self._client.download_to_path(
                file_id, path, resume=resume, verify_etag=verify_etag, **how
            )
        )

    def head(self, file_id: str) -> FileHead:
        """Size, ETag and content type, without the bytes."""
        return self._wait(self._client.head(file_id))

    def info(self, file_id: str) -> FileInfo:
        """All that is known of a file."""
        return self._wait(self._client.info(file_id))

    def delete(self, file_id: str) -> bool:
        """Delete a file; returns whether there was one."""
        return self._wait(self._client.delete(file_id))

    def begin_upload(self, filename: str, size_bytes: int, **more: Any) -> Upload:
        """Begin an upload in chunks: `UploadCalls.init`."""
        return self._wait(self._client.uploads.init(filename, size_bytes, **more))

    def put_chunk(self, upload_id: str, index: int, chunk: bytes) -> None:
        """Send one chunk of it."""
        self._wait(self._client.uploads.put(upload_id, index, chunk, len(chunk)))

    def missing_chunks(self, upload_id: str) -> list[int]:
        """The chunks that are not there, in their order."""
        return self._wait(self._client.uploads.missing(upload_id))

    def upload_status(self, upload_id: str) -> UploadStatus:
        """How far it is."""
        return self._wait(self._client.uploads.status(upload_id))

    def complete_upload(self, upload_id: str) -> StoredFile:
        """Make the file of its chunks."""
        status = self.upload_status(upload_id)
        return self._wait(self._client.uploads.complete(upload_id, status.size_bytes))

    def abort_upload(self, upload_id: str) -> None:
        """Give it up."""
        self._wait(self._client.uploads.abort(upload_id))

    def _wait(self, call: Coroutine[Any, Any, _T]) -> _T:
        future = asyncio.run_coroutine_threadsafe(call, self._loop)
        try:
            return future.result()
        except BaseException:
            # Also Ctrl-C: nothing goes on behind the back of whoever gave up.
            future.cancel()
            raise
