"""What happened to a task. Inputs are recorded with what is secret in them masked."""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from domain.message import Event
from domain.task.status import Status

# An input that was given more than once has all its values.
Inputs = Mapping[str, str | tuple[str, ...]]
Percent = Annotated[float, Field(ge=0, le=100)]


class _TaskEvent(Event):
    task_id: str


class TaskSubmitted(_TaskEvent):
    """A user has asked a service for something.

    `data_flow_id` names the flow that carries it out, begun in the same transaction;
    None: somebody else carries it out, and reports on it.
    """

    TOPIC: ClassVar[str] = "task.submitted.v1"
    service: str
    user_id: str
    inputs: Inputs
    data_flow_id: str | None


class TaskReported(_TaskEvent):
    """Whoever carries it out says how far it is; `log` are lines for the user.

    None and empty: nothing new of that. `message_id` tells repetitions.
    """

    TOPIC: ClassVar[str] = "task.reported.v1"
    message_id: str | None
    status: Status | None
    percent: Percent | None
    code: str
    detail: str
    log: tuple[str, ...]


class TaskCancelRequested(_TaskEvent):
    """It shall not go on."""

    TOPIC: ClassVar[str] = "task.cancel-requested.v1"
    reason: str


class TaskDeleted(_TaskEvent):
    """It is shown to nobody any more; this history stays."""

    TOPIC: ClassVar[str] = "task.deleted.v1"


TaskEvent = TaskSubmitted | TaskReported | TaskCancelRequested | TaskDeleted
