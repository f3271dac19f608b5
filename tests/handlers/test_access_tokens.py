"""The tokens that we carry: got as registered, kept, renewed, and got anew."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import jwt
import pytest

from domain.control_plane import ControlPlane
from domain.control_plane.messages import ControlPlaneRegistrationMessage
from domain.errors import DataPlaneError
from eventlog import EventLog
from handlers.access import web
from handlers.access.control_planes import ControlPlanes
from handlers.access.metadata import Metadata
from handlers.access.tokens import Tokens
from handlers.secret_store import SecretStore
from tests.authority import CLIENT, SECRET, Authority

PLANE = "control-1"


@pytest.fixture
async def authority() -> AsyncIterator[Authority]:
    """Give a server of tokens."""
    async with Authority.open() as authority:
        yield authority


@pytest.fixture
def planes(log: EventLog) -> ControlPlanes:
    """Give a plane that knows nobody."""
    return ControlPlanes(log, SecretStore(log.pool, bytes(32)))


@pytest.fixture
async def tokens(planes: ControlPlanes, tmp_path: Path) -> AsyncIterator[Tokens]:
    """Give tokens of which none is kept yet."""
    async with web.make_client() as client:
        yield Tokens(planes, client, Metadata(client), tmp_path / "workload.jwt")


async def registered(
    planes: ControlPlanes, entry: Mapping[str, Any] | None
) -> ControlPlane:
    said = {"controlplaneId": PLANE, "endpoint": "https://control.example"}
    message = {**said, "authorization": entry}
    await planes.register(ControlPlaneRegistrationMessage.read(message), "test")
    plane = await planes.get(PLANE)
    assert plane is not None
    return plane


def said(headers: dict[str, str]) -> dict[str, Any]:
    """What the token in the header says."""
    scheme, _, token = headers["Authorization"].partition(" ")
    assert scheme == "Bearer"
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


async def test_without_authorization_nothing_is_carried(
    planes: ControlPlanes, tokens: Tokens
) -> None:
    plane = await registered(planes, None)
    assert await tokens.headers(plane) == {}
    assert tokens.drop(plane) is False


async def test_a_token_is_got_by_the_clients_credentials(
    planes: ControlPlanes, tokens: Tokens, authority: Authority
) -> None:
    entry = authority.credentials(audience="control", resource="urn:r", scope="a b")
    plane = await registered(planes, entry)
    assert said(await tokens.headers(plane))["aud"] == "control"
    assert authority.asked == [
        {
            "grant_type": "client_credentials",
            "client_id": CLIENT,
            "client_secret": SECRET,
            "audience": "control",
            "resource": "urn:r",
            "scope": "a b",
        }
    ]


async def test_a_server_may_take_the_secret_only_in_the_header(
    planes: ControlPlanes, tokens: Tokens, authority: Authority
) -> None:
    authority.only_basic = True
    plane = await registered(planes, authority.credentials())
    assert said(await tokens.headers(plane))
    assert "client_secret" not in authority.asked[-1]


async def test_many_at_once_ask_for_one_token(
    planes: ControlPlanes, tokens: Tokens, authority: Authority
) -> None:
    plane = await registered(planes, authority.credentials())
    found = await asyncio.gather(*(tokens.headers(plane) for _ in range(8)))
    assert found == [found[0]] * 8
    assert len(authority.asked) == 1


async def test_a_token_is_renewed_before_it_expires(
    planes: ControlPlanes, tokens: Tokens, authority: Authority
) -> None:
    authority.expires_in = 0.5
    plane = await registered(planes, authority.credentials())
    first = await tokens.headers(plane)
    async with asyncio.timeout(5):
        while (second := await tokens.headers(plane)) == first:
            await asyncio.sleep(0.02)
    assert said(second)["jti"] != said(first)["jti"]
    assert len(authority.asked) == 2


async def test_a_token_that_was_refused_is_got_anew(
    planes: ControlPlanes, tokens: Tokens, authority: Authority
) -> None:
    plane = await registered(planes, authority.credentials())
    first = await tokens.headers(plane)
    assert tokens.drop(plane) is True
    assert await tokens.headers(plane) != first


async def test_who_takes_a_token_only_once_gets_a_new_one_each_time(
    planes: ControlPlanes, tokens: Tokens, authority: Authority
) -> None:
    plane = await registered(planes, authority.credentials())
    first = await tokens.headers(plane)
    assert await tokens.headers(plane) == first
    assert tokens.drop(plane)
    later = [await tokens.headers(plane) for _ in range(3)]
    assert len({first["Authorization"], *(e["Authorization"] for e in later)}) == 4


async def test_a_new_secret_gets_a_new_token(
    planes: ControlPlanes, tokens: Tokens, authority: Authority
) -> None:
    plane = await registered(planes, authority.credentials())
    first = await tokens.headers(plane)
    wrong = authority.credentials(clientSecret="planted-wrong")
    with pytest.raises(DataPlaneError) as raised:
        await tokens.headers(await registered(planes, wrong))
    assert raised.value.code == "access.token-unavailable"
    assert "planted" not in raised.value.detail
    assert await tokens.headers(plane) == first


async def test_a_token_is_exchanged_for_the_workloads(
    planes: ControlPlanes, tokens: Tokens, authority: Authority
) -> None:
    workload = tokens.workload_token_file
    assert workload is not None
    workload.write_text("workload-1\n")
    plane = await registered(planes, authority.exchange())
    claims = said(await tokens.headers(plane))
    assert (claims["sub"], claims["aud"]) == ("urn:participant:us", PLANE)
    assert claims["scope"] == "signaling:dataflow"
    assert authority.asked == [
        {
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "subject_token": "workload-1",
            "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
            "requested_token_type": "urn:ietf:params:oauth:token-type:jwt",
            "resource": "urn:participant:us",
            "audience": PLANE,
            "scope": "signaling:dataflow",
        }
    ]
    workload.write_text("workload-2\n")
    tokens.drop(plane)
    await tokens.headers(plane)
    assert authority.asked[-1]["subject_token"] == "workload-2"


async def test_the_servers_metadata_tell_where_to_exchange(
    planes: ControlPlanes, tokens: Tokens, authority: Authority
) -> None:
    assert tokens.workload_token_file is not None
    tokens.workload_token_file.write_text("workload-1")
    entry = {
        "type": "oauth2_token_exchange",
        "metadataEndpoint": f"{authority.url}/metadata",
        "resource": "urn:us",
    }
    plane = await registered(planes, entry)
    assert said(await tokens.headers(plane))["sub"] == "urn:us"


async def test_what_cannot_be_had_is_an_error_that_may_pass(
    planes: ControlPlanes, tokens: Tokens, authority: Authority
) -> None:
    nowhere = "http://127.0.0.1:9/token"
    for entry in (
        authority.exchange(),  # and there is no workload token
        authority.credentials(tokenEndpoint=nowhere),
        authority.credentials(tokenEndpoint=f"{authority.url}/nothing"),
        authority.credentials(tokenEndpoint=f"{authority.url}/keys"),
    ):
        plane = await registered(planes, entry)
        with pytest.raises(DataPlaneError) as raised:
            await tokens.headers(plane)
        assert raised.value.code == "access.token-unavailable"
        assert raised.value.retryable
    replaced = await registered(planes, authority.credentials(clientSecret="old"))
    await registered(planes, authority.credentials(clientSecret="new"))
    with pytest.raises(DataPlaneError, match="secret is gone"):
        await tokens.headers(replaced)
