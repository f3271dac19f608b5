"""Who this plane is to others: a DID, and the key that its document names."""

import base64
import hashlib
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic_settings import BaseSettings, SettingsConfigDict

_CURVE = "secp256r1"
_GOOD_FOR_SECONDS = 120
_COORDINATE_BYTES = 32


class DidSettings(BaseSettings):
    """The environment variables WAYBILL_DID and WAYBILL_DID_KEY_FILE."""

    model_config = SettingsConfigDict(env_prefix="WAYBILL_", frozen=True)

    did: str | None = None
    did_key_file: Path | None = None


@dataclass(frozen=True, repr=False)
class Identity:
    """Signs in the name of a DID, with a P-256 key."""

    did: str
    key: EllipticCurvePrivateKey

    @classmethod
    def read(cls, settings: DidSettings) -> Self | None:
        """The configured one; None where none is. ValueError for an unusable key."""
        if settings.did is None or settings.did_key_file is None:
            return None
        key = load_pem_private_key(settings.did_key_file.read_bytes(), None)
        if isinstance(key, EllipticCurvePrivateKey) and key.curve.name == _CURVE:
            return cls(settings.did, key)
        raise ValueError("WAYBILL_DID_KEY_FILE must hold a P-256 private key")

    @property
    def key_id(self) -> str:
        """The key's name in the DID document: its JWK thumbprint (RFC 7638)."""
        said = json.dumps(self.public_jwk(), separators=(",", ":"), sort_keys=True)
        return _base64url(hashlib.sha256(said.encode()).digest())

    def public_jwk(self) -> dict[str, str]:
        """The public half, with the members that a thumbprint is made of."""
        point = self.key.public_key().public_numbers()
        x, y = (
            _base64url(each.to_bytes(_COORDINATE_BYTES, "big"))
            for each in (point.x, point.y)
        )
        return {"crv": "P-256", "kty": "EC", "x": x, "y": y}

    def assertion(self, audience: str, token: str) -> str:
        """That we are this DID, to one other side, about the token that it gave us."""
        now = int(time.time())
        claims = {
            "iss": self.did,
            "sub": self.did,
            "aud": audience,
            "token": token,
            "jti": str(uuid4()),
            "iat": now,
            "exp": now + _GOOD_FOR_SECONDS,
        }
        named = {"kid": f"{self.did}#{self.key_id}"}
        return jwt.encode(claims, self.key, "ES256", headers=named)


def _base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
