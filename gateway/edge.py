"""Around every request: its id, its line in the access log, its share of metrics."""

import logging
import re
import time
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.metrics import Metrics
from gateway.problems import problem, respond

log = logging.getLogger("gateway.access")

REQUEST_ID = "X-Request-Id"
_ACCEPTABLE = re.compile(r"[A-Za-z0-9._:-]{1,64}")


class Edge:
    """ASGI middleware. What fails inside is logged, and becomes a problem document."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        """Around an application."""
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(send, _request_id(scope))
        scope.setdefault("state", {})["request_id"] = answer.request_id
        begun = time.perf_counter()
        try:
            await self._app(scope, receive, answer.send)
        except Exception:
            logging.getLogger(__name__).exception(
                "request failed", extra={"fields": {"request_id": answer.request_id}}
            )
            if answer.status:
                # Half an answer is out: only a broken connection tells the truth.
                raise
            told = problem("plane.internal", "something failed inside the plane")
            response = respond(Request(scope), told)
            await response(scope, receive, answer.send)
        finally:
            self._note(scope, answer, time.perf_counter() - begun)

    def _note(self, scope: Scope, answer: "_Answer", seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "unmatched")
        self._metrics.answered(route, scope["method"], answer.status, seconds)
        fields = {
            "request_id": answer.request_id,
            "method": scope["method"],
            "path": scope["path"],
            "route": route,
            "status": answer.status,
            "milliseconds": round(seconds * 1000, 1),
            "client": (scope.get("client") or ("unknown",))[0],
        }
        log.info("request answered", extra={"fields": fields})


class _Answer:
    """Sends the answer with the request's id, and remembers its status."""

    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self.request_id = request_id
        self.status = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            MutableHeaders(scope=message)[REQUEST_ID] = self.request_id
        await self._send(message)


def _request_id(scope: Scope) -> str:
    given = Headers(scope=scope).get(REQUEST_ID, "")
    return given if _ACCEPTABLE.fullmatch(given) else str(uuid4())
