"""A typed client of the file store, blocking and asynchronous.

    with FilesClient("http://127.0.0.1:8080", api_key) as files:
        stored = files.upload("corpus.txt", Path("corpus.txt"), "text/plain")
        files.download_to_path(stored.file_id, Path("copy.txt"))

What it does: large files go in chunks, several at once, and go on where they stopped;
small ones, and what comes from a pipe, in one request. What is downloaded comes to a
`.part` file, goes on where it stopped, and gets its name only once its SHA-256 is that
of the file id; into a pipe it goes as it comes, and is proven at the end. What is
uploaded is hashed here too, so that the id that comes back proves the bytes.

How: `AsyncFilesClient` does everything; `FilesClient` is the same calls on an event
loop of its own, in a thread of its own, so that it also serves programs that have one.

What to know: a 429 is obeyed, up to `Patience.busy_seconds`; a connection that breaks
is made again. The gateway answers with a 308 that leads to the file server; the key is
taken there only where it is the same host, or the `files_url` that was named: whoever
can forge one answer must not get a key by it.
"""

from waybill.connection import BadInputError
from waybill.files_client.answers import FileHead, FileInfo, StoredFile, Upload
from waybill.files_client.asynchronous import AsyncFilesClient
from waybill.files_client.errors import (
    AuthorizationError,
    BusyError,
    FilesClientError,
    ForbiddenError,
    InsufficientStorageClientError,
    MismatchError,
    NotFoundError,
    TooLargeError,
    UnreachableError,
)
from waybill.files_client.sending import Chunking
from waybill.files_client.synchronous import FilesClient
from waybill.files_client.wire import Patience

__all__ = [
    "AsyncFilesClient",
    "AuthorizationError",
    "BadInputError",
    "BusyError",
    "Chunking",
    "FileHead",
    "FileInfo",
    "FilesClient",
    "FilesClientError",
    "ForbiddenError",
    "InsufficientStorageClientError",
    "MismatchError",
    "NotFoundError",
    "Patience",
    "StoredFile",
    "TooLargeError",
    "UnreachableError",
    "Upload",
]
