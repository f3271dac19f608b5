"""Where the plane calls back: answers as the kit does, and publishes our DID."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web

from tests.domain import schema
from waybill.embedded.ports import LOOPBACK, free_port

WAIT_SECONDS = 15.0


@dataclass(frozen=True)
class Expected:
    """A callback that is due once; `heard` becomes its transfer's id and its body."""

    pattern: re.Pattern[str]
    heard: "asyncio.Future[tuple[str, dict[str, Any]]]"


@dataclass
class Callbacks:
    """404 on a path that nobody expects a callback on, 400 to a body that is invalid.

    `address` is its base URL, `log` says what was called and how it was answered.
    """

    port: int = field(default_factory=free_port)
    did_document: dict[str, Any] = field(default_factory=dict[str, Any])
    log: list[str] = field(default_factory=list[str])
    _expected: list[Expected] = field(default_factory=list[Expected])

    @classmethod
    @asynccontextmanager
    async def open(cls) -> AsyncIterator[Self]:
        """Listens while inside."""
        callbacks = cls()
        runner = web.ServerRunner(web.Server(callbacks.answer), shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, LOOPBACK, callbacks.port).start()
        try:
            yield callbacks
        finally:
            await runner.cleanup()

    @property
    def address(self) -> str:
        """The control plane's endpoint."""
        return f"http://localhost:{self.port}"

    def expect(self, kind: str) -> Expected:
        """From now on, and once, a callback of the kind is answered with 200."""
        pattern = re.compile(rf"/transfers/([^/]+)/dataflow/{kind}")
        expected = Expected(pattern, asyncio.get_running_loop().create_future())
        self._expected.append(expected)
        return expected

    async def hear(self, expected: Expected) -> tuple[str, dict[str, Any]]:
        """The transfer's id in the path, and the body; within 15 s."""
        try:
            return await asyncio.wait_for(expected.heard, WAIT_SECONDS)
        except TimeoutError:
            raise AssertionError(f"no {expected.pattern.pattern}: {self.log}") from None

    def forget(self) -> None:
        """Nothing is expected, and nothing was called: the next test begins."""
        self._expected.clear()
        self.log.clear()
        self.did_document = {}

    async def answer(self, request: web.BaseRequest) -> web.Response:
        """What the kit would say."""
        if request.path == "/.well-known/did.json" and self.did_document:
            return web.json_response(self.did_document)
        body = await request.read()
        status, why = self._heard(request.path, body)
        self.log.append(f"{request.method} {request.path}: {status} {why}")
        return web.Response(status=status, text=why)

    def _heard(self, path: str, body: bytes) -> tuple[int, str]:
        for expected in self._expected:
            match = expected.pattern.fullmatch(path)
            if match:
                message, problems = _checked(body)
                if problems:
                    return 400, f"Error evaluating body: {problems}"
                self._expected.remove(expected)
                expected.heard.set_result((match[1], message))
                return 200, ""
        return 404, "No handler registered on this endpoint"


def _checked(body: bytes) -> tuple[dict[str, Any], list[str]]:
    try:
        message = json.loads(body)
    except ValueError:
        return {}, ["it is not JSON"]
    return message, schema.errors("DataFlowStatusMessage", message)
