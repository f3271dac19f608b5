"""What a data flow can be told, by a control plane or by the plane itself."""

from typing import Any, ClassVar

from domain.data_flow.terms import Terms
from domain.location import CopyOptions, Direction, Location
from domain.message import Message
from domain.scheduling.priority import Priority


class _Command(Message):
    # The protocol's name of the signal; empty for what the plane tells itself.
    VERB: ClassVar[str] = ""
    data_flow_id: str
    message_id: str | None = None


class PrepareDataFlow(_Command):
    """The consumer's plane shall be ready to send or receive."""

    VERB: ClassVar[str] = "prepare"
    terms: Terms
    direction: Direction
    source: Location | None
    destination: Location | None
    options: CopyOptions
    reply_address: dict[str, Any] | None
    asynchronous: bool = False


class StartDataFlow(_Command):
    """The provider's plane shall begin."""

    VERB: ClassVar[str] = "start"
    terms: Terms
    direction: Direction
    source: Location | None
    destination: Location | None
    options: CopyOptions
    reply_address: dict[str, Any] | None
    asynchronous: bool = False


class ConfirmDataFlowStarted(_Command):
    """The provider has started; for a pull, here is where its data is."""

    VERB: ClassVar[str] = "started"
    source: Location | None


class SuspendDataFlow(_Command):
    """Stop moving data, for now."""

    VERB: ClassVar[str] = "suspend"
    reason: str | None


class ResumeDataFlow(_Command):
    """Go on, perhaps with another address."""

    VERB: ClassVar[str] = "resume"
    source: Location | None
    destination: Location | None


class TerminateDataFlow(_Command):
    """Stop for ever."""

    VERB: ClassVar[str] = "terminate"
    reason: str | None


class CompleteDataFlow(_Command):
    """The control plane says that all data has moved."""

    VERB: ClassVar[str] = "completed"


class ApproveDataFlow(_Command):
    """Carry out what is planned. `planned`: whether the plan is complete."""

    VERB: ClassVar[str] = "approve"
    planned: bool
    objects: int
    size_bytes: int
    deletes: int = 0
    deletes_digest: str = ""


class PrioritizeDataFlow(_Command):
    """From now on it is this urgent among its tenant's flows."""

    VERB: ClassVar[str] = "prioritize"
    priority: Priority


class ReadyDataFlow(_Command):
    """The plane itself has done what a prepare or start had begun.

    `agreement` is the control plane's document, where it was fetched.
    """

    agreement: dict[str, Any] | None = None


class FinishDataFlow(_Command):
    """The plane itself found that all data has moved."""

    objects: int
    size_bytes: int


class ReportError(_Command):
    """The plane itself found something that it cannot recover from.

    With `resumes` it is so only as long as the flow was not resumed more often.
    """

    code: str
    detail: str
    resumes: int | None = None


DataFlowCommand = (
    PrepareDataFlow
    | StartDataFlow
    | ConfirmDataFlowStarted
    | SuspendDataFlow
    | ResumeDataFlow
    | TerminateDataFlow
    | CompleteDataFlow
    | ApproveDataFlow
    | PrioritizeDataFlow
    | ReadyDataFlow
    | FinishDataFlow
    | ReportError
)
