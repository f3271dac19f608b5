"""The routes of files: stored by what they are, read whole or in part, deleted.

`application` takes the lists of routes of all modules (see `handlers.files.house`).
"""

import asyncio
import logging
import re
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterable
from contextlib import aclosing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Middleware
from uuid_utils.compat import uuid7

from domain.access.api_keys import Permission
from domain.errors import DataPlaneError
from domain.message import Cause
from handlers.causes import DATABASE_DOWN
from handlers.files.answering import answer
from handlers.files.house import House, later
from handlers.files.incoming import Incoming
from handlers.files.jobs import Job
from handlers.files.service import FileInfo, cause_of, unknown
from handlers.files.store import About, Taken
from handlers.files.straight import given_back
from handlers.web.bodies import go_on
from handlers.web.edge import ID, Handler, edge
from handlers.web.problems import RefusedError

_access_log = logging.getLogger("handlers.files.access")

_FILE_ID = re.compile(r"[0-9a-f]{64}")
_QUEUE = "files"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def routes(house: House) -> list[web.RouteDef]:
    """Those of `/files`."""
    made = FileRoutes(house)
    one = "/files/{file_id}"
    return [
        web.post("/files", made.upload, expect_handler=later),
        web.get(one, made.download, allow_head=False),
        web.head(one, made.download),
        web.get(f"{one}/info", made.info),
        web.delete(one, made.delete),
    ]


def application(house: House, *lists: Iterable[web.RouteDef]) -> web.Application:
    """All routes, each list as its module made it."""
    app = web.Application(middlewares=[_counting(house), edge(_access_log), _http])
    for each in lists:
        app.add_routes(each)
    return app


@dataclass(frozen=True)
class FileRoutes:
    """Says who may, what comes and what goes; the house does it."""

    house: House

    async def upload(self, request: web.Request) -> web.Response:
        """201 with what it is; 200 where it is there already."""
        house = self.house
        user = house.user(request, Permission.UPLOAD)
        coming = Incoming.of(request)
        least = coming.least_bytes(request)
        house.guards.require_size(least)
        await house.guards.require_room(least)
        go_on(request)
        job = house.jobs.started(uuid7().hex, user, _QUEUE, coming.size_bytes)
        with self._failing(job):
            async with coming.opened(request) as (named, body):
                taken = await self._taken(job, body, coming.size_bytes)
        # From here on it is stored, whether or not anybody waits for it.
        info = await asyncio.shield(
            asyncio.create_task(self._kept(request, job, named, taken))
        )
        status = HTTPStatus.OK if info.deduplicated else HTTPStatus.CREATED
        headers = {"Location": f"/files/{info.file_id}", "ETag": f'"{info.file_id}"'}
        said = {**_told(info), "deduplicated": info.deduplicated}
        return web.json_response(said, status=status, headers=headers)

    async def download(self, request: web.Request) -> web.StreamResponse:
        """The bytes, or some of them; for HEAD, what they are."""
        self.house.user(request, Permission.READ)
        info = await self.house.files.info(_file_id(request))
        return await answer(self.house, request, info)

    async def info(self, request: web.Request) -> web.Response:
        """What is known of it."""
        self.house.user(request, Permission.READ)
        return web.json_response(_told(await self.house.files.info(_file_id(request))))

    async def delete(self, request: web.Request) -> web.Response:
        """204, also where there is none, unless deletions are strict."""
        house = self.house
        user = house.user(request, Permission.DELETE)
        file_id = request.match_info["file_id"]
        there = False
        if _FILE_ID.fullmatch(file_id):
            cause = _cause(request, f"file/{file_id}")
            there = await asyncio.shield(
                asyncio.create_task(house.files.delete(file_id, cause, user))
            )
        if not there and house.settings.files_delete_strict:
            raise unknown(file_id)
        return web.Response(status=HTTPStatus.NO_CONTENT)

    async def _taken(
        self, job: Job, body: AsyncIterator[bytes], size_bytes: int | None
    ) -> Taken:
        with self.house.metrics.uploads.track_inprogress():
            async with aclosing(self._counted(job, body, size_bytes)) as counted:
                return await self.house.files.store.take(job.job_id, counted)

    @contextmanager
    def _failing(self, job: Job) -> Generator[None]:
        """Whatever fails in it is told on the bus, too."""
        try:
            yield
        except BaseException as error:
            job.failed(_code_of(error))
            self.house.metrics.stored.labels("failed").inc()
            raise

    async def _kept(
        self, request: web.Request, job: Job, coming: Incoming, taken: Taken
    ) -> FileInfo:
        with self._failing(job):
            info = await self._installed(request, job, coming, taken)
        job.completed(info.file_id, info.size_bytes)
        outcome = "deduplicated" if info.deduplicated else "stored"
        self.house.metrics.stored.labels(outcome).inc()
        return info

    async def _installed(
        self, request: web.Request, job: Job, coming: Incoming, taken: Taken
    ) -> FileInfo:
        house = self.house
        try:
            coming.require(taken.file_id)
            now = datetime.now(UTC).isoformat()
            about = About(coming.content_type, now, coming.filename)
            cause = _cause(request, f"file/{taken.file_id}")
            return await house.files.keep(taken, about, cause, job.data.user_id)
        except DataPlaneError as error:
            # Of any other it is not known whether the file was recorded: then these may
            # be its bytes. What is not, the reaper finds.
            if error.code.startswith(("file.", "storage.")):
                with suppress(DataPlaneError):
                    await house.files.store.discard(taken.staging)
            raise

    async def _counted(
        self, job: Job, body: AsyncIterator[bytes], size_bytes: int | None
    ) -> AsyncGenerator[bytes]:
        house, size = self.house, 0
        try:
            async for chunk in house.guards.bounded(body):
                size += len(chunk)
                job.progress(size, size_bytes)
                yield chunk
        finally:
            house.metrics.received_bytes.inc(size)


def _code_of(error: BaseException) -> str:
    if isinstance(error, DataPlaneError):
        return error.code
    if isinstance(error, DATABASE_DOWN):
        return "plane.unavailable"
    # Who goes away while it sends, has sent half a message.
    gone = isinstance(error, asyncio.CancelledError)
    return "message.invalid" if gone else "plane.internal"


def _told(info: FileInfo) -> dict[str, Any]:
    return {
        "fileId": info.file_id,
        "sizeBytes": info.size_bytes,
        "contentType": info.content_type,
        "filename": info.filename,
        "createdAt": info.created_at.isoformat(),
    }


def _file_id(request: web.Request) -> str:
    file_id = request.match_info["file_id"]
    if not _FILE_ID.fullmatch(file_id):
        raise unknown(file_id)
    return file_id


def _cause(request: web.Request, subject: str) -> Cause:
    return cause_of(f"request/{request[ID]}", subject)


@web.middleware
async def _http(request: web.Request, handler: Handler) -> web.StreamResponse:
    """What aiohttp refuses by itself, as a problem like all others."""
    try:
        return await handler(request)
    except web.HTTPException as refused:
        status = HTTPStatus(refused.status)
        if status < HTTPStatus.BAD_REQUEST:
            raise
        allow = refused.headers.get("Allow")
        name = status.phrase.lower().replace(" ", "-")
        raise RefusedError(
            status, f"http.{name}", status.phrase, {"Allow": allow} if allow else {}
        ) from None


def _counting(house: House) -> Middleware:
    @web.middleware
    async def counted(request: web.Request, handler: Handler) -> web.StreamResponse:
        with given_back(request) as closing:
            answered = await handler(request)
            closing(answered)
        known = request.method in _METHODS
        method = request.method if known else "other"
        house.metrics.requests.labels(method, str(answered.status)).inc()
        return answered

    return counted
