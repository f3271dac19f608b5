"""Tasks: what a user has asked a service of this plane for, and what became of it.

A task of the service `sync` is carried out by a data flow of the same id, and is in the
state that the events of both streams leave it in: nothing of the flow is written twice.
A task of any other service is carried out elsewhere, and reported on.
"""

from domain.task.commands import (
    CancelTask,
    DeleteTask,
    ReportTask,
    SubmitTask,
    TaskCommand,
)
from domain.task.decide import decide
from domain.task.events import (
    TaskCancelRequested,
    TaskDeleted,
    TaskEvent,
    TaskReported,
    TaskSubmitted,
)
from domain.task.state import INITIAL, SYNC, Status, Task, UnknownTaskError, evolve

__all__ = [
    "INITIAL",
    "SYNC",
    "CancelTask",
    "DeleteTask",
    "ReportTask",
    "Status",
    "SubmitTask",
    "Task",
    "TaskCancelRequested",
    "TaskCommand",
    "TaskDeleted",
    "TaskEvent",
    "TaskReported",
    "TaskSubmitted",
    "UnknownTaskError",
    "decide",
    "evolve",
]
