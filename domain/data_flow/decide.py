"""Decides what follows when a data flow is told something.

Pure: same command and same flow, same events. A message that was recorded before
decides nothing, and a signal that already has had its effect is only recorded.
"""

from typing import Any, assert_never

from domain.data_flow.commands import (
    ApproveDataFlow,
    CompleteDataFlow,
    ConfirmDataFlowStarted,
    DataFlowCommand,
    FinishDataFlow,
    PrepareDataFlow,
    PrioritizeDataFlow,
    ReadyDataFlow,
    ReportError,
    ResumeDataFlow,
    StartDataFlow,
    SuspendDataFlow,
    TerminateDataFlow,
)
from domain.data_flow.events import (
    DataFlowApproved,
    DataFlowCompleted,
    DataFlowErrored,
    DataFlowEvent,
    DataFlowPrepared,
    DataFlowPreparing,
    DataFlowPrioritized,
    DataFlowReady,
    DataFlowResumed,
    DataFlowSignalIgnored,
    DataFlowStartConfirmed,
    DataFlowStarted,
    DataFlowStarting,
    DataFlowSuspended,
    DataFlowTerminated,
)
from domain.data_flow.state import DataFlow, State
from domain.errors import (
    WAITED_OUT,
    DataPlaneError,
    FlowExistsError,
    InvalidAddressError,
    Side,
    UnknownFlowError,
)
from domain.location import Direction, Location, PlanMode, Role, relocated


def decide(command: DataFlowCommand, flow: DataFlow) -> tuple[DataFlowEvent, ...]:
    """The events that the command causes; none for a message that was recorded.

    Raises FlowExistsError, UnknownFlowError, IllegalTransitionError and, where a side
    of the copy is not named, InvalidAddressError.
    """
    message_id = command.message_id
    if message_id is not None and (command.VERB, message_id) in flow.answers:
        return ()
    if isinstance(command, PrepareDataFlow | StartDataFlow):
        return (_create(command, flow),)
    if not flow.exists:
        raise UnknownFlowError("there is no data flow with this id")
    events = _follow(command, flow)
    if events or message_id is None:
        return events
    return (
        DataFlowSignalIgnored(
            data_flow_id=command.data_flow_id, message_id=message_id, verb=command.VERB
        ),
    )


def _create(command: PrepareDataFlow | StartDataFlow, flow: DataFlow) -> DataFlowEvent:
    if flow.exists:
        raise FlowExistsError("this data flow id was used by another message")
    said = dict(command)
    begun = said.pop("asynchronous")
    match command:
        case PrepareDataFlow():
            return DataFlowPreparing(**said) if begun else DataFlowPrepared(**said)
        case StartDataFlow():
            if command.direction is Direction.PUSH:
                _require_both_sides(command.source, command.destination)
            return DataFlowStarting(**said) if begun else DataFlowStarted(**said)
        case _:
            assert_never(command)


def _require_both_sides(source: Location | None, destination: Location | None) -> None:
    if source is None or not source.fields:
        raise InvalidAddressError("the source is not named", code="address.missing")
    if destination is None or not destination.fields:
        raise InvalidAddressError(
            "the destination is not named", code="address.missing"
        )


def _follow(
    command: ConfirmDataFlowStarted
    | SuspendDataFlow
    | ResumeDataFlow
    | TerminateDataFlow
    | CompleteDataFlow
    | ApproveDataFlow
    | PrioritizeDataFlow
    | ReadyDataFlow
    | FinishDataFlow
    | ReportError,
    flow: DataFlow,
) -> tuple[DataFlowEvent, ...]:
    same: dict[str, Any] = {
        "data_flow_id": command.data_flow_id,
        "message_id": command.message_id,
    }
    match command:
        case ConfirmDataFlowStarted(source=source):
            return _confirm(command, flow, relocated(flow.source, source))
        case SuspendDataFlow(reason=reason):
            if flow.state is State.SUSPENDED:
                return ()
            flow.require(State.SUSPENDED)
            return (DataFlowSuspended(**same, reason=reason),)
        case ResumeDataFlow(source=source, destination=destination):
            moves = flow.state is State.STARTED and flow.error not in WAITED_OUT
            if moves and not (source or destination):
                return ()
            if flow.state not in (State.STARTED, State.SUSPENDED):
                # PREPARED -> STARTED is in the table, but is `started`'s to make.
                raise flow.refusal("be resumed")
            return (DataFlowResumed(**same, source=source, destination=destination),)
        case TerminateDataFlow(reason=reason):
            if flow.state is State.TERMINATED:
                return ()
            flow.require(State.TERMINATED)
            return (DataFlowTerminated(**same, reason=reason),)
        case CompleteDataFlow():
            return _complete(command, flow)
        case ApproveDataFlow():
            return _approve(command, flow)
        case PrioritizeDataFlow():
            return _prioritize(command, flow)
        case ReadyDataFlow(agreement=agreement):
            if flow.state not in (State.PREPARING, State.STARTING):
                return ()
            return (DataFlowReady(**same, agreement=agreement),)
        case FinishDataFlow():
            return _finish(command, flow)
        case ReportError(code=code, detail=detail, resumes=resumes):
            outdated = resumes is not None and resumes != flow.resumes
            if flow.final or flow.error == code or outdated:
                return ()
            return (DataFlowErrored(**same, code=code, detail=detail),)
        case _:
            assert_never(command)


def _complete(command: CompleteDataFlow, flow: DataFlow) -> tuple[DataFlowEvent, ...]:
    if flow.state is State.COMPLETED:
        return ()
    flow.require(State.COMPLETED)
    return (
        DataFlowCompleted(
            data_flow_id=command.data_flow_id,
            message_id=command.message_id,
            by="control-plane",
            objects=None,
            size_bytes=None,
        ),
    )


def _finish(command: FinishDataFlow, flow: DataFlow) -> tuple[DataFlowEvent, ...]:
    # Suspended while the last byte arrived: it is finished after the resume.
    if flow.state is not State.STARTED or not flow.options.finite:
        return ()
    return (
        DataFlowCompleted(
            data_flow_id=command.data_flow_id,
            message_id=command.message_id,
            by="plane",
            objects=command.objects,
            size_bytes=command.size_bytes,
        ),
    )


def _prioritize(
    command: PrioritizeDataFlow, flow: DataFlow
) -> tuple[DataFlowEvent, ...]:
    if flow.final:
        raise flow.refusal("be prioritized")
    if flow.priority == command.priority:
        return ()
    return (
        DataFlowPrioritized(
            data_flow_id=command.data_flow_id,
            message_id=command.message_id,
            priority=command.priority,
        ),
    )


def _approve(command: ApproveDataFlow, flow: DataFlow) -> tuple[DataFlowEvent, ...]:
    if flow.approved:
        return ()
    if flow.options.plan is not PlanMode.APPROVE:
        raise flow.refusal(f"be approved: its plan is `{flow.options.plan}`")
    if flow.state is not State.STARTED:
        raise flow.refusal("be approved")
    if not command.planned:
        raise DataPlaneError(
            "the plan is not complete yet", code="flow.not-planned", side=Side.CALLER
        )
    return (
        DataFlowApproved(
            data_flow_id=command.data_flow_id,
            message_id=command.message_id,
            objects=command.objects,
            size_bytes=command.size_bytes,
            deletes=command.deletes,
            deletes_digest=command.deletes_digest,
        ),
    )


def _confirm(
    command: ConfirmDataFlowStarted, flow: DataFlow, source: Location | None
) -> tuple[DataFlowEvent, ...]:
    if flow.state is State.STARTED and flow.role is Role.CONSUMER:
        return ()
    if flow.role is not Role.CONSUMER or flow.state is State.SUSPENDED:
        # SUSPENDED -> STARTED is in the table, but is `resume`'s to make.
        raise flow.refusal("be told that it has started")
    flow.require(State.STARTED)
    if flow.moves_data:
        _require_both_sides(source, flow.destination)
    return (
        DataFlowStartConfirmed(
            data_flow_id=command.data_flow_id,
            message_id=command.message_id,
            source=command.source,
        ),
    )
