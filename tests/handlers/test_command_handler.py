"""Two control planes at once: one of them is first, and nothing of the other stays."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import SecretStr

from domain.data_flow import State
from domain.errors import DataPlaneError, FlowExistsError, IllegalTransitionError
from domain.mechanisms import MechanismRegistry
from domain.mechanisms.s3 import S3
from domain.names import data_flow_stream
from eventlog import EventLog
from handlers.commands.caller import Caller
from handlers.commands.handle import CommandHandler, Outcome
from handlers.commands.intake import Reader
from handlers.secret_store import SecretStore

FLOW = "flow-1"
CALLER, RIVAL = Caller("cp-1", "test"), Caller("cp-1", "rival")
START = {
    "messageId": "m-start",
    "dataFlowId": FLOW,
    "profile": "AmazonS3-PUSH",
    "metadata": {
        "sourceBucket": "lake",
        "destinationBucket": "partner",
        "sourceAccessKeyId": "AK",
        "sourceSecretAccessKey": "SK",
    },
}
ADDRESS = {
    "endpointType": "AmazonS3",
    "endpoint": "s3://elsewhere",
    "endpointProperties": [
        {"name": "accessKeyId", "value": "AK"},
        {"name": "secretAccessKey", "value": "SK"},
    ],
}


def told(verb: str, **more: Any) -> dict[str, Any]:
    return {"messageId": f"m-{verb}", "dataFlowId": FLOW, **more}


@pytest.fixture
def secrets(log: EventLog) -> SecretStore:
    """Give an empty store."""
    return SecretStore(log.pool, bytes(32))


def a_handler(log: EventLog, secrets: SecretStore) -> CommandHandler:
    return CommandHandler(log, secrets, Reader(MechanismRegistry([S3()])))


async def sealed(log: EventLog) -> int:
    async with log.pool.connection() as connection:
        rows = await connection.execute("SELECT count(*) FROM secret.sealed")
        row = await rows.fetchone()
    assert row is not None
    return int(row[0])


async def test_of_many_that_start_a_flow_one_does(
    log: EventLog, secrets: SecretStore
) -> None:
    handler = a_handler(log, secrets)
    messages = [{**START, "messageId": f"m-{number}"} for number in range(8)]
    results = await asyncio.gather(
        *(handler.signal("start", each, CALLER) for each in messages),
        return_exceptions=True,
    )
    refused = [each for each in results if isinstance(each, BaseException)]
    assert [type(each) for each in refused] == [FlowExistsError] * 7
    assert len(await log.load(data_flow_stream(FLOW))) == 1


async def test_the_same_message_at_once_is_applied_once(
    log: EventLog, secrets: SecretStore
) -> None:
    handler = a_handler(log, secrets)
    results = await asyncio.gather(
        *(handler.signal("start", START, CALLER) for _ in range(8))
    )
    outcomes = sorted(each.outcome for each in results)
    assert outcomes == [Outcome.HANDLED] + [Outcome.IGNORED] * 7
    assert {each.flow.state for each in results} == {State.STARTED}
    assert len(await log.load(data_flow_stream(FLOW))) == 1


class Overtaken(SecretStore):
    """While it seals, the flow is terminated, and its secrets are destroyed."""

    rival: CommandHandler

    async def put(
        self, data_flow_id: str, reference: str, fields: Mapping[str, SecretStr]
    ) -> None:
        await self.rival.signal("terminate", told("terminate"), RIVAL)
        await self.destroy(data_flow_id)
        await super().put(data_flow_id, reference, fields)


async def test_no_secret_outlives_a_flow_that_ended_meanwhile(
    log: EventLog, secrets: SecretStore
) -> None:
    rival = a_handler(log, secrets)
    await rival.signal("start", START, CALLER)
    await rival.signal("suspend", told("suspend"), CALLER)
    assert await sealed(log) == 1
    overtaken = Overtaken(log.pool, bytes(32))
    overtaken.rival = rival
    with pytest.raises(IllegalTransitionError):
        await a_handler(log, overtaken).signal(
            "resume", told("resume", dataAddress=ADDRESS), CALLER
        )
    assert await sealed(log) == 0


async def test_a_flow_is_its_control_planes_alone(
    log: EventLog, secrets: SecretStore
) -> None:
    handler = a_handler(log, secrets)
    await handler.signal("start", START, CALLER)
    stranger = Caller("cp-2", "test")
    for verb in ("status", "suspend", "resume", "terminate", "completed", "started"):
        with pytest.raises(DataPlaneError) as refused:
            await handler.signal(verb, told(verb), stranger)
        assert refused.value.code == "access.flow-of-another"
    with pytest.raises(FlowExistsError):
        await handler.signal("start", START, stranger)
    owned = await handler.signal("status", told("status"), CALLER)
    assert owned.flow.state is State.STARTED


async def test_every_event_names_its_agreement(
    log: EventLog, secrets: SecretStore
) -> None:
    handler = a_handler(log, secrets)
    await handler.signal("start", START | {"agreementId": "agreement-7"}, CALLER)
    await handler.signal("suspend", told("suspend"), CALLER)
    named = [
        each.metadata.agreement_id for each in await log.load(data_flow_stream(FLOW))
    ]
    assert named == ["agreement-7"] * 2


async def test_a_message_without_a_name_is_known_by_what_it_says(
    log: EventLog, secrets: SecretStore
) -> None:
    handler = a_handler(log, secrets)
    nameless = {name: value for name, value in START.items() if name != "messageId"}
    first = await handler.signal("start", nameless, CALLER)
    again = await handler.signal("start", dict(reversed(nameless.items())), CALLER)
    assert (first.outcome, again.outcome) == (Outcome.HANDLED, Outcome.IGNORED)
    with pytest.raises(FlowExistsError):
        await handler.signal("start", nameless | {"agreementId": "another"}, CALLER)
