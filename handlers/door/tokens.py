"""Tokens of the data door: signed, bound to one flow, kept nowhere.

What a token may do is decided by the flow's state at every request, so that nothing
has to be recorded to take one back.
"""

import time
from collections.abc import Mapping
from secrets import token_urlsafe
from typing import Any

import jwt
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from domain.errors import AccessError
from handlers.door.places import FLOWS, RENEWAL_KEY, endpoint

_ALGORITHM = "HS256"
_ACCESS, _REFRESH = "access", "refresh"
_PUSH = "-push"
_DAY_SECONDS = 86_400
# Long: a token is worth nothing once its flow is over.
PUSH_SECONDS = 7 * _DAY_SECONDS
REFRESH_SECONDS = 30 * _DAY_SECONDS


class DoorTokens:
    """Makes and reads the tokens of one plane's door."""

    def __init__(self, key: bytes, door_url: str, seconds: int) -> None:
        """`key` is the plane's; access tokens of a pull live for `seconds`."""
        derived = HKDF(SHA256(), 32, salt=None, info=b"waybill data door tokens")
        self._key = derived.derive(key)
        self._door_url = door_url.rstrip("/")
        self._seconds = seconds

    @property
    def seconds(self) -> int:
        """How long an access token of a pull is good."""
        return self._seconds

    def access(self, data_flow_id: str, seconds: int | None = None) -> str:
        """A new access token."""
        return self._signed(data_flow_id, _ACCESS, seconds or self._seconds)

    def refresh(self, data_flow_id: str) -> str:
        """A new refresh token."""
        return self._signed(data_flow_id, _REFRESH, REFRESH_SECONDS)

    def flow_of_access(self, token: str, *, expired_too: bool = False) -> str:
        """The flow that it is for. Raises AccessError."""
        return self._read(token, _ACCESS, expired_too=expired_too)

    def flow_of_refresh(self, token: str) -> str:
        """The flow that it is for. Raises AccessError."""
        return self._read(token, _REFRESH)

    def fill(self, address: Mapping[str, Any], data_flow_id: str) -> dict[str, Any]:
        """The address with its tokens, where it is this door's and has none.

        To be called for each answer and callback, and its result to be stored nowhere.
        """
        properties: list[dict[str, Any]] = list(address.get("endpointProperties") or ())
        said = {each.get("name"): each.get("value") for each in properties}
        ours = str(address.get("endpoint")).startswith(f"{self._door_url}{FLOWS}")
        if not ours or said.get("authType") != "bearer" or "authorization" in said:
            return dict(address)
        push = str(address.get("endpointType", "")).lower().endswith(_PUSH)
        added = self._push(data_flow_id) if push else self._pull(data_flow_id)
        properties += [
            {"@type": "EndpointProperty", "name": name, "value": value}
            for name, value in added.items()
        ]
        return {**address, "endpointProperties": properties}

    def _push(self, data_flow_id: str) -> dict[str, str]:
        return {"authorization": self.access(data_flow_id, PUSH_SECONDS)}

    def _pull(self, data_flow_id: str) -> dict[str, str]:
        return {
            "authorization": self.access(data_flow_id),
            "refreshToken": self.refresh(data_flow_id),
            "expiresIn": str(self._seconds),
            "refreshEndpoint": (
                f"{endpoint(self._door_url, data_flow_id)}/{RENEWAL_KEY}"
            ),
        }

    def _signed(self, data_flow_id: str, kind: str, seconds: int) -> str:
        claims = {
            "sub": data_flow_id,
            "typ": kind,
            "exp": int(time.time()) + seconds,
            "jti": token_urlsafe(12),
        }
        return jwt.encode(claims, self._key, _ALGORITHM)

    def _read(self, token: str, kind: str, *, expired_too: bool = False) -> str:
        try:
            claims = jwt.decode(
                token,
                self._key,
                [_ALGORITHM],
                options={
                    "require": ["sub", "typ", "exp"],
                    "verify_exp": not expired_too,
                },
            )
        except jwt.ExpiredSignatureError:
            raise AccessError("the token has expired") from None
        except jwt.InvalidTokenError:
            raise AccessError("this is no token of this door") from None
        if claims["typ"] != kind:
            raise AccessError(f"this is not the {kind} token")
        return str(claims["sub"])
