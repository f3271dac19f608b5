"""Who may see whose tasks: the gateway's own share of it, for what it reads itself.

What is asked of the commands handler is judged there: it gets the caller's key.
"""

from typing import Annotated, Final

from fastapi import Depends, Path
from starlette.requests import Request

from domain.access.api_keys import presented
from domain.access.operators import require_operator
from domain.errors import AccessError
from domain.task.messages import SERVICE_PATTERN, TASK_PATTERN, USER_PATTERN
from gateway.authorization import read_key
from gateway.dependencies import Dependencies, Here

OPERATOR_HEADER: Final = "X-Operator-Token"

Service = Annotated[
    str, Path(pattern=SERVICE_PATTERN, description="`sync`, or another")
]
User = Annotated[str, Path(min_length=1, max_length=128, pattern=USER_PATTERN)]
TaskId = Annotated[str, Path(pattern=TASK_PATTERN)]


def key_of(request: Request) -> str:
    """What the caller has shown, as an `Authorization` header; empty: nothing."""
    token = request.headers.get(OPERATOR_HEADER, "").strip()
    token = token or presented(request.headers) or ""
    return f"Bearer {token}" if token else ""


def operator(request: Request, here: Here) -> None:
    """Raise AccessError for who is no operator. Not async: it reads a file."""
    if here.settings.authorization != "development":
        _require_operator(request, here)


def user_of(request: Request, here: Here) -> str | None:
    """Whose key it is; None of an operator, who sees all. Raises AccessError."""
    if here.settings.authorization == "development":
        return None
    try:
        _require_operator(request, here)
    except AccessError:
        return here.settings.api_keys().user(presented(request.headers))
    return None


def user_of_path(
    user_id: User, caller: Annotated[str | None, Depends(user_of)]
) -> None:
    """Raise AccessError for who is neither that user nor an operator."""
    if caller not in {None, user_id}:
        raise AccessError("the API key is another user's", code="access.key-invalid")


def _require_operator(request: Request, here: Dependencies) -> None:
    require_operator(key_of(request), read_key(here.settings.operator_key_file))


FOR_TASK_OPERATORS: Final = Depends(operator)
FOR_USER_OF_PATH: Final = Depends(user_of_path)
Caller = Annotated[str | None, Depends(user_of)]
