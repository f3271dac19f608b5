"""HTTP: one object at an URL, or all that is behind another plane's data door.

What it holds: `HttpAddress` (the address template: what is recorded of one side),
`reading` (from the protocol's DataAddress and metadata to the template, tokens set
apart) and `Http`, the mechanism, with the address that this plane's own door has.

How: the profile is `https://w3id.org/dspace-sig/profile/http` with its token renewal.
What this plane has, of whatever mechanism, is offered at its data door; what the other
side has is read or written at the URL that its address names.

What to know: a foreign URL is one object, unless it ends in a slash and is written to.
A data door says more in its address: `collection` (there are keys below the URL) and
`uploads` (it takes parts). The query of an URL may be a signature, so it is a secret.
"""

from domain.mechanisms.http.address import HttpAddress
from domain.mechanisms.http.mechanism import Http

__all__ = ["Http", "HttpAddress"]
