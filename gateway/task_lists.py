"""Lists of tasks and of their users, from the read model."""

from datetime import UTC, datetime, timedelta, tzinfo
from http import HTTPStatus
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from domain.task import Status
from gateway.dependencies import Dependencies, Here
from gateway.problems import documented
from gateway.task_access import (
    FOR_TASK_OPERATORS,
    FOR_USER_OF_PATH,
    Caller,
    Service,
    User,
)
from gateway.wire import WHOLE
from projections import positions, tasks_views
from projections.tasks_views import TaskFilter, TaskList, TaskUsers

router = APIRouter(prefix="/api/v1", tags=["tasks"])
operators = APIRouter(prefix="/api/v1/admin", tags=["task operators"])

_PROBLEMS: Final = documented(
    *(HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN),
    HTTPStatus.SERVICE_UNAVAILABLE,
)


class TaskQuery(BaseModel):
    """Which tasks; `before` is the `next` of the page before."""

    model_config = ConfigDict(extra="forbid")

    status: Status | None = None
    before: Annotated[int, Field(ge=0, lt=1 << 63), WHOLE] | None = None
    limit: Annotated[int, Field(ge=1, le=500), WHOLE] = 50


class UsersQuery(BaseModel):
    """Which users; `after` is the `next` of the page before."""

    model_config = ConfigDict(extra="forbid")

    after: Annotated[str, Field(max_length=512)] | None = None
    limit: Annotated[int, Field(ge=1, le=500), WHOLE] = 50


Asked = Annotated[TaskQuery, Query()]


@router.get(
    "/services/{service}/users/{user_id}/tasks",
    responses=_PROBLEMS,
    dependencies=[FOR_USER_OF_PATH],
)
async def tasks_of_user(
    service: Service, user_id: User, asked: Asked, here: Here
) -> TaskList:
    """A user's tasks for a service, the newest first."""
    return await task_page(asked, here, service, user_id)


@router.get("/services/{service}/users", responses=_PROBLEMS)
async def users_of_service(
    service: Service,
    asked: Annotated[UsersQuery, Query()],
    caller: Caller,
    here: Here,
) -> TaskUsers:
    """Who has submitted tasks to a service; a user is shown himself only."""
    chosen = TaskFilter(_since(here), service, caller, limit=asked.limit)
    async with here.pool.connection() as connection:
        behind = await positions.lag(connection, "tasks")
        return await tasks_views.users(connection, chosen, behind, asked.after)


@operators.get("/tasks", responses=_PROBLEMS, dependencies=[FOR_TASK_OPERATORS])
async def all_tasks(asked: Asked, here: Here) -> TaskList:
    """Tasks of all services and users, the newest first."""
    return await task_page(asked, here)


@operators.get(
    "/services/{service}/tasks",
    responses=_PROBLEMS,
    dependencies=[FOR_TASK_OPERATORS],
)
async def tasks_of_service(service: Service, asked: Asked, here: Here) -> TaskList:
    """Tasks of one service, the newest first."""
    return await task_page(asked, here, service)


async def task_page(
    asked: TaskQuery,
    here: Dependencies,
    service: str | None = None,
    user: str | None = None,
) -> TaskList:
    """A page of tasks; None is any service, any user."""
    chosen = TaskFilter(_since(here), service, user, asked.status, asked.limit)
    async with here.pool.connection() as connection:
        behind = await positions.lag(connection, "tasks")
        return await tasks_views.tasks(
            connection, chosen, behind, _zone(here), asked.before
        )


def _since(here: Dependencies) -> datetime:
    return datetime.now(UTC) - timedelta(seconds=here.settings.task_ttl_seconds)


def _zone(here: Dependencies) -> tzinfo:
    name = here.settings.task_timezone
    return UTC if name == "UTC" else ZoneInfo(name)
