"""How users, operators and those who carry tasks out speak of tasks, on the bus."""

from typing import Annotated

from pydantic import Field, JsonValue

from domain.signaling import IncomingMessage
from domain.task.status import Status

SERVICE_PATTERN = r"^[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?$"
USER_PATTERN = r"^[^\x00-\x1f\x7f/]+$"
TASK_PATTERN = r"^[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,126}[A-Za-z0-9])?$"
_NO_CONTROL = r"^[^\x00-\x1f\x7f]*$"

Service = Annotated[str, Field(pattern=SERVICE_PATTERN)]
UserId = Annotated[str, Field(min_length=1, max_length=128, pattern=USER_PATTERN)]
TaskId = Annotated[str, Field(pattern=TASK_PATTERN)]
Line = Annotated[str, Field(min_length=1, max_length=2000, pattern=_NO_CONTROL)]


class SubmitTaskMessage(IncomingMessage):
    """A service shall do something; sent again with the same `taskId`, it is one task.

    Inputs are texts, numbers, truth values and lists of them.
    """

    task_id: TaskId | None = None
    service: Service
    user_id: UserId
    inputs: dict[str, JsonValue] = Field(default_factory=dict)


class TaskMessage(IncomingMessage):
    """A task: it is another's unless `userId` and `service`, where given, are its own.

    Only operators leave out `userId`.
    """

    task_id: TaskId
    service: Service | None = None
    user_id: UserId | None = None


class CancelTaskMessage(TaskMessage):
    """It shall not go on."""

    reason: Annotated[str, Field(max_length=500, pattern=_NO_CONTROL)] = ""


class ReportTaskMessage(TaskMessage):
    """What an external publisher says of a task that it carries out.

    `log` are lines for the user, the oldest first. Sent again with the same
    `messageId`, it counts once.
    """

    message_id: Annotated[str, Field(max_length=128)] | None = None
    status: Status | None = None
    percent: Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)] | None = None
    code: Annotated[str, Field(max_length=64, pattern=r"^[a-z0-9.-]*$")] = ""
    detail: Annotated[str, Field(max_length=2000, pattern=_NO_CONTROL)] = ""
    log: Annotated[tuple[Line, ...], Field(max_length=100)] = ()
