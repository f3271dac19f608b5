"""The state of a data flow, the protocol's transition table, and the fold."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any, assert_never

from domain.data_flow.events import (
    DataFlowApproved,
    DataFlowCompleted,
    DataFlowCreated,
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
from domain.data_flow.terms import Terms
from domain.errors import IllegalTransitionError
from domain.location import (
    CopyOptions,
    Direction,
    Location,
    PlanMode,
    Role,
    relocated,
)
from domain.scheduling.priority import USUAL


class State(StrEnum):
    """The protocol's states, in its spelling."""

    INITIALIZED = "INITIALIZED"
    PREPARING = "PREPARING"
    PREPARED = "PREPARED"
    STARTING = "STARTING"
    STARTED = "STARTED"
    SUSPENDED = "SUSPENDED"
    COMPLETED = "COMPLETED"
    TERMINATED = "TERMINATED"


# DPS, "Data Flow State Machine". An empty set is a final state.
TRANSITIONS: Mapping[State, frozenset[State]] = MappingProxyType(
    {
        State.INITIALIZED: frozenset(
            {State.PREPARING, State.PREPARED, State.STARTING, State.STARTED}
        ),
        State.PREPARING: frozenset({State.PREPARED, State.TERMINATED}),
        State.PREPARED: frozenset({State.STARTED, State.TERMINATED}),
        State.STARTING: frozenset({State.STARTED, State.TERMINATED}),
        State.STARTED: frozenset({State.SUSPENDED, State.COMPLETED, State.TERMINATED}),
        State.SUSPENDED: frozenset({State.STARTED, State.TERMINATED}),
        State.COMPLETED: frozenset(),
        State.TERMINATED: frozenset(),
    }
)


# What becomes of a flow whose asynchronous beginning is done.
READY: Mapping[State, State] = MappingProxyType(
    {State.PREPARING: State.PREPARED, State.STARTING: State.STARTED}
)


@dataclass(frozen=True)
class Answer:
    """What a message was answered, to be given again when it is repeated."""

    state: State
    data_address: dict[str, Any] | None = None


@dataclass(frozen=True)
class DataFlow:
    """A data flow as its events left it."""

    state: State = State.INITIALIZED
    data_flow_id: str = ""
    role: Role = Role.PROVIDER
    direction: Direction = Direction.PUSH
    terms: Terms | None = None
    source: Location | None = None
    destination: Location | None = None
    options: CopyOptions = field(default_factory=CopyOptions)
    reply_address: dict[str, Any] | None = None
    error: str | None = None
    resumes: int = 0
    approved: bool = False
    priority: int = USUAL
    # By verb and message id: ids of different signals are not compared.
    answers: Mapping[tuple[str, str], Answer] = field(
        default_factory=dict[tuple[str, str], Answer]
    )

    @property
    def exists(self) -> bool:
        """Whether any message has created it."""
        return self.state is not State.INITIALIZED

    @property
    def final(self) -> bool:
        """Whether nothing can follow."""
        return not TRANSITIONS[self.state]

    @property
    def agreement_id(self) -> str:
        """The agreement that all of it is done under; empty where none was named."""
        return self.terms.agreement_id if self.terms else ""

    @property
    def moves_data(self) -> bool:
        """Whether the copying is ours: a push is the provider's, a pull the other's."""
        return (self.role is Role.PROVIDER) is (self.direction is Direction.PUSH)

    @property
    def held(self) -> bool:
        """Whether it only plans, for now or for good: nothing is copied."""
        return self.options.plan is not PlanMode.RUN and not self.approved

    def require(self, target: State) -> None:
        """Raise IllegalTransitionError unless the table allows going to `target`."""
        if target not in TRANSITIONS[self.state]:
            raise self.refusal(f"become {target}")

    def refusal(self, what: str) -> IllegalTransitionError:
        """The error that says what cannot be done in this state."""
        return IllegalTransitionError(f"a data flow that is {self.state} cannot {what}")


INITIAL = DataFlow()


def evolve(flow: DataFlow, event: DataFlowEvent) -> DataFlow:
    """The flow after the event, with the answer that its message was given."""
    after = _apply(flow, event)
    if event.message_id is None:
        return after
    address = after.reply_address if isinstance(event, _ANSWERED_WITH_ADDRESS) else None
    answer = Answer(after.state, address)
    key = (_verb(event), event.message_id)
    return replace(after, answers={**after.answers, key: answer})


_ANSWERED_WITH_ADDRESS = (DataFlowPrepared, DataFlowStarted, DataFlowResumed)
_VERBS: Mapping[type[DataFlowEvent], str] = {
    DataFlowPreparing: "prepare",
    DataFlowPrepared: "prepare",
    DataFlowStarting: "start",
    DataFlowStarted: "start",
    DataFlowStartConfirmed: "started",
    DataFlowSuspended: "suspend",
    DataFlowResumed: "resume",
    DataFlowTerminated: "terminate",
    DataFlowCompleted: "completed",
    DataFlowApproved: "approve",
    DataFlowPrioritized: "prioritize",
}


def _verb(event: DataFlowEvent) -> str:
    """The signal that the event recorded."""
    if isinstance(event, DataFlowSignalIgnored):
        return event.verb
    return _VERBS.get(type(event), "")


def _apply(flow: DataFlow, event: DataFlowEvent) -> DataFlow:
    match event:
        case (
            DataFlowPreparing()
            | DataFlowPrepared()
            | DataFlowStarting()
            | DataFlowStarted()
        ):
            return _created(event)
        case DataFlowReady():
            return replace(flow, state=READY[flow.state], error=None)
        case DataFlowStartConfirmed(source=source):
            source = relocated(flow.source, source)
            return replace(flow, state=State.STARTED, source=source)
        case DataFlowSuspended():
            return replace(flow, state=State.SUSPENDED)
        case DataFlowResumed(source=source, destination=destination):
            return replace(
                flow,
                state=State.STARTED,
                source=relocated(flow.source, source),
                destination=relocated(flow.destination, destination),
                error=None,
                resumes=flow.resumes + 1,
            )
        case DataFlowTerminated():
            return replace(flow, state=State.TERMINATED)
        case DataFlowCompleted():
            return replace(flow, state=State.COMPLETED)
        case DataFlowSignalIgnored():
            return flow
        case DataFlowApproved():
            return replace(flow, approved=True)
        case DataFlowPrioritized(priority=priority):
            return replace(flow, priority=priority)
        case DataFlowErrored(code=code):
            return replace(flow, error=code)
        case _:
            assert_never(event)


# How a flow begins, by its first event.
BEGINNINGS: Mapping[type[DataFlowCreated], tuple[Role, State]] = {
    DataFlowPreparing: (Role.CONSUMER, State.PREPARING),
    DataFlowPrepared: (Role.CONSUMER, State.PREPARED),
    DataFlowStarting: (Role.PROVIDER, State.STARTING),
    DataFlowStarted: (Role.PROVIDER, State.STARTED),
}


def _created(event: DataFlowCreated) -> DataFlow:
    role, state = BEGINNINGS[type(event)]
    return DataFlow(
        state=state,
        data_flow_id=event.data_flow_id,
        role=role,
        direction=event.direction,
        terms=event.terms,
        source=event.source,
        destination=event.destination,
        options=event.options,
        reply_address=event.reply_address,
        priority=event.options.priority,
    )
