"""How a control plane and we prove to one another who we are: the part that is public.

The same object serves both ways (DPS, "Authorization profiles"): with `token_endpoint`
and its companions we get tokens for what we send; with `jwks` or `jwks_uri` we check
the tokens that are sent to us.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any, cast

from domain.message import Message

# The scope that a token of an exchange must have, and that we ask for.
SIGNALING_SCOPE = "signaling:dataflow"


class AuthorizationType(StrEnum):
    """The protocol's profiles, in its spelling."""

    CLIENT_CREDENTIALS = "oauth2_client_credentials"
    TOKEN_EXCHANGE = "oauth2_token_exchange"  # noqa: S105 (a name, no secret)


class Authorization(Message):
    """Recorded as it is. The client's secret is kept elsewhere, under a reference.

    `principal` is the `sub` of the control plane's tokens where that is not its id;
    `resource` is the principal that we ask tokens for, and stands in for `principal`.
    """

    type: AuthorizationType
    token_endpoint: str | None = None
    metadata_endpoint: str | None = None
    client_id: str | None = None
    jwks: dict[str, Any] | None = None
    jwks_uri: str | None = None
    issuer: str | None = None
    principal: str | None = None
    resource: str | None = None
    audience: str | None = None
    scope: str | None = None

    @property
    def exchanges(self) -> bool:
        """Whether tokens come by RFC 8693 instead of a client's credentials."""
        return self.type is AuthorizationType.TOKEN_EXCHANGE

    @property
    def unsigned(self) -> bool:
        """Whether nothing was given to check a signature with, and nothing must be."""
        keyless = self.jwks is None and self.jwks_uri is None
        return keyless and not self.exchanges

    @property
    def subject(self) -> str | None:
        """The `sub` that stands for the control plane beside its own id."""
        return (self.principal or self.resource) if self.exchanges else None


_PUBLIC = frozenset({"kty", "kid", "use", "alg", "key_ops", "n", "e", "crv", "x", "y"})
_KINDS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "RSA": frozenset({"n", "e"}),
        "EC": frozenset({"crv", "x", "y"}),
        "OKP": frozenset({"crv", "x"}),
    }
)
_NEVER = frozenset({"a kind that is not asymmetric"})


def public_keys(jwks: Mapping[str, Any]) -> dict[str, Any] | None:
    """The public parts of a key set's asymmetric keys; None where there are none.

    Whoever gives a private key by mistake must not find it in the log.
    """
    said: object = jwks.get("keys")
    keys = cast("list[object]", said) if isinstance(said, list) else []
    public = [
        {name: value for name, value in key.items() if name in _PUBLIC}
        for key in (cast("dict[str, Any]", k) for k in keys if isinstance(k, dict))
        if _KINDS.get(str(key.get("kty")), _NEVER) <= key.keys()
    ]
    return {"keys": public} if public else None
