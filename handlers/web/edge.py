"""Around every request: its id, its line in the access log, its refusal."""

import logging
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import uuid4

from aiohttp import web
from aiohttp.typedefs import Middleware

from domain.errors import DataPlaneError
from handlers.causes import DATABASE_DOWN
from handlers.web.problems import RefusedError, problem

_log = logging.getLogger(__name__)

REQUEST_ID = "X-Request-Id"
_ACCEPTABLE = re.compile(r"[A-Za-z0-9._:-]{1,64}")

# Where a request keeps its id, and its `Serving`, for the access log.
ID = web.RequestKey("id", str)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Serving:
    """One GET, as far as it has come; `status` is 0 until its answer has begun."""

    status: int = 0
    size_bytes: int = 0
    complete: bool = False
    broken_by: str = ""


SERVING = web.RequestKey("serving", Serving)


def edge(access_log: logging.Logger) -> Middleware:
    """A middleware that notes every request there, and tells refusals as problems."""

    @web.middleware
    async def around(request: web.Request, handler: Handler) -> web.StreamResponse:
        given = request.headers.get(REQUEST_ID, "")
        request_id = given if _ACCEPTABLE.fullmatch(given) else str(uuid4())
        request[ID] = request_id
        begun = time.perf_counter()
        answer: web.StreamResponse | None = None
        try:
            answer = await _answered(request, handler, request_id)
            if not answer.prepared:
                answer.headers[REQUEST_ID] = request_id
            return answer
        finally:
            _note(access_log, request, answer, time.perf_counter() - begun)

    return around


async def _answered(
    request: web.Request, handler: Handler, request_id: str
) -> web.StreamResponse:
    try:
        return await handler(request)
    except (DataPlaneError, RefusedError) as error:
        return problem(error, request_id)
    except DATABASE_DOWN:
        down = DataPlaneError("the database is away", code="plane.unavailable")
        return problem(down, request_id)
    except web.HTTPException:
        raise
    except Exception:  # noqa: BLE001 (logged, and told as a problem)
        fields = {"request_id": request_id}
        _log.exception("request failed", extra={"fields": fields})
        return problem(DataPlaneError("something failed inside"), request_id)


def _note(
    access_log: logging.Logger,
    request: web.Request,
    answer: web.StreamResponse | None,
    seconds: float,
) -> None:
    """No query and no header: a token may stand there."""
    serving: Serving = request.get(SERVING, Serving())
    fields = {
        "request_id": request[ID],
        "method": request.method,
        "path": request.raw_path.partition("?")[0],
        # 0: whoever asked went away before there was an answer.
        "status": answer.status if answer else serving.status,
        "milliseconds": round(seconds * 1000, 1),
        "bytes_served": serving.size_bytes,
        "broken_by": serving.broken_by,
        "client": request.remote or "unknown",
    }
    access_log.info("request answered", extra={"fields": fields})
