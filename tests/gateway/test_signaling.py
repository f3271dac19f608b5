"""What a control plane sends, what goes over the bus, what it is answered."""

import httpx
import pytest

from domain.signaling import Reply, StatusMessage
from tests.gateway.messages import FLOW, creation
from tests.gateway.peer import Peer


@pytest.mark.usefixtures("peer")
async def test_prepare_is_answered_with_the_status_and_the_address(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.post("/dataflows/prepare", json=creation())
    assert answer.status_code == 200
    assert answer.json() == {
        "messageId": "reply-1",
        "dataFlowId": FLOW,
        "state": "PREPARED",
        "dataAddress": {"@type": "DataAddress", "endpointType": "AmazonS3"},
    }


async def test_the_body_goes_over_the_bus_as_it_came(
    client: httpx.AsyncClient, peer: Peer
) -> None:
    sent = creation(unknown={"deep": [1, 2.5, None]}, processId="tp-ü")
    answer = await client.post("/dataflows/start", json=sent)
    assert answer.json()["state"] == "STARTED"
    ((verb, body, headers),) = peer.received
    assert (verb, body) == ("start", sent)
    assert headers["Waybill-Actor"] == "http:127.0.0.1"


async def test_a_begun_start_is_answered_with_where_to_look(
    client: httpx.AsyncClient, peer: Peer
) -> None:
    status = StatusMessage(message_id="r", data_flow_id="a/b", state="STARTING")
    reply = Reply(outcome="handled", status=status)
    peer.scripted = reply.model_dump_json(by_alias=True).encode()
    answer = await client.post("/dataflows/start", json=creation())
    assert answer.status_code == 202
    assert answer.headers["Location"] == "/dataflows/a%2Fb/status"


@pytest.mark.usefixtures("peer")
async def test_a_flow_is_led_through_its_states(client: httpx.AsyncClient) -> None:
    await client.post("/dataflows/prepare", json=creation())
    for verb, state in (
        ("started", "STARTED"),
        ("suspend", "SUSPENDED"),
        ("resume", "STARTED"),
        ("completed", "COMPLETED"),
    ):
        answer = await client.post(
            f"/dataflows/{FLOW}/{verb}", json={"messageId": verb}
        )
        assert answer.status_code == 200, answer.text
        found = await client.get(f"/dataflows/{FLOW}/status")
        assert found.json() == {"dataFlowId": FLOW, "state": state}


@pytest.mark.usefixtures("peer")
@pytest.mark.parametrize("verb", ["started", "suspend", "terminate", "completed"])
async def test_what_has_no_answer_is_answered_with_nothing(
    client: httpx.AsyncClient, verb: str
) -> None:
    creating = "prepare" if verb == "started" else "start"
    await client.post(f"/dataflows/{creating}", json=creation())
    answer = await client.post(f"/dataflows/{FLOW}/{verb}", json={"messageId": "m2"})
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.usefixtures("peer")
async def test_resume_is_answered_with_the_status(client: httpx.AsyncClient) -> None:
    await client.post("/dataflows/start", json=creation())
    await client.post(f"/dataflows/{FLOW}/suspend", json={"messageId": "m2"})
    # EDC sends a random process id here; the path names the flow.
    body = {"messageId": "m3", "processId": "random", "dataAddress": None}
    answer = await client.post(f"/dataflows/{FLOW}/resume", json=body)
    assert answer.json()["dataFlowId"] == FLOW
    assert answer.json()["state"] == "STARTED"


@pytest.mark.parametrize("told", ["confirmed", "pending"])
@pytest.mark.parametrize("verb", ["suspend", "terminate"])
async def test_a_stop_tells_whether_the_workers_have_confirmed_it(
    client: httpx.AsyncClient, peer: Peer, verb: str, told: str
) -> None:
    peer.confirmation = told
    await client.post("/dataflows/start", json=creation())
    answer = await client.post(f"/dataflows/{FLOW}/{verb}", json={"messageId": "m2"})
    assert answer.headers["Waybill-Confirmation"] == told


@pytest.mark.parametrize("body", [b"", b"{}"])
async def test_completed_needs_no_body(
    client: httpx.AsyncClient, peer: Peer, body: bytes
) -> None:
    await client.post("/dataflows/start", json=creation())
    answer = await client.post(f"/dataflows/{FLOW}/completed", content=body)
    assert answer.status_code == 200
    assert peer.received[-1][1] == {"dataFlowId": FLOW}


@pytest.mark.usefixtures("peer")
async def test_a_content_type_of_any_kind_will_do(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/dataflows/start",
        content=b'{"dataFlowId": "x", "transferType": "AmazonS3-PUSH"}',
        headers={"Content-Type": "text/plain"},
    )
    assert answer.status_code == 200
