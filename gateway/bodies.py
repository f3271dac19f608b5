"""The body of a request: a JSON object, of bounded size, whatever its content type."""

from typing import Any, cast

import pydantic_core
from starlette.requests import Request

from domain.errors import InvalidMessageError
from gateway.problems import BodyTooLargeError


async def read_body(request: Request, limit_bytes: int) -> bytes:
    """The bytes as received. Raises BodyTooLargeError, as soon as that is known."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limit_bytes:
        raise BodyTooLargeError
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit_bytes:
            raise BodyTooLargeError
    return bytes(body)


def json_object(body: bytes) -> dict[str, Any]:
    """The object that the bytes are. Raises InvalidMessageError."""
    try:
        value = pydantic_core.from_json(body, allow_inf_nan=False)
    except ValueError:
        raise InvalidMessageError("the body is not valid JSON") from None
    if not isinstance(value, dict):
        raise InvalidMessageError("the body is not a JSON object")
    return cast("dict[str, Any]", value)
