"""Credentials by reference: our own control plane may name them, nobody else."""

from typing import Any

import pytest

from domain.data_flow import INITIAL, DataFlow, evolve
from domain.data_flow.commands import ConfirmDataFlowStarted, ResumeDataFlow
from domain.errors import InvalidAddressError
from domain.location import Direction, Location
from domain.mechanisms import MechanismRegistry
from domain.mechanisms.aliases import alias_of
from domain.mechanisms.s3 import S3
from handlers.commands.intake import Intake, Reader
from tests import controls

PUSH, PULL = "AmazonS3-PUSH", "AmazonS3-PULL"
READER = Reader(MechanismRegistry([S3()]))
SOURCE = {"sourceBucket": "lake", "sourceKey": "in/", "sourceCredentials": "ours"}
NAMES = ("sourceCredentials", "destinationCredentials", "credentials")


def read(verb: str, flow: DataFlow = INITIAL, **said: Any) -> Intake:
    body = {"messageId": "m-1", "dataFlowId": controls.FLOW, **said}
    return READER.read(verb, body, flow)


def theirs(**properties: str) -> dict[str, Any]:
    said = {"bucketName": "theirs", **properties}
    return {
        "endpointType": "AmazonS3",
        "endpointProperties": [{"name": n, "value": v} for n, v in said.items()],
    }


def alias(location: Location | None) -> str | None:
    return alias_of(location.secret) if location else None


def sides(intake: Intake) -> tuple[str | None, str | None]:
    command: Any = intake.command
    return alias(command.source), alias(command.destination)


def test_the_metadata_of_both_sides_may_name_credentials() -> None:
    metadata = {**SOURCE, "destinationCredentials": "partner"}
    intake = read("start", profile=PUSH, metadata=metadata, dataAddress=theirs())
    assert sides(intake) == ("ours", "partner")
    assert not intake.secrets


def test_a_name_comes_before_the_keys_of_the_address() -> None:
    keys = theirs(accessKeyId="AK", secretAccessKey="SK")
    metadata = {**SOURCE, "destinationCredentials": "partner"}
    intake = read("start", profile=PUSH, metadata=metadata, dataAddress=keys)
    assert sides(intake) == ("ours", "partner")
    assert not intake.secrets


def test_a_name_for_an_address_to_come_is_kept() -> None:
    metadata = {"destinationBucket": "inbox", "sourceCredentials": "partner"}
    intake = read("prepare", profile=PULL, metadata=metadata)
    assert sides(intake) == ("partner", None)
    assert not intake.secrets


@pytest.mark.parametrize("name", NAMES)
def test_an_address_of_the_other_side_names_none(name: str) -> None:
    address = theirs(**{name: "ours"})
    intake = read("start", profile=PUSH, metadata=SOURCE, dataAddress=address)
    assert sides(intake) == ("ours", None)
    push = evolve(INITIAL, controls.started(direction=Direction.PUSH))
    resumed = read("resume", push, dataAddress=address, metadata=SOURCE).command
    assert isinstance(resumed, ResumeDataFlow)
    assert resumed.destination is not None
    assert resumed.destination.secret is None


@pytest.mark.parametrize("name", NAMES)
def test_a_started_pull_names_none(name: str) -> None:
    terms = controls.terms(profile=PULL)
    pull = evolve(INITIAL, controls.prepared(direction=Direction.PULL, terms=terms))
    address = theirs(**{name: "ours"})
    told = read("started", pull, dataAddress=address, metadata=SOURCE).command
    assert isinstance(told, ConfirmDataFlowStarted)
    assert told.source is not None
    assert told.source.secret is None


def test_a_name_and_keys_are_refused() -> None:
    keys = {"sourceAccessKeyId": "AK", "sourceSecretAccessKey": "SK"}
    with pytest.raises(InvalidAddressError, match="a name or keys"):
        read("start", profile=PULL, metadata={**SOURCE, **keys})


def test_the_answer_tells_neither_name_nor_key() -> None:
    command: Any = read("start", profile=PULL, metadata=SOURCE).command
    assert "ours" not in str(command.reply_address)
