"""Keys of others: DID documents by did:web, and only from the host that a DID names."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import unquote

import aiohttp
import jwt
import yarl

from domain.errors import AccessError, InvalidAddressError
from domain.mechanisms.strangers import Strangers

_METHOD = "did:web:"
_LOCAL = frozenset({"localhost", "127.0.0.1"})
_MOST_BYTES = 256 * 1024
_SECONDS = 5.0
_KEPT_SECONDS = 60.0
_MOST_KEPT = 256
# By key type and curve: what each may sign with.
_ALGORITHMS = {("EC", "P-256"): "ES256", ("OKP", "Ed25519"): "EdDSA"}


def document_url(did: str, *, http: bool = False) -> yarl.URL:
    """Where the DID's document is. Raises AccessError for what is no did:web."""
    if not did.startswith(_METHOD):
        raise AccessError("only did:web can be resolved")
    host, *path = [unquote(each) for each in did.removeprefix(_METHOD).split(":")]
    said = "/".join((host, *path))
    if not host or any(each in "/?#@\\ " for each in host) or ".." in said.split("/"):
        raise AccessError("this did:web names no host")
    name = host.partition(":")[0]
    scheme = "http" if http or name in _LOCAL else "https"
    try:
        base = yarl.URL(f"{scheme}://{host}")
        _ = base.port
    except ValueError:
        raise AccessError("this did:web names no host") from None
    if not path:
        return base / ".well-known/did.json"
    return base.joinpath(*path, "did.json")


@dataclass(frozen=True)
class Key:
    """A public key, and the one algorithm that it is good for."""

    key: jwt.PyJWK
    algorithm: str


@dataclass
class Resolver:
    """Documents, kept for a minute. Raises AccessError for all that goes wrong."""

    session: aiohttp.ClientSession
    http: bool = False
    strangers: Strangers = field(default_factory=Strangers)
    _kept: dict[str, tuple[float, Mapping[str, Any]]] = field(
        default_factory=dict[str, tuple[float, Mapping[str, Any]]]
    )

    async def key(self, did: str, key_id: str) -> Key:
        """The key of the DID that `key_id` names, absolute or as a fragment.

        A key that a kept document does not have may be new: it is fetched again.
        """
        for kept in (True, False):
            document = await self._document(did, kept=kept)
            found = _method(document, did, key_id)
            if found is not None:
                return _key(found)
        raise AccessError("the key is not in the DID's document")

    async def _document(self, did: str, *, kept: bool) -> Mapping[str, Any]:
        until, document = self._kept.get(did, (0.0, {}))
        if kept and until > time.monotonic():
            return document
        url = document_url(did, http=self.http)
        try:
            self.strangers.check(str(url))
        except InvalidAddressError as error:
            raise AccessError(error.detail) from None
        document = await self._fetched(url)
        if document.get("id") != did:
            raise AccessError("the DID's document is of another DID")
        if len(self._kept) >= _MOST_KEPT:
            self._kept.clear()
        self._kept[did] = (time.monotonic() + _KEPT_SECONDS, document)
        return document

    async def _fetched(self, url: yarl.URL) -> Mapping[str, Any]:
        limits = aiohttp.ClientTimeout(total=_SECONDS)
        try:
            async with self.session.get(
                url, timeout=limits, allow_redirects=False
            ) as answer:
                if answer.status != 200:  # noqa: PLR2004 (OK)
                    raise AccessError(f"the DID's host answered {answer.status}")
                body = await _read(answer.content)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            said = f"the DID's host did not answer: {type(error).__name__}"
            raise AccessError(said) from None
        try:
            found = json.loads(body)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise AccessError("the DID's document is not a JSON object")
        return cast("dict[str, Any]", found)


async def _read(content: aiohttp.StreamReader) -> bytes:
    body = b""
    async for chunk in content.iter_any():
        body += chunk
        if len(body) > _MOST_BYTES:
            raise AccessError("the DID's document is too large")
    return body


def _method(document: Mapping[str, Any], did: str, key_id: str) -> object:
    wanted = _absolute(did, key_id)
    methods = document.get("verificationMethod")
    listed: list[Any] = methods if isinstance(methods, list) else []
    for each in listed:
        method: Mapping[str, Any] = each if isinstance(each, dict) else {}
        if _absolute(did, str(method.get("id"))) == wanted:
            return method.get("publicKeyJwk")
    return None


def _absolute(did: str, key_id: str) -> str:
    if key_id.startswith("did:"):
        return key_id
    return f"{did}#{key_id.removeprefix('#')}"


def _key(jwk: object) -> Key:
    if isinstance(jwk, dict):
        said = cast("dict[str, Any]", jwk)
        algorithm = _ALGORITHMS.get((str(said.get("kty")), str(said.get("crv"))))
        if algorithm is not None:
            try:
                return Key(jwt.PyJWK.from_dict(said, algorithm), algorithm)
            except jwt.PyJWTError:
                raise AccessError("the key cannot be read") from None
    raise AccessError("the key must be P-256 or Ed25519, as a JSON Web Key")
