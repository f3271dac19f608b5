"""What a token must say: pure checks of its claims at a moment that is given.

A durable signal is judged at the time at which the broker took it, not at the time at
which we came to it; so the time comes in.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from domain.control_plane.authorization import SIGNALING_SCOPE, Authorization
from domain.errors import AccessError

LEEWAY = timedelta(seconds=30)
_SHOWN = 128

Claims = Mapping[str, object]


@dataclass(frozen=True)
class Identity:
    """What a token says of itself, fit to be recorded: printable, and short."""

    claimed: str | None = None
    issuer: str | None = None

    @classmethod
    def of(cls, claims: Claims) -> "Identity":
        """From `sub`, or EDC's `client_id`, and `iss`."""
        return cls(shown(subject(claims)), shown(claims.get("iss")))


def shown(value: object) -> str | None:
    """A string as it may be logged; None for anything else."""
    if not isinstance(value, str) or not value:
        return None
    return "".join(each for each in value[: 4 * _SHOWN] if each.isprintable())[:_SHOWN]


def subject(claims: Claims) -> str | None:
    """Who the token is about, where it says so."""
    for name in ("sub", "client_id"):
        value = claims.get(name)
        if isinstance(value, str) and value:
            return value
    return None


def check(
    claims: Claims, authorization: Authorization, *, audience: str, at: datetime
) -> datetime:
    """When the token expires. Raises AccessError that says which claim is wrong.

    `audience` is our own id; `authorization.issuer` is checked where it is set.
    """
    if authorization.issuer and claims.get("iss") != authorization.issuer:
        raise _invalid("the issuer is not the registered one")
    if audience not in _words(claims.get("aud")):
        raise _invalid("the audience is not this data plane")
    expires = _time(claims, "exp")
    if expires is None:
        raise _invalid("there is no expiry")
    if at >= expires + LEEWAY:
        raise _invalid("it has expired")
    for name in ("iat", "nbf"):
        begins = _time(claims, name)
        if begins is not None and at < begins - LEEWAY:
            raise _invalid("it is not valid yet")
    if authorization.exchanges:
        _check_scope(claims)
    return expires


def _check_scope(claims: Claims) -> None:
    scope = claims.get("scope")
    words = scope.split() if isinstance(scope, str) else _words(scope)
    if SIGNALING_SCOPE not in words:
        raise AccessError(
            f"the token lacks the scope {SIGNALING_SCOPE}", code="access.scope-missing"
        )


def _words(value: object) -> list[object]:
    return [*value] if isinstance(value, list | tuple) else [value]  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]


def _time(claims: Claims, name: str) -> datetime | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _invalid(f"{name} is no time")
    try:
        finite = math.isfinite(value)
    except OverflowError:
        finite = False
    # The year 9999 is enough, and all that a database takes.
    if not finite or not 0 <= value < 253_402_214_400:  # noqa: PLR2004
        raise _invalid(f"{name} is no time")
    return datetime.fromtimestamp(value, UTC)


def _invalid(why: str) -> AccessError:
    return AccessError(f"the token is refused: {why}", code="access.token-invalid")
