"""What a gateway judges itself, and what it only passes on."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.gateway.messages import creation
from tests.gateway.peer import Peer
from tests.gateway.serving import serving, settings
from tests.gateway.test_refusals import assert_problem
from waybill.client import ApiError, Client

KEY = "planted-operator-key-9ac1"
FOR_OPERATORS = ("/management/dataflows", "/audit/dataflows/none/events")
FOR_ALL = ("/healthz", "/readyz", "/metrics", "/openapi.json")


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    """Give a file that may hold the operator's key."""
    return tmp_path / "operator.key"


@pytest.fixture
async def guarded(
    key_file: Path, database_url: str, nats_url: str
) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client of a gateway that wants to know who asks."""
    chosen = settings(
        database_url=database_url,
        nats_url=nats_url,
        authorization="required",
        operator_key_file=key_file,
    )
    async with serving(chosen) as guarded:
        yield guarded


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize("path", FOR_OPERATORS)
async def test_without_a_key_nobody_may_look(
    guarded: httpx.AsyncClient, path: str
) -> None:
    answer = await guarded.get(path, headers=bearer("x"))
    assert_problem(answer, 403, "access.operator-key-unset")


@pytest.mark.parametrize("path", FOR_OPERATORS)
async def test_only_the_operator_may_look(
    guarded: httpx.AsyncClient, key_file: Path, path: str
) -> None:
    key_file.write_text(KEY + "\n")
    answer = await guarded.get(path)
    assert_problem(answer, 401, "access.token-missing")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="waybill"'
    answer = await guarded.get(path, headers=bearer("planted-wrong"))
    assert_problem(answer, 401, "access.token-invalid")
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    assert "planted" not in answer.text
    answer = await guarded.get(path, headers=bearer(KEY))
    assert answer.status_code not in (401, 403)


@pytest.mark.parametrize(("token", "status"), [(None, 401), ("x", 401), (KEY, 503)])
async def test_our_client_sends_its_token(
    guarded: httpx.AsyncClient, key_file: Path, token: str | None, status: int
) -> None:
    key_file.write_text(KEY)
    with Client(str(guarded.base_url), token) as client:
        # Who is let in finds that this gateway's database holds no tables.
        with pytest.raises(ApiError) as raised:
            await asyncio.to_thread(client.flows)
        assert raised.value.status == status


@pytest.mark.parametrize("path", FOR_ALL)
async def test_whoever_looks_after_the_machine_needs_no_key(
    guarded: httpx.AsyncClient, path: str
) -> None:
    assert (await guarded.get(path)).status_code in (200, 503)


async def test_in_development_everybody_may_look(client: httpx.AsyncClient) -> None:
    for header in ({}, {"Authorization": "dummy-authorization"}):
        answer = await client.get("/management/dataflows", headers=header)
        assert answer.status_code == 200


async def test_a_header_is_passed_on_as_it_came(
    client: httpx.AsyncClient, peer: Peer
) -> None:
    await client.post("/dataflows/start", json=creation(), headers=bearer("a.b.c"))
    await client.get("/dataflows/tp-1/status")
    (_, _, first), (_, _, second) = peer.received
    assert first["Authorization"] == "Bearer a.b.c"
    assert "Authorization" not in second


@pytest.mark.parametrize(
    ("code", "status", "challenge"),
    [
        ("access.token-missing", 401, 'Bearer realm="waybill"'),
        ("access.token-replayed", 401, 'error="invalid_token"'),
        ("access.control-plane-unknown", 401, 'error="invalid_token"'),
        ("access.scope-missing", 403, 'error="insufficient_scope"'),
        ("access.flow-of-another", 403, ""),
    ],
)
async def test_a_refusal_says_what_would_be_accepted(
    client: httpx.AsyncClient, peer: Peer, code: str, status: int, challenge: str
) -> None:
    peer.scripted = (
        b'{"outcome":"refused","problem":{"code":"%s","detail":"why",'
        b'"errorClass":"terminal","owner":"control plane"}}' % code.encode()
    )
    answer = await client.get("/dataflows/tp-1/status")
    assert_problem(answer, status, code)
    assert challenge in answer.headers.get("WWW-Authenticate", "")


async def test_registrations_go_to_the_commands_handler(
    client: httpx.AsyncClient, peer: Peer
) -> None:
    peer.scripted = (
        b'{"outcome":"handled","controlPlanes":[{"controlplaneId":"c/1",'
        b'"endpoint":"https://c","authorizationType":null}]}'
    )
    body = {"controlplaneId": "c/1", "endpoint": "https://c"}
    put = await client.put("/controlplanes", json=body, headers=bearer("key"))
    assert (put.status_code, put.content) == (200, b"")
    gone = await client.delete("/controlplanes/c%2F1", headers=bearer("key"))
    assert (gone.status_code, gone.content) == (204, b"")
    found = await client.get("/controlplanes", headers=bearer("key"))
    only = {"controlplaneId": "c/1", "endpoint": "https://c"}
    assert found.json() == {"controlPlanes": [{**only, "authorizationType": None}]}
    assert [(verb, sent) for verb, sent, _ in peer.received] == [
        ("register-control-plane", body),
        ("deregister-control-plane", {"controlplaneId": "c/1"}),
        ("control-planes", {}),
    ]
    headers = [each for _, _, each in peer.received]
    assert {each["Authorization"] for each in headers} == {"Bearer key"}


@pytest.mark.parametrize("body", [b"", b"[]", b"{"])
async def test_a_registration_is_a_json_object(
    client: httpx.AsyncClient, peer: Peer, body: bytes
) -> None:
    answer = await client.put("/controlplanes", content=body)
    assert_problem(answer, 400, "message.invalid")
    assert peer.received == []
