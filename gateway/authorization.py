"""What an operator may see is for operators: the gateway's own share of access.

A control plane's token is not checked here: it is passed on with the message, and the
commands handler decides, for this door as for every other.
"""

from pathlib import Path
from typing import Final

from fastapi import Depends
from starlette.requests import Request

from domain.access.operators import require_operator
from gateway.dependencies import Here

_HEADER: Final = "Authorization"


def authorization(request: Request) -> str:
    """The header as it came; empty where there is none."""
    return request.headers.get(_HEADER, "")


def operator(request: Request, here: Here) -> None:
    """Raise AccessError for who is no operator. Not async: it reads a file."""
    settings = here.settings
    if settings.authorization == "development":
        return
    # Read each time: a new key is in force at once.
    require_operator(authorization(request), read_key(settings.operator_key_file))


def read_key(path: Path | None) -> str | None:
    """The operator's key; None where there is no such file."""
    try:
        return path.read_text("utf-8").strip() if path else None
    except FileNotFoundError:
        return None


FOR_OPERATORS: Final = Depends(operator)
