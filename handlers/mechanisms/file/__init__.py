"""Files of this plane's file store, as ends of a flow: an HTTP client of its server.

Reading is that of any HTTP source: HEAD, and ranges that are pinned to the file's id,
which is the ETag. Writing has two ways. What goes in one piece is one POST, and its
SHA-256 is computed on the way: the id that comes back is the proof. What goes in parts
is an upload in chunks, part n being chunk n - 1: the server answers each chunk with the
CRC64NVME of what it got, and tells that of the whole file as it stands, so that the
judgement is the same as for a bucket.

So it works on any machine, and whatever store the file server has.
"""

from handlers.mechanisms.file.executor import FileExecutor

__all__ = ["FileExecutor"]
