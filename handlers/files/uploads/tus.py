"""The routes of tus 1.0 (tus.io): `/tus`."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import format_datetime
from http import HTTPStatus

from aiohttp import web

from domain.access.api_keys import Permission
from domain.errors import DataPlaneError, InvalidMessageError
from domain.upload import Phase
from domain.upload.decide import require_known, require_open, require_protocol
from handlers.files.house import House, later
from handlers.files.incoming import media_type, plain_name
from handlers.files.uploads import shown
from handlers.files.uploads.appending import Appending
from handlers.files.uploads.arriving import Sent
from handlers.files.uploads.checksums import ALGORITHMS, promised_by_tus
from handlers.files.uploads.completing import Completing
from handlers.files.uploads.journals import Entry
from handlers.files.uploads.metadata import decoded, encoded
from handlers.files.uploads.service import Uploads, Wanted
from handlers.files.uploads.to_its_end import to_its_end
from handlers.files.uploads.writing import Asked
from handlers.web.edge import ID
from handlers.web.problems import RETRY_AFTER_SECONDS, RefusedError, not_allowed

VERSION = "1.0.0"
FILE_ID = "Waybill-File-Id"
_EXTENSIONS = "creation,creation-with-upload,checksum,termination,expiration"
_BYTES = "application/offset+octet-stream"
_CHECKSUM_MISMATCH = 460
_OVERRIDE = "X-HTTP-Method-Override"
_MOST_DIGITS = 18


@dataclass(frozen=True)
class TusRoutes:
    """One method per request of the protocol."""

    house: House
    uploads: Uploads
    appending: Appending
    completing: Completing

    def routes(self) -> list[web.RouteDef]:
        """Those of the protocol."""
        one = "/tus/{upload_id}"
        made = [web.options(path, self.options) for path in ("/tus", "/tus/", one)] + [
            web.post(path, self.create, expect_handler=later)
            for path in ("/tus", "/tus/")
        ]
        return [
            *made,
            web.head(one, self.offset),
            web.patch(one, self.append, expect_handler=later),
            web.delete(one, self.terminate),
            web.post(one, self.overridden, expect_handler=later),
        ]

    def attach(self, app: web.Application) -> None:
        """Every answer says which version it speaks, refusals too."""
        app.on_response_prepare.append(_versioned)

    async def options(self, _: web.Request) -> web.Response:
        """What this server can do; without a key, for a browser shows none here."""
        headers = {
            "Tus-Version": VERSION,
            "Tus-Extension": _EXTENSIONS,
            "Tus-Checksum-Algorithm": ",".join(ALGORITHMS),
        }
        if self.house.guards.max_bytes:
            headers["Tus-Max-Size"] = str(self.house.guards.max_bytes)
        return web.Response(status=HTTPStatus.NO_CONTENT, headers=headers)

    async def create(self, request: web.Request) -> web.Response:
        """201 with where it is; what of it comes along is stored."""
        user = self.house.user(request, Permission.UPLOAD)
        _require_version(request)
        metadata = decoded(request.headers.get("Upload-Metadata", ""))
        wanted = Wanted(
            user_id=user,
            protocol="tus",
            size_bytes=_number(request, "Upload-Length"),
            metadata=metadata,
            filename=plain_name(metadata.get("filename") or metadata.get("name", "")),
            content_type=media_type(
                metadata.get("filetype") or metadata.get("type", "")
            ),
        )
        brings = request.content_type == _BYTES and request.can_read_body
        sent = _sent(request) if brings or not wanted.size_bytes else None
        entry = await self.uploads.begin(wanted, _cause(request))
        upload_id = require_known(entry.state).upload_id
        if sent is not None:
            asked = Asked(upload_id, user, _cause(request))
            try:
                entry = await self._with_upload(asked, entry, sent)
            except DataPlaneError as error:
                return _mismatch(request, error)
        headers = _headers(entry)
        headers["Location"] = shown.address(self.house, f"/tus/{upload_id}")
        return web.Response(status=HTTPStatus.CREATED, headers=headers)

    async def offset(self, request: web.Request) -> web.Response:
        """200 with where it goes on."""
        asked = self._asked(request)
        entry = await self.uploads.entry(asked.upload_id, asked.user_id)
        require_protocol(entry.state, "tus")
        if entry.state.phase is Phase.ABORTED:
            require_open(entry.state)
        with _locked():
            entry = await self._settled(asked, entry)
        headers = _headers(entry)
        headers["Upload-Length"] = str(entry.state.size_bytes)
        said = encoded(require_known(entry.state).metadata)
        if said:
            headers["Upload-Metadata"] = said
        return web.Response(headers=headers)

    async def _settled(self, asked: Asked, entry: Entry) -> Entry:
        if not entry.state.is_whole:
            await self.uploads.holds.settle(asked.upload_id)
            entry = await self.uploads.journals.read(asked.upload_id)
        if entry.state.is_whole and entry.state.phase is not Phase.COMPLETED:
            # All is there: whoever asks need send nothing more to have his file.
            completing = self.completing.complete(asked.upload_id, asked.request_id)
            entry = await to_its_end(completing)
        return entry

    async def append(self, request: web.Request) -> web.Response:
        """204 with where it goes on; after the last byte, with the file's id."""
        asked = self._asked(request)
        if request.content_type != _BYTES:
            raise RefusedError(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
                "http.unsupported-media-type",
                f"send {_BYTES}",
            )
        offset = _number(request, "Upload-Offset")
        try:
            with _locked():
                entry = await self.appending.append(asked, offset, _sent(request))
        except DataPlaneError as error:
            return _mismatch(request, error)
        return web.Response(status=HTTPStatus.NO_CONTENT, headers=_headers(entry))

    async def terminate(self, request: web.Request) -> web.Response:
        """204: nothing is left of it."""
        asked = self._asked(request)
        await self.uploads.entry(asked.upload_id, asked.user_id)
        ending = self.uploads.abort(asked.upload_id, "terminated", asked.request_id)
        await to_its_end(ending)
        return web.Response(status=HTTPStatus.NO_CONTENT)

    async def overridden(self, request: web.Request) -> web.StreamResponse:
        """For whoever's network lets nothing through but POST."""
        said = request.headers.get(_OVERRIDE, "").strip().upper()
        meant = {"PATCH": self.append, "DELETE": self.terminate, "HEAD": self.offset}
        if said not in meant:
            raise not_allowed("HEAD, PATCH, DELETE, OPTIONS")
        return await meant[said](request)

    async def _with_upload(self, asked: Asked, entry: Entry, sent: Sent) -> Entry:
        try:
            return await self.appending.append(asked, 0, sent)
        except RefusedError:
            # It is begun; for its bytes the sender is to come again.
            return entry
        except DataPlaneError as error:
            # Its sender does not hear where it is.
            ended = self.uploads.abort(
                asked.upload_id, "failed", asked.request_id, error.code
            )
            await to_its_end(ended)
            raise

    def _asked(self, request: web.Request) -> Asked:
        user = self.house.user(request, Permission.UPLOAD)
        _require_version(request)
        return Asked(request.match_info["upload_id"], user, _cause(request))


@contextmanager
def _locked() -> Generator[None]:
    """Another request at this upload is 423: tus clients come again, after 429 not."""
    try:
        yield
    except DataPlaneError as error:
        if error.code != "upload.busy":
            raise
        again = {"Retry-After": str(RETRY_AFTER_SECONDS)}
        raise RefusedError(HTTPStatus.LOCKED, error.code, error.detail, again) from None


def _sent(request: web.Request) -> Sent:
    said = request.headers.get("Upload-Checksum")
    return Sent(request, None if said is None else promised_by_tus(said))


def _mismatch(request: web.Request, error: DataPlaneError) -> web.Response:
    """Of a checksum that came along: 460. Raises the error where it is another."""
    if error.code != "file.mismatch" or "Upload-Checksum" not in request.headers:
        raise error
    return web.Response(
        status=_CHECKSUM_MISMATCH,
        reason="Checksum Mismatch",
        text=f"{error.detail}\n",
        headers={"Cache-Control": "no-store"},
    )


def _headers(entry: Entry) -> dict[str, str]:
    headers = {
        "Upload-Offset": str(entry.state.received_bytes),
        "Cache-Control": "no-store",
    }
    if entry.state.phase is Phase.COMPLETED:
        headers[FILE_ID] = entry.state.file_id
    else:
        headers["Upload-Expires"] = format_datetime(entry.expires_at, usegmt=True)
    return headers


def _require_version(request: web.Request) -> None:
    if request.headers.get("Tus-Resumable") != VERSION:
        raise RefusedError(
            HTTPStatus.PRECONDITION_FAILED,
            "http.precondition-failed",
            f"this server speaks tus {VERSION}: send Tus-Resumable",
            {"Tus-Version": VERSION},
        )


def _number(request: web.Request, header: str) -> int:
    text = request.headers.get(header, "").strip()
    if text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS:
        return int(text)
    raise InvalidMessageError(f"{header} must be a number of bytes")


async def _versioned(request: web.Request, answer: web.StreamResponse) -> None:
    if request.path.startswith("/tus"):
        answer.headers["Tus-Resumable"] = VERSION


def _cause(request: web.Request) -> str:
    return f"request/{request[ID]}"
