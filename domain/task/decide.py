"""Decides what follows when something is asked of a task."""

from typing import Any, assert_never

from domain.errors import DataPlaneError, Side
from domain.task.commands import (
    CancelTask,
    DeleteTask,
    ReportTask,
    SubmitTask,
    TaskCommand,
)
from domain.task.events import (
    TaskCancelRequested,
    TaskDeleted,
    TaskEvent,
    TaskReported,
    TaskSubmitted,
)
from domain.task.state import Task, UnknownTaskError
from domain.task.status import REPORTABLE, Status

# A status is told from all of them: a reporter gathers its lines.
MOST_REPORTS = 10_000


def decide(command: TaskCommand, task: Task) -> tuple[TaskEvent, ...]:
    """The events that it causes; none where it is so already.

    Raises UnknownTaskError and DataPlaneError `task.*`.
    """
    if isinstance(command, SubmitTask):
        return _submit(command, task)
    if not task.exists:
        raise UnknownTaskError("there is no task with this id")
    match command:
        case ReportTask():
            return _report(command, task)
        case CancelTask():
            return _cancel(command, task)
        case DeleteTask():
            if not (task.over or command.forced):
                raise task.refusal("be deleted: cancel it first")
            return (TaskDeleted(task_id=task.task_id),)
        case _:
            assert_never(command)


def _submit(command: SubmitTask, task: Task) -> tuple[TaskEvent, ...]:
    if not task.task_id:
        return (TaskSubmitted(**dict(command)),)
    same = (task.service, task.user_id) == (command.service, command.user_id)
    if same and task.exists:
        return ()
    raise DataPlaneError(
        "taskId: it was used before", code="task.input-invalid", side=Side.CALLER
    )


def _report(command: ReportTask, task: Task) -> tuple[TaskEvent, ...]:
    if command.message_id is not None and command.message_id in task.heard:
        return ()
    if task.data_flow_id is not None:
        raise task.refusal("be reported on: its data flow tells what becomes of it")
    if task.over or task.reports >= MOST_REPORTS:
        raise task.refusal("be reported on any more")
    status = None if command.status is task.status else command.status
    if status is not None and status not in REPORTABLE[task.status]:
        raise task.refusal(f"become {status}")
    said: dict[str, Any] = {**dict(command), "status": status}
    event = TaskReported(**said)
    news = (status, event.percent, event.code, event.detail, event.log)
    return (event,) if any(each not in (None, "", ()) for each in news) else ()


def _cancel(command: CancelTask, task: Task) -> tuple[TaskEvent, ...]:
    if task.status in {Status.CANCELLING, Status.CANCELLED}:
        return ()
    if task.over:
        raise task.refusal("be cancelled")
    asked = TaskCancelRequested(task_id=task.task_id, reason=command.reason)
    if task.data_flow_id is None and task.status is Status.SUBMITTED:
        # Nobody has taken it: there is nobody to wait for.
        done = TaskReported(
            task_id=task.task_id,
            message_id=None,
            status=Status.CANCELLED,
            percent=None,
            code="",
            detail="",
            log=(),
        )
        return asked, done
    return (asked,)
