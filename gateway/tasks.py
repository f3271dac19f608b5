"""Users' tasks: submitted, shown, cancelled and deleted by the commands handler."""

from http import HTTPStatus
from typing import Annotated, Any, Final, cast
from urllib.parse import parse_qsl, quote

import pydantic_core
from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import JSONResponse, Response

from domain import names
from domain.errors import InvalidMessageError
from domain.task.inputs import invalid
from domain.task.messages import USER_PATTERN
from domain.task.summary import TaskSummary
from gateway.bodies import json_object, read_body
from gateway.dependencies import Dependencies, Here
from gateway.problems import RefusedError, documented
from gateway.task_access import Service, TaskId, User, key_of
from projections import queries
from projections.tasks_views import TaskStatus

router = APIRouter(prefix="/api/v1", tags=["tasks"])

_FORM: Final = "application/x-www-form-urlencoded"
_ACCESS = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
_ONE: Final = documented(
    *(HTTPStatus.BAD_REQUEST, *_ACCESS),
    *(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.SERVICE_UNAVAILABLE),
)
_VALUE: Final = {"type": ["string", "number", "boolean"]}
_INPUTS: Final = {
    "type": "object",
    "additionalProperties": {
        "anyOf": [_VALUE, {"type": "array", "items": _VALUE}],
    },
}
_SUBMITTED: Final[dict[str, Any]] = {
    "requestBody": {
        "required": False,
        "description": "Inputs, besides those of the query; or the same as a form.",
        "content": {"application/json": {"schema": _INPUTS}},
    }
}
_THERE: Final[dict[int | str, dict[str, Any]]] = {
    200: {"model": TaskSummary, "description": "It was there"}
}
UserQuery = Annotated[
    str, Query(min_length=1, max_length=128, pattern=USER_PATTERN, description="Whose")
]


@router.post(
    "/services/{service}/users/{user_id}/tasks",
    status_code=HTTPStatus.CREATED,
    response_model=TaskSummary,
    responses=_THERE | _ONE,
    openapi_extra=_SUBMITTED,
)
async def submit_task(
    service: Service,
    user_id: User,
    request: Request,
    here: Here,
    idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
) -> Response:
    """Submit a task; query parameters are its inputs, and so is a body.

    Sent again with the same `Idempotency-Key`, it is the same task. What is secret
    belongs in the body: queries are written to many logs.
    """
    message: dict[str, Any] = {
        "service": service,
        "userId": user_id,
        "inputs": await _inputs(request, here),
    }
    if idempotency_key:
        about = f"{service}/{user_id}/{idempotency_key}"
        message["taskId"] = str(names.stream_id("task-request", about))
    outcome, told = await _ask(names.SUBMIT_TASK, message, request, here)
    where = f"/api/v1/services/{service}/tasks/{told.task_id}"
    return JSONResponse(
        told.model_dump(mode="json"),
        HTTPStatus.CREATED if outcome == "handled" else HTTPStatus.OK,
        headers={"Location": f"{where}?user_id={quote(user_id, safe='')}"},
    )


@router.get("/services/{service}/tasks/{task_id}", responses=_ONE)
async def task_status(
    service: Service,
    task_id: TaskId,
    user_id: UserQuery,
    request: Request,
    here: Here,
) -> TaskStatus:
    """A user's task with the latest lines of its log; never stale."""
    message = {"taskId": task_id, "service": service, "userId": user_id}
    return await _status(message, request, here)


@router.post("/services/{service}/tasks/{task_id}/cancel", responses=_ONE)
async def cancel_task(
    service: Service,
    task_id: TaskId,
    user_id: UserQuery,
    request: Request,
    here: Here,
) -> TaskSummary:
    """Have a user's task not go on; safe to repeat."""
    message = {"taskId": task_id, "service": service, "userId": user_id}
    return (await _ask(names.CANCEL_TASK, message, request, here))[1]


@router.delete(
    "/services/{service}/tasks/{task_id}",
    status_code=HTTPStatus.NO_CONTENT,
    response_class=Response,
    responses=_ONE,
)
async def delete_task(
    service: Service,
    task_id: TaskId,
    user_id: UserQuery,
    request: Request,
    here: Here,
) -> Response:
    """Show a user's task, which must be over, no more; the event log keeps it."""
    message = {"taskId": task_id, "service": service, "userId": user_id}
    await _ask(names.DELETE_TASK, message, request, here)
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.get("/admin/tasks/{task_id}", responses=_ONE, tags=["task operators"])
async def status_of_any_task(
    task_id: TaskId, request: Request, here: Here
) -> TaskStatus:
    """Any task with the latest lines of its log; never stale."""
    return await _status({"taskId": task_id}, request, here)


@router.post("/admin/tasks/{task_id}/cancel", responses=_ONE, tags=["task operators"])
async def cancel_any_task(task_id: TaskId, request: Request, here: Here) -> TaskSummary:
    """Have any task not go on."""
    return (await _ask(names.CANCEL_TASK, {"taskId": task_id}, request, here))[1]


@router.delete(
    "/admin/tasks/{task_id}",
    status_code=HTTPStatus.NO_CONTENT,
    response_class=Response,
    responses=_ONE,
    tags=["task operators"],
)
async def delete_any_task(task_id: TaskId, request: Request, here: Here) -> Response:
    """Clean up any task; one that is carried out elsewhere, also before it is over."""
    await _ask(names.DELETE_TASK, {"taskId": task_id}, request, here)
    return Response(status_code=HTTPStatus.NO_CONTENT)


async def _status(
    message: dict[str, Any], request: Request, here: Dependencies
) -> TaskStatus:
    _, told = await _ask(names.SHOW_TASK, message, request, here)
    if told.data_flow_id is None:
        return TaskStatus.model_validate(told.model_dump())
    async with here.pool.connection() as connection:
        progress = await queries.progress(connection, told.data_flow_id)
    return TaskStatus.model_validate({**told.model_dump(), "progress": progress})


async def _ask(
    verb: str, message: dict[str, Any], request: Request, here: Dependencies
) -> tuple[str, TaskSummary]:
    caller = request.client.host if request.client else "unknown"
    body = pydantic_core.to_json(message)
    reply = await here.bus.command(verb, body, f"http:{caller}", key_of(request))
    if reply.problem is not None:
        raise RefusedError(reply.problem)
    if reply.task is None:
        raise InvalidMessageError("the commands handler tells of no task")
    return reply.outcome, reply.task


async def _inputs(request: Request, here: Dependencies) -> dict[str, Any]:
    """Of the query and the body; what is named more than once is a list."""
    said = _gathered(request.query_params.multi_items())
    body = await read_body(request, here.settings.body_limit_bytes)
    if not body:
        return said
    if request.headers.get("Content-Type", "").partition(";")[0].strip() == _FORM:
        more = _gathered(_form(body))
    else:
        more = json_object(body)
    if twice := said.keys() & more.keys():
        raise invalid(f"{min(twice)} is in the query and in the body")
    return {**said, **more}


def _form(body: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=1000)
    except ValueError:
        raise InvalidMessageError("the form is not readable") from None


def _gathered(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name not in found:
            found[name] = value
        elif isinstance(found[name], list):
            cast("list[str]", found[name]).append(value)
        else:
            found[name] = [found[name], value]
    return found
