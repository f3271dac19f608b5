"""Signed requests of the data path: aiohttp carries them, botocore signs them."""

from collections.abc import AsyncGenerator, AsyncIterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import aiohttp
import yarl
from botocore.auth import S3SigV4Auth  # pyright: ignore[reportMissingTypeStubs]
from botocore.awsrequest import AWSRequest  # pyright: ignore[reportMissingTypeStubs]
from botocore.config import Config  # pyright: ignore[reportMissingTypeStubs]

from handlers.mechanisms.s3.client import Connection
from handlers.mechanisms.s3.errors import refusal_of_body, translated
from handlers.mechanisms.s3.settings import S3Settings
from handlers.mechanisms.sessions import bare_session

# Explicit, so that bodies stay unsigned over plain http too.
_UNSIGNED = Config(s3={"payload_signing_enabled": False})
_TRAILER = {"request_algorithm": {"in": "trailer"}}
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
        self.bucket_url = connection.bucket_url
        self.connection = connection
        self._session = session

    @asynccontextmanager
    async def answer(
        self, head: Head, body: bytes | AsyncIterable[bytes] | None = None
    ) -> AsyncGenerator[aiohttp.ClientResponse]:
        """The answer's head, its body still to be read; anything but 2xx raises.

        The connection is kept for the next request only when the body was read to its
        end: leaving early, also by cancellation, closes it at once.
        """
        url, headers = await self.signed(head)
        with translated(self.side, head.method):
            response = await self._session.request(
                head.method, url, headers=headers, data=body, allow_redirects=False
            )
        try:
            if response.status >= _NOT_MODIFIED_OR_WORSE:
                with translated(self.side, head.method):
                    text = await response.content.read(MAX_ERROR_BYTES)
                raise refusal_of_body(self.side, head.method, response.status, text)
            yield response
        finally:
            response.close()

    async def signed(self, head: Head) -> tuple[yarl.URL, dict[str, str]]:
        """Where a request goes, and its headers; credentials are in them."""
        url = f"{self.connection.bucket_url}/{quote(head.key, safe='/-_.~')}"
        if head.query:
            pairs = (f"{k}={quote(v, safe='-_.~')}" for k, v in head.query.items())
            url += "?" + "&".join(pairs)
        with translated(self.side, "finding credentials"):
            keys = await self.connection.keys()
        request: Any = AWSRequest(
            method=head.method, url=url, headers=dict(head.headers)
        )
        request.context["client_config"] = _UNSIGNED
        if head.trailer:
            request.context["checksum"] = _TRAILER
        signer: Any = S3SigV4Auth(keys, "s3", self.connection.region)
        signer.add_auth(request)
        # Already encoded once, and signed so: nothing may touch the path again.
        return yarl.URL(url, encoded=True), dict(request.headers.items())
