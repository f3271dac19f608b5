"""S3: buckets, keys and prefixes, at AWS or at any endpoint that speaks its API.

What it holds: `S3Address` (the address template: what is recorded of one side),
`reading` (from the protocol's DataAddress and metadata to the template, credentials
set apart) and `S3`, the mechanism.

How: what can be said is said in layers, the DataAddress first, and merged once:
`reading.read` is the only place that knows the order.

What to know: there is no official S3 profile, so names of several projects are
understood: the protocol's example, EDC's `AmazonS3`, Catena-X, and the
`<target>Bucket` metadata of the FastAPI data plane. Keys are opaque: nothing is
decoded in `s3://bucket/a%20b`. No message of an error ever holds a value.
"""

from domain.mechanisms.s3.address import S3Address
from domain.mechanisms.s3.mechanism import S3

__all__ = ["S3", "S3Address"]
