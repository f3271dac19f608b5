"""A task with its times and its lines, from all that was recorded of it. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from domain.message import Recorded
from domain.task.lines import Entry, lines_of
from domain.task.state import INITIAL, Task, evolve


@dataclass(frozen=True)
class Life:
    """`ended_at` is when it was over, None while it is not; times are the events'."""

    task: Task
    submitted_at: datetime
    updated_at: datetime
    ended_at: datetime | None = None
    log: tuple[Entry, ...] = ()


def life_of(recorded: Iterable[Recorded]) -> Life | None:
    """Of the streams of a task and of its flow, in the order of the log.

    None where there is no task. What came before it, it does not hear of.
    """
    life: Life | None = None
    entries: list[Entry] = []
    for each in recorded:
        task = evolve(life.task if life else INITIAL, each.event)
        if not task.task_id:
            continue
        at = each.metadata.occurred_at
        life = lived(life, task, at)
        entries += (Entry(at, line) for line in lines_of(each.event))
    return replace(life, log=tuple(entries)) if life else None


def lived(life: Life | None, task: Task, at: datetime) -> Life:
    """The life after it became this task; its lines stay as they are."""
    if life is None:
        return Life(task, at, at, at if task.over else None)
    ended = life.ended_at or at if task.over else None
    return replace(life, task=task, updated_at=at, ended_at=ended)
