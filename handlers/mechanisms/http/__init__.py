"""HTTP: one object at an URL, or all behind another plane's data door.

What it does: reads from any server that tells an object's length, in ranges where the
server has them; writes with one request per object, or in parts where the other side is
a data door of ours (`uploads`).

How: every request goes through one `HttpWire` per end, which knows the URL, the token
(`tokens`, renewed by `renewal` in the name of this plane's DID) and how long the server
asked to be left alone. Answers become objects in `described`, refusals in `errors`.

What to know: a strong ETag pins an object, else its Last-Modified, else only its size.
Redirects are followed within one origin, for reads, and nowhere else. A server that
confirms neither checksum nor size gets its bytes, and the verdict says so. A request by
POST that is repeated after a lost answer arrives twice: HTTP has no way out of that.
"""

from handlers.mechanisms.http.executor import HttpExecutor
from handlers.mechanisms.http.identity import Identity
from handlers.mechanisms.http.settings import HttpSettings

__all__ = ["HttpExecutor", "HttpSettings", "Identity"]
