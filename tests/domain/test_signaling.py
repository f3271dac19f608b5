"""The protocol's messages: every dialect is read, and only the schema's is written."""

import json
import traceback
from typing import Any

import pytest

from domain.data_address import DataAddress
from domain.data_flow import State
from domain.errors import InvalidAddressError, InvalidMessageError
from domain.signaling import CreatingMessage, FollowUpMessage, StatusMessage
from tests.controls import FLOW, address
from tests.domain import schema

RC3: dict[str, Any] = {
    "messageId": "m-1",
    "participantId": "did:web:provider",
    "counterPartyId": "did:web:consumer",
    "dataspaceContext": "dataspace-protocol-http:2025-1",
    "processId": FLOW,
    "agreementId": "agreement-1",
    "datasetId": "dataset-1",
    "profile": "AmazonS3-PUSH",
    "claims": {"membership": "active"},
    "labels": ["gold"],
    "metadata": {"bucketName": "lake"},
    "dataAddress": address(),
}
READ = CreatingMessage(
    data_flow_id=FLOW,
    message_id="m-1",
    participant_id="did:web:provider",
    counter_party_id="did:web:consumer",
    dataspace_context="dataspace-protocol-http:2025-1",
    agreement_id="agreement-1",
    dataset_id="dataset-1",
    profile="AmazonS3-PUSH",
    labels=("gold",),
    metadata={"bucketName": "lake"},
    data_address=address(),
)
SECRET = "not-for-logs"


def without(*fields: str) -> dict[str, Any]:
    return {name: value for name, value in RC3.items() if name not in fields}


# Messages that create a data flow


def test_the_third_candidates_message_is_read() -> None:
    assert schema.errors("DataFlowStartMessage", RC3) == []
    assert CreatingMessage.read(RC3) == READ


def test_the_fourth_candidates_name_of_the_flow_is_read() -> None:
    assert CreatingMessage.read({**without("processId"), "dataFlowId": FLOW}) == READ


def test_the_first_candidates_name_of_the_profile_is_read() -> None:
    old = {**without("profile"), "transferType": "AmazonS3-PUSH"}
    assert CreatingMessage.read(old) == READ


def test_the_newer_of_two_names_counts() -> None:
    both = {**RC3, "dataFlowId": "newer", "processId": "older", "transferType": "older"}
    read = CreatingMessage.read(both)
    assert (read.data_flow_id, read.profile) == ("newer", "AmazonS3-PUSH")


def test_a_null_is_the_same_as_nothing() -> None:
    optional = ("labels", "metadata", "dataAddress", "claims")
    nulls = dict.fromkeys((*optional, "callbackAddress", "transferType"))
    assert CreatingMessage.read({**RC3, **nulls}) == CreatingMessage.read(
        without(*optional)
    )


def test_a_null_under_one_name_leaves_the_other() -> None:
    nulls = {"dataFlowId": None, "profile": None, "transferType": "AmazonS3-PUSH"}
    assert CreatingMessage.read({**RC3, **nulls}) == READ


def test_unknown_fields_are_ignored() -> None:
    assert CreatingMessage.read({**RC3, "@context": ["https://x"], "new": 1}) == READ


def test_only_the_flow_and_the_profile_must_be_named() -> None:
    read = CreatingMessage.read({"processId": FLOW, "profile": "AmazonS3-PULL"})
    assert (read.message_id, read.labels, read.metadata) == (None, (), {})


@pytest.mark.parametrize("given", ["https://control.example/callbacks", "", None])
def test_a_callback_address_is_read(given: str | None) -> None:
    read = CreatingMessage.read({**RC3, "callbackAddress": given})
    assert read.callback_address == (given or None)


@pytest.mark.parametrize(
    "given",
    [
        "http://control.example",
        "HTTPS://control.example:8443/a/b",
        "http://127.0.0.1:8080/callbacks",
        "https://[::1]:8443/callbacks",
    ],
)
def test_a_plain_callback_address_is_read_as_it_is(given: str) -> None:
    read = CreatingMessage.read({**RC3, "callbackAddress": given})
    assert read.callback_address == given


@pytest.mark.parametrize(
    "given",
    [
        # Credentials
        f"https://user:{SECRET}@control.example/",
        f"https://{SECRET}@control.example/",
        f"https://:{SECRET}@control.example/",
        f"https://{SECRET}:@control.example/",
        f"https://@control.example/{SECRET}",
        # What follows the path
        f"https://control.example/?t={SECRET}",
        f"https://control.example?{SECRET}",
        f"https://control.example/#t={SECRET}",
        f"https://control.example#{SECRET}",
        # Another scheme, or none
        f"ftp://control.example/{SECRET}",
        f"file:///{SECRET}",
        f"javascript:{SECRET}",
        f"//control.example/{SECRET}",
        f"control.example/{SECRET}",
        SECRET,
        # Malformed
        f"https://u:{SECRET}\N{ACCOUNT OF}@control.example/",
        f"https://{SECRET}\N{ACCOUNT OF}/",
        f"https://[{SECRET}]/",
        f"https://[{SECRET}/",
        f"https://{SECRET}]/",
        f"https:///{SECRET}",
        f"https:{SECRET}",
        f"https://:8443/{SECRET}",
    ],
)
def test_a_callback_address_that_is_not_plain_is_refused_and_never_told(
    given: str,
) -> None:
    with pytest.raises(InvalidMessageError, match=r"^callbackAddress: ") as refusal:
        CreatingMessage.read({**RC3, "callbackAddress": given})
    told = (str(refusal.value), repr(refusal.value), refusal.value.detail)
    logged = "".join(traceback.format_exception(refusal.value))
    assert SECRET not in "".join((*told, logged))


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"processId": ""}, "processId"),
        ({"processId": {SECRET: SECRET}}, "processId"),
        ({"profile": [SECRET]}, "profile"),
        ({"messageId": 7}, "messageId"),
        ({"labels": SECRET}, "labels"),
        ({"labels": ["gold", {SECRET: 1}]}, "labels.1"),
        ({"metadata": SECRET}, "metadata"),
        ({"dataAddress": SECRET}, "dataAddress"),
    ],
)
def test_a_refusal_names_the_field_and_never_the_value(
    wrong: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidMessageError, match=f"^{field}: ") as refusal:
        CreatingMessage.read({**RC3, **wrong})
    assert SECRET not in str(refusal.value)


@pytest.mark.parametrize("missing", ["processId", "profile"])
def test_a_missing_field_is_named(missing: str) -> None:
    name = {"processId": "dataFlowId"}.get(missing, missing)
    with pytest.raises(InvalidMessageError, match=f"{name}: Field required"):
        CreatingMessage.read(without(missing))


@pytest.mark.parametrize("body", [None, SECRET, 7, [SECRET]])
def test_what_is_no_object_is_refused(body: object) -> None:
    for message in (CreatingMessage, FollowUpMessage):
        with pytest.raises(InvalidMessageError, match=r"^message: ") as refusal:
            message.read(body)
        assert SECRET not in str(refusal.value)


# The specification's own examples


def example(message: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(
        (schema.EXAMPLES / f"{message}.json").read_bytes()
    )
    return body


@pytest.mark.parametrize("message", ["DataFlowPrepareMessage", "DataFlowStartMessage"])
def test_an_example_that_creates_a_flow_is_read(message: str) -> None:
    read = CreatingMessage.read(example(message))
    assert read.data_flow_id == "test-transfer-process-id"
    assert read.profile == example(message)["profile"]
    assert read.labels == ("gold", "blue")
    assert read.metadata["region"] == "westeurope"


@pytest.mark.parametrize(
    "message",
    [
        "DataFlowStartedNotificationMessage",
        "DataFlowSuspendMessage",
        "DataFlowResumeMessage",
        "DataFlowTerminateMessage",
    ],
)
def test_an_example_that_follows_up_is_read(message: str) -> None:
    read = FollowUpMessage.read({**example(message), "dataFlowId": FLOW})
    assert read.data_flow_id == FLOW
    assert read.message_id == example(message)["messageId"]
    assert read.reason == example(message).get("reason")
    # An empty address is none.
    assert read.data_address == (example(message).get("dataAddress") or None)


@pytest.mark.parametrize(
    "message", ["DataFlowStartMessage", "DataFlowStartedNotificationMessage"]
)
def test_an_address_of_an_example_is_read_and_written_as_the_schema_asks(
    message: str,
) -> None:
    assert schema.errors(message, example(message)), "its properties lack @type"
    read = DataAddress.read(example(message)["dataAddress"])
    assert dict(read.items())["authType"] == "bearer"
    assert (
        schema.errors(message, {**example(message), "dataAddress": read.wire()}) == []
    )


# Messages that follow up


def test_a_follow_up_is_read_in_both_dialects() -> None:
    body = {"messageId": "m-2", "reason": None, "dataAddress": None, "new": 1}
    expected = FollowUpMessage(data_flow_id=FLOW, message_id="m-2")
    assert FollowUpMessage.read({**body, "dataFlowId": FLOW}) == expected
    assert FollowUpMessage.read({**body, "processId": FLOW}) == expected


def test_a_follow_up_without_a_flow_is_refused() -> None:
    with pytest.raises(InvalidMessageError, match="dataFlowId: Field required"):
        FollowUpMessage.read({"messageId": "m-2"})


# Answers


@pytest.mark.parametrize("state", State)
def test_an_answer_is_valid_in_every_state(state: State) -> None:
    status = StatusMessage(message_id="m-3", data_flow_id=FLOW, state=state)
    assert schema.errors("DataFlowStatusMessage", status.wire()) == []
    assert status.wire().keys() == {"messageId", "dataFlowId", "state"}


def test_an_answer_with_an_address_is_valid() -> None:
    told = DataAddress.read(address()).wire()
    status = StatusMessage(
        message_id="m-3", data_flow_id=FLOW, state="PREPARED", data_address=told
    )
    assert status.wire()["dataAddress"] == address()
    assert schema.errors("DataFlowStatusMessage", status.wire()) == []


def test_an_answer_with_an_error_is_valid() -> None:
    status = StatusMessage(
        message_id="m-3", data_flow_id=FLOW, state="STARTED", error="storage.denied"
    )
    assert status.wire()["error"] == "storage.denied"
    assert schema.errors("DataFlowStatusMessage", status.wire()) == []


# Addresses


def test_what_is_written_of_an_address_reads_back() -> None:
    assert DataAddress.read(address()).wire() == address()


def test_an_address_without_a_place_and_properties_is_written_without_them() -> None:
    nulls = {"endpointType": "AmazonS3", "endpoint": None, "endpointProperties": None}
    told = DataAddress.read(nulls).wire()
    assert told == {"@type": "DataAddress", "endpointType": "AmazonS3"}


def test_no_property_of_an_address_is_shown_by_accident() -> None:
    named = {"name": "secretAccessKey", "value": SECRET}
    told = {"endpointType": "AmazonS3", "endpointProperties": [named]}
    read = DataAddress.read(told)
    for each in (read, *read.properties):
        shown = f"{each!r} {each} {[each]}"
        assert SECRET not in shown
        assert "secretAccessKey" in shown
    assert dict(read.items()) == {"secretAccessKey": SECRET}
    assert SECRET in str(read.wire())


def test_the_properties_of_an_address_are_told_without_their_namespace() -> None:
    name = "https://w3id.org/edc/v0.0.1/ns/region"
    told = {"endpointType": "x", "endpointProperties": [{"name": name, "value": "eu"}]}
    assert list(DataAddress.read(told).items()) == [("region", "eu")]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (SECRET, "dataAddress"),
        ({}, "endpointType"),
        ({"endpointType": [SECRET]}, "endpointType"),
        (
            {"endpointType": "x", "endpointProperties": [{"name": "secret"}]},
            "endpointProperties.0.value",
        ),
        (
            {
                "endpointType": "x",
                "endpointProperties": [{"name": "secret", "value": {SECRET: SECRET}}],
            },
            "endpointProperties.0.value",
        ),
    ],
)
def test_a_refused_address_names_the_field_and_never_the_value(
    body: object, field: str
) -> None:
    with pytest.raises(InvalidAddressError, match=f"not valid at: {field}$") as refusal:
        DataAddress.read(body)
    assert SECRET not in str(refusal.value)
