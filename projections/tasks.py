"""Which tasks are there, whose, and how far is each?

Its rows go by themselves: some time after a task was over, as the events tell the time,
so that rows that are made again are the same.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Final, LiteralString, get_args

from psycopg import AsyncConnection
from psycopg.rows import class_row

from domain.message import Event, Recorded
from domain.task import INITIAL, Status, Task, TaskDeleted, TaskEvent, evolve
from domain.task.lines import lines_of
from domain.task.state import FLOW_EVENTS
from eventlog.follower import Apply
from projections import rows
from projections.flow_states import flow_of
from projections.read_model import ReadModel, topics_of
from projections.settings import Settings

_TABLE: Final = "tasks"
_OWN: tuple[type[TaskEvent], ...] = get_args(TaskEvent)
_EVENTS: tuple[type[Event], ...] = (*_OWN, *FLOW_EVENTS)
_KINDS = frozenset(_EVENTS)
_LOAD: Final[LiteralString] = "SELECT * FROM tasks WHERE task_id = ANY(%s)"
_DELETE: Final[LiteralString] = "DELETE FROM tasks WHERE task_id = ANY(%s)"
_PRUNE: Final[LiteralString] = "DELETE FROM tasks WHERE ended_at < %s"


@dataclass(slots=True)
class TaskRow:
    """A row of `tasks`."""

    task_id: str
    service: str
    user_id: str
    status: str
    inputs: dict[str, Any]
    data_flow_id: str | None
    code: str
    detail: str
    percent: float | None
    submitted_at: datetime
    updated_at: datetime
    ended_at: datetime | None
    last_line: str
    last_line_at: datetime
    created_position: int
    position: int

    @property
    def task(self) -> Task:
        """As far as it is decided by: what was heard before is of no use here."""
        said: dict[str, Any] = {name: getattr(self, name) for name in _SHARED}
        said["status"] = Status(self.status)
        return Task(**said)

    def fold(self, recorded: Recorded) -> None:
        """Apply an event of its own, or of its flow."""
        self.take(evolve(self.task, recorded.event), recorded)

    def take(self, task: Task, recorded: Recorded) -> None:
        """Become what the event has made of it."""
        at = recorded.metadata.occurred_at
        self.status, self.percent = task.status, task.percent
        self.code = rows.storable(task.code)
        self.detail = rows.storable(task.detail)
        self.updated_at, self.position = at, recorded.position
        self.ended_at = (self.ended_at or at) if task.over else None
        for line in lines_of(recorded.event):
            self.last_line, self.last_line_at = rows.storable(line), at


_SHARED = {each.name for each in fields(TaskRow)} & {each.name for each in fields(Task)}


def applying(shown_for: timedelta) -> Apply:
    """Folds pages, and prunes what was over for so long."""

    async def apply(connection: AsyncConnection, page: Sequence[Recorded]) -> None:
        relevant = [each for each in page if type(each.event) in _KINDS]
        if not relevant:
            return
        known = await _load(connection, {_name(each) for each in relevant})
        gone: set[str] = set()
        for each in relevant:
            _fold(known, gone, each)
        await rows.store(connection, _TABLE, ("task_id",), known.values())
        if gone:
            await connection.execute(_DELETE, (list(gone),))
        latest = max(each.metadata.occurred_at for each in relevant)
        await connection.execute(_PRUNE, (latest - shown_for,), prepare=True)

    return apply


def _begin() -> Apply:
    return applying(timedelta(seconds=Settings().task_ttl_seconds))


READ_MODEL = ReadModel(_TABLE, (_TABLE,), _begin, topics_of(_EVENTS))


def _name(recorded: Recorded) -> str:
    """Of its task: that of a flow would have the same id."""
    if isinstance(recorded.event, _OWN):
        return rows.key(recorded.event.task_id)
    return flow_of(recorded)


def _fold(known: dict[str, TaskRow], gone: set[str], recorded: Recorded) -> None:
    name, own = _name(recorded), isinstance(recorded.event, _OWN)
    row = known.get(name)
    if row is None:
        task = evolve(INITIAL, recorded.event)
        if task.task_id:
            known[name] = _begun(name, task, recorded)
            gone.discard(name)
    elif isinstance(recorded.event, TaskDeleted):
        del known[name]
        gone.add(name)
    elif own or row.data_flow_id is not None:
        row.fold(recorded)


def _begun(name: str, task: Task, recorded: Recorded) -> TaskRow:
    at = recorded.metadata.occurred_at
    flow = task.data_flow_id
    row = TaskRow(
        task_id=name,
        service=rows.key(task.service),
        user_id=rows.key(task.user_id),
        status=task.status,
        inputs=dict(task.inputs),
        data_flow_id=rows.key(flow) if flow else None,
        code="",
        detail="",
        percent=None,
        submitted_at=at,
        updated_at=at,
        ended_at=None,
        last_line="",
        last_line_at=at,
        created_position=recorded.position,
        position=recorded.position,
    )
    row.take(task, recorded)
    return row


async def _load(
    connection: AsyncConnection, names: Collection[str]
) -> dict[str, TaskRow]:
    async with connection.cursor(row_factory=class_row(TaskRow)) as cursor:
        await cursor.execute(_LOAD, (sorted(names),), prepare=True)
        found = await cursor.fetchall()
    return {row.task_id: row for row in found}
