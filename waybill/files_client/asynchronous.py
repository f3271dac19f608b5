"""The client, for programs with an event loop."""

import mimetypes
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from waybill.files_client.answers import FileHead, FileInfo, StoredFile, read
from waybill.files_client.bytes_to_send import Source, StreamSource, can_seek, opened
from waybill.files_client.errors import FilesClientError
from waybill.files_client.fetching import Fetch, Moved, path_of
from waybill.files_client.pipes import Pipe
from waybill.files_client.sending import About, Chunking, Sender
from waybill.files_client.upload_calls import UploadCalls
from waybill.files_client.wire import Ask, Patience, Wire


def _unheard(_: int) -> None:
    """Nobody asks how far it is."""


class AsyncFilesClient:
    """All that can be asked of a file server. Close it, or use `async with`.

    Every method raises FilesClientError; see `waybill.files_client` for what is tried
    again, and what is proven.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str | None = None,
        *,
        files_url: str | None = None,
        patience: Patience | None = None,
        chunking: Chunking | None = None,
    ) -> None:
        """`base_url`: the file server's, or a gateway's, which tells where that is.

        `files_url`: the file server's, where a gateway of another host leads to it, and
        the key may go there. Raises BadInputError for what is no address, and a key
        that no header can hold.
        """
        self._wire = Wire(base_url, api_key, files_url, patience or Patience())
        self._sender = Sender(self._wire, chunking or Chunking())

    @property
    def uploads(self) -> UploadCalls:
        """The requests of an upload in chunks, one by one."""
        return UploadCalls(self._wire)

    @property
    def busy(self) -> int:
        """How many answers have asked to come again later."""
        return self._wire.busy

    async def __aenter__(self) -> Self:
        """Nothing is sent yet."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections."""
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._wire.close()

    async def upload(
        self,
        name: str,
        source: Path | str | BinaryIO,
        content_type: str | None = None,
        *,
        resume: Path | None = None,
        moved: Moved = _unheard,
    ) -> StoredFile:
        """Store a file; its id is proven to be that of the bytes that were sent.

        `source`: a path, or a stream that is open (from where it stands); what is no
        regular file is sent as it comes. `resume`: a small file that remembers the
        upload while it is unfinished, so that the next call with the same goes on;
        only regular files are known again. `moved` hears of bytes.
        """
        about = About(name, content_type or mimetypes.guess_type(name)[0])
        found: Source | Pipe
        if isinstance(source, Path | str):
            found = opened(Path(source))
        elif can_seek(source):
            found = StreamSource(source)
        else:
            return await self._sender.stream(about, source, moved)
        try:
            if isinstance(found, Pipe):
                return await self._sender.stream(about, found, moved)
            return await self._sender.source(about, found, moved, resume)
        finally:
            found.close()

    async def download_to_path(
        self,
        file_id: str,
        path: Path,
        *,
        resume: bool = True,
        verify_etag: bool = True,
        moved: Moved = _unheard,
    ) -> Path:
        """Have a file at `path`, whole or not at all; returns the path.

        It comes to a `.part` file beside it, which has the beginning of the id in its
        name: an interrupted one goes on there with `resume`. Into what is there and no
        regular file, a pipe say, the bytes go as they come. `verify_etag`: their
        SHA-256 must be the file's id.
        """
        fetch = Fetch(self._wire, file_id, path, moved, verify_etag)
        await fetch.run(resume=resume)
        return path

    async def head(self, file_id: str) -> FileHead:
        """Size, ETag and content type, without the bytes."""
        response = await self._wire.call(Ask("HEAD", path_of(file_id)))
        told = response.headers
        return FileHead(
            size_bytes=int(told.get("Content-Length", 0)),
            etag=told.get("ETag", "").strip('"'),
            content_type=told.get("Content-Type", ""),
        )

    async def info(self, file_id: str) -> FileInfo:
        """All that is known of a file."""
        return read(
            FileInfo, await self._wire.call(Ask("GET", path_of(file_id, "/info")))
        )

    async def delete(self, file_id: str) -> bool:
        """Delete a file; returns whether there was one, as far as the server tells."""
        try:
            await self._wire.call(Ask("DELETE", path_of(file_id)))
        except FilesClientError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            return False
        return True
