"""Every message example of the specification is read, in the spelling of each release.

RC1 and RC2 said `transferType` and `callbackAddress`, RC3 says `profile`, and RC4
calls the flow `dataFlowId` where it was `processId`.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from domain.control_plane.messages import ControlPlaneRegistrationMessage
from domain.data_address import DataAddress
from domain.signaling import CreatingMessage, FollowUpMessage, StatusMessage
from tests.domain import schema

Body = dict[str, Any]

OPENAPI = schema.SCHEMAS / "dps-v1.0-RC3" / "signaling-data-plane-openapi.yaml"
CREATING = ("DataFlowPrepareMessage", "DataFlowStartMessage")
FOLLOWING = (
    "DataFlowStartedNotificationMessage",
    "DataFlowSuspendMessage",
    "DataFlowResumeMessage",
    "DataFlowTerminateMessage",
)
ADDRESSES = ("DataAddress", "HttpProfileDataAddress-1", "HttpProfileDataAddress-2")
RENEWAL = "TokenRenewalDataAddress"
STATUS = "DataFlowStatusMessage"
STATE = "DataFlowStatusResponseMessage"
# What registers, and how it then proves who it is.
REGISTRATION = "ControlPlaneRegistrationMessage"
# Ours to send, never to read.
SENT = "DataPlaneRegistrationMessage"
AUTHORIZATION = (
    "AuthorizationClientCredentialsJwks",
    "AuthorizationClientCredentialsJwksUri",
    "AuthorizationTokenExchange",
)


def example(name: str) -> Body:
    body: Body = json.loads((schema.EXAMPLES / f"{name}.json").read_bytes())
    return body


def third(body: Body) -> Body:
    return body


def fourth(body: Body) -> Body:
    changed = {**body, "dataFlowId": body["processId"]}
    del changed["processId"]
    return changed


def first(body: Body) -> Body:
    changed = {**body, "transferType": body["profile"]}
    del changed["profile"]
    return {**changed, "callbackAddress": "https://control.example/callbacks"}


def first_without_callback(body: Body) -> Body:
    return {**first(body), "callbackAddress": None}


DIALECTS = (first, first_without_callback, third, fourth)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", CREATING)
def test_a_message_that_creates_a_flow(
    name: str, dialect: Callable[[Body], Body]
) -> None:
    original = example(name)
    body = dialect(original)
    read = CreatingMessage.read(body)
    assert read.model_dump(exclude={"callback_address"}) == {
        "data_flow_id": original["processId"],
        "message_id": original["messageId"],
        "participant_id": original["participantId"],
        "counter_party_id": original["counterPartyId"],
        "dataspace_context": original["dataspaceContext"],
        "agreement_id": original["agreementId"],
        "dataset_id": original["datasetId"],
        "profile": original["profile"],
        "labels": tuple(original["labels"]),
        "metadata": original["metadata"],
        "data_address": original.get("dataAddress"),
    }
    assert read.callback_address == body.get("callbackAddress")


@pytest.mark.parametrize("flow", ["dataFlowId", "processId"])
@pytest.mark.parametrize("name", FOLLOWING)
def test_a_message_to_a_flow_that_there_is(name: str, flow: str) -> None:
    body = example(name)
    read = FollowUpMessage.read({**body, flow: "flow-1"})
    assert read.model_dump() == {
        "data_flow_id": "flow-1",
        "message_id": body["messageId"],
        "reason": body.get("reason"),
        # The specification's resume has an empty address: that is none.
        "data_address": body.get("dataAddress") or None,
    }


@pytest.mark.parametrize("name", [*ADDRESSES, RENEWAL])
def test_an_address(name: str) -> None:
    found = example(name)
    body = found.get("dataAddress", found)
    read = DataAddress.read(body)
    assert read.endpoint == body["endpoint"]
    assert dict(read.items()) == {
        each["name"]: each["value"] for each in body["endpointProperties"]
    }
    strict = schema.errors(STATUS, {**status(), "dataAddress": read.wire()})
    assert strict == []


@pytest.mark.parametrize("name", [*CREATING, *FOLLOWING])
def test_the_address_of_a_message(name: str) -> None:
    address = example(name).get("dataAddress")
    if address:
        assert DataAddress.read(address).endpoint == address["endpoint"]


def test_a_status() -> None:
    body = example(STATUS)
    read = StatusMessage.model_validate(body)
    assert (read.data_flow_id, read.state) == (body["dataFlowId"], body["state"])
    assert schema.errors(STATUS, {**status(), "state": body["state"]}) == []


def test_a_state() -> None:
    assert schema.errors(STATE, example(STATE)) == []


def status() -> Body:
    sent = StatusMessage(message_id="m-1", data_flow_id="flow-1", state="STARTED")
    return sent.wire()


# The examples of the API's description


def operations() -> list[tuple[str, str, Body]]:
    """(path, "request" or the status of an answer, the example) of each operation."""
    paths: Body = yaml.safe_load(OPENAPI.read_bytes())["paths"]
    found: list[tuple[str, str, Body]] = []
    for path, methods in paths.items():
        for operation in methods.values():
            bodies = {"request": operation.get("requestBody", {})}
            bodies |= operation["responses"]
            for name, body in bodies.items():
                media = body.get("content", {}).get("application/json", {})
                if "example" in media:
                    found.append((path, str(name), media["example"]))
    return found


@pytest.mark.parametrize(
    ("path", "body"), [(p, b) for p, name, b in operations() if name == "request"]
)
def test_a_request_of_the_description(path: str, body: Body) -> None:
    assert path.startswith("/dataflows/{id}/")
    read = FollowUpMessage.read({**body, "dataFlowId": "flow-1"})
    assert (read.message_id, read.reason) == (body["messageId"], body.get("reason"))


@pytest.mark.parametrize(
    "body", [b for _, name, b in operations() if name != "request"]
)
def test_an_answer_of_the_description(body: Body) -> None:
    # None of them names the flow, or has the types that an address must have.
    read = StatusMessage.model_validate(
        {"messageId": "m-1", **body, "dataFlowId": "flow-1"}
    )
    if read.data_address is not None:
        assert DataAddress.read(read.data_address).endpoint_type


def test_the_description_has_examples() -> None:
    names = [name for _, name, _ in operations()]
    assert names.count("request") == 3
    assert len(names) > 6


# Registration


def test_a_registration() -> None:
    # Its authorization is an ellipsis; what may stand there is below.
    body = without_authorization()
    read = ControlPlaneRegistrationMessage.read(body)
    assert read.controlplane_id == body["controlplaneId"]
    assert (read.endpoint, read.authorization) == (body["endpoint"], None)


@pytest.mark.parametrize("name", AUTHORIZATION)
def test_a_registration_with_a_way_to_prove_oneself(name: str) -> None:
    body = example(name)
    read = ControlPlaneRegistrationMessage.read({**without_authorization(), **body})
    assert read.authorization is not None
    assert read.authorization.type == body["authorization"]["type"]
    assert "1234567890" not in repr(read.authorization.client_secret)


def without_authorization() -> Body:
    body = example(REGISTRATION)
    assert body.pop("authorization") == {"type": "..."}
    return body


def test_every_example_is_of_a_test() -> None:
    there = {path.stem for path in schema.EXAMPLES.glob("*.json")}
    here = {
        *CREATING,
        *FOLLOWING,
        *ADDRESSES,
        RENEWAL,
        STATUS,
        STATE,
        REGISTRATION,
        SENT,
        *AUTHORIZATION,
    }
    assert there == here
