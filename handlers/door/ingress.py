"""Requests of a flow that receives: which of them is which."""

from dataclasses import dataclass
from urllib.parse import quote

from aiohttp import web

from domain.data_flow import DataFlow
from domain.errors import InvalidMessageError
from handlers.copiers import Copiers
from handlers.door.parts import PartsUploads
from handlers.door.places import SAFE, Place, endpoint
from handlers.door.receptions import cause_of
from handlers.door.uploads import Arriving, Uploads, name_of
from handlers.mechanisms.hashes import CRC_HEADER
from handlers.web.edge import ID
from handlers.web.problems import not_allowed
from handlers.web.ranges import quoted


@dataclass(frozen=True)
class Ingress:
    """Whole bodies, and the requests of parts-v1."""

    copiers: Copiers
    uploads: Uploads
    parts: PartsUploads
    door_url: str

    async def answer(
        self, request: web.Request, flow: DataFlow, key: str | None
    ) -> web.StreamResponse:
        """One request. Raises DataPlaneError and RefusedError."""
        upload_id, query = request.query.get("uploadId"), request.query
        whole = request.method in {"PUT", "POST"}
        if whole and upload_id is None and "uploads" not in query:
            return await self._whole(request, flow, key)
        arriving = self._arriving(request, flow, self._key(flow, key))
        if upload_id is not None:
            return await self._of_upload(arriving, upload_id)
        match request.method:
            case "POST":
                return await self.parts.create(arriving)
            case "GET" if "uploads" in query:
                return await self.parts.uploads(flow, arriving.key)
            case "HEAD":
                return await self._head(arriving)
            case _:
                raise not_allowed("HEAD, PUT, POST")

    async def _of_upload(self, arriving: Arriving, upload_id: str) -> web.Response:
        request = arriving.request
        match request.method:
            case "PUT":
                number = request.query.get("partNumber", "")
                return await self.parts.put_part(arriving, upload_id, number)
            case "GET":
                return await self.parts.parts(arriving, upload_id)
            case "POST":
                return await self.parts.complete(arriving, upload_id)
            case "DELETE":
                return await self.parts.abort(arriving, upload_id)
            case _:
                raise not_allowed("GET, PUT, POST, DELETE")

    async def _whole(
        self, request: web.Request, flow: DataFlow, key: str | None
    ) -> web.Response:
        place = Place.of(flow.destination)
        name = key
        if name is None and place.is_collection:
            name = name_of(request)
        arriving = self._arriving(request, flow, place.full(name or ""))
        answer = await self.uploads.whole(arriving)
        url = endpoint(self.door_url, flow.data_flow_id)
        answer.headers["Location"] = f"{url}/{quote(name, safe=SAFE)}" if name else url
        return answer

    async def _head(self, arriving: Arriving) -> web.StreamResponse:
        async with self.copiers.writing(arriving.flow) as end:
            found = await end.store.head(arriving.key)
        headers = {"ETag": quoted(found.etag)} if found.etag else {}
        if found.crc64nvme:
            headers[CRC_HEADER] = found.crc64nvme
        answer = web.StreamResponse(headers=headers)
        answer.content_length = found.size_bytes
        return answer

    def _arriving(self, request: web.Request, flow: DataFlow, key: str) -> Arriving:
        return Arriving(request, flow, key, cause_of(flow, request[ID]))

    def _key(self, flow: DataFlow, key: str | None) -> str:
        place = Place.of(flow.destination)
        if key is None and place.is_collection:
            raise InvalidMessageError("name the object: the endpoint is a collection")
        return place.full(key or "")
