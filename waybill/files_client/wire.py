"""Requests to a file server: found, repeated, waited for, and refused."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Final

import httpx

from waybill.connection import BadInputError, address, header
from waybill.files_client.errors import (
    BUSY,
    FilesClientError,
    UnreachableError,
    refusal,
)
from waybill.files_client.trust import require_trust

_PROBE: Final = "/files"
_MOST_REDIRECTS: Final = 3
_REDIRECTS: Final = frozenset({301, 302, 307, 308})
_LONGEST_DELAY_SECONDS: Final = 10.0

Body = bytes | Callable[[], AsyncIterator[bytes]] | None
"""What is sent: bytes, or a way to begin them, from their beginning, again."""


@dataclass(frozen=True)
class Patience:
    """How long is waited, in seconds, and how often is tried."""

    attempts: int = 6
    """How often a request is sent that gets no answer."""
    first_delay_seconds: float = 0.2
    """How soon it is sent again; after each failure twice as long."""
    busy_seconds: float = 300.0
    """How long, in all, one request obeys answers that ask to come again later."""
    connect_seconds: float = 10.0
    silence_seconds: float = 60.0
    """No byte comes for so long: given up."""
    slowest_hash_bytes_per_second: int = 50 * 1024 * 1024
    """A completion is silent while the server hashes: so much longer is waited."""


@dataclass(frozen=True)
class Ask:
    """One request. `once`: its body cannot be begun again."""

    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict[str, str])
    json: Any = None
    body: Body = None
    once: bool = False
    silence_seconds: float | None = None


@dataclass
class Wire:
    """The way to one file server, which is looked for at the first request.

    `busy` counts the answers that asked to come again later.
    """

    base_url: str
    api_key: str | None = field(default=None, repr=False)
    files_url: str | None = None
    patience: Patience = field(default_factory=Patience)
    busy: int = 0

    def __post_init__(self) -> None:
        """Nothing is sent yet. Raises BadInputError."""
        for url in filter(None, (self.base_url, self.files_url)):
            address(url)
        header("the key", self.api_key or "")
        self._http = httpx.AsyncClient(
            timeout=httpx.Timeout(
                self.patience.silence_seconds, connect=self.patience.connect_seconds
            ),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=64),
        )
        self._found: str | None = None
        self._finding = asyncio.Lock()

    async def close(self) -> None:
        """Close all connections."""
        await self._http.aclose()

    async def call(self, ask: Ask) -> httpx.Response:
        """The answer, with its body. Raises FilesClientError."""
        async with self.opened(ask) as response:
            return response

    @asynccontextmanager
    async def opened(
        self, ask: Ask, *, streamed: bool = False
    ) -> AsyncIterator[httpx.Response]:
        """The answer; `streamed`: its body is still to come. Raises FilesClientError.

        What breaks off while the body is read is raised as httpx raises it.
        """
        response = await self._answered(ask, streamed=streamed)
        try:
            yield response
        finally:
            await response.aclose()

    async def _answered(self, ask: Ask, *, streamed: bool) -> httpx.Response:
        failures, waited = 0, 0.0
        while True:
            # Until it is known where to, nothing of it has been sent.
            once = False
            try:
                base = await self._where()
                once = ask.once
                response = await self._sent(base, ask, streamed=streamed)
            except httpx.TransportError as error:
                failures += 1
                if once or failures >= self.patience.attempts:
                    raise UnreachableError(self.base_url, _why(error)) from None
                await asyncio.sleep(self.delay(failures))
                continue
            except _NotNowError as refused:
                response = refused.response
            if response.is_success:
                return response
            pause = self._pause(response, waited, once=once)
            waited += pause
            await asyncio.sleep(pause)

    def _pause(self, response: httpx.Response, waited: float, *, once: bool) -> float:
        """How long to wait before it is asked again. Raises where that has no use."""
        asked = retry_after(response.headers.get("Retry-After", ""))
        of_head = response.request.method == "HEAD"
        error = refusal(response, asked, of_head=of_head)
        if response.status_code not in BUSY:
            raise error
        self.busy += 1
        # At least a little: an answer without the header is no reason to hurry.
        pause = max(asked, self.delay(1))
        if once or waited + pause > self.patience.busy_seconds:
            raise error
        return pause

    def delay(self, failures: int) -> float:
        """How long to wait after so many failures, with full jitter."""
        longest = self.patience.first_delay_seconds * 2.0 ** (failures - 1)
        return min(longest, _LONGEST_DELAY_SECONDS) * random.uniform(0.5, 1)  # noqa: S311

    async def _sent(self, base: str, ask: Ask, *, streamed: bool) -> httpx.Response:
        patience = self.patience
        timeout = httpx.Timeout(
            patience.silence_seconds,
            connect=patience.connect_seconds,
            read=ask.silence_seconds or patience.silence_seconds,
        )
        request = self._http.build_request(
            ask.method,
            base + ask.path,
            headers={**self._key(), **ask.headers},
            json=ask.json,
            content=ask.body() if callable(ask.body) else ask.body,
            timeout=timeout,
        )
        response = await self._http.send(request, stream=True)
        if not streamed or not response.is_success:
            await response.aread()
        return response

    def _key(self) -> dict[str, str]:
        return {"X-API-Key": self.api_key} if self.api_key else {}

    async def _where(self) -> str:
        """Where the file server is: here, or where a gateway sends us.

        Asked until there is an answer, by requests without a body and without the key.
        """
        async with self._finding:
            if self._found is None:
                self._found = await self._looked_for()
        return self._found

    async def _looked_for(self) -> str:
        base = self.base_url.rstrip("/")
        for _ in range(_MOST_REDIRECTS):
            answer = await self._http.options(base + _PROBE)
            status = answer.status_code
            if status in BUSY:
                raise _NotNowError(answer)
            if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                # Whoever is in front of it: where it is, this does not tell.
                raise _AwayError(f"HTTP {status}")
            if status not in _REDIRECTS:
                return base
            base = self._onward(answer)
            if self.api_key is not None:
                require_trust(self.base_url, self.files_url, base)
        raise FilesClientError(
            "plane.internal", f"{self.base_url} redirects without end", 0
        )

    def _onward(self, answer: httpx.Response) -> str:
        location = answer.headers.get("Location", "")
        try:
            onward = address(str(answer.url.join(location)))
        except (httpx.InvalidURL, BadInputError):
            raise FilesClientError(
                "plane.internal", f"{self.base_url} redirects to nowhere", 0
            ) from None
        return onward.partition("?")[0].rstrip("/").removesuffix(_PROBE)


def retry_after(text: str) -> float:
    """The seconds that a Retry-After asks for; 0 where it cannot be read."""
    if text.isascii() and text.isdecimal():
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())


class _NotNowError(Exception):
    """Where the file server is cannot be told now: the answer says when."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__()
        self.response = response


class _AwayError(httpx.TransportError):
    """No answer came, but somebody's who tells that."""


def _why(error: httpx.TransportError) -> str:
    return str(error) if isinstance(error, _AwayError) else type(error).__name__
