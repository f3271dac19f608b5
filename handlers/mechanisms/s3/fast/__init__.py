"""The fast relay: one socket's bytes written to another, from S3 to S3.

What it does: a ranged or whole GET at the source, a PUT at the destination, and nothing
else. Lists, heads, uploads, digests, and pairs with another mechanism stay with
`aiobotocore` and `aiohttp`.

How: both sockets are asyncio protocols (`connection`), taken from a pool of the end
that they belong to (`pool`). The source's bytes are received into one block of memory,
hashed there, and written to the destination from there (`pour`); the source is not read
while the destination has not taken them, nor while a limit wants a pause (`paced`), so
a relay never holds more than three blocks. Heads are read strictly, and what cannot be
understood is refused (`heads`). What is asked, checked and believed is the plain path's
own code: `reading`, `integrity`, `framing`, and the signer of `wire`. `relay` puts all
of this together.

What to know: the plain path is the oracle, and the same tests run against both.
`WAYBILL_RELAY` chooses. A connection serves again only where both sides know where the
next request begins; whatever is in doubt is closed.
"""

from handlers.mechanisms.s3.fast.relay import FastRelay
from handlers.mechanisms.s3.fast.requests import Requests, requests_of

__all__ = ["FastRelay", "Requests", "requests_of"]
