"""From what a server answered to a code of the catalogue."""

import json
import re
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, cast

import aiohttp

from domain.errors import CATALOGUE, Side, StorageError
from handlers.mechanisms.errors import redacted, unreachable

_BY_STATUS = {
    401: "storage.denied",
    403: "storage.denied",
    404: "storage.not-found",
    408: "storage.unavailable",
    410: "storage.not-found",
    425: "storage.unavailable",
    429: "storage.throttled",
    503: "storage.throttled",
    507: "storage.exhausted",
}
_CHANGED = frozenset({412, 416})
# A data door's, whose flow is not there yet, stands still, or is over.
_OF_A_DOOR = {
    "flow.illegal-transition": "storage.unavailable",
    "flow.suspended": "storage.unavailable",
    "flow.ended": "storage.not-found",
}
# A file server's, of an upload that is not there, is over, or lacks a chunk.
_OF_AN_UPLOAD = dict.fromkeys(
    ("upload.unknown", "upload.over", "upload.incomplete"), "storage.upload-lost"
)
_OF_OURS = {**_OF_A_DOOR, **_OF_AN_UPLOAD}
_CODE = re.compile(r"[a-z][a-z.-]{1,63}")


def refusal(side: Side, operation: str, status: int, body: bytes = b"") -> StorageError:
    """The error of an answer that was not a success."""
    code, detail = _problem(body)
    said = f"{side.value} answered {status} {code}".strip() + f" to {operation}"
    if detail:
        said += f": {redacted(detail)}"
    return StorageError(said, code=_classify(side, status, code), side=side)


@contextmanager
def translated(side: Side, operation: str) -> Generator[None]:
    """Turns what aiohttp raises into StorageError, and drops the cause.

    Dropped, not chained: a cause may hold request heads, with a token.
    """
    try:
        yield
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
        raise unreachable(side, operation, error) from None


def _problem(body: bytes) -> tuple[str, str]:
    """Code and detail of a problem document (RFC 9457); empty where it is none."""
    try:
        found = json.loads(body)
    except ValueError:
        return "", ""
    if not isinstance(found, dict):
        return "", ""
    told = cast("dict[str, Any]", found)
    code, detail = told.get("code"), told.get("detail")
    known = isinstance(code, str) and _CODE.fullmatch(code)
    return code if known and code else "", detail if isinstance(detail, str) else ""


def _classify(side: Side, status: int, code: str) -> str:
    if code in _OF_OURS:
        return _OF_OURS[code]
    if code.startswith("storage.") and code in CATALOGUE:
        return code
    if status in _CHANGED and side is Side.SOURCE:
        return "storage.source-changed"
    if ours := _BY_STATUS.get(status):
        return ours
    return "storage.unavailable" if status >= 500 else "storage.refused"  # noqa: PLR2004
