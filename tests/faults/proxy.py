"""
A proxy between Waybill and an S3 server that does to requests what networks do.

    worker ── request ──→ proxy ── request ──→ S3
              503, reset,       cut, flipped,
              answer lost       or as it came

Signatures stay good because the Host header goes through as it came.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import yarl
from aiohttp import web
from multidict import CIMultiDict

from tests.faults.operations import operation
from tests.faults.weather import FLIPPED_OFFSET, Asked, Fault, Weather
from tests.scenarios.front import Seen
from waybill.embedded.ports import LOOPBACK, free_port

_HOP_BY_HOP = frozenset({"connection", "expect", "keep-alive", "transfer-encoding"})
_STALL_SECONDS = 1.0
_BROKEN = (aiohttp.ClientError, OSError)
_REFUSALS = {
    Fault.SLOW_DOWN: (503, "SlowDown"),
    Fault.SKEWED: (403, "RequestTimeTooSkewed"),
    Fault.EXPIRED: (400, "ExpiredToken"),
    Fault.LATE_ERROR: (200, "InternalError"),
}


class FaultProxy:
    """In front of one server; the weather may be that of several proxies."""

    def __init__(self, upstream: str, weather: Weather) -> None:
        """Use `FaultProxy.open`."""
        self.url = ""
        self._upstream = upstream
        self._weather = weather
        self._session = aiohttp.ClientSession(
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            connector=aiohttp.TCPConnector(limit=0, force_close=True),
            skip_auto_headers=(
                "User-Agent",
                "Accept",
                "Accept-Encoding",
                "Content-Type",
            ),
        )

    @classmethod
    @asynccontextmanager
    async def open(cls, upstream: str, weather: Weather) -> AsyncIterator["FaultProxy"]:
        """On a port of its own."""
        proxy = cls(upstream, weather)
        port = free_port()
        runner = web.ServerRunner(web.Server(proxy._serve), shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, LOOPBACK, port).start()
        proxy.url = f"http://{LOOPBACK}:{port}"
        try:
            yield proxy
        finally:
            await runner.cleanup()
            await proxy._session.close()

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        copies = "x-amz-copy-source" in request.headers
        name = operation(Seen.of(request), copies=copies)
        fault = self._weather.meets(Asked(name, request.content_length or 0))
        if fault is Fault.STALLED:
            await asyncio.sleep(_STALL_SECONDS * self._weather.share())
        try:
            if fault is not None and fault in _REFUSALS:
                return await _refused(request, *_REFUSALS[fault])
            return await self._passed_on(request, fault)
        except _BROKEN:
            _hang_up(request)
            return web.Response(status=502)

    async def _passed_on(
        self, request: web.BaseRequest, fault: Fault | None
    ) -> web.StreamResponse:
        headers = [
            (name, value)
            for name, value in request.headers.items()
            if name.lower() not in _HOP_BY_HOP
        ]
        url = yarl.URL(self._upstream + request.raw_path, encoded=True)
        async with self._session.request(
            request.method,
            url,
            headers=headers,
            data=self._body(request, fault) if request.body_exists else None,
            allow_redirects=False,
        ) as answer:
            if fault is Fault.REPLY_LOST:
                await answer.read()
                _hang_up(request)
                return web.Response(status=502)
            return await self._answered(request, answer, fault)

    async def _body(
        self, request: web.BaseRequest, fault: Fault | None
    ) -> AsyncIterator[bytes]:
        length, passed = request.content_length or 0, 0
        cut = int(length * self._weather.share()) if fault is Fault.UPLOAD_RESET else -1
        async for chunk in request.content.iter_any():
            if 0 <= cut < passed + len(chunk):
                yield chunk[: cut - passed]
                _hang_up(request)
                raise ConnectionResetError
            place = FLIPPED_OFFSET - passed
            if fault is Fault.FLIPPED and 0 <= place < len(chunk):
                yield chunk[:place] + bytes([chunk[place] ^ 1]) + chunk[place + 1 :]
            else:
                yield chunk
            passed += len(chunk)

    async def _answered(
        self,
        request: web.BaseRequest,
        answer: aiohttp.ClientResponse,
        fault: Fault | None,
    ) -> web.StreamResponse:
        headers = CIMultiDict(
            (name, value)
            for name, value in answer.headers.items()
            if name.lower() not in _HOP_BY_HOP
        )
        if fault is Fault.WRONG_ETAG and "ETag" in headers:
            headers["ETag"] = f'"{"0" * 32}"'
        response = web.StreamResponse(status=answer.status, headers=headers)
        await response.prepare(request)
        whole = int(answer.headers.get("Content-Length", "0"))
        cuts = fault in {Fault.DOWNLOAD_RESET, Fault.TRUNCATED}
        left = int(whole * self._weather.share()) if cuts else None
        if request.method != "HEAD":
            async for chunk in answer.content.iter_any():
                if left is not None and len(chunk) >= left:
                    await response.write(chunk[:left])
                    _hang_up(request, politely=fault is Fault.TRUNCATED)
                    return response
                await response.write(chunk)
                left = None if left is None else left - len(chunk)
        await response.write_eof()
        return response


async def _refused(request: web.BaseRequest, status: int, code: str) -> web.Response:
    # Read, so that the client has sent it all when it hears of this.
    async for _ in request.content.iter_any():
        pass
    body = f"<Error><Code>{code}</Code><Message>by the test</Message></Error>"
    return web.Response(status=status, text=body, content_type="application/xml")


def _hang_up(request: web.BaseRequest, *, politely: bool = False) -> None:
    """With a reset; politely: what was written is sent, and then the end."""
    transport = request.transport
    if transport is not None and politely:
        transport.close()
    elif transport is not None:
        transport.abort()
