"""Health, metrics, the access log, the description."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from domain.log_lines import JsonFormatter
from tests.gateway.messages import FLOW, creation
from tests.gateway.serving import serving, settings, until_ready
from tests.projections.events import completed, started
from tests.projections.story import Story


async def test_alive_and_ready(client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz")).json() == {"status": "alive"}
    answer = await client.get("/readyz")
    assert answer.json() == {
        "ready": True,
        "checks": {
            "nats": {"ok": True, "detail": ""},
            "postgres": {"ok": True, "detail": ""},
            "projections": {"ok": True, "detail": ""},
        },
    }


async def test_not_ready_while_the_read_models_are_far_behind(
    story: Story, nats_url: str
) -> None:
    chosen = settings(
        database_url=story.url, nats_url=nats_url, ready_max_lag_seconds=0
    )
    async with serving(chosen) as client:
        await until_ready(client)
        await story.happened(started())
        answer = await client.get("/readyz")
        assert answer.status_code == 503
        check = answer.json()["checks"]["projections"]
        assert not check["ok"]
        assert "flow_status" in check["detail"]
        await story.project()
        assert (await client.get("/readyz")).status_code == 200


async def test_metrics_tell_of_requests_and_of_the_read_models(
    reader: httpx.AsyncClient, story: Story
) -> None:
    await story.happened(started(), completed())
    await story.project()
    await story.happened(started("secret-id"))
    await reader.get("/management/dataflows/secret-id")
    await reader.get("/no/such/secret-id")
    text = (await reader.get("/metrics")).text
    route = 'method="GET",route="/management/dataflows/{data_flow_id}",status="404"'
    assert f"waybill_gateway_requests_total{{{route}}} 1.0" in text
    assert 'route="unmatched",status="404"} 1.0' in text
    assert 'waybill_projection_lag_positions{projection="flow_status"} 1.0' in text
    assert 'waybill_projection_lag_seconds{projection="outbox"}' in text
    assert 'waybill_data_flows{state="COMPLETED"} 1.0' in text
    assert "waybill_outbox_pending 1.0" in text
    assert "waybill_broker_up 1.0" in text
    assert "secret-id" not in text


@pytest.fixture
def access_log() -> Iterator[list[dict[str, Any]]]:
    """Give the lines of the access log, parsed."""
    lines: list[dict[str, Any]] = []
    formatter = JsonFormatter()

    class Collect(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(json.loads(formatter.format(record)))

    handler, logger = Collect(), logging.getLogger("gateway")
    logger.addHandler(handler)
    level = logger.level
    logger.setLevel(logging.DEBUG)
    yield lines
    logger.removeHandler(handler)
    logger.setLevel(level)


@pytest.mark.usefixtures("peer")
async def test_the_access_log_has_ids_but_neither_bodies_nor_queries(
    client: httpx.AsyncClient, access_log: list[dict[str, Any]]
) -> None:
    secret = {"name": "secretAccessKey", "value": "hunter2"}
    await client.post(
        "/dataflows/start?token=hunter3",
        json=creation(
            dataAddress={
                "@type": "DataAddress",
                "endpointType": "AmazonS3",
                "endpointProperties": [secret],
            }
        ),
        headers={"X-Request-Id": "r1", "Authorization": "Bearer hunter4"},
    )
    await client.post(f"/dataflows/{FLOW}/resume", json={"messageId": "hunter5"})
    (line, _) = access_log
    assert line["event"] == "request answered"
    assert (line["method"], line["status"]) == ("POST", 200)
    assert line["path"] == line["route"] == "/dataflows/start"
    assert line["request_id"] == "r1"
    assert "hunter" not in json.dumps(access_log)


async def test_the_description_tells_bodies_answers_and_refusals(
    client: httpx.AsyncClient,
) -> None:
    described = (await client.get("/openapi.json")).json()
    start = described["paths"]["/dataflows/start"]["post"]
    body = start["requestBody"]["content"]["application/json"]["schema"]
    assert {"dataFlowId", "profile", "dataAddress"} <= set(body["properties"])
    assert set(start["responses"]) == {"200", "202", "400", "409", "503", "default"}
    refusal = start["responses"]["409"]["content"]["application/problem+json"]
    assert "errorClass" in refusal["schema"]["properties"]
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            assert "422" not in operation["responses"], (path, method)
    assert (await client.get("/docs")).status_code == 200
