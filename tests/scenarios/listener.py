"""A control plane's side of the wire: it judges what it hears, and remembers it."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import unquote

import jwt
from aiohttp import web

from tests.authority import Authority
from waybill.embedded.ports import LOOPBACK, free_port

_OK, _UNAUTHORIZED = 200, 401


@dataclass(frozen=True)
class Heard:
    """One request, and how it was answered."""

    method: str
    path: str
    authorization: str
    body: dict[str, Any]
    status: int = _OK

    @property
    def claims(self) -> dict[str, Any]:
        """What its token says."""
        token = self.authorization.removeprefix("Bearer ")
        claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
        return claims


Judge = Callable[[Heard], int]


@dataclass
class Listener:
    """Answers what `judge` says."""

    url: str = ""
    judge: Judge = lambda _: _OK
    heard: list[Heard] = field(default_factory=list[Heard])

    @classmethod
    @asynccontextmanager
    async def open(cls, port: int | None = None) -> AsyncIterator[Self]:
        """Listens on a port of its own, or on this one."""
        listener = cls()

        async def hear(request: web.BaseRequest) -> web.Response:
            asked = Heard(
                request.method,
                unquote(request.raw_path),
                request.headers.get("Authorization", ""),
                await request.json(),
            )
            status = listener.judge(asked)
            said = Heard(
                asked.method, asked.path, asked.authorization, asked.body, status
            )
            listener.heard.append(said)
            return web.Response(status=status)

        runner = web.ServerRunner(web.Server(hear), shutdown_timeout=1)
        await runner.setup()
        port = port or free_port()
        await web.TCPSite(runner, LOOPBACK, port).start()
        listener.url = f"http://{LOOPBACK}:{port}"
        try:
            yield listener
        finally:
            await runner.cleanup()

    @property
    def statuses(self) -> list[int]:
        """How each was answered, in order."""
        return [each.status for each in self.heard]


@dataclass
class EdcFilter:
    """As EDC's: too early is refused; then the token must be good, ours, and unused."""

    authority: Authority
    audience: str
    too_early: list[int] = field(default_factory=lambda: [404, 409])
    used: set[str] = field(default_factory=set[str])

    def __call__(self, heard: Heard) -> int:
        """The status that EDC answers."""
        token = heard.authorization.removeprefix("Bearer ")
        try:
            claims = jwt.decode(
                token,
                jwt.PyJWK(self.authority.keys[0].jwk),
                algorithms=[self.authority.keys[0].algorithm],
                audience=self.audience,
            )
        except jwt.PyJWTError:
            return _UNAUTHORIZED
        if claims["sub"] != "waybill" or claims["jti"] in self.used:
            return _UNAUTHORIZED
        self.used.add(claims["jti"])
        return self.too_early.pop(0) if self.too_early else _OK
