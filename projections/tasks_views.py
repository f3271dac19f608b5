"""Tasks and their users, as the gateway lists them."""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, Final, LiteralString, Self

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from domain.task import Status
from domain.task.lines import Entry
from domain.task.summary import TaskSummary
from projections.rows import key
from projections.views import Lag, Moment, Progress, View

_SHOWN: Final[LiteralString] = """
    (%(service)s::text IS NULL OR service = %(service)s)
    AND (%(user)s::text IS NULL OR user_id = %(user)s)
    AND (ended_at IS NULL OR ended_at >= %(since)s)
"""
_TASKS: Final[LiteralString] = f"""
    SELECT * FROM read_model.tasks
    WHERE {_SHOWN}
      AND created_position < coalesce(%(before)s, 9223372036854775807)
      AND (%(status)s::text IS NULL OR status = %(status)s)
    ORDER BY created_position DESC
    LIMIT %(limit)s
"""  # noqa: S608 (a constant)
_USERS: Final[LiteralString] = f"""
    SELECT user_id, count(*) AS tasks, max(submitted_at) AS latest_at
    FROM read_model.tasks
    WHERE {_SHOWN} AND (%(after)s::text IS NULL OR user_id > %(after)s)
    GROUP BY user_id ORDER BY user_id
    LIMIT %(limit)s
"""  # noqa: S608 (a constant)


class TaskLine(View):
    """A task; `log` is its latest line: `<iso timestamp>,<message>`."""

    task_id: str
    service: str
    user_id: str
    status: Status
    inputs: dict[str, str | tuple[str, ...]]
    data_flow_id: str | None
    code: str
    detail: str
    percent: float | None
    submitted_at: Moment
    updated_at: Moment
    ended_at: Moment | None
    log: tuple[str, ...]
    position: int


class TaskStatus(TaskSummary):
    """A task, never stale; `progress` is its flow's, as far as the read model is."""

    progress: Progress | None = None


class TaskList(View):
    """Tasks, the newest first; `next` is where the following page begins."""

    tasks: tuple[TaskLine, ...]
    next: int | None
    lag: Lag

    def without_inputs(self) -> Self:
        """Where they are too large to be told."""
        short = (each.model_copy(update={"inputs": {}}) for each in self.tasks)
        return self.model_copy(update={"tasks": tuple(short)})


class TaskUser(View):
    """Who has submitted tasks, how many of them are shown, and when the latest was."""

    user_id: str
    tasks: int
    latest_at: Moment


class TaskUsers(View):
    """Users, by name; `next` is the name that the following page begins after."""

    users: tuple[TaskUser, ...]
    next: str | None
    lag: Lag


@dataclass(frozen=True)
class TaskFilter:
    """Which tasks; None is any. What was over before `since` is not shown.

    A page has `limit` of them.
    """

    since: datetime
    service: str | None = None
    user: str | None = None
    status: Status | None = None
    limit: int = 50

    def values(self) -> dict[str, Any]:
        """For the queries; one row more tells whether there is another page."""
        return {
            "since": self.since,
            "service": key(self.service) if self.service is not None else None,
            "user": key(self.user) if self.user is not None else None,
            "status": self.status,
            "limit": self.limit + 1,
        }


async def tasks(
    connection: AsyncConnection,
    chosen: TaskFilter,
    behind: Lag,
    zone: tzinfo,
    before: int | None = None,
) -> TaskList:
    """A page of tasks; it stays where it is while tasks are added."""
    values = {**chosen.values(), "before": before}
    async with connection.cursor(row_factory=dict_row) as cursor:
        found = await (await cursor.execute(_TASKS, values)).fetchall()
    page = found[: chosen.limit]
    return TaskList(
        tasks=tuple(_line(row, zone) for row in page),
        next=page[-1]["created_position"] if len(found) > chosen.limit else None,
        lag=behind,
    )


async def users(
    connection: AsyncConnection,
    chosen: TaskFilter,
    behind: Lag,
    after: str | None = None,
) -> TaskUsers:
    """A page of those whose tasks are shown."""
    values = {**chosen.values(), "after": key(after) if after else None}
    async with connection.cursor(row_factory=dict_row) as cursor:
        found = await (await cursor.execute(_USERS, values)).fetchall()
    page = found[: chosen.limit]
    return TaskUsers(
        users=tuple(map(TaskUser.model_validate, page)),
        next=page[-1]["user_id"] if len(found) > chosen.limit else None,
        lag=behind,
    )


def _line(row: dict[str, Any], zone: tzinfo) -> TaskLine:
    latest = Entry(row["last_line_at"], row["last_line"]).text(zone)
    return TaskLine.model_validate({**row, "log": (latest,)})
