"""S3: moves objects between two buckets, wherever they are.

What it does: lists and heads, keeps multipart uploads, reads ranges and puts parts, or
lets the storage copy by itself where both sides are one endpoint.

How: two paths. Control-plane calls (list, head, create, complete, abort, server-side
copy) go through aioboto3 (`client`, `store`, `uploads`, `copying`). Object bytes never
do: they would cost several times the CPU. They are streamed out of one aiohttp answer
(`reading`) and into another request (`sending`); from S3 to S3 they go from socket to
socket (`fast`), unless `WAYBILL_RELAY=plain`. Both have request heads that botocore has
signed (`wire`) and `UNSIGNED-PAYLOAD`, and prove the bytes by a checksum (`integrity`).

What to know: one connection per read or put, memory bounded by the read buffer, nothing
retried on the data path (the journal above decides that) but a request into a kept
connection that had been closed, redirects refused. Every
failure is a `StorageError` with a code and a side (`errors`), and its text holds no
credential: long words in a server's own message are blanked out.
"""

from handlers.mechanisms.s3.executor import S3Executor
from handlers.mechanisms.s3.settings import Integrity, RelayKind, S3Settings

__all__ = ["Integrity", "RelayKind", "S3Executor", "S3Settings"]
