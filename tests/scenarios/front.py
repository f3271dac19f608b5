"""
A door in front of an S3 server: passes everything on, counts, and can be made narrow.

Signatures stay good because the Host header goes through as it came. An upload counts
when the server behind has answered it, whether or not the client lived to hear of it.
"""

import asyncio
import socket
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import unquote

import aiohttp
import yarl
from aiohttp import web

from waybill.embedded.ports import LOOPBACK

_HOP_BY_HOP = frozenset({"connection", "expect", "keep-alive", "transfer-encoding"})
_REFUSAL = "<Error><Code>{}</Code><Message>by the test</Message></Error>"
# Small, so that what a client has sent is not far ahead of what was counted.
_RECEIVE_BUFFER_BYTES = 64 * 1024
_GIVEN_UP = (aiohttp.ClientError, OSError)


@dataclass(frozen=True)
class Seen:
    """A request, as it was asked."""

    method: str
    bucket: str
    key: str
    query: dict[str, str]
    is_copy: bool = False
    """Whether the server itself is to copy what it stores."""

    @classmethod
    def of(cls, request: web.BaseRequest) -> Self:
        """Read the request's first line."""
        path, _, query = request.raw_path.partition("?")
        bucket, _, key = path.removeprefix("/").partition("/")
        pairs = (each.partition("=") for each in query.split("&") if each)
        named = {unquote(name): unquote(value) for name, _, value in pairs}
        copy = "x-amz-copy-source" in request.headers
        return cls(request.method, bucket, unquote(key), named, copy)

    @property
    def is_part(self) -> bool:
        """Whether it stores one part of an upload."""
        return self.method == "PUT" and "partNumber" in self.query

    @property
    def is_object(self) -> bool:
        """Whether it stores an object in one piece."""
        return self.method == "PUT" and bool(self.key) and not self.query

    @property
    def is_completion(self) -> bool:
        """Whether it makes an object of an upload."""
        return self.method == "POST" and "uploadId" in self.query


@dataclass
class Front:
    """`bytes_in` are those of request bodies that were read from clients.

    `alters` gives what is done to a request's body, which must keep its length. Each
    request waits for `delay_seconds`; `most_at_once` is how many were there together.
    """

    url: str = ""
    bytes_in: int = 0
    bytes_per_second: float | None = None
    refuses: Callable[[Seen], bool] = lambda _: False
    refusal: tuple[int, str] = (403, "AccessDenied")
    alters: Callable[[Seen], Callable[[bytes], bytes] | None] = lambda _: None
    stored: list[Seen] = field(default_factory=list[Seen])
    delay_seconds: float = 0.0
    most_at_once: int = 0
    _here: int = 0
    _pace: asyncio.Lock = field(default_factory=asyncio.Lock)

    @classmethod
    @asynccontextmanager
    async def open(cls, upstream: str) -> AsyncIterator[Self]:
        """In front of `upstream`, on a port of its own."""
        front = cls()
        listening = socket.create_server((LOOPBACK, 0))
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER_BYTES)
        front.url = f"http://{LOOPBACK}:{listening.getsockname()[1]}"
        async with aiohttp.ClientSession(
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            connector=aiohttp.TCPConnector(limit=0, force_close=True),
            skip_auto_headers=(
                "User-Agent",
                "Accept",
                "Accept-Encoding",
                "Content-Type",
            ),
        ) as session:

            async def serve(request: web.BaseRequest) -> web.StreamResponse:
                async with front._far_away():
                    return await front._serve(session, upstream, request)

            server = web.Server(serve)
            loop = asyncio.get_running_loop()
            listener = await loop.create_server(server, sock=listening)
            try:
                yield front
            finally:
                listener.close()
                await server.shutdown(1)
                await listener.wait_closed()

    def parts(self, key: str = "") -> Counter[tuple[str, int]]:
        """How often each part was stored, by (key, part number)."""
        return Counter(
            (each.key, int(each.query["partNumber"]))
            for each in self.stored
            if each.is_part and each.key.startswith(key)
        )

    def objects(self, key: str = "") -> Counter[str]:
        """How often each object was stored in one piece."""
        return Counter(
            e.key for e in self.stored if e.is_object and e.key.startswith(key)
        )

    @asynccontextmanager
    async def _far_away(self) -> AsyncIterator[None]:
        self._here += 1
        self.most_at_once = max(self.most_at_once, self._here)
        try:
            if self.delay_seconds:
                await asyncio.sleep(self.delay_seconds)
            yield
        finally:
            self._here -= 1

    async def _serve(
        self, session: aiohttp.ClientSession, upstream: str, request: web.BaseRequest
    ) -> web.StreamResponse:
        seen = Seen.of(request)
        if self.refuses(seen):
            status, code = self.refusal
            return web.Response(status=status, text=_REFUSAL.format(code))
        headers = [
            (name, value)
            for name, value in request.headers.items()
            if name.lower() not in _HOP_BY_HOP
        ]
        url = yarl.URL(upstream + request.raw_path, encoded=True)
        body: AsyncIterator[bytes] | bytes | None = None
        if (altered := self.alters(seen)) is not None:
            body = altered(await request.read())
        elif request.body_exists:
            body = self._body(request)
        try:
            async with session.request(
                request.method, url, headers=headers, data=body, allow_redirects=False
            ) as answer:
                if answer.ok:
                    self.stored.append(seen)
                return await _passed_on(request, answer)
        except _GIVEN_UP:
            return web.Response(status=502)

    async def _body(self, request: web.BaseRequest) -> AsyncIterator[bytes]:
        missing = request.content_length
        # A client that leaves spoils even what it has sent: ask for no byte more.
        while missing != 0 and (chunk := await request.content.readany()):
            self.bytes_in += len(chunk)
            missing = None if missing is None else missing - len(chunk)
            yield chunk
            if self.bytes_per_second is not None:
                # One at a time: the rate is that of the door, not of a connection.
                async with self._pace:
                    await asyncio.sleep(len(chunk) / self.bytes_per_second)


async def _passed_on(
    request: web.BaseRequest, answer: aiohttp.ClientResponse
) -> web.StreamResponse:
    headers = {
        name: value
        for name, value in answer.headers.items()
        if name.lower() not in _HOP_BY_HOP
    }
    response = web.StreamResponse(status=answer.status, headers=headers)
    await response.prepare(request)
    if request.method != "HEAD":
        async for chunk in answer.content.iter_any():
            await response.write(chunk)
    await response.write_eof()
    return response
