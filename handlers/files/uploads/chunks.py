"""The routes of numbered chunks: `/v1/uploads`."""

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from domain.access.api_keys import Permission
from domain.errors import DataPlaneError, InvalidMessageError, Side
from domain.upload import Phase
from handlers.files.answering import answer
from handlers.files.house import House, later
from handlers.files.incoming import media_type, plain_name
from handlers.files.uploads import shown
from handlers.files.uploads.arriving import Sent
from handlers.files.uploads.checksums import Crc64, promised
from handlers.files.uploads.completing import Completing
from handlers.files.uploads.journals import Entry
from handlers.files.uploads.receiving import Receiving
from handlers.files.uploads.service import Uploads, Wanted
from handlers.files.uploads.to_its_end import to_its_end
from handlers.files.uploads.writing import Asked
from handlers.mechanisms.hashes import CRC_HEADER
from handlers.web.bodies import Body, go_on
from handlers.web.edge import ID

_MOST_BODY_BYTES = 64 * 1024
_NO_STORE = {"Cache-Control": "no-store"}


class _Wanted(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid")

    filename: str = ""
    size_bytes: Annotated[int, Field(ge=0, strict=True)]
    chunk_size_bytes: Annotated[int, Field(gt=0, strict=True)] | None = None
    content_type: str = ""
    sha256: Annotated[str, Field(pattern=r"^([0-9a-fA-F]{64})?$")] = ""
    metadata: dict[str, str] = Field(default_factory=dict)


@dataclass(frozen=True)
class ChunkRoutes:
    """One method per request of the protocol; each may be repeated."""

    house: House
    uploads: Uploads
    receiving: Receiving
    completing: Completing

    def routes(self) -> list[web.RouteDef]:
        """Those of the protocol."""
        one = "/v1/uploads/{upload_id}"
        return [
            web.post("/v1/uploads/init", self.begin, expect_handler=later),
            web.put(f"{one}/chunks/{{index}}", self.chunk, expect_handler=later),
            web.get(one, self.state, allow_head=False),
            web.get(f"{one}/missing-chunks", self.missing, allow_head=False),
            web.post(f"{one}/complete", self.complete),
            web.get(f"{one}/download", self.download, allow_head=False),
            web.head(f"{one}/download", self.download),
            web.delete(one, self.abort),
            web.options("/v1/uploads/{rest:.*}", self.options),
        ]

    async def options(self, _: web.Request) -> web.Response:
        """For a browser, which asks without a key (see `cors`)."""
        return web.Response(status=HTTPStatus.NO_CONTENT)

    async def begin(self, request: web.Request) -> web.Response:
        """201 with how the upload is to be cut."""
        user = self.house.user(request, Permission.UPLOAD)
        go_on(request)
        asked = await _wanted(request)
        wanted = Wanted(
            user_id=user,
            protocol="chunks",
            size_bytes=asked.size_bytes,
            metadata=asked.metadata,
            chunk_size_bytes=asked.chunk_size_bytes,
            filename=plain_name(asked.filename),
            content_type=media_type(asked.content_type),
            sha256=asked.sha256.lower(),
        )
        entry = await self.uploads.begin(wanted, _cause(request))
        body = shown.state(entry)
        path = f"/v1/uploads/{body['uploadId']}"
        location = {"Location": shown.address(self.house, path)}
        return web.json_response(
            body, status=HTTPStatus.CREATED, headers={**location, **_NO_STORE}
        )

    async def chunk(self, request: web.Request) -> web.Response:
        """200 with what is recorded of it."""
        asked, index = self._asked(request), _index(request)
        sent = Sent(request, promised(request.headers), Crc64())
        entry = await self.receiving.chunk(asked, index, sent)
        chunk = entry.state.chunks[index]
        headers = dict(_NO_STORE)
        if sent.crc is not None and sent.crc.has_some:
            headers[CRC_HEADER] = sent.crc.header
        body = {
            "uploadId": asked.upload_id,
            "index": index,
            "offset": chunk.offset,
            "sizeBytes": chunk.size_bytes,
            "etag": chunk.etag,
            "receivedBytes": entry.state.received_bytes,
            "expiresAt": entry.expires_at.isoformat(),
        }
        return web.json_response(body, headers=headers)

    async def state(self, request: web.Request) -> web.Response:
        """How far it is; with `?chunks=true`, what is there."""
        entry = await self._entry(request)
        body = shown.state(entry)
        if request.query.get("chunks") == "true":
            body["chunks"] = shown.chunks(entry)
        return web.json_response(body, headers=_NO_STORE)

    async def missing(self, request: web.Request) -> web.Response:
        """What is still to be sent."""
        entry = await self._entry(request)
        return web.json_response(shown.missing(entry), headers=_NO_STORE)

    async def complete(self, request: web.Request) -> web.Response:
        """200 with the file; the same answer again where it is made already."""
        asked = self._asked(request)
        await self._entry(request)
        completing = self.completing.complete(asked.upload_id, asked.request_id)
        entry = await to_its_end(completing)
        body = shown.state(entry)
        body["url"] = shown.address(self.house, f"/files/{entry.state.file_id}")
        return web.json_response(body, headers=_NO_STORE)

    async def download(self, request: web.Request) -> web.StreamResponse:
        """The finished file, or a range of it."""
        user = self.house.user(request, Permission.READ)
        entry = await self.uploads.entry(request.match_info["upload_id"], user)
        if entry.state.phase is not Phase.COMPLETED:
            raise DataPlaneError(
                "the upload is not completed",
                code="upload.incomplete",
                side=Side.CALLER,
            )
        info = await self.house.files.info(entry.state.file_id)
        return await answer(self.house, request, info)

    async def abort(self, request: web.Request) -> web.Response:
        """204, also where it was ended before."""
        asked = self._asked(request)
        await self._entry(request)
        ending = self.uploads.abort(asked.upload_id, "terminated", asked.request_id)
        await to_its_end(ending)
        return web.Response(status=HTTPStatus.NO_CONTENT)

    def _asked(self, request: web.Request) -> Asked:
        user = self.house.user(request, Permission.UPLOAD)
        return Asked(request.match_info["upload_id"], user, _cause(request))

    async def _entry(self, request: web.Request) -> Entry:
        asked = self._asked(request)
        return await self.uploads.entry(asked.upload_id, asked.user_id)


async def _wanted(request: web.Request) -> _Wanted:
    body = await Body(request).taken(_MOST_BODY_BYTES)
    try:
        return _Wanted.model_validate(json.loads(body))
    except ValidationError as error:
        wrong = error.errors(include_input=False, include_url=False)[0]
        field = ".".join(map(str, wrong["loc"]))
        raise InvalidMessageError(f"{field}: {wrong['msg']}") from None
    except ValueError:
        raise InvalidMessageError("the body must be JSON") from None


def _index(request: web.Request) -> int:
    text = request.match_info["index"]
    if text.isascii() and text.isdecimal() and len(text) <= len("10000"):
        return int(text)
    raise InvalidMessageError("a chunk is named by its number, from 0 on")


def _cause(request: web.Request) -> str:
    return f"request/{request[ID]}"
