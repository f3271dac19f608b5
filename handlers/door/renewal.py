"""New access tokens for old refresh tokens (the token renewal of the HTTP profile).

Who asks must prove that it is the participant that the flow is with: by a JWT that a
key of its DID has signed.
"""

import time
from collections import OrderedDict
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

import jwt
from aiohttp import web

from domain.access.operators import bearer
from domain.data_flow import DataFlow
from domain.errors import AccessError, DataPlaneError
from domain.location import Direction, Role
from handlers.door.did_web import Resolver
from handlers.door.flows import Flows
from handlers.door.tokens import DoorTokens
from handlers.web.bodies import Body, go_on

_NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
_MOST_BODY_BYTES = 64 * 1024
_REQUIRED = ["iss", "sub", "aud", "exp", "jti"]
_LEEWAY_SECONDS = 30


class RenewalError(Exception):
    """A refusal of RFC 6749, section 5.2."""

    def __init__(self, error: str, detail: str) -> None:
        """`error` is one of the words of the RFC; `detail` says what to look at."""
        super().__init__(detail)
        self.error = error
        self.detail = detail

    def response(self) -> web.Response:
        """401 where the client is not who it must be, else 400."""
        unknown = self.error == "invalid_client"
        body = {"error": self.error, "error_description": self.detail}
        headers = dict(_NO_STORE)
        if unknown:
            headers["WWW-Authenticate"] = 'Bearer error="invalid_token"'
        status = HTTPStatus.UNAUTHORIZED if unknown else HTTPStatus.BAD_REQUEST
        return web.json_response(body, status=status, headers=headers)


class Seen:
    """The ids of the assertions that were used, each until it expires."""

    def __init__(self, most: int = 10_000) -> None:
        """Beyond `most`, the oldest are forgotten."""
        self._most = most
        self._until: OrderedDict[tuple[str, str], float] = OrderedDict()

    def first_time(self, issuer: str, jti: str, until: float) -> bool:
        """Whether it was not used before; it is now."""
        now = time.time()
        while self._until and (
            len(self._until) >= self._most or next(iter(self._until.values())) < now
        ):
            self._until.popitem(last=False)
        name = (issuer, jti)
        if name in self._until:
            return False
        self._until[name] = until + _LEEWAY_SECONDS
        return True


@dataclass(frozen=True)
class Renewal:
    """The token endpoint of every flow that is read here."""

    flows: Flows
    tokens: DoorTokens
    resolver: Resolver
    own_did: str | None
    seen: Seen = field(default_factory=Seen)

    async def answer(self, request: web.Request, data_flow_id: str) -> web.Response:
        """A new access token, and a new refresh token; or RFC 6749's refusal."""
        try:
            flow = await self._granted(request, data_flow_id)
            await self._authenticated(request, flow)
        except RenewalError as refused:
            return refused.response()
        body = {
            "access_token": self.tokens.access(data_flow_id),
            "token_type": "bearer",
            "expires_in": self.tokens.seconds,
            "refresh_token": self.tokens.refresh(data_flow_id),
        }
        return web.json_response(body, headers=_NO_STORE)

    async def _granted(self, request: web.Request, data_flow_id: str) -> DataFlow:
        said = await _said(request)
        if said.get("grant_type") != "refresh_token":
            kind = "unsupported_grant_type" if "grant_type" in said else _INVALID
            raise RenewalError(kind, "grant_type must be refresh_token")
        if not said.get("refresh_token"):
            raise RenewalError(_INVALID, "refresh_token is missing")
        try:
            of = self.tokens.flow_of_refresh(said["refresh_token"])
            flow = await self.flows.get(data_flow_id)
        except (AccessError, DataPlaneError) as error:
            raise RenewalError("invalid_grant", error.detail) from None
        if of != data_flow_id:
            raise RenewalError("invalid_grant", "the token is of another flow")
        if flow.final:
            raise RenewalError("invalid_grant", f"the data flow is {flow.state}")
        return flow

    async def _authenticated(self, request: web.Request, flow: DataFlow) -> None:
        try:
            token = bearer(request.headers.get("Authorization", ""))
            claims = await self._verified(token, flow)
            self._check_token(claims, flow)
        except AccessError as error:
            raise RenewalError("invalid_client", error.detail) from None
        except jwt.PyJWTError as error:
            detail = f"the assertion is not valid: {type(error).__name__}"
            raise RenewalError("invalid_client", detail) from None
        if not self.seen.first_time(claims["iss"], claims["jti"], claims["exp"]):
            raise RenewalError("invalid_client", "the assertion was used before")

    async def _verified(self, token: str, flow: DataFlow) -> dict[str, Any]:
        """The assertion's claims, once its signature is that of the flow's partner."""
        unverified = jwt.decode_complete(token, options={"verify_signature": False})
        issuer = unverified["payload"].get("iss")
        _require_partner(issuer, flow)
        key_id = unverified["header"].get("kid")
        if not isinstance(key_id, str) or not key_id:
            raise AccessError("the assertion names no key")
        key = await self.resolver.key(issuer, key_id)
        claims = jwt.decode(
            token,
            key.key,
            [key.algorithm],
            audience=[each for each in (_ours(flow), self.own_did) if each],
            issuer=issuer,
            leeway=_LEEWAY_SECONDS,
            options={"require": _REQUIRED},
        )
        if claims["sub"] != issuer:
            raise AccessError("iss and sub of the assertion differ")
        return claims

    def _check_token(self, claims: dict[str, Any], flow: DataFlow) -> None:
        current = claims.get("token")
        if current is None:
            return
        of = self.tokens.flow_of_access(str(current), expired_too=True)
        if of != flow.data_flow_id:
            raise AccessError("the assertion's token is of another flow")


_INVALID = "invalid_request"


def is_renewal(flow: DataFlow) -> bool:
    """Whether the flow is one that is read here: others have no token to renew."""
    return flow.role is Role.PROVIDER and flow.direction is Direction.PULL


def _require_partner(issuer: object, flow: DataFlow) -> None:
    """Before anything is fetched: a stranger cannot send us anywhere."""
    if not isinstance(issuer, str) or not issuer:
        raise AccessError("the assertion has no issuer")
    partner = flow.terms.counter_party_id if flow.terms else ""
    if not partner.startswith("did:"):
        raise AccessError("this flow's counter-party has no DID to prove itself by")
    if issuer != partner:
        raise AccessError("the assertion is not of this flow's counter-party")


def _ours(flow: DataFlow) -> str | None:
    return flow.terms.participant_id if flow.terms else None


async def _said(request: web.Request) -> dict[str, str]:
    """The form: in the body, or as in the profile's example in the query."""
    go_on(request)
    body = await Body(request).taken(_MOST_BODY_BYTES + 1)
    if len(body) > _MOST_BODY_BYTES:
        raise RenewalError(_INVALID, "the body is too large")
    try:
        form = parse_qsl(body.decode("ascii"), max_num_fields=64)
    except ValueError:
        raise RenewalError(_INVALID, "the body is not a form") from None
    return {**dict(request.query), **dict(form)}
