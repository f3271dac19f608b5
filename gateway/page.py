"""The live page at `/ui`: files of this package, and what a browser may do with them.

The page holds nothing secret and asks the same doors that everybody asks, so that the
files themselves are for everyone. No other host is named in them, and the policy below
lets the browser reach none.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from importlib import resources
from typing import Any, Final

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from gateway.problems import documented

router = APIRouter(prefix="/ui", tags=["page"])

_INDEX: Final = "index.html"
_MEDIA_TYPES: Final = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
# No inline script or style, no other host; text never becomes markup.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
_HEADERS: Final = {
    # Asked for again each time, and answered with 304 while it is the same.
    "Cache-Control": "no-cache",
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True)
class _File:
    content: bytes
    media_type: str
    etag: str


def _files() -> Mapping[str, _File]:
    found: dict[str, _File] = {}
    for each in (resources.files("gateway") / "ui").iterdir():
        media_type = _MEDIA_TYPES.get(each.name.rpartition(".")[2])
        if media_type:
            content = each.read_bytes()
            etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
            found[each.name] = _File(content, media_type, etag)
    return found


_FILES: Final = _files()
_CONTENT: Final[dict[str, dict[str, object]]] = {
    media_type: {} for media_type in _MEDIA_TYPES.values()
}
_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": _CONTENT},
    304: {"description": "The file that the browser has"},
}


@router.get("", status_code=307, response_class=RedirectResponse)
async def without_slash() -> RedirectResponse:
    """Where the page is: its files are named relative to it."""
    return RedirectResponse("ui/")


@router.get("/", response_class=Response, responses=_ANSWERS)
async def index(request: Request) -> Response:
    """The live page."""
    return _answer(request, _INDEX)


@router.get(
    "/{name}",
    response_class=Response,
    responses=documented(HTTPStatus.NOT_FOUND) | _ANSWERS,
)
async def file(name: str, request: Request) -> Response:
    """A file of the live page."""
    return _answer(request, name)


def _answer(request: Request, name: str) -> Response:
    found = _FILES.get(name)
    if found is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    headers = {**_HEADERS, "ETag": found.etag}
    if request.headers.get("If-None-Match") == found.etag:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(found.content, media_type=found.media_type, headers=headers)
