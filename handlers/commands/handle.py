"""Applies commands to data flows: the one way into their streams."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import cast

from domain import data_flow
from domain.data_flow import DataFlow, DataFlowCommand
from domain.data_flow.commands import PrepareDataFlow, StartDataFlow
from domain.data_flow.events import DataFlowSignalIgnored
from domain.demands import require_possible
from domain.errors import (
    DataPlaneError,
    FlowExistsError,
    Side,
    UnknownFlowError,
    VersionConflictError,
)
from domain.message import Cause
from domain.names import data_flow_stream, stream_id
from domain.signaling import FollowUpMessage
from eventlog import Append, EventLog
from handlers.commands.approving import approval
from handlers.commands.caller import Caller
from handlers.commands.earlier import require_failures
from handlers.commands.intake import Intake, Reader
from handlers.secret_store import SecretStore

_ATTEMPTS = 4
CREATING = ("prepare", "start")


class Outcome(StrEnum):
    """What became of a command; also the label of its metric."""

    HANDLED = "handled"
    IGNORED = "ignored"
    REFUSED = "refused"


@dataclass(frozen=True)
class Applied:
    """The flow after the command, and the message that it answers."""

    outcome: Outcome
    flow: DataFlow
    verb: str
    message_id: str | None


async def load(log: EventLog, data_flow_id: str) -> tuple[DataFlow, int]:
    """The flow and its stream's version (0 and INITIAL where there is none)."""
    flow, version = data_flow.INITIAL, 0
    for recorded in await log.load(data_flow_stream(data_flow_id)):
        event, version = recorded.event, recorded.version
        assert isinstance(event, data_flow.DataFlowEvent)  # noqa: S101 (its stream)
        flow = data_flow.evolve(flow, event)
    return flow, version


@dataclass(frozen=True)
class CommandHandler:
    """Load, decide, append at the version, answer."""

    log: EventLog
    secrets: SecretStore
    reader: Reader

    async def signal(self, verb: str, body: object, caller: Caller) -> Applied:
        """Apply a control plane's message. Safe to call again with the same message.

        Raises DataPlaneError with a code that says who must act.
        """
        message = FollowUpMessage.read(body)
        if message.message_id is None and verb in CREATING:
            # Older control planes name no message, and send it again all the same:
            # what says the same of the same flow is the same message.
            body = {**cast("dict[str, object]", body), "messageId": _name_of(body)}
            message = FollowUpMessage.read(body)
        cause = Cause(
            causation_id=message.message_id or f"{verb}:{message.data_flow_id}",
            correlation_id=message.data_flow_id,
            actor=caller.actor,
            occurred_at=datetime.now(UTC),
        )
        for attempt in range(_ATTEMPTS):
            flow, version = await load(self.log, message.data_flow_id)
            _require_owner(verb, flow, caller)
            if verb == "status":
                return _known(flow)
            if (verb, message.message_id) in flow.answers:
                # Nothing to read again in what was recorded: it has its answer.
                return Applied(Outcome.IGNORED, flow, verb, message.message_id)
            if attempt and flow.final:
                # It ended while we sealed secrets for it: nobody else would go back.
                await self.secrets.destroy(message.data_flow_id)
            intake = await self._read(verb, body, flow, caller)
            try:
                return await self._apply(intake, flow, version, cause)
            except VersionConflictError:
                if attempt == _ATTEMPTS - 1:
                    raise
        raise AssertionError  # pragma: no cover (the loop returns or raises)

    async def _read(
        self, verb: str, body: object, flow: DataFlow, caller: Caller
    ) -> Intake:
        if verb == "approve":
            return Intake(await approval(self.log, FollowUpMessage.read(body)))
        intake = self.reader.read(verb, body, flow, caller.control_plane_id)
        if isinstance(intake.command, PrepareDataFlow | StartDataFlow):
            await self._require_possible(intake.command, caller)
        return intake

    async def _require_possible(
        self, command: PrepareDataFlow | StartDataFlow, caller: Caller
    ) -> None:
        options = command.options
        require_possible(options, command.source, command.destination)
        if options.failed_of is not None:
            earlier, _ = await load(self.log, options.failed_of)
            _require_owner("status", earlier, caller)
            await require_failures(self.log, earlier)

    async def tell(self, command: DataFlowCommand, cause: Cause) -> Applied:
        """Apply what the plane itself has found out. Safe to repeat."""
        return await self.carry(Intake(command), cause)

    async def carry(self, intake: Intake, cause: Cause) -> Applied:
        """Apply what was read from elsewhere than a control plane. Safe to repeat."""
        for attempt in range(_ATTEMPTS):
            flow, version = await load(self.log, intake.command.data_flow_id)
            try:
                return await self._apply(intake, flow, version, cause)
            except VersionConflictError:
                if attempt == _ATTEMPTS - 1:
                    raise
        raise AssertionError  # pragma: no cover (the loop returns or raises)

    async def _apply(
        self, intake: Intake, flow: DataFlow, version: int, cause: Cause
    ) -> Applied:
        command = intake.command
        events = data_flow.decide(command, flow)
        if not events:
            if intake.also:
                await self.log.append(cause, *intake.also)
            return Applied(Outcome.IGNORED, flow, command.VERB, command.message_id)
        # Before the event that refers to them: no event ever points at nothing.
        for reference, fields in intake.secrets.items():
            await self.secrets.put(command.data_flow_id, reference, fields)
        for event in events:
            flow = data_flow.evolve(flow, event)
        cause = cause.model_copy(update={"agreement_id": flow.agreement_id})
        stream = data_flow_stream(command.data_flow_id)
        # What comes of the flow stands behind what it was begun for.
        await self.log.append(cause, *intake.also, Append(stream, version, events))
        noted = isinstance(events[0], DataFlowSignalIgnored)
        outcome = Outcome.IGNORED if noted else Outcome.HANDLED
        return Applied(outcome, flow, command.VERB, command.message_id)


def _name_of(body: object) -> str:
    said = json.dumps(body, sort_keys=True, default=str)
    return str(stream_id("message", said))


def _require_owner(verb: str, flow: DataFlow, caller: Caller) -> None:
    """A flow is its control plane's alone, and the operator's."""
    owner = flow.terms.control_plane_id if flow.terms else caller.control_plane_id
    if caller.operator or owner == caller.control_plane_id:
        return
    if verb in CREATING:
        raise FlowExistsError("this data flow id was used by another message")
    raise DataPlaneError(
        "the data flow is another control plane's",
        code="access.flow-of-another",
        side=Side.CALLER,
    )


def _known(flow: DataFlow) -> Applied:
    if not flow.exists:
        raise UnknownFlowError("there is no data flow with this id")
    return Applied(Outcome.IGNORED, flow, "status", None)
