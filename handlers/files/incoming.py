"""What a request says of the file that it brings: its name, type, size and hash."""

import base64
import binascii
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Self

from aiohttp import web
from aiohttp.multipart import content_disposition_filename, parse_content_disposition

from domain.errors import DataPlaneError, InvalidMessageError, Side
from handlers.files.forms import Form
from handlers.files.straight import body_of

UNKNOWN_TYPE = "application/octet-stream"
# What curl says of any bytes: nobody sends a form of this kind here.
_MEANT_NOTHING = frozenset({"", "application/x-www-form-urlencoded"})
_SHA256 = re.compile(r"[0-9a-f]{64}")
_DIGEST = re.compile(r"(?:^|,)\s*sha-256=:([A-Za-z0-9+/=]+):")
_MOST_NAME, _MOST_TYPE = 255, 255
# Around the file in a form: boundaries, headers, small fields.
_FORM_BYTES = 64 * 1024


@dataclass(frozen=True)
class Incoming:
    """A file on its way. `size_bytes` None: nobody knows it yet."""

    content_type: str
    filename: str
    size_bytes: int | None
    sha256: str
    is_form: bool

    @classmethod
    def of(cls, request: web.BaseRequest) -> Self:
        """From the request's head. Raises InvalidMessageError."""
        given = request.headers.get("Content-Type", "").strip()
        is_form = given.lower().startswith("multipart/form-data")
        length = request.content_length
        name = request.query.get("filename") or _disposition(request)
        return cls(
            content_type=UNKNOWN_TYPE if is_form else media_type(given),
            filename=plain_name(name),
            size_bytes=None if is_form else length,
            sha256=expected_sha256(request),
            is_form=is_form,
        )

    def least_bytes(self, request: web.BaseRequest) -> int:
        """How large the file is at least, before a byte of it has come."""
        if not self.is_form:
            return self.size_bytes or 0
        return max(0, (request.content_length or 0) - _FORM_BYTES)

    @asynccontextmanager
    async def opened(
        self, request: web.Request
    ) -> AsyncGenerator[tuple["Incoming", AsyncIterator[bytes]]]:
        """What it is, and its bytes. Raises InvalidMessageError."""
        if self.is_form:
            form = await Form.of(request)
            named = replace(
                self,
                content_type=media_type(form.content_type),
                filename=self.filename or plain_name(form.filename),
            )
            yield named, form.rest()
        else:
            yield self, body_of(request).rest()

    def require(self, file_id: str) -> None:
        """Raise `file.mismatch` where another hash was promised."""
        if self.sha256 and self.sha256 != file_id:
            raise DataPlaneError(
                "the bytes are not those that their hash was made of",
                code="file.mismatch",
                side=Side.CALLER,
            )


def expected_sha256(request: web.BaseRequest) -> str:
    """The hash that a request promises, in hex; empty where it promises none."""
    named = request.headers.get("X-Checksum-Sha256", "").strip().lower()
    if named:
        if not _SHA256.fullmatch(named):
            raise InvalidMessageError("X-Checksum-Sha256 must be 64 hex digits")
        return named
    digest = _DIGEST.search(request.headers.get("Repr-Digest", ""))
    if digest is None:
        return ""
    try:
        found = base64.b64decode(digest[1], validate=True).hex()
    except binascii.Error:
        found = ""
    if not _SHA256.fullmatch(found):
        raise InvalidMessageError("Repr-Digest: sha-256 must be 32 bytes in base64")
    return found


def media_type(given: str) -> str:
    """A content type as it may be sent again."""
    fit = given.isascii() and given.isprintable() and len(given) <= _MOST_TYPE
    return given if fit and given.lower() not in _MEANT_NOTHING else UNKNOWN_TYPE


def plain_name(given: str) -> str:
    """The last part of a name, fit to be shown."""
    last = given.replace("\\", "/").rpartition("/")[2]
    return "".join(each for each in last if each.isprintable())[:_MOST_NAME]


def _disposition(request: web.BaseRequest) -> str:
    header = request.headers.get("Content-Disposition")
    _, parameters = parse_content_disposition(header)
    return content_disposition_filename(parameters) or ""
