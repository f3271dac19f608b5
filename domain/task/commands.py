"""What can be asked of a task."""

from domain.message import Message
from domain.task.events import Inputs, Percent
from domain.task.status import Status


class _Command(Message):
    task_id: str


class SubmitTask(_Command):
    """A service shall do something for a user; `inputs` hold no secret any more."""

    service: str
    user_id: str
    inputs: Inputs
    data_flow_id: str | None


class ReportTask(_Command):
    """Whoever carries it out says how far it is."""

    message_id: str | None = None
    status: Status | None = None
    percent: Percent | None = None
    code: str = ""
    detail: str = ""
    log: tuple[str, ...] = ()


class CancelTask(_Command):
    """It shall not go on."""

    reason: str = ""


class DeleteTask(_Command):
    """It shall be shown no more. `forced`: also where nobody says that it is over."""

    forced: bool = False


TaskCommand = SubmitTask | ReportTask | CancelTask | DeleteTask
