"""Requests of one end: where to, with which token, and what a refusal means."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import quote

import aiohttp
import yarl

from domain.errors import Side, StorageError
from domain.mechanisms.http import HttpAddress
from handlers.mechanisms.http.errors import refusal, translated
from handlers.mechanisms.http.settings import HttpSettings
from handlers.mechanisms.http.tokens import Token

_MAX_ERROR_BYTES = 64 * 1024
_UNAUTHORIZED = 401
_ASK_LATER = frozenset({429, 503})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 3
_NOT_MODIFIED_OR_WORSE = 300

Payload = bytes | AsyncIterable[bytes] | None


@dataclass(frozen=True)
class Ask:
    """A request without its body. `key` None: the endpoint itself."""

    method: str
    key: str | None = None
    query: Mapping[str, str] = field(default_factory=dict[str, str])
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


class HttpWire:
    """The way to one server."""

    def __init__(
        self,
        side: Side,
        place: tuple[HttpAddress, str],
        token: Token,
        session: aiohttp.ClientSession,
        settings: HttpSettings,
    ) -> None:
        """`place`: the address, and the query that belongs to its endpoint."""
        self.side = side
        self.address, self._query = place
        self._token = token
        self._session = session
        self._settings = settings
        self._not_before = 0.0

    @asynccontextmanager
    async def answer(
        self, ask: Ask, body: Payload = None, *, also: frozenset[int] = frozenset()
    ) -> AsyncGenerator[aiohttp.ClientResponse]:
        """The answer's head, its body still to be read.

        Anything but 2xx raises, unless it is one of `also`. Leaving before the body's
        end, also by cancellation, closes the connection at once.
        """
        response = await self._authorized(ask, body)
        try:
            if response.status >= _NOT_MODIFIED_OR_WORSE and (
                response.status not in also
            ):
                raise await self._refusal(ask, response)
            yield response
        finally:
            response.close()

    async def _authorized(self, ask: Ask, body: Payload) -> aiohttp.ClientResponse:
        """Asked again with another token, once, where the first was refused."""
        token = await self._token.current()
        response = await self._sent(ask, body, token)
        if response.status != _UNAUTHORIZED or token is None:
            return response
        response.close()
        await self._token.replace(token)
        if not isinstance(body, bytes | None):
            raise StorageError(
                f"the token of a {ask.method} had expired, and is renewed now",
                side=self.side,
            )
        again = await self._sent(ask, body, await self._token.current())
        if again.status == _UNAUTHORIZED:
            again.close()
            raise StorageError(
                "a renewed token was refused",
                code="storage.credentials-expired",
                side=self.side,
            )
        return again

    async def _sent(
        self, ask: Ask, body: Payload, token: str | None
    ) -> aiohttp.ClientResponse:
        pause = self._not_before - asyncio.get_running_loop().time()
        await asyncio.sleep(max(0.0, pause))
        headers = {"Accept-Encoding": "identity", **ask.headers}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        url = self._url(ask)
        for _ in range(_MOST_REDIRECTS + 1):
            with translated(self.side, ask.method):
                response = await self._session.request(
                    ask.method, url, headers=headers, data=body, allow_redirects=False
                )
            onward = self._onward(ask, response, url)
            if onward is None:
                return response
            response.close()
            url = onward
        raise StorageError(
            f"{self.side.value} redirects without end",
            code="storage.refused",
            side=self.side,
        )

    def _url(self, ask: Ask) -> yarl.URL:
        url = self.address.endpoint
        if ask.key is not None and self.address.below:
            url = f"{url.rstrip('/')}/{quote(ask.key, safe='/-_.~')}"
        pairs = [self._query] if self._query else []
        # An empty value is a mere name, as in `?uploads`.
        pairs += [
            f"{k}={quote(v, safe='-_.~')}" if v else k for k, v in ask.query.items()
        ]
        # Already encoded, once: nothing may touch the path again.
        return yarl.URL(url + ("?" + "&".join(pairs) if pairs else ""), encoded=True)

    def _onward(
        self, ask: Ask, response: aiohttp.ClientResponse, url: yarl.URL
    ) -> yarl.URL | None:
        """Where a read is sent on to within the origin. Others, nobody has allowed."""
        if ask.method not in {"GET", "HEAD"} or response.status not in _REDIRECTS:
            return None
        try:
            said = yarl.URL(response.headers.get("Location", ""), encoded=True)
            target = url.join(said)
        except ValueError:
            return None
        return target if target.origin() == url.origin() else None

    async def _refusal(
        self, ask: Ask, response: aiohttp.ClientResponse
    ) -> StorageError:
        if response.status in _ASK_LATER:
            self._leave_alone(response.headers.get("Retry-After", ""))
        with translated(self.side, ask.method):
            body = await response.content.read(_MAX_ERROR_BYTES)
        return refusal(self.side, ask.method, response.status, body)

    def _leave_alone(self, retry_after: str) -> None:
        seconds = min(_seconds(retry_after), self._settings.longest_pause_seconds)
        until = asyncio.get_running_loop().time() + seconds
        self._not_before = max(self._not_before, until)


def _seconds(retry_after: str) -> float:
    if retry_after.isascii() and retry_after.isdecimal():
        return float(retry_after)
    try:
        until = parsedate_to_datetime(retry_after)
    except ValueError:
        return 0.0
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())
