"""Pages of other origins that may upload: what their browsers must be told."""

from collections.abc import Collection

from aiohttp import web

_METHODS = "GET, HEAD, POST, PATCH, PUT, DELETE, OPTIONS"
_ASKED = (
    "Authorization, Content-Type, Repr-Digest, Tus-Resumable, Upload-Checksum,"
    " Upload-Concat, Upload-Defer-Length, Upload-Length, Upload-Metadata,"
    " Upload-Offset, X-API-Key, X-Checksum-Sha256, X-HTTP-Method-Override,"
    " X-Request-Id, X-Requested-With"
)
_TOLD = (
    "Location, Retry-After, Tus-Checksum-Algorithm, Tus-Extension, Tus-Max-Size,"
    " Tus-Resumable, Tus-Version, Upload-Expires, Upload-Length, Upload-Metadata,"
    " Upload-Offset, Waybill-File-Id, X-Request-Id"
)
_PREFLIGHT_SECONDS = "86400"
PATHS = ("/tus", "/v1/uploads")


class Cors:
    """For the paths of uploads, and for these origins only; `*` is any."""

    def __init__(self, origins: Collection[str]) -> None:
        """No origin: nothing is told."""
        self._origins = frozenset(each.rstrip("/") for each in origins)

    def attach(self, app: web.Application) -> None:
        """To every answer, refusals too."""
        if self._origins:
            app.on_response_prepare.append(self._tell)

    async def _tell(self, request: web.Request, answer: web.StreamResponse) -> None:
        origin = request.headers.get("Origin")
        if origin is None or not request.path.startswith(PATHS):
            return
        answer.headers["Vary"] = "Origin"
        if "*" not in self._origins and origin not in self._origins:
            return
        # A key comes in a header, never as a cookie: credentials are not asked for.
        answer.headers["Access-Control-Allow-Origin"] = origin
        answer.headers["Access-Control-Expose-Headers"] = _TOLD
        if "Access-Control-Request-Method" in request.headers:
            answer.headers["Access-Control-Allow-Methods"] = _METHODS
            answer.headers["Access-Control-Allow-Headers"] = _ASKED
            answer.headers["Access-Control-Max-Age"] = _PREFLIGHT_SECONDS
