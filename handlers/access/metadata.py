"""An authorization whose particulars stand in a document of the server (RFC 8414)."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

import httpx

from domain.control_plane.authorization import Authorization
from handlers.access.web import FetchError, fetch

_KEPT_SECONDS = 300.0
_SPARED_SECONDS = 5.0
# The document calls them as we do.
_TOLD = ("token_endpoint", "issuer", "jwks_uri")


@dataclass
class _Kept:
    document: dict[str, Any] = field(default_factory=dict[str, Any])
    tried_at: float = float("-inf")
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass
class Metadata:
    """Completes authorizations; documents are kept for five minutes."""

    client: httpx.AsyncClient
    _kept: dict[str, _Kept] = field(default_factory=dict[str, _Kept])

    async def complete(self, authorization: Authorization) -> Authorization:
        """With what the document tells; what was registered itself stands.

        Raises FetchError.
        """
        url = authorization.metadata_endpoint
        if url is None or all(getattr(authorization, name) for name in _TOLD):
            return authorization
        kept = self._kept.setdefault(url, _Kept())
        async with kept.lock:
            document = await self._document(url, kept)
        told = {
            name: document[name]
            for name in _TOLD
            if isinstance(document.get(name), str)
            and getattr(authorization, name) is None
        }
        complete = authorization.model_copy(update=told)
        if not all(getattr(complete, name) for name in _TOLD):
            raise FetchError("the metadata are not complete")
        return complete

    async def _document(self, url: str, kept: _Kept) -> dict[str, Any]:
        age = time.monotonic() - kept.tried_at
        if kept.document and age < _KEPT_SECONDS:
            return kept.document
        if not kept.document and age < _SPARED_SECONDS:
            raise FetchError("it failed a moment ago")
        kept.tried_at = time.monotonic()
        try:
            kept.document = await fetch(self.client, url)
        except FetchError:
            # What it said before is better than nothing.
            if not kept.document:
                raise
        return kept.document
