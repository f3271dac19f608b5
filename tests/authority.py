"""A small OAuth2 authorization server: real HTTP, real keys, and what it was asked."""

from __future__ import annotations

import time
import uuid
from base64 import b64decode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import jwt
from aiohttp import web
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from domain.control_plane.authorization import SIGNALING_SCOPE
from waybill.embedded.ports import LOOPBACK, free_port

_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
_JWT = "urn:ietf:params:oauth:token-type:jwt"
CLIENT, SECRET = "waybill-client", "planted-client-secret-4d1b"
AUDIENCE = "waybill"


@dataclass(frozen=True)
class SigningKey:
    """A key pair under an id."""

    key_id: str
    algorithm: str
    private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

    @classmethod
    def elliptic(cls, key_id: str) -> SigningKey:
        """For ES256."""
        return cls(key_id, "ES256", ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def rsa(cls, key_id: str) -> SigningKey:
        """For RS256."""
        return cls(key_id, "RS256", rsa.generate_private_key(65537, 2048))

    @property
    def jwk(self) -> dict[str, Any]:
        """The public key."""
        if isinstance(self.private, rsa.RSAPrivateKey):
            shown = RSAAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        else:
            shown = ECAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        return {**shown, "kid": self.key_id, "use": "sig"}

    @property
    def public_pem(self) -> bytes:
        """What a forger may know, and use as if it were a secret."""
        return self.private.public_key().public_bytes(
            serialization.Encoding.PEM,
            serialization.PublicFormat.SubjectPublicKeyInfo,
        )

    def sign(self, claims: Mapping[str, Any], *, named: bool = True) -> str:
        """A token; `named` tells whether it says by which key."""
        headers = {"kid": self.key_id} if named else None
        return jwt.encode(dict(claims), self.private, self.algorithm, headers)


@dataclass
class Authority:
    """Answers token requests as `subject`, with tokens good for `expires_in` seconds.

    `asked` holds the form of each; `keys` are served, the first signs.
    """

    url: str = ""
    subject: str = AUDIENCE
    expires_in: float = 300
    only_basic: bool = False
    keys: list[SigningKey] = field(default_factory=list[SigningKey])
    asked: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    issued: list[str] = field(default_factory=list[str])
    key_requests: int = 0

    @classmethod
    @asynccontextmanager
    async def open(
        cls, *keys: SigningKey, port: int | None = None
    ) -> AsyncIterator[Authority]:
        """Listens on a port of its own, or on this one."""
        authority = cls(keys=list(keys) or [SigningKey.elliptic("key-1")])
        app = web.Application()
        app.router.add_post("/token", authority._token)
        app.router.add_get("/keys", authority._keys)
        app.router.add_get("/metadata", authority._metadata)
        runner = web.AppRunner(app, shutdown_timeout=1)
        await runner.setup()
        port = port or free_port()
        await web.TCPSite(runner, LOOPBACK, port).start()
        authority.url = f"http://{LOOPBACK}:{port}"
        try:
            yield authority
        finally:
            await runner.cleanup()

    def claims(self, subject: str, **changes: Any) -> dict[str, Any]:
        """What a control plane's token says; None leaves a claim out."""
        now = int(time.time())
        usual = {
            "iss": self.url,
            "sub": subject,
            "aud": AUDIENCE,
            "iat": now,
            "exp": now + 60,
            "jti": str(uuid.uuid4()),
        }
        said = {**usual, **changes}
        return {name: value for name, value in said.items() if value is not None}

    def token(self, subject: str, **changes: Any) -> str:
        """A token of ours."""
        return self.keys[0].sign(self.claims(subject, **changes))

    def credentials(self, **changes: Any) -> dict[str, Any]:
        """AuthorizationEntry of client credentials, checked by `jwksUri`."""
        usual = {
            "type": "oauth2_client_credentials",
            "tokenEndpoint": f"{self.url}/token",
            "clientId": CLIENT,
            "clientSecret": SECRET,
            "jwksUri": f"{self.url}/keys",
            "issuer": self.url,
        }
        said = {**usual, **changes}
        return {name: value for name, value in said.items() if value is not None}

    def exchange(self, **changes: Any) -> dict[str, Any]:
        """AuthorizationEntry of a token exchange, as the specification's table."""
        usual = {
            "type": "oauth2_token_exchange",
            "tokenExchangeEndpoint": f"{self.url}/token",
            "issuer": self.url,
            "jwksUri": f"{self.url}/keys",
            "resource": "urn:participant:us",
        }
        said = {**usual, **changes}
        return {name: value for name, value in said.items() if value is not None}

    async def _token(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.asked.append(form)
        subject = self.subject
        if form.get("grant_type") == _EXCHANGE:
            if form.get("subject_token_type") != _JWT or not form["subject_token"]:
                return web.json_response({"error": "invalid_request"}, status=400)
            subject = form["resource"]
        elif self._client(request, form) != (CLIENT, SECRET):
            return web.json_response({"error": "invalid_client"}, status=401)
        now = time.time()
        claims = self.claims(
            subject,
            aud=form.get("audience", "control-plane"),
            exp=now + self.expires_in,
            scope=form.get("scope", SIGNALING_SCOPE),
        )
        self.issued.append(self.keys[0].sign(claims))
        answer = {
            "access_token": self.issued[-1],
            "token_type": "Bearer",
            "expires_in": self.expires_in,
        }
        return web.json_response(answer)

    def _client(
        self, request: web.Request, form: Mapping[str, str]
    ) -> tuple[str | None, str | None]:
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        if scheme == "Basic":
            name, _, secret = b64decode(given).decode().partition(":")
            return name, secret
        if self.only_basic:
            return None, None
        return form.get("client_id"), form.get("client_secret")

    async def _keys(self, _: web.Request) -> web.Response:
        self.key_requests += 1
        return web.json_response({"keys": [each.jwk for each in self.keys]})

    async def _metadata(self, _: web.Request) -> web.Response:
        told = {
            "issuer": self.url,
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
        }
        return web.json_response(told)
