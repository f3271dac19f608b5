"""Admits whoever may speak, or says why not: the one place for all doors."""

import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import jwt

from domain.access import claims
from domain.access.claims import Claims, Identity
from domain.access.operators import bearer, require_operator
from domain.control_plane import ControlPlane
from domain.control_plane.authorization import Authorization
from domain.errors import AccessError
from handlers.access.asked import Asked
from handlers.access.control_planes import ControlPlanes
from handlers.access.key_sets import KIND_OF_KEY, KeySets
from handlers.access.metadata import Metadata
from handlers.access.replays import Replays
from handlers.access.web import FetchError
from handlers.commands.caller import Caller

_log = logging.getLogger(__name__)


class RefusedIdentityError(AccessError):
    """Refused, with what the token says of itself."""

    def __init__(self, error: AccessError, identity: Identity) -> None:
        """As the error has it."""
        super().__init__(error.detail, code=error.code, side=error.side)
        self.identity = identity


class Gate(Protocol):
    """Who speaks? Both methods raise AccessError for who may not."""

    async def admit(self, asked: Asked) -> Caller:
        """The control plane that signals."""
        ...

    def operator(self, asked: Asked) -> str:
        """The actor of an operator's command."""
        ...


@dataclass(frozen=True)
class OpenGate:
    """Development: everybody is the one configured control plane, and an operator."""

    control_plane_id: str

    async def admit(self, asked: Asked) -> Caller:
        """Whatever header it sends."""
        return Caller(self.control_plane_id, asked.remote, operator=True)

    def operator(self, asked: Asked) -> str:
        """Likewise."""
        return f"operator:{asked.remote}"


@dataclass
class TokenGate:
    """Bearer tokens of registered control planes; the operator's own key."""

    planes: ControlPlanes
    keys: KeySets
    metadata: Metadata
    replays: Replays
    audience: str
    operator_key_file: Path | None
    _unsigned: set[str] = field(default_factory=set[str])

    async def admit(self, asked: Asked) -> Caller:
        """The control plane whose token it is; or an operator, by the key."""
        token = _token(asked)
        if self._is_operator(asked):
            return Caller("", f"operator:{asked.remote}", operator=True)
        header, said = _read(token)
        try:
            plane = await self._verified(token, header, said, asked)
        except AccessError as error:
            raise RefusedIdentityError(error, Identity.of(said)) from None
        plane_id = plane.control_plane_id
        return Caller(plane_id, f"control-plane:{plane_id}")

    def operator(self, asked: Asked) -> str:
        """Who has the operator's key."""
        if not asked.readable:
            raise _invalid("it is too long")
        require_operator(asked.authorization, read_key(self.operator_key_file))
        return f"operator:{asked.remote}"

    def _is_operator(self, asked: Asked) -> bool:
        # No JSON Web Token has less than two dots, and no key of ours has any.
        if "." in asked.authorization:
            return False
        try:
            self.operator(asked)
        except AccessError:
            return False
        return True

    async def _verified(
        self, token: str, header: Claims, said: Claims, asked: Asked
    ) -> ControlPlane:
        plane = await self._of(said)
        authorization = await self._authorization(plane)
        await self._check_signature(token, header, plane, authorization)
        expires = claims.check(said, authorization, audience=self.audience, at=asked.at)
        token_id = said.get("jti")
        if token_id is None:
            return plane
        if not isinstance(token_id, str):
            raise _invalid("jti is no text")
        first = await self.replays.use(plane.control_plane_id, token_id, expires)
        # The same delivery may come again: that is the broker's doing, not a thief's.
        if not first and asked.deliveries == 1:
            raise AccessError("the token was used before", code="access.token-replayed")
        return plane

    async def _of(self, said: Claims) -> ControlPlane:
        subject = said.get("sub")
        if isinstance(subject, str) and subject:
            plane = await self.planes.named(subject)
            if plane is not None:
                return plane
        # EDC names the client here, and somebody else as the subject.
        client = said.get("client_id")
        if isinstance(client, str) and client:
            plane = await self.planes.get(client)
            if plane is not None:
                return plane
        raise AccessError(
            "no registered control plane is the token's subject",
            code="access.control-plane-unknown",
        )

    async def _authorization(self, plane: ControlPlane) -> Authorization:
        if plane.authorization is None:
            raise _invalid("the control plane is registered without authorization")
        try:
            return await self.metadata.complete(plane.authorization)
        except FetchError as error:
            fields = {"control_plane_id": plane.control_plane_id, "error": str(error)}
            _log.warning("metadata cannot be fetched", extra={"fields": fields})
            raise AccessError(
                "the control plane's authorization server cannot be asked now",
                code="access.keys-unavailable",
            ) from None

    async def _check_signature(
        self,
        token: str,
        header: Claims,
        plane: ControlPlane,
        authorization: Authorization,
    ) -> None:
        algorithm, key_id = header.get("alg"), header.get("kid")
        if not isinstance(algorithm, str) or algorithm.lower() == "none":
            raise _invalid("it is not signed")
        if authorization.unsigned:
            self._note_unsigned(plane.control_plane_id)
            return
        if algorithm not in KIND_OF_KEY:
            raise _invalid("its algorithm is not allowed")
        key_id = key_id if isinstance(key_id, str) else None
        found = await self.keys.keys(authorization, algorithm, key_id)
        if not any(_signed(token, key, algorithm) for key in found):
            raise _invalid("its signature is not by a key of the control plane")

    def _note_unsigned(self, control_plane_id: str) -> None:
        if control_plane_id not in self._unsigned:
            self._unsigned.add(control_plane_id)
            _log.warning(
                "signatures are not checked: registered without jwks and jwksUri",
                extra={"fields": {"control_plane_id": control_plane_id}},
            )


def read_key(path: Path | None) -> str | None:
    """The operator's key, as it is now; None where there is no such file."""
    try:
        return path.read_text("utf-8").strip() if path else None
    except FileNotFoundError:
        return None


def _token(asked: Asked) -> str:
    if not asked.readable:
        raise _invalid("it is too long")
    return bearer(asked.authorization)


def _read(token: str) -> tuple[Claims, Claims]:
    """Header and claims, of which nothing is proven."""
    try:
        read = jwt.decode_complete(token, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise _invalid("it is no JSON Web Token") from None
    return read["header"], read["payload"]


def _signed(token: str, key: jwt.PyJWK, algorithm: str) -> bool:
    try:
        # Only the signature: what it says is checked against the time it was said at.
        jwt.PyJWS().decode(
            token,
            key,
            algorithms=[algorithm],
            options={"verify_signature": True, "enforce_minimum_key_length": True},
        )
    except (jwt.PyJWTError, ValueError, TypeError):
        return False
    return True


def _invalid(why: str) -> AccessError:
    return AccessError(f"the token is refused: {why}", code="access.token-invalid")
