"""The tokens that we carry: got where a control plane's registration says, and kept.

Client credentials (RFC 6749, 4.4) and token exchange (RFC 8693).
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from domain.control_plane import ControlPlane
from domain.control_plane.authorization import SIGNALING_SCOPE, Authorization
from domain.errors import DataPlaneError, StorageError
from handlers.access.control_planes import ControlPlanes
from handlers.access.metadata import Metadata
from handlers.access.web import FetchError, json_object

_MARGIN_SECONDS = 30.0
# Where the server does not say how long a token is good for.
_UNSAID_SECONDS = 60.0
_JWT = "urn:ietf:params:oauth:token-type:jwt"
_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
_CLIENT_REFUSED = (400, 401)

Key = tuple[str, ...]


@dataclass
class _Kept:
    token: str = field(default="", repr=False)
    until: float = float("-inf")
    used: int = 0
    # It was refused when it came a second time: some take each token only once.
    single_use: bool = False
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass
class Tokens:
    """One token for all that goes to the same place as the same principal."""

    planes: ControlPlanes
    client: httpx.AsyncClient
    metadata: Metadata
    workload_token_file: Path | None = None
    _kept: dict[Key, _Kept] = field(default_factory=dict[Key, _Kept])

    async def headers(self, plane: ControlPlane) -> dict[str, str]:
        """What a request to the control plane carries: nothing without authorization.

        Raises DataPlaneError `access.token-unavailable`.
        """
        if plane.authorization is None:
            return {}
        kept = self._kept.setdefault(_key(plane, plane.authorization), _Kept())
        async with kept.lock:
            spent = kept.single_use and kept.used
            if spent or time.monotonic() >= kept.until:
                kept.token, seconds = await self._fetch(plane, plane.authorization)
                kept.until = time.monotonic() + seconds
                kept.used = 0
            kept.used += 1
            return {"Authorization": f"Bearer {kept.token}"}

    def drop(self, plane: ControlPlane) -> bool:
        """Forget the token: it was refused. Returns whether there was one."""
        if plane.authorization is None:
            return False
        kept = self._kept.get(_key(plane, plane.authorization))
        if kept is None:
            return False
        kept.until = float("-inf")
        kept.single_use = kept.single_use or kept.used > 1
        return True

    async def _fetch(
        self, plane: ControlPlane, authorization: Authorization
    ) -> tuple[str, float]:
        try:
            complete = await self.metadata.complete(authorization)
            if complete.exchanges:
                answer = await self._exchange(plane, complete)
            else:
                answer = await self._by_credentials(plane, complete)
            return _read(json_object(answer))
        except FetchError as error:
            raise _unavailable(str(error)) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _unavailable(type(error).__name__) from None

    async def _by_credentials(
        self, plane: ControlPlane, authorization: Authorization
    ) -> httpx.Response:
        try:
            secret = await self.planes.client_secret(plane)
        except StorageError:
            # The control plane was registered anew while we were about it.
            raise _unavailable("the client's secret is gone") from None
        if secret is None or not authorization.client_id:
            raise _unavailable("the client's secret is not known")
        form = {"grant_type": "client_credentials", **_asked_for(authorization)}
        client = (authorization.client_id, secret.get_secret_value())
        named = {"client_id": client[0], "client_secret": client[1]}
        url = authorization.token_endpoint or ""
        answer = await self.client.post(url, data={**form, **named})
        if answer.status_code in _CLIENT_REFUSED:
            # Some servers take a client's secret only in the header.
            answer = await self.client.post(url, data=form, auth=client)
        return _successful(answer)

    async def _exchange(
        self, plane: ControlPlane, authorization: Authorization
    ) -> httpx.Response:
        form = {
            "grant_type": _EXCHANGE,
            "subject_token": await asyncio.to_thread(self._workload_token),
            "subject_token_type": _JWT,
            "requested_token_type": _JWT,
            "audience": plane.control_plane_id,
            "scope": SIGNALING_SCOPE,
            **_asked_for(authorization),
        }
        url = authorization.token_endpoint or ""
        return _successful(await self.client.post(url, data=form))

    def _workload_token(self) -> str:
        # Read each time: whoever put it there also renews it.
        if self.workload_token_file is None:
            raise _unavailable("no workload token file is configured")
        try:
            return self.workload_token_file.read_text("utf-8").strip()
        except (OSError, ValueError):
            raise _unavailable("the workload token cannot be read") from None


def _key(plane: ControlPlane, authorization: Authorization) -> Key:
    told = authorization.model_dump(
        include={"type", "token_endpoint", "metadata_endpoint", "client_id"}
    )
    audience = authorization.audience
    if authorization.exchanges:
        audience = audience or plane.control_plane_id
    wanted = (authorization.resource, audience, authorization.scope, plane.secret)
    return tuple(str(each) for each in (*told.values(), *wanted))


def _asked_for(authorization: Authorization) -> dict[str, str]:
    wanted = {
        "audience": authorization.audience,
        "resource": authorization.resource,
        "scope": authorization.scope,
    }
    return {name: value for name, value in wanted.items() if value}


def _successful(answer: httpx.Response) -> httpx.Response:
    if not answer.is_success:
        raise FetchError(f"HTTP {answer.status_code}")
    return answer


def _read(answer: Mapping[str, object]) -> tuple[str, float]:
    """The token, and for how many seconds it is to be kept."""
    token, kind = answer.get("access_token"), answer.get("token_type", "Bearer")
    usable = isinstance(token, str) and token.isascii() and token.isprintable()
    if not usable or not token or str(kind).lower() != "bearer":
        raise FetchError("the answer holds no bearer token")
    said = answer.get("expires_in", _UNSAID_SECONDS)
    try:
        lifetime = float(str(said))
    except ValueError:
        lifetime = _UNSAID_SECONDS
    # Renewed before it ends, but a short-lived one is still used for a while.
    return str(token), lifetime - min(_MARGIN_SECONDS, lifetime / 5)


def _unavailable(why: str) -> DataPlaneError:
    return DataPlaneError(f"no token: {why}", code="access.token-unavailable")
