"""A task as its events, and those of its flow, left it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from domain.data_flow.events import (
    DataFlowCompleted,
    DataFlowErrored,
    DataFlowReady,
    DataFlowResumed,
    DataFlowStarted,
    DataFlowStarting,
    DataFlowSuspended,
    DataFlowTerminated,
)
from domain.errors import WAITED_OUT, DataPlaneError, Side
from domain.message import Event
from domain.task.events import (
    Inputs,
    TaskCancelRequested,
    TaskDeleted,
    TaskReported,
    TaskSubmitted,
)
from domain.task.status import OVER, Status

__all__ = ["FLOW_EVENTS", "INITIAL", "SYNC", "Status", "Task", "UnknownTaskError"]

# The service that is built in: bucket to bucket.
SYNC = "sync"


class UnknownTaskError(DataPlaneError):
    """There is no such task; of somebody else's there is no more to tell."""

    code = "task.unknown"
    side = Side.CALLER


@dataclass(frozen=True)
class Task:
    """`code` is of the catalogue, or the reporter's own; `percent` what it reports."""

    task_id: str = ""
    service: str = ""
    user_id: str = ""
    status: Status = Status.SUBMITTED
    inputs: Inputs = field(default_factory=dict[str, str | tuple[str, ...]])
    data_flow_id: str | None = None
    code: str = ""
    detail: str = ""
    percent: float | None = None
    deleted: bool = False
    reports: int = 0
    # The ids of the messages that were reported.
    heard: frozenset[str] = frozenset()

    @property
    def exists(self) -> bool:
        """Whether it was submitted, and is not deleted."""
        return bool(self.task_id) and not self.deleted

    @property
    def over(self) -> bool:
        """Whether nothing more is done for it."""
        return self.status in OVER

    def refusal(self, what: str) -> DataPlaneError:
        """The error that says what cannot be done in this state."""
        return DataPlaneError(
            f"a task that is {self.status} cannot {what}",
            code="task.illegal-transition",
            side=Side.CALLER,
        )


INITIAL = Task()

_OF_FLOW: Mapping[type[Event], Status] = {
    DataFlowStarting: Status.DISPATCHED,
    DataFlowStarted: Status.RUNNING,
    DataFlowReady: Status.RUNNING,
    DataFlowResumed: Status.RUNNING,
    DataFlowSuspended: Status.SUSPENDED,
    DataFlowCompleted: Status.COMPLETED,
    DataFlowTerminated: Status.CANCELLED,
}
# What a task hears of its flow.
FLOW_EVENTS: tuple[type[Event], ...] = (*_OF_FLOW, DataFlowErrored)


def evolve(task: Task, event: Event) -> Task:
    """The task after an event of its own, or of its flow; others say nothing to it."""
    match event:
        case TaskSubmitted():
            return Task(
                task_id=event.task_id,
                service=event.service,
                user_id=event.user_id,
                inputs=event.inputs,
                data_flow_id=event.data_flow_id,
            )
        case TaskReported():
            return _reported(task, event)
        case TaskCancelRequested():
            # Of a failed one the flow is put an end to, and it stays a failed one.
            return task if task.over else replace(task, status=Status.CANCELLING)
        case TaskDeleted():
            return replace(task, deleted=True)
        case _:
            return _flowed(task, event)


def _reported(task: Task, event: TaskReported) -> Task:
    heard = task.heard | {event.message_id} if event.message_id else task.heard
    percent = task.percent if event.percent is None else event.percent
    return replace(
        task,
        status=event.status or task.status,
        percent=percent,
        code=event.code or task.code,
        detail=event.detail or task.detail,
        reports=task.reports + 1,
        heard=heard,
    )


def _flowed(task: Task, event: Event) -> Task:
    if isinstance(event, DataFlowErrored):
        waits = event.code in WAITED_OUT
        status = Status.WAITING if waits else Status.FAILED
        return replace(task, status=status, code=event.code, detail=event.detail)
    status = _OF_FLOW.get(type(event), task.status)
    if isinstance(event, DataFlowTerminated) and task.status is Status.FAILED:
        # It was ended because it had failed.
        return task
    if status is Status.RUNNING:
        return replace(task, status=status, code="", detail="")
    return replace(task, status=status)
