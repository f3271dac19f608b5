"""What a data flow can be told, by a control plane or by the plane itself."""

from typing import Any

from domain.data_flow.terms import Terms
from domain.location import CopyOptions, Direction, Location
from domain.message import Message


class _Command(Message):
    data_flow_id: str
    message_id: str | None = None


class PrepareDataFlow(_Command):
    """The consumer's plane shall be ready to send or receive."""

    terms: Terms
    direction: Direction
    source: Location | None
    destination: Location | None
    options: CopyOptions
    reply_address: dict[str, Any] | None


class StartDataFlow(_Command):
    """The provider's plane shall begin."""

    terms: Terms
    direction: Direction
    source: Location | None
    destination: Location | None
    options: CopyOptions
    reply_address: dict[str, Any] | None


class ConfirmDataFlowStarted(_Command):
    """The provider has started; for a pull, here is where its data is."""

    source: Location | None


class SuspendDataFlow(_Command):
    """Stop moving data, for now."""

    reason: str | None


class ResumeDataFlow(_Command):
    """Go on, perhaps with another address."""

    source: Location | None
    destination: Location | None


class TerminateDataFlow(_Command):
    """Stop for ever."""

    reason: str | None


class CompleteDataFlow(_Command):
    """The control plane says that all data has moved."""


class FinishDataFlow(_Command):
    """The plane itself found that all data has moved."""

    objects: int
    size_bytes: int


class ReportError(_Command):
    """The plane itself found something that it cannot recover from."""

    code: str
    detail: str


DataFlowCommand = (
    PrepareDataFlow
    | StartDataFlow
    | ConfirmDataFlowStarted
    | SuspendDataFlow
    | ResumeDataFlow
    | TerminateDataFlow
    | CompleteDataFlow
    | FinishDataFlow
    | ReportError
)
