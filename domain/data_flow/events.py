"""What happened to a data flow. No event holds a secret: locations carry references."""

from typing import Any, ClassVar, Literal

from pydantic import Field

from domain.data_flow.terms import Terms
from domain.location import CopyOptions, Direction, Location
from domain.message import Event
from domain.scheduling.priority import Priority


class _DataFlowEvent(Event):
    data_flow_id: str
    message_id: str | None


class DataFlowCreated(_DataFlowEvent):
    """What every flow begins with. `reply_address` is told to the other side.

    The base of the four first events; it has no topic of its own.
    """

    terms: Terms
    direction: Direction
    source: Location | None
    destination: Location | None
    options: CopyOptions
    reply_address: dict[str, Any] | None


class DataFlowPreparing(DataFlowCreated):
    """The consumer's side is being made ready; `data-flow.ready` follows."""

    TOPIC: ClassVar[str] = "data-flow.preparing.v1"


class DataFlowPrepared(DataFlowCreated):
    """The consumer's side is ready."""

    TOPIC: ClassVar[str] = "data-flow.prepared.v1"


class DataFlowStarting(DataFlowCreated):
    """The provider's side is about to begin; `data-flow.ready` follows."""

    TOPIC: ClassVar[str] = "data-flow.starting.v1"


class DataFlowStarted(DataFlowCreated):
    """The provider's side has begun."""

    TOPIC: ClassVar[str] = "data-flow.started.v1"


class DataFlowReady(_DataFlowEvent):
    """What was begun is done: PREPARING became PREPARED, or STARTING STARTED.

    `agreement` is the control plane's document, where it was fetched.
    """

    TOPIC: ClassVar[str] = "data-flow.ready.v1"
    agreement: dict[str, Any] | None


class DataFlowStartConfirmed(_DataFlowEvent):
    """The consumer's side has begun; a pull knows its source now."""

    TOPIC: ClassVar[str] = "data-flow.start-confirmed.v1"
    source: Location | None


class DataFlowSuspended(_DataFlowEvent):
    """No data moves."""

    TOPIC: ClassVar[str] = "data-flow.suspended.v1"
    reason: str | None


class DataFlowResumed(_DataFlowEvent):
    """Data moves again; None keeps the location that was recorded before."""

    TOPIC: ClassVar[str] = "data-flow.resumed.v1"
    source: Location | None
    destination: Location | None


class DataFlowTerminated(_DataFlowEvent):
    """Ended by the control plane. Final."""

    TOPIC: ClassVar[str] = "data-flow.terminated.v1"
    reason: str | None


class DataFlowCompleted(_DataFlowEvent):
    """All data has moved. Final. `by` is who found out."""

    TOPIC: ClassVar[str] = "data-flow.completed.v1"
    by: Literal["plane", "control-plane"]
    objects: int | None
    size_bytes: int | None


class DataFlowSignalIgnored(_DataFlowEvent):
    """A signal whose effect was there already.

    Recorded, so that its repetition gets the same answer whatever has happened since.
    """

    TOPIC: ClassVar[str] = "data-flow.signal-ignored.v1"
    verb: str


class DataFlowApproved(_DataFlowEvent):
    """The plan shall be carried out as it is: these are its totals.

    `deletes_digest` names the exact list of what is to be deleted.
    """

    TOPIC: ClassVar[str] = "data-flow.approved.v1"
    objects: int
    size_bytes: int
    deletes: int = Field(default=0, exclude_if=lambda value: not value)
    deletes_digest: str = Field(default="", exclude_if=lambda value: not value)


class DataFlowPrioritized(_DataFlowEvent):
    """From now on it is this urgent among its tenant's flows, from 1 to 5."""

    TOPIC: ClassVar[str] = "data-flow.prioritized.v1"
    priority: Priority


class DataFlowErrored(_DataFlowEvent):
    """Not recoverable by the plane. The state stays: the control plane decides."""

    TOPIC: ClassVar[str] = "data-flow.errored.v1"
    code: str
    detail: str


DataFlowEvent = (
    DataFlowPreparing
    | DataFlowPrepared
    | DataFlowStarting
    | DataFlowStarted
    | DataFlowReady
    | DataFlowStartConfirmed
    | DataFlowSuspended
    | DataFlowResumed
    | DataFlowTerminated
    | DataFlowCompleted
    | DataFlowSignalIgnored
    | DataFlowApproved
    | DataFlowPrioritized
    | DataFlowErrored
)
