"""A scripted commands handler on the real bus; it decides with the domain."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import reduce
from typing import TYPE_CHECKING, Any

import nats

from domain import data_flow, names
from domain.data_flow import DataFlow
from domain.data_flow.commands import (
    ApproveDataFlow,
    CompleteDataFlow,
    ConfirmDataFlowStarted,
    DataFlowCommand,
    PrepareDataFlow,
    PrioritizeDataFlow,
    ResumeDataFlow,
    StartDataFlow,
    SuspendDataFlow,
    TerminateDataFlow,
)
from domain.data_flow.terms import Terms
from domain.errors import DataPlaneError, UnknownFlowError
from domain.location import CopyOptions, Direction, Location
from domain.signaling import (
    CreatingMessage,
    FollowUpMessage,
    PriorityMessage,
    Problem,
    Reply,
    StatusMessage,
)

if TYPE_CHECKING:
    from nats.aio.client import Client
    from nats.aio.msg import Msg

_ADDRESS = {"@type": "DataAddress", "endpointType": "AmazonS3"}
_SOURCE = Location(mechanism="s3", fields={"bucket": "lake"})
_DESTINATION = Location(mechanism="s3", fields={"bucket": "partner"})


@dataclass
class Peer:
    """What the gateway sent, and the flows that came of it."""

    received: list[tuple[str, Any, dict[str, str]]] = field(default_factory=list)
    flows: dict[str, DataFlow] = field(default_factory=dict)
    confirmation: str = "confirmed"
    # Answered in place of a decision.
    scripted: bytes | None = None
    silent: bool = False

    async def answer(self, message: Msg) -> None:
        """Reply to one request of the gateway."""
        verb, body = names.verb_of(message.subject), json.loads(message.data)
        self.received.append((verb, body, dict(message.headers or {})))
        if self.silent:
            return
        if self.scripted is not None:
            await message.respond(self.scripted)
            return
        try:
            reply = self._decide(verb, body)
        except DataPlaneError as error:
            reply = _refusal(error)
        await message.respond(reply.model_dump_json(by_alias=True).encode())

    def _decide(self, verb: str, body: Any) -> Reply:
        flow_id = body.get("dataFlowId") or body["processId"]
        flow = self.flows.get(flow_id, data_flow.INITIAL)
        if verb == "status":
            if not flow.exists:
                raise UnknownFlowError("there is no data flow with this id")
            return Reply(outcome="handled", status=_status(flow))
        events = data_flow.decide(_command(verb, body), flow)
        self.flows[flow_id] = after = reduce(data_flow.evolve, events, flow)
        stopping = verb in ("suspend", "terminate")
        return Reply(
            outcome="handled" if events else "ignored",
            status=_status(after, after.reply_address if verb == "prepare" else None),
            confirmation=self.confirmation if stopping else None,
        )


@contextlib.asynccontextmanager
async def listening(nats_url: str) -> AsyncIterator[Peer]:
    """A peer in the handlers' queue group."""
    peer = Peer()
    client: Client = await nats.connect(nats_url)
    try:
        await client.subscribe(
            names.COMMAND_SUBJECTS, names.COMMANDS_QUEUE, cb=peer.answer
        )
        await client.flush()
        yield peer
    finally:
        await client.close()


def _command(verb: str, body: Any) -> DataFlowCommand:
    if verb in ("prepare", "start"):
        return _creation(verb, CreatingMessage.read(body))
    message = FollowUpMessage.read(body)
    same: dict[str, Any] = {
        "data_flow_id": message.data_flow_id,
        "message_id": message.message_id,
    }
    match verb:
        case "started":
            return ConfirmDataFlowStarted(**same, source=_SOURCE)
        case "suspend" | "terminate":
            kind = SuspendDataFlow if verb == "suspend" else TerminateDataFlow
            return kind(**same, reason=message.reason)
        case "resume":
            return ResumeDataFlow(**same, source=None, destination=None)
        case "approve" | "prioritize":
            return _managing(verb, body, same)
        case _:
            return CompleteDataFlow(**same)


def _managing(verb: str, body: Any, same: dict[str, Any]) -> DataFlowCommand:
    if verb == "approve":
        return ApproveDataFlow(**same, planned=True, objects=1, size_bytes=2)
    said = PriorityMessage.read(body)
    return PrioritizeDataFlow(**same, priority=said.priority)


def _creation(verb: str, message: CreatingMessage) -> DataFlowCommand:
    kind = PrepareDataFlow if verb == "prepare" else StartDataFlow
    terms = Terms(
        participant_id=message.participant_id,
        counter_party_id=message.counter_party_id,
        dataspace_context=message.dataspace_context,
        agreement_id=message.agreement_id,
        dataset_id=message.dataset_id,
        profile=message.profile,
    )
    return kind(
        data_flow_id=message.data_flow_id,
        message_id=message.message_id,
        terms=terms,
        direction=Direction.PUSH,
        source=_SOURCE,
        destination=_DESTINATION,
        options=CopyOptions(),
        reply_address=_ADDRESS,
    )


def _status(flow: DataFlow, address: dict[str, Any] | None = None) -> StatusMessage:
    return StatusMessage(
        message_id="reply-1",
        data_flow_id=flow.data_flow_id,
        state=flow.state,
        data_address=address,
    )


def _refusal(error: DataPlaneError) -> Reply:
    problem = Problem(
        code=error.code,
        detail=error.detail,
        error_class=error.entry.error_class,
        owner=error.entry.owner,
    )
    return Reply(outcome="refused", problem=problem)
