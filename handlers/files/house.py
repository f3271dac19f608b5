"""What all routes of the file server are made of, and who may use them.

What else is served beside files is an annex: `annex(house)` is a context that gives its
routes and its duties, and is listed in `handlers.files.serve.ANNEXES`. A route that
takes a body is to be made with `expect_handler=later`, and calls
`handlers.web.bodies.go_on` once the body is welcome.
"""

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from domain.access.api_keys import ApiKeys, Permission, presented
from eventlog import EventLog
from handlers.files.guards import Guards
from handlers.files.jobs import Jobs
from handlers.files.locks import Locks
from handlers.files.metrics import Metrics
from handlers.files.service import Files
from handlers.files.settings import FilesSettings


@dataclass(frozen=True)
class House:
    """Made by `handlers.files.serve`; one for each process."""

    settings: FilesSettings
    log: EventLog
    files: Files
    keys: ApiKeys
    guards: Guards
    jobs: Jobs
    metrics: Metrics
    locks: Locks

    def user(self, request: web.BaseRequest, permission: Permission) -> str:
        """Who asks. Raises AccessError."""
        return self.keys.user_of(presented(request.headers), permission)


async def _nobody(_: str) -> bool:
    return False


def _nothing(_: web.Application) -> None:
    pass


@dataclass(frozen=True)
class Annex:
    """Routes, what runs beside them until it is cancelled, and whose uploads live.

    `lives` says of an upload's id whether its staged bytes may still be gone on with;
    `attach` gives the application what every answer to these routes says.
    """

    routes: Sequence[web.RouteDef] = ()
    duties: Sequence[Callable[[], Coroutine[Any, Any, None]]] = ()
    lives: Callable[[str], Awaitable[bool]] = _nobody
    attach: Callable[[web.Application], None] = _nothing


async def later(_: web.Request) -> None:
    """No `100 Continue` yet: only who may send is asked to."""
