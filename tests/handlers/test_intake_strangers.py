"""An address from the other side is a stranger's word."""

from typing import Any

import pytest

from domain.data_flow import INITIAL
from domain.data_flow.commands import StartDataFlow
from domain.errors import DataPlaneError
from domain.mechanisms import MechanismRegistry
from domain.mechanisms.http import Http
from domain.mechanisms.s3 import S3
from domain.mechanisms.strangers import Strangers
from handlers.commands.intake import Reader

READER = Reader(
    MechanismRegistry([S3(), Http(allow_http=True)]),
    strangers=Strangers(("s3.partner.example",)),
)
SOURCE = {"sourceBucket": "lake", "sourceEndpointUrl": "http://127.0.0.1:9000"}


def start(address: dict[str, Any] | None, **metadata: str) -> StartDataFlow:
    body = {
        "messageId": "m-1",
        "dataFlowId": "flow-1",
        "profile": "AmazonS3-PUSH",
        "metadata": SOURCE | metadata,
        "dataAddress": address,
    }
    command = READER.read("start", body, INITIAL).command
    assert isinstance(command, StartDataFlow)
    return command


def theirs(url: str) -> dict[str, Any]:
    said = {"bucketName": "theirs", "endpointUrl": url}
    return {
        "endpointType": "AmazonS3",
        "endpointProperties": [{"name": n, "value": v} for n, v in said.items()],
    }


def test_it_may_name_only_the_hosts_of_the_operators_list() -> None:
    with pytest.raises(DataPlaneError) as refused:
        start(theirs("https://elsewhere.example"))
    assert refused.value.code == "address.not-allowed"


def test_it_is_recorded_as_theirs_and_our_own_side_is_not() -> None:
    command = start(theirs("https://s3.partner.example"))
    assert command.destination is not None
    assert command.destination.foreign
    assert command.source is not None
    assert not command.source.foreign


def test_what_our_own_control_plane_names_is_not_theirs() -> None:
    command = start(None, destinationBucket="partner")
    assert command.destination is not None
    assert not command.destination.foreign
