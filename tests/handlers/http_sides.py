"""A web server of nobody's plane, as strict or as careless as a test wants it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from pydantic import SecretStr

from domain.mechanisms.http import HttpAddress
from handlers.copiers import GivenAccess
from handlers.mechanisms.hashes import CRC_HEADER, Hashes
from handlers.mechanisms.http import HttpExecutor, HttpSettings
from handlers.mechanisms.pair import Pair
from handlers.mechanisms.s3 import S3Executor
from handlers.ports import Access, DestinationEnd, SourceEnd
from tests.handlers.s3_sides import access, destination_address, source_address
from tests.services import BucketPair

OLD, NEW = "Tue, 03 Nov 2026 10:00:00 GMT", "Wed, 04 Nov 2026 10:00:00 GMT"


@dataclass
class Shelf:
    """Objects by path, and which of HTTP's promises are kept for them."""

    objects: dict[str, bytes] = field(default_factory=dict[str, bytes])
    headers: dict[str, str] = field(default_factory=dict[str, str])
    etag: str = '"v1"'
    modified: str = ""
    ranges: bool = True
    heads: bool = True
    heeds_conditions: bool = True
    token: str = ""
    confirms: str = ""
    """What it says of bytes it was given: crc, wrong-crc, md5, size or nothing."""
    requests: list[web.Request] = field(default_factory=list[web.Request])

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        self.requests.append(request)
        said = request.headers.get("Authorization", "")
        if self.token and said != f"Bearer {self.token}":
            return web.Response(status=401)
        if request.method in {"PUT", "POST"}:
            return await self._take(request)
        if request.method == "HEAD" and not self.heads:
            return web.Response(status=405)
        if request.path not in self.objects:
            return web.Response(status=404)
        return self._give(request, self.objects[request.path])

    async def _take(self, request: web.Request) -> web.Response:
        hashes = Hashes(md5=True)
        body = await request.read()
        hashes.update(body)
        self.objects[request.path] = body
        told = {
            "crc": {CRC_HEADER: hashes.crc64nvme},
            "wrong-crc": {CRC_HEADER: "AAAAAAAAAAA="},
            "md5": {"ETag": f'"{hashes.md5}"'},
        }
        self.heads = self.confirms == "size"
        return web.Response(status=201, headers=told.get(self.confirms, {}))

    def _give(self, request: web.Request, body: bytes) -> web.Response:
        headers = {**self.headers}
        if self.etag:
            headers["ETag"] = self.etag
        if self.modified:
            headers["Last-Modified"] = self.modified
        if self.ranges:
            headers["Accept-Ranges"] = "bytes"
        if self.heeds_conditions and self._fails(request):
            return web.Response(status=412, headers=headers)
        span = request.http_range
        if not self.ranges or span == slice(None, None, 1):
            return web.Response(body=body, headers=headers)
        start, stop = span.start or 0, min(span.stop or len(body), len(body))
        if start >= len(body):
            headers["Content-Range"] = f"bytes */{len(body)}"
            return web.Response(status=416, headers=headers)
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(body)}"
        return web.Response(status=206, body=body[start:stop], headers=headers)

    def _fails(self, request: web.Request) -> bool:
        wanted = request.headers.get("If-Match")
        since = request.headers.get("If-Unmodified-Since")
        return wanted not in {None, self.etag} or since not in {None, self.modified}


@asynccontextmanager
async def serving(app: web.Application) -> AsyncGenerator[str]:
    """The base URL of an application, on a port of its own."""
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def shelf(**traits: object) -> AsyncGenerator[tuple[Shelf, str]]:
    """A server, and its base URL."""
    made = Shelf(**traits)  # type: ignore[arg-type]
    app = web.Application(client_max_size=1 << 30)
    app.router.add_route("*", "/{path:.*}", made.serve)
    async with serving(app) as url:
        yield made, url


def secrets(**values: str) -> GivenAccess:
    """What the secret store would give."""
    return GivenAccess({name: SecretStr(value) for name, value in values.items()})


@asynccontextmanager
async def http_source(
    endpoint: str,
    given: Access | None = None,
    *,
    executor: HttpExecutor | None = None,
    **fields: Any,
) -> AsyncGenerator[SourceEnd]:
    """One object at an URL, or what the fields say."""
    place = HttpAddress.make(
        endpoint=endpoint, **(fields or {"key": "object"})
    ).location()
    opening = executor or HttpExecutor()
    async with opening.open_source(place, given or GivenAccess()) as end:
        yield end


@asynccontextmanager
async def http_destination(
    endpoint: str,
    given: Access | None = None,
    *,
    settings: HttpSettings | None = None,
    **fields: Any,
) -> AsyncGenerator[DestinationEnd]:
    """One object at an URL, or what the fields say."""
    place = HttpAddress.make(
        endpoint=endpoint, **(fields or {"key": "object"})
    ).location()
    opening = HttpExecutor(settings)
    async with opening.open_destination(place, given or GivenAccess()) as end:
        yield end


@asynccontextmanager
async def into_s3(
    pair: BucketPair, endpoint: str, given: Access | None = None
) -> AsyncGenerator[Pair]:
    """From an URL to the destination bucket."""
    place = destination_address(pair).location()
    async with (
        http_source(endpoint, given) as reads,
        S3Executor().open_destination(place, access(pair.destination)) as writes,
    ):
        yield Pair(reads, writes)


@asynccontextmanager
async def from_s3(
    pair: BucketPair, endpoint: str, **fields: Any
) -> AsyncGenerator[Pair]:
    """From the source bucket to an URL."""
    place = source_address(pair).location()
    async with (
        S3Executor().open_source(place, access(pair.source)) as reads,
        http_destination(endpoint, **fields) as writes,
    ):
        yield Pair(reads, writes)
