"""DP_C_HTTP_PULL and DP_P_HTTP_PULL: the HTTP profile, with token renewal."""

import re
import uuid
from typing import Any

from tests.tck.control_plane import ControlPlane, Flow
from tests.tck.renewal import DataClient

PROFILE = "https://w3id.org/dspace-sig/profile/http-pull"
RENEWAL = {
    "refreshToken": str(uuid.uuid4()),
    "expiresIn": "300",
    "refreshEndpoint": "https://provider.example.com/authorization/refresh",
}


def address(flow: Flow, **renewal: str) -> dict[str, Any]:
    """The address of a provider that nobody can reach."""
    said = {"authorization": str(uuid.uuid4()), "authType": "bearer", **renewal}
    return {
        "@type": "DataAddress",
        "endpointType": PROFILE,
        "endpoint": f"https://provider.example.com/data/{flow.data_flow_id}",
        "endpointProperties": [
            {"name": name, "value": value} for name, value in said.items()
        ],
    }


def is_url(text: str) -> bool:
    """As the kit takes one."""
    return re.fullmatch("https?://.*", text) is not None


def assert_renewable(flow: Flow) -> None:
    """The address carries all that the renewal profile asks for."""
    said = flow.properties
    assert said["authType"] == "bearer"
    assert said["refreshToken"].strip()
    assert re.fullmatch(r"\d+", said["expiresIn"])
    assert is_url(said["refreshEndpoint"])


async def test_dp_c_http_pull_01_01(kit: ControlPlane) -> None:
    flow = await kit.prepare(PROFILE)
    assert flow.data_address is None
    await flow.started(address(flow, **RENEWAL))
    await flow.reaches("STARTED")


async def test_dp_c_http_pull_02_01(kit: ControlPlane) -> None:
    flow = await kit.prepare(PROFILE)
    assert flow.data_address is None
    answer = await flow.told_started(address(flow))
    assert answer.json()["code"] == "address.invalid"
    assert not answer.is_success
    await flow.reaches("PREPARED")


async def test_dp_p_http_pull_01_01(kit: ControlPlane, client: DataClient) -> None:
    flow = await kit.start(PROFILE)
    assert flow.data_address is not None
    assert flow.data_address["endpointType"] == PROFILE
    assert is_url(flow.data_address["endpoint"])
    assert flow.properties["authorization"].strip()
    assert_renewable(flow)
    await flow.reaches("STARTED")
    answer = await client.refresh(flow.properties)
    assert answer.is_success, answer.text
    told = answer.json()
    assert told["access_token"].strip()
    assert told["access_token"] != flow.properties["authorization"]
    assert told["token_type"] is not None


async def test_dp_p_http_pull_02_01(kit: ControlPlane, client: DataClient) -> None:
    flow = await kit.start(PROFILE)
    assert_renewable(flow)
    await flow.reaches("STARTED")
    unknown = f"invalid-refresh-token-{uuid.uuid4()}"
    answer = await client.refresh(flow.properties, refresh_token=unknown)
    assert not answer.is_success
    assert answer.json()["error"] == "invalid_grant"


async def test_dp_p_http_pull_02_02(kit: ControlPlane, client: DataClient) -> None:
    flow = await kit.start(PROFILE)
    assert_renewable(flow)
    await flow.reaches("STARTED")
    answer = await client.refresh(flow.properties, audience="did:web:invalid-audience")
    assert not answer.is_success
    assert answer.json()["error"] == "invalid_client"
