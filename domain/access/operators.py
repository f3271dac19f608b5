"""Whether a request carries the operator's key."""

from hmac import compare_digest

from domain.errors import AccessError


def bearer(authorization: str) -> str:
    """The token of an `Authorization` header. Raises AccessError without one."""
    scheme, _, token = authorization.strip().partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise AccessError("a bearer token is needed", code="access.token-missing")
    return token


def require_operator(authorization: str, key: str | None) -> None:
    """Raise AccessError unless the header carries the key; without a key, always."""
    if not key:
        raise AccessError(
            "this plane has no operator key, so nobody may ask for this",
            code="access.operator-key-unset",
        )
    if not compare_digest(bearer(authorization).encode(), key.encode()):
        raise AccessError("this is not the operator's key", code="access.token-invalid")
