"""The keys that tokens are checked with, kept for a while and fetched when needed."""

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import jwt

from domain.control_plane.authorization import Authorization, public_keys
from domain.errors import AccessError
from handlers.access.web import FetchError, fetch

_log = logging.getLogger(__name__)

# Asymmetric only: a public key is no secret to be shared with whoever signs.
KIND_OF_KEY: Mapping[str, str] = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), "RSA"),
    **dict.fromkeys(("ES256", "ES384", "ES512"), "EC"),
    "EdDSA": "OKP",
}
_KEPT_SECONDS = 300.0

Jwk = Mapping[str, Any]


@dataclass
class _Kept:
    keys: Sequence[Jwk] = ()
    tried_at: float = float("-inf")
    fetched_at: float = float("-inf")
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass
class KeySets:
    """By `jwksUri`; a key id that we do not know has the set fetched again.

    Not more often than every `refetch_seconds`, whoever sends whatever key id.
    """

    client: httpx.AsyncClient
    refetch_seconds: float
    _kept: dict[str, _Kept] = field(default_factory=dict[str, _Kept])

    async def keys(
        self, authorization: Authorization, algorithm: str, key_id: str | None
    ) -> list[jwt.PyJWK]:
        """The keys that may have signed; none where none fits.

        Raises AccessError `access.keys-unavailable` while the set cannot be had.
        """
        if authorization.jwks is not None:
            return _fitting(authorization.jwks["keys"], algorithm, key_id)
        uri = authorization.jwks_uri
        if uri is None:
            return []
        kept = self._kept.setdefault(uri, _Kept())
        async with kept.lock:
            stale = time.monotonic() - kept.fetched_at > _KEPT_SECONDS
            if stale or not _fitting(kept.keys, algorithm, key_id):
                await self._fetch(uri, kept)
        if not kept.keys:
            raise AccessError(
                "the control plane's keys cannot be fetched now",
                code="access.keys-unavailable",
            )
        return _fitting(kept.keys, algorithm, key_id)

    async def _fetch(self, uri: str, kept: _Kept) -> None:
        now = time.monotonic()
        if now - kept.tried_at < self.refetch_seconds:
            return
        kept.tried_at = now
        try:
            document = await fetch(self.client, uri)
        except FetchError as error:
            fields = {"uri": uri, "error": str(error)}
            _log.warning("keys cannot be fetched", extra={"fields": fields})
            return
        public = public_keys(document)
        kept.keys = public["keys"] if public else ()
        kept.fetched_at = now


def _fitting(
    keys: Sequence[Jwk], algorithm: str, key_id: str | None
) -> list[jwt.PyJWK]:
    """Those with the key id, or all where the token names none."""
    found: list[jwt.PyJWK] = []
    for each in keys:
        if each.get("kty") != KIND_OF_KEY.get(algorithm):
            continue
        if each.get("alg", algorithm) != algorithm or each.get("use", "sig") != "sig":
            continue
        if key_id is not None and each.get("kid") != key_id:
            continue
        try:
            found.append(jwt.PyJWK(dict(each), algorithm))
        except jwt.PyJWTError:
            # A key that makes no sense signs nothing; the others may.
            continue
    return found
