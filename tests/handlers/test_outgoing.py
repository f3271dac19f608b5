"""Every body that goes out, by every way it is made, against the protocol's schemas."""

from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from domain import data_flow
from domain.data_flow import INITIAL, DataFlow
from domain.data_flow.commands import FinishDataFlow, ReadyDataFlow, ReportError
from domain.data_flow.events import DataFlowEvent
from domain.errors import CATALOGUE
from domain.mechanisms import MechanismRegistry
from domain.mechanisms.http import Http
from domain.mechanisms.s3 import S3
from domain.message import Recorded
from domain.names import data_flow_stream
from handlers.commands.answer import answered
from handlers.commands.handle import Applied, Outcome
from handlers.commands.intake import Reader
from handlers.coordinator.announcing import Announcing
from handlers.door.tokens import DoorTokens
from handlers.settings import Settings
from projections.owed_callback import owe
from tests import controls
from tests.domain import schema

DOOR = "https://door.example"
TOKENS = DoorTokens(bytes(32), DOOR, 300)
MECHANISMS = MechanismRegistry([S3(), Http(door_url=DOOR)])
OWN = {
    "s3": {"sourceBucket": "lake", "destinationBucket": "in"},
    "s3 in all its words": {
        f"{side}{name}": value
        for side in ("source", "destination")
        for name, value in (
            ("Bucket", "lake"),
            ("Key", "a b/ü"),
            ("Region", "eu-central-1"),
            ("EndpointUrl", "https://s3.example"),
            ("ForcePathStyle", True),
            ("AccessKeyId", "AK"),
            ("SecretAccessKey", "SK"),
        )
    },
    "http": {
        "sourceUrl": "https://files.example/a",
        "destinationUrl": "https://files.example/b",
    },
}
THEIRS = {
    "s3": {"endpointType": "AmazonS3", "endpoint": "s3://theirs/there/"},
    "http-push": {
        "endpointType": "https://w3id.org/dspace-sig/profile/http-push",
        "endpoint": "https://theirs.example/x",
    },
    "http-pull": {
        "endpointType": "https://w3id.org/dspace-sig/profile/http-pull",
        "endpoint": "https://theirs.example/x",
    },
}
PROFILES = {"s3": "AmazonS3", "http": "https://w3id.org/dspace-sig/profile/http"}
WAYS = [
    (profile, own, direction, verb, checks)
    for profile, own, direction, verb, checks in product(
        PROFILES, OWN, ("push", "pull"), ("prepare", "start"), (False, True)
    )
    # A profile of S3 offers what is kept in S3.
    if not (profile == "s3" and own == "http")
]


@pytest.mark.parametrize("with_path", [False, True])
def test_our_registration_is_valid(with_path: bool, tmp_path: Path) -> None:  # noqa: FBT001
    entry = tmp_path / "authorization.json"
    entry.write_text('{"type": "oauth2_client_credentials"}')
    settings = Settings(
        register_with_path=with_path,
        # As EDC takes it, it has no empty authorization, which the schema asks for.
        register_authorization_file=entry if with_path else None,
    )
    nobody: Any = None
    message = Announcing(nobody, settings, nobody, MECHANISMS.profiles).message()
    assert schema.errors("DataPlaneRegistrationMessage", message) == []


class Told:
    """A flow, and what it has been told."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.flow: DataFlow = INITIAL
        self.bodies: list[tuple[str, dict[str, Any]]] = []

    def signal(self, verb: str, **said: Any) -> None:
        body = {"messageId": f"m-{verb}", "dataFlowId": "flow-1", **said}
        self.apply(self.reader.read(verb, body, self.flow).command)
        applied = Applied(Outcome.HANDLED, self.flow, verb, f"m-{verb}")
        status = answered(applied, fill=TOKENS.fill).status
        assert status is not None
        self.bodies.append(("DataFlowStatusMessage", status.wire()))
        state = {"dataFlowId": status.data_flow_id, "state": status.state}
        self.bodies.append(("DataFlowStatusResponseMessage", state))

    def apply(self, command: data_flow.DataFlowCommand) -> None:
        for event in data_flow.decide(command, self.flow):
            self.flow = data_flow.evolve(self.flow, event)
            self.called_back(event)

    def called_back(self, event: DataFlowEvent) -> None:
        if event.message_id is not None:
            return
        recorded = Recorded(
            stream=data_flow_stream("flow-1"),
            version=1,
            position=1,
            metadata=controls.metadata(
                event_id=UUID(int=7), recorded_at=datetime.now(UTC)
            ),
            event=event,
        )
        body = dict(owe(self.flow, recorded, "flow-1", 1).body)
        if "dataAddress" in body:
            body["dataAddress"] = TOKENS.fill(body["dataAddress"], "flow-1")
        self.bodies.append(("DataFlowStatusMessage", body))


@pytest.mark.parametrize(("profile", "own", "direction", "verb", "checks"), WAYS)
def test_whatever_a_flow_says_is_valid(
    profile: str,
    own: str,
    direction: str,
    verb: str,
    checks: bool,  # noqa: FBT001
) -> None:
    told = Told(Reader(MECHANISMS, checks=checks))
    suffix = direction.upper() if profile == "s3" else direction
    theirs = THEIRS.get(profile) or THEIRS[f"{profile}-{direction}"]
    address = theirs if (direction, verb) == ("push", "start") else None
    told.signal(
        verb,
        profile=f"{PROFILES[profile]}-{suffix}",
        metadata=OWN[own],
        dataAddress=address,
    )
    if checks:
        told.apply(ReadyDataFlow(data_flow_id="flow-1"))
    if verb == "prepare":
        told.signal("started", dataAddress=theirs if direction == "pull" else None)
    for code, entry in CATALOGUE.items():
        error = ReportError(data_flow_id="flow-1", code=code, detail=entry.remedy)
        told.apply(error)
    told.signal("suspend")
    told.signal("resume")
    told.apply(FinishDataFlow(data_flow_id="flow-1", objects=1, size_bytes=2))
    assert told.flow.state is data_flow.State.COMPLETED
    assert len(told.bodies) >= len(CATALOGUE) + 7
    for message, body in told.bodies:
        assert schema.errors(message, body) == [], body
