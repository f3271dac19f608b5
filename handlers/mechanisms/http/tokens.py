"""The bearer token of one end: shown with every request, renewed once for all."""

import asyncio
import contextlib
import time
from collections.abc import Mapping

from pydantic import SecretStr

from domain.errors import Side, StorageError
from handlers.mechanisms.http.renewal import Renewal
from handlers.ports import Access

_RENEWABLE = frozenset({"authorization", "refresh_token", "refresh_endpoint"})
_LAST_FIFTH = 0.2


class Token:
    """What `Authorization` says; None where there is no token."""

    def __init__(
        self,
        side: Side,
        access: Access,
        renewal: Renewal | None,
        margin_seconds: float,
    ) -> None:
        """Without `renewal`, a token that has expired stays so."""
        self._side = side
        self._access = access
        self._renewal = renewal
        self._margin_seconds = margin_seconds
        self._order = asyncio.Lock()
        self._adopt(access.secrets)

    async def current(self) -> str | None:
        """The token to show now, renewed if it is about to expire."""
        token = self._value
        if token is not None and self._renews and time.time() >= self._renew_at:
            # It is still good: what cannot be renewed now is used to its end.
            with contextlib.suppress(StorageError):
                await self.replace(token)
        return self._value

    async def replace(self, token: str) -> None:
        """Have another token than this one.

        Raises StorageError `storage.credentials-expired` where there is none to have.
        """
        async with self._order:
            if self._value != token or await self._found_another():
                return
            if self._renewal is None or not self._renews:
                raise StorageError(
                    "the token has expired or was refused, and cannot be renewed",
                    code="storage.credentials-expired",
                    side=self._side,
                )
            try:
                renewed = await self._renewal.renewed(self._secrets)
            except StorageError:
                # Another worker may have been faster, and ours is used up by that.
                if await self._found_another():
                    return
                raise
            await self._access.keep(renewed)
            self._adopt(renewed)

    async def _found_another(self) -> bool:
        before = self._value
        self._adopt(await self._access.again())
        return self._value != before

    def _adopt(self, secrets: Mapping[str, SecretStr]) -> None:
        self._secrets = secrets
        given = secrets.get("authorization")
        self._value = given.get_secret_value() if given else None
        self._renews = self._renewal is not None and secrets.keys() >= _RENEWABLE
        lives = _number(secrets, "expires_in")
        # Not renewed yet: when it was given to us, nobody noted.
        until = _number(secrets, "expires_at") or time.time() + lives
        self._renew_at = until - min(self._margin_seconds, lives * _LAST_FIFTH)


def _number(secrets: Mapping[str, SecretStr], name: str) -> float:
    found = secrets.get(name)
    return float(found.get_secret_value()) if found else 0.0
