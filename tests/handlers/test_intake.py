"""Which message carries an address, whose it is, and where its secrets go."""

from typing import Any

import pytest
from pydantic import SecretStr

from domain.data_flow import INITIAL, DataFlow, evolve
from domain.data_flow.commands import (
    ConfirmDataFlowStarted,
    PrepareDataFlow,
    ResumeDataFlow,
    StartDataFlow,
)
from domain.errors import DataPlaneError
from domain.location import Direction
from domain.mechanisms import MechanismRegistry
from domain.mechanisms.s3 import S3
from handlers.commands.intake import Intake, Reader
from tests import controls

PUSH, PULL = "AmazonS3-PUSH", "AmazonS3-PULL"
READER = Reader(MechanismRegistry([S3()]))
SOURCE = {"sourceBucket": "lake", "sourceKey": "in/"}
DESTINATION = {"destinationBucket": "partner", "destinationKey": "out/"}
KEYS = {"destinationAccessKeyId": "AK", "destinationSecretAccessKey": "SK"}
ADDRESS = {
    "endpointType": "AmazonS3",
    "endpointProperties": [
        {"name": "bucketName", "value": "theirs"},
        {"name": "objectPrefix", "value": "there/"},
        {"name": "accessKeyId", "value": "AK"},
        {"name": "secretAccessKey", "value": "SK"},
    ],
}
KEPT = {"access_key_id": SecretStr("AK"), "secret_access_key": SecretStr("SK")}


def read(verb: str, flow: DataFlow = INITIAL, **said: Any) -> Intake:
    body = {"messageId": "m-1", "dataFlowId": controls.FLOW, **said}
    return READER.read(verb, body, flow)


def code_of(verb: str, flow: DataFlow = INITIAL, **said: Any) -> str:
    with pytest.raises(DataPlaneError) as raised:
        read(verb, flow, **said)
    return raised.value.code


def a_flow(direction: Direction, *, prepared: bool) -> DataFlow:
    profile = PULL if direction is Direction.PULL else PUSH
    terms = controls.terms(profile=profile)
    create = controls.prepared if prepared else controls.started
    return evolve(INITIAL, create(direction=direction, terms=terms))


def bucket(location: Any) -> Any:
    return location and location.fields.get("bucket")


def test_a_prepared_push_answers_with_its_destination() -> None:
    command = read("prepare", profile=PUSH, metadata=DESTINATION | KEYS).command
    assert isinstance(command, PrepareDataFlow)
    assert (bucket(command.source), bucket(command.destination)) == (None, "partner")
    assert command.reply_address is not None
    assert "partner" in str(command.reply_address)
    assert "SK" not in str(command.reply_address)


def test_a_prepared_pull_answers_with_no_address() -> None:
    command = read("prepare", profile=PULL, metadata=DESTINATION).command
    assert isinstance(command, PrepareDataFlow)
    assert bucket(command.destination) == "partner"
    assert command.reply_address is None


def test_a_started_push_has_both_sides_and_answers_with_none() -> None:
    command = read("start", profile=PUSH, metadata=SOURCE, dataAddress=ADDRESS).command
    assert isinstance(command, StartDataFlow)
    assert (bucket(command.source), bucket(command.destination)) == ("lake", "theirs")
    assert command.reply_address is None


def test_a_started_pull_answers_with_its_source() -> None:
    command = read("start", profile=PULL, metadata=SOURCE).command
    assert isinstance(command, StartDataFlow)
    assert (bucket(command.source), bucket(command.destination)) == ("lake", None)
    assert "lake" in str(command.reply_address)


@pytest.mark.parametrize(
    ("verb", "profile"), [("prepare", PUSH), ("prepare", PULL), ("start", PULL)]
)
def test_only_the_start_of_a_push_carries_an_address(verb: str, profile: str) -> None:
    metadata = SOURCE | DESTINATION
    code = code_of(verb, profile=profile, metadata=metadata, dataAddress=ADDRESS)
    assert code == "address.unexpected"


@pytest.mark.parametrize(("verb", "profile"), [("prepare", PUSH), ("start", PULL)])
def test_who_must_answer_with_an_address_must_have_one(verb: str, profile: str) -> None:
    assert code_of(verb, profile=profile, metadata={}) == "address.missing"


def test_a_pull_is_told_that_it_started_with_the_source() -> None:
    flow = a_flow(Direction.PULL, prepared=True)
    intake = read("started", flow, dataAddress=ADDRESS)
    assert isinstance(intake.command, ConfirmDataFlowStarted)
    assert bucket(intake.command.source) == "theirs"
    assert list(intake.secrets.values()) == [KEPT]


def test_a_push_is_told_that_it_started_without_an_address() -> None:
    flow = a_flow(Direction.PUSH, prepared=True)
    assert code_of("started", flow, dataAddress=ADDRESS) == "address.unexpected"
    command = read("started", flow).command
    assert isinstance(command, ConfirmDataFlowStarted)
    assert command.source is None


@pytest.mark.parametrize(
    ("direction", "side"),
    [(Direction.PUSH, "destination"), (Direction.PULL, "source")],
)
def test_a_resume_may_bring_the_other_sides_address(
    direction: Direction, side: str
) -> None:
    flow = a_flow(direction, prepared=direction is Direction.PULL)
    command = read("resume", flow, dataAddress=ADDRESS).command
    assert isinstance(command, ResumeDataFlow)
    sides = {"source": command.source, "destination": command.destination}
    assert bucket(sides.pop(side)) == "theirs"
    assert set(sides.values()) == {None}


def test_secrets_are_set_apart_under_a_reference() -> None:
    intake = read("prepare", profile=PUSH, metadata=DESTINATION | KEYS)
    assert isinstance(intake.command, PrepareDataFlow)
    assert intake.command.destination is not None
    reference = intake.command.destination.secret
    assert reference is not None
    assert intake.secrets == {reference: KEPT}
    text = intake.command.model_dump_json()
    assert '"AK"' not in text
    assert '"SK"' not in text


def test_the_same_message_refers_to_the_same_secret() -> None:
    first, again, other = (
        read("prepare", profile=PUSH, metadata=DESTINATION | KEYS, messageId=message)
        for message in ("m-1", "m-1", "m-2")
    )
    assert first.secrets.keys() == again.secrets.keys()
    assert first.secrets.keys() != other.secrets.keys()


def test_credentials_for_an_address_to_come_are_kept() -> None:
    # A consumer's plane knows how to get in before it is told where to.
    keys = {"sourceAccessKeyId": "AK", "sourceSecretAccessKey": "SK"}
    intake = read("prepare", profile=PULL, metadata=DESTINATION | keys)
    assert isinstance(intake.command, PrepareDataFlow)
    assert intake.command.source is not None
    assert intake.command.source.fields == {}
    assert intake.secrets[intake.command.source.secret or ""] == KEPT


@pytest.mark.parametrize("named", [None, "https://other.example/back"])
def test_only_an_address_that_the_message_names_is_recorded(
    named: str | None,
) -> None:
    command = read(
        "start", profile=PULL, metadata=SOURCE, callbackAddress=named
    ).command
    assert isinstance(command, StartDataFlow)
    assert command.terms.callback_address == named


def test_what_is_no_signal_is_refused() -> None:
    assert code_of("dance") == "message.invalid"
    assert code_of("start", profile="FTP-PUSH") == "profile.unsupported"
