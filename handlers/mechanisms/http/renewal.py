"""A new access token for a refresh token (DPS, "Token Renewal")."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from domain.errors import Side, StorageError
from handlers.mechanisms.http.errors import translated
from handlers.mechanisms.http.identity import Identity

_OPERATION = "token renewal"
_MAX_ANSWER_BYTES = 64 * 1024
_TRY_AGAIN = 500
_REFUSED = 300

Secrets = Mapping[str, SecretStr]


class _Answer(BaseModel):
    """RFC 6749, 5.1; what it says besides is ignored."""

    model_config = ConfigDict(hide_input_in_errors=True)

    access_token: SecretStr
    expires_in: int | None = None
    refresh_token: SecretStr | None = None


@dataclass(frozen=True)
class Renewal:
    """Asks the other side, `audience`, in the name of this plane."""

    identity: Identity
    audience: str
    session: aiohttp.ClientSession
    side: Side

    async def renewed(self, secrets: Secrets) -> dict[str, SecretStr]:
        """The secrets with a new token in them.

        Raises StorageError: `storage.credentials-expired` where that is refused,
        `storage.unavailable` where nobody answers.
        """
        token = secrets["authorization"].get_secret_value()
        form = {
            "grant_type": "refresh_token",
            "refresh_token": secrets["refresh_token"].get_secret_value(),
        }
        proof = self.identity.assertion(self.audience, token)
        with translated(self.side, _OPERATION):
            async with self.session.post(
                secrets["refresh_endpoint"].get_secret_value(),
                data=form,
                headers={
                    "Authorization": f"Bearer {proof}",
                    "Content-Type": "application/x-www-form-urlencoded",
                },
                allow_redirects=False,
            ) as answer:
                body = await answer.content.read(_MAX_ANSWER_BYTES)
                status = answer.status
        if status >= _REFUSED:
            code = "unavailable" if status >= _TRY_AGAIN else "credentials-expired"
            raise self._error(f"was answered {status}", f"storage.{code}")
        return _merged(secrets, self._read(body))

    def _read(self, body: bytes) -> _Answer:
        try:
            found: Any = json.loads(body)
            return _Answer.model_validate(found)
        except (ValueError, ValidationError):
            # Not chained: the answer may hold a token.
            error = self._error("was answered oddly", "storage.credentials-expired")
        raise error

    def _error(self, what: str, code: str) -> StorageError:
        return StorageError(f"{_OPERATION} {what}", code=code, side=self.side)


def _merged(old: Secrets, answer: _Answer) -> dict[str, SecretStr]:
    new = {**old, "authorization": answer.access_token}
    if answer.refresh_token is not None:
        new["refresh_token"] = answer.refresh_token
    if answer.expires_in is not None:
        new["expires_in"] = SecretStr(str(answer.expires_in))
    if "expires_in" in new:
        until = time.time() + int(new["expires_in"].get_secret_value())
        new["expires_at"] = SecretStr(str(int(until)))
    return new
