"""ControlPlaneRegistrationMessage: how a control plane is made known to us."""

from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    AliasChoices,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)

from domain.control_plane.authorization import (
    Authorization,
    AuthorizationType,
    public_keys,
)
from domain.signaling import IncomingMessage, is_plain_url

ControlPlaneId = Annotated[
    str,
    Field(
        min_length=1,
        max_length=256,
        pattern=r"^[^\x00-\x1f\x7f]+$",
        validation_alias=AliasChoices("controlplaneId", "controlPlaneId"),
    ),
]


def _plain(url: str) -> str:
    if not is_plain_url(url):
        msg = "must be an http(s) URL without credentials, query or fragment"
        raise ValueError(msg)
    return url


def _web(url: str) -> str:
    # A query is allowed here: some token endpoints are told apart by it.
    bare, _, _ = url.partition("?")
    if not is_plain_url(bare) or urlsplit(url).fragment or "\n" in url:
        msg = "must be an http(s) URL without credentials or fragment"
        raise ValueError(msg)
    return url


Url = Annotated[str, AfterValidator(_web)]
Text = Annotated[str, Field(min_length=1, max_length=1024)]

_REQUIRED = {
    AuthorizationType.CLIENT_CREDENTIALS: (
        "token_endpoint",
        "client_id",
        "client_secret",
    ),
    AuthorizationType.TOKEN_EXCHANGE: ("token_exchange_endpoint", "issuer", "jwks_uri"),
}


class AuthorizationEntry(IncomingMessage):
    """AuthorizationEntry, in both spellings of the token exchange.

    The specification's table names `tokenExchangeEndpoint`, `issuer` and `jwksUri`; its
    example names only `metadataEndpoint`, a document (RFC 8414) that tells all three.
    """

    type: AuthorizationType
    token_endpoint: Url | None = None
    token_exchange_endpoint: Url | None = None
    metadata_endpoint: Url | None = None
    client_id: Text | None = None
    client_secret: SecretStr | None = None
    jwks: dict[str, Any] | None = None
    jwks_uri: Url | None = None
    issuer: Text | None = None
    principal: Text | None = None
    resource: Text | None = None
    audience: Text | None = None
    scope: Text | None = None

    @field_validator("jwks")
    @classmethod
    def _public(cls, value: dict[str, Any] | None) -> dict[str, Any] | None:
        if value is None:
            return None
        keys = public_keys(value)
        if keys is None:
            msg = "holds no public key that can check a signature"
            raise ValueError(msg)
        return keys

    @model_validator(mode="after")
    def _whole(self) -> Self:
        missing = [name for name in _REQUIRED[self.type] if not getattr(self, name)]
        exchange = self.type is AuthorizationType.TOKEN_EXCHANGE
        if missing and not (exchange and self.metadata_endpoint):
            msg = f"{self.type} needs {', '.join(missing)}"
            raise ValueError(msg)
        if self.jwks is not None and (exchange or self.jwks_uri):
            msg = "jwks may stand neither beside jwksUri nor in a token exchange"
            raise ValueError(msg)
        return self

    def public(self) -> Authorization:
        """Without the secret."""
        exchange = self.type is AuthorizationType.TOKEN_EXCHANGE
        endpoint = self.token_exchange_endpoint if exchange else self.token_endpoint
        return Authorization(
            type=self.type,
            token_endpoint=endpoint,
            metadata_endpoint=self.metadata_endpoint if exchange else None,
            client_id=self.client_id,
            jwks=self.jwks,
            jwks_uri=self.jwks_uri,
            issuer=self.issuer,
            principal=self.principal,
            resource=self.resource,
            audience=self.audience,
            scope=self.scope,
        )


class ControlPlaneRegistrationMessage(IncomingMessage):
    """Who it is, where it is called back, and how we know one another.

    `authorization` is optional in the specification's text and required in its schema.
    """

    controlplane_id: ControlPlaneId
    endpoint: Annotated[str, AfterValidator(_plain)]
    authorization: AuthorizationEntry | None = None
