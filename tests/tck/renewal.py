"""The kit as a client of data: a DID with a key of its own, and token refreshes."""

import json
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

_LIFETIME_SECONDS = 600


@dataclass(frozen=True)
class DataClient:
    """Signs with a new P-256 key; `did_document` is to be published at its DID."""

    did: str
    provider_did: str
    http: httpx.AsyncClient
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1()), repr=False
    )
    key_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def did_document(self) -> dict[str, Any]:
        """With the public key as its one verification method."""
        public = json.loads(ECAlgorithm.to_jwk(self.key.public_key()))
        method = f"{self.did}#{self.key_id}"
        return {
            "@context": ["https://www.w3.org/ns/did/v1"],
            "id": self.did,
            "service": [],
            "verificationMethod": [
                {
                    "id": method,
                    "type": "JsonWebKey2020",
                    "controller": self.did,
                    "publicKeyJwk": {**public, "kid": self.key_id},
                }
            ],
            "authentication": [method],
            "assertionMethod": [method],
            "capabilityInvocation": [method],
        }

    async def refresh(
        self,
        properties: dict[str, str],
        *,
        refresh_token: str | None = None,
        audience: str | None = None,
    ) -> httpx.Response:
        """Ask for another access token, as the address's properties say."""
        form = {
            "grant_type": "refresh_token",
            "refresh_token": refresh_token or properties["refreshToken"],
        }
        signed = self._signed(properties["authorization"], audience)
        return await self.http.post(
            properties["refreshEndpoint"],
            data=form,
            headers={"Authorization": f"Bearer {signed}"},
        )

    def _signed(self, access_token: str, audience: str | None) -> str:
        now = int(time.time())
        claims = {
            "iss": self.did,
            "sub": self.did,
            "aud": audience or self.provider_did,
            "token": access_token,
            "jti": str(uuid.uuid4()),
            "iat": now,
            "exp": now + _LIFETIME_SECONDS,
        }
        headers = {"kid": f"{self.did}#{self.key_id}"}
        return jwt.encode(claims, self.key, algorithm="ES256", headers=headers)
