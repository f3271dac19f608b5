"""Every refusal is a problem document, with the code that says who must act."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from gateway.problems import STATUS_BY_CODE
from tests.gateway.messages import FLOW, creation
from tests.gateway.peer import Peer, listening
from tests.gateway.serving import serving, settings
from tests.projections.story import Story


def assert_problem(answer: httpx.Response, status: int, code: str) -> None:
    body = answer.json()
    assert (answer.status_code, body["code"]) == (status, code), answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert body["type"] == f"urn:waybill:problem:{code}"
    assert body["status"] == status
    assert body["requestId"] == answer.headers["X-Request-Id"]
    assert set(body) == {
        *("type", "title", "status", "detail", "code"),
        *("errorClass", "owner", "remedy", "requestId"),
    }
    assert ("Retry-After" in answer.headers) is (status == 503)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"\xff\xfe",
        b'{"profile": NaN}',
        b'{"a":"\\ud800"}',
        b"[" * 5000,
        b'{"dataFlowId": 7, "profile": "x"}',
        b'{"dataFlowId": "x"}',
        b'{"dataFlowId": "x", "profile": "y", "labels": "z"}',
        b'{"dataFlowId": "x", "profile": "y", "dataAddress": []}',
    ],
)
async def test_a_message_that_is_not_of_the_form_never_reaches_the_bus(
    client: httpx.AsyncClient, peer: Peer, body: bytes
) -> None:
    for path in ("/dataflows/prepare", "/dataflows/start"):
        assert_problem(await client.post(path, content=body), 400, "message.invalid")
    assert peer.received == []


@pytest.mark.parametrize("verb", ["started", "suspend", "resume", "terminate"])
async def test_a_follow_up_of_wrong_types_is_refused(
    client: httpx.AsyncClient, peer: Peer, verb: str
) -> None:
    answer = await client.post(f"/dataflows/{FLOW}/{verb}", json={"messageId": [1]})
    assert_problem(answer, 400, "message.invalid")
    assert peer.received == []


async def test_no_refusal_repeats_a_value(client: httpx.AsyncClient) -> None:
    body = creation(dataAddress="hunter2", metadata="hunter2", labels="hunter2")
    answer = await client.post("/dataflows/start", json=body)
    assert_problem(answer, 400, "message.invalid")
    assert "hunter2" not in answer.text


@pytest.mark.usefixtures("peer")
async def test_an_unknown_flow_is_not_found(client: httpx.AsyncClient) -> None:
    for verb in ("started", "suspend", "resume", "terminate", "completed"):
        answer = await client.post(f"/dataflows/{FLOW}/{verb}", json={"messageId": "m"})
        assert_problem(answer, 404, "flow.unknown")
    answer = await client.get(f"/dataflows/{FLOW}/status")
    assert_problem(answer, 404, "flow.unknown")


@pytest.mark.usefixtures("peer")
async def test_a_flow_that_exists_is_a_conflict(client: httpx.AsyncClient) -> None:
    await client.post("/dataflows/start", json=creation())
    again = await client.post("/dataflows/start", json=creation())
    assert again.status_code == 200
    other = await client.post("/dataflows/start", json=creation(messageId="m2"))
    assert_problem(other, 409, "flow.exists")


@pytest.mark.usefixtures("peer")
async def test_an_illegal_transition_is_a_conflict(client: httpx.AsyncClient) -> None:
    await client.post("/dataflows/prepare", json=creation())
    answer = await client.post(f"/dataflows/{FLOW}/suspend", json={"messageId": "m2"})
    assert_problem(answer, 409, "flow.illegal-transition")


CODES = [code for code in STATUS_BY_CODE if not code.startswith("http.")]


@pytest.mark.parametrize("code", [*CODES, "plane.internal", "code.of-the-future"])
async def test_every_code_of_the_handler_has_its_status(
    client: httpx.AsyncClient, peer: Peer, code: str
) -> None:
    peer.scripted = (
        b'{"outcome":"refused","problem":{"code":"%s","detail":"why",'
        b'"errorClass":"retryable","owner":"plane"}}' % code.encode()
    )
    answer = await client.post("/dataflows/start", json=creation())
    assert_problem(answer, STATUS_BY_CODE.get(code, 500), code)
    assert answer.json()["detail"] == "why"


@pytest.mark.parametrize("reply", [b"", b"{", b'{"outcome":"handled"}', b"[]"])
async def test_an_answer_that_makes_no_sense_is_our_own_fault(
    client: httpx.AsyncClient, peer: Peer, reply: bytes
) -> None:
    peer.scripted = reply
    answer = await client.post("/dataflows/start", json=creation())
    assert_problem(answer, 500, "plane.internal")


async def test_nobody_there_to_answer_is_unavailable_at_once(
    client: httpx.AsyncClient,
) -> None:
    async with asyncio.timeout(0.9):
        answer = await client.post("/dataflows/start", json=creation())
    assert_problem(answer, 503, "plane.unavailable")


async def test_no_answer_in_time_is_unavailable(
    client: httpx.AsyncClient, peer: Peer
) -> None:
    peer.silent = True
    answer = await client.post("/dataflows/start", json=creation())
    assert_problem(answer, 503, "plane.unavailable")


async def test_nothing_at_the_address(client: httpx.AsyncClient) -> None:
    assert_problem(await client.get("/nothing"), 404, "http.not-found")
    assert_problem(await client.post("/dataflows/x/y/z"), 404, "http.not-found")


async def test_the_wrong_method(client: httpx.AsyncClient) -> None:
    answer = await client.get("/dataflows/start")
    assert_problem(answer, 405, "http.method-not-allowed")
    assert answer.headers["Allow"] == "POST"


@pytest.mark.usefixtures("peer")
async def test_a_body_that_is_too_large(client: httpx.AsyncClient) -> None:
    body = creation(metadata={"filling": "x" * (1 << 20)})
    answer = await client.post("/dataflows/start", json=body)
    assert_problem(answer, 413, "http.body-too-large")


async def test_a_body_that_is_too_large_and_does_not_say_so(
    client: httpx.AsyncClient,
) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(32):
            yield b" " * 65536

    answer = await client.post("/dataflows/start", content=chunks())
    assert_problem(answer, 413, "http.body-too-large")


async def test_a_body_within_our_limit_but_beyond_the_brokers_does_not_break_the_bus(
    story: Story, nats_url: str
) -> None:
    chosen = settings(
        database_url=story.url, nats_url=nats_url, body_limit_bytes=2 << 20
    )
    async with serving(chosen) as client, listening(nats_url):
        while not (await client.get("/readyz")).json()["checks"]["nats"]["ok"]:
            await asyncio.sleep(0.02)
        size = (1 << 20) - len(str(creation(metadata={"filling": ""})))
        for filling in (size - 10, size + 10, size + 5000):
            body = creation(metadata={"filling": "x" * filling})
            answer = await client.post("/dataflows/start", json=body)
            assert_problem(answer, 413, "http.body-too-large")
        fine = await client.post("/dataflows/start", json=creation())
        assert fine.status_code == 200


async def test_the_callers_request_id_is_kept_if_it_is_harmless(
    client: httpx.AsyncClient,
) -> None:
    kept = await client.get("/nothing", headers={"X-Request-Id": "abc-1"})
    assert kept.json()["requestId"] == kept.headers["X-Request-Id"] == "abc-1"
    odd = await client.get("/nothing", headers={"X-Request-Id": "a" * 65})
    assert odd.headers["X-Request-Id"] != "a" * 65
    fine = await client.get("/healthz")
    assert len(fine.headers["X-Request-Id"]) == 36
