"""Registration messages are read with patience, and refused with reasons."""

import json
from typing import Any

import pytest

from domain.control_plane.messages import ControlPlaneRegistrationMessage
from domain.errors import InvalidMessageError
from tests.domain.schema import EXAMPLES

SECRET = "planted-secret-7c1e"
JWK = {"kty": "EC", "crv": "P-256", "x": "eA", "y": "eQ", "kid": "k"}
CREDENTIALS = {
    "type": "oauth2_client_credentials",
    "tokenEndpoint": "https://auth.example/token?p=policy",
    "clientId": "client",
    "clientSecret": SECRET,
}
EXCHANGE = {
    "type": "oauth2_token_exchange",
    "tokenExchangeEndpoint": "https://auth.example/token",
    "issuer": "https://auth.example",
    "jwksUri": "https://auth.example/keys",
}


def message(**changes: Any) -> dict[str, Any]:
    usual = {"controlplaneId": "control-1", "endpoint": "https://control.example/s"}
    return {**usual, **changes}


def read(**changes: Any) -> ControlPlaneRegistrationMessage:
    return ControlPlaneRegistrationMessage.read(message(**changes))


@pytest.mark.parametrize("absent", [{}, {"authorization": None}])
def test_authorization_may_be_absent(absent: dict[str, Any]) -> None:
    found = read(**absent, unknown={"deep": 1})
    assert found.controlplane_id == "control-1"
    assert found.authorization is None


def test_client_credentials_are_read_and_the_secret_is_kept_apart() -> None:
    entry = read(authorization={**CREDENTIALS, "jwks": None}).authorization
    assert entry is not None
    assert entry.client_secret is not None
    assert entry.client_secret.get_secret_value() == SECRET
    public = entry.public()
    assert SECRET not in public.model_dump_json()
    assert SECRET not in repr(entry)
    assert public.token_endpoint == CREDENTIALS["tokenEndpoint"]
    assert public.unsigned


def test_both_spellings_of_a_token_exchange_are_read() -> None:
    table = read(authorization=EXCHANGE).authorization
    assert table is not None
    assert table.public().token_endpoint == EXCHANGE["tokenExchangeEndpoint"]
    assert not table.public().unsigned
    metadata = "https://auth.example/.well-known/oauth-authorization-server"
    example = {"type": "oauth2_token_exchange", "metadataEndpoint": metadata}
    entry = read(authorization=example).authorization
    assert entry is not None
    assert entry.public().metadata_endpoint == metadata


@pytest.mark.parametrize(
    "name", ["ClientCredentialsJwksUri", "ClientCredentialsJwks", "TokenExchange"]
)
def test_the_specifications_examples_are_read(name: str) -> None:
    example = json.loads((EXAMPLES / f"Authorization{name}.json").read_bytes())
    if "jwks" in example["authorization"]:
        assert example["authorization"]["jwks"]["keys"][0]["n"] == "..."
    assert read(**example).authorization is not None


def test_of_a_key_only_the_public_part_is_read() -> None:
    keys = [{**JWK, "d": SECRET}, {"kty": "oct", "k": SECRET}, {"kty": "EC"}, "x"]
    entry = read(authorization={**CREDENTIALS, "jwks": {"keys": keys}}).authorization
    assert entry is not None
    assert entry.public().jwks == {"keys": [JWK]}


WRONG: list[dict[str, Any]] = [
    {"controlplaneId": ""},
    {"controlplaneId": None},
    {"controlplaneId": "a\nb"},
    {"endpoint": "ftp://control.example"},
    {"endpoint": f"https://user:{SECRET}@control.example"},
    {"endpoint": f"https://control.example?token={SECRET}"},
    {"endpoint": "control.example"},
    {"authorization": SECRET},
    {"authorization": {}},
    {"authorization": {"type": SECRET}},
    {"authorization": {**CREDENTIALS, "clientSecret": None}},
    {"authorization": {**CREDENTIALS, "clientSecret": {"x": SECRET}}},
    {"authorization": {**CREDENTIALS, "tokenEndpoint": f"https://a:{SECRET}@b"}},
    {"authorization": {**CREDENTIALS, "tokenEndpoint": "https://b/#fragment"}},
    {"authorization": {**CREDENTIALS, "jwks": {"keys": []}}},
    {"authorization": {**CREDENTIALS, "jwks": {"keys": [{"kty": "oct", "k": SECRET}]}}},
    {
        "authorization": {
            **CREDENTIALS,
            "jwks": {"keys": [JWK]},
            "jwksUri": "https://k.example",
        }
    },
    {"authorization": {**EXCHANGE, "jwks": {"keys": [JWK]}}},
    {"authorization": {**EXCHANGE, "jwksUri": None}},
    {"authorization": {**EXCHANGE, "issuer": None}},
]


@pytest.mark.parametrize("changes", WRONG)
def test_what_is_wrong_is_refused_without_repeating_it(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidMessageError) as raised:
        read(**changes)
    assert SECRET not in raised.value.detail


@pytest.mark.parametrize("said", [None, [], "text", 7])
def test_what_is_no_object_is_refused(said: object) -> None:
    with pytest.raises(InvalidMessageError):
        ControlPlaneRegistrationMessage.read(said)
