"""Signed requests of the data path; aiohttp carries them."""

from collections.abc import AsyncGenerator, AsyncIterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
import yarl

from handlers.mechanisms.s3.client import Connection
from handlers.mechanisms.s3.errors import refusal_of_body, translated
from handlers.mechanisms.s3.settings import S3Settings
from handlers.mechanisms.s3.signing import Signer
from handlers.mechanisms.sessions import bare_session

MAX_ERROR_BYTES = 64 * 1024
_NOT_MODIFIED_OR_WORSE = 300


@dataclass(frozen=True)
class Head:
    """A request without its body. `trailer`: the body ends in a checksum trailer."""

    method: str
    key: str
    query: Mapping[str, str] = field(default_factory=dict[str, str])
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    trailer: bool = False


def data_session(settings: S3Settings) -> aiohttp.ClientSession:
    """A session for object bytes."""
    return bare_session(
        settings.connect_seconds, settings.idle_seconds, settings.read_buffer_bytes
    )


class Wire:
    """The data path of one side."""

    def __init__(self, connection: Connection, session: aiohttp.ClientSession) -> None:
        """The session is closed by its owner."""
        self.side = connection.side
        self.endpoint = connection.endpoint
        self.signer = Signer(connection.bucket_url, connection.region)
        self.connection = connection
        self._session = session

    @asynccontextmanager
    async def answer(
        self,
        head: Head,
        body: bytes | AsyncIterable[bytes] | None = None,
        *,
        read_seconds: float | None = None,
    ) -> AsyncGenerator[aiohttp.ClientResponse]:
        """The answer's head, its body still to be read; anything but 2xx raises.

        `read_seconds`: how long it may say nothing, where not as long as any other.

        The connection is kept for the next request only when the body was read to its
        end: leaving early, also by cancellation, closes it at once.
        """
        target, headers = await self.signed(head)
        # Already encoded once, and signed so: nothing may touch the path again.
        url = yarl.URL(self.signer.origin + target, encoded=True)
        with translated(self.side, head.method):
            response = await self._session.request(
                head.method,
                url,
                headers=headers,
                data=body,
                allow_redirects=False,
                timeout=self._timeout(read_seconds),
            )
        try:
            if response.status >= _NOT_MODIFIED_OR_WORSE:
                with translated(self.side, head.method):
                    text = await response.content.read(MAX_ERROR_BYTES)
                raise refusal_of_body(self.side, head.method, response.status, text)
            yield response
        finally:
            response.close()

    def _timeout(self, read_seconds: float | None) -> aiohttp.ClientTimeout:
        usual = self._session.timeout
        if read_seconds is None:
            return usual
        return aiohttp.ClientTimeout(
            total=None, sock_connect=usual.sock_connect, sock_read=read_seconds
        )

    async def signed(self, head: Head) -> tuple[str, dict[str, str]]:
        """Path and query of a request, and its headers; credentials are in them."""
        path, query = self.signer.target(head.key, head.query)
        with translated(self.side, "finding credentials"):
            keys = await self.connection.keys()
        request = head.method, path, query
        headers = self.signer.sign(keys, request, head.headers, trailer=head.trailer)
        return f"{path}?{query}" if query else path, headers
