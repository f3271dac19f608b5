"""The file store, from here: the way to its server, and what read models tell of it.

Bytes of files never pass through the gateway. Whoever asks for them here is sent on by
a 308, which keeps method and body; so one address serves for everything.
"""

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from starlette.requests import Request
from starlette.responses import Response

from gateway.dependencies import Here
from gateway.problems import documented
from gateway.wire import WHOLE
from projections import files_views, positions
from projections.files_views import Chosen, FileList, FileUploadList
from projections.uploads_row import FileUploadState

_PROBLEMS: Final = documented(HTTPStatus.BAD_REQUEST, HTTPStatus.SERVICE_UNAVAILABLE)
_METHODS: Final = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_SERVED_THERE: Final = ("/files", "/v1/uploads", "/tus")
_User = Annotated[str, Field(max_length=512)]

router = APIRouter()
lists = APIRouter(prefix="/management", tags=["management"])


async def onward(request: Request, here: Here) -> Response:
    """Where the file server is; nothing is read of the body."""
    url = here.settings.files_url.rstrip("/") + request.scope["raw_path"].decode()
    query: bytes = request.scope["query_string"]
    if query:
        url += f"?{query.decode('latin-1')}"
    headers = {"Location": url, "Cache-Control": "no-store"}
    return Response(status_code=HTTPStatus.PERMANENT_REDIRECT, headers=headers)


for _path in _SERVED_THERE:
    # The file server describes them; here they are only a signpost.
    for _each in (_path, _path + "/{rest:path}"):
        router.add_api_route(_each, onward, methods=_METHODS, include_in_schema=False)


class _Asked(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid")

    user_id: _User | None = None
    before: Annotated[int, Field(ge=0, lt=1 << 63), WHOLE] | None = None
    limit: Annotated[int, Field(ge=1, le=500), WHOLE] = 50


class FilesQuery(_Asked):
    """Which files; `deleted`: also those that are gone."""

    deleted: bool = False


class FileUploadsQuery(_Asked):
    """Which uploads."""

    state: FileUploadState | None = None


@lists.get("/files", responses=_PROBLEMS)
async def files(asked: Annotated[FilesQuery, Query()], here: Here) -> FileList:
    """The files of the file store, the newest first."""
    chosen = Chosen(asked.user_id, asked.before, asked.limit, asked.deleted)
    async with here.pool.connection() as connection:
        behind = await positions.lag(connection, "files")
        return await files_views.files(connection, chosen, behind)


@lists.get("/file-uploads", responses=_PROBLEMS)
async def file_uploads(
    asked: Annotated[FileUploadsQuery, Query()], here: Here
) -> FileUploadList:
    """The uploads to the file store, the newest first."""
    chosen = Chosen(asked.user_id, asked.before, asked.limit, state=asked.state)
    async with here.pool.connection() as connection:
        behind = await positions.lag(connection, "files")
        return await files_views.uploads(connection, chosen, behind)
