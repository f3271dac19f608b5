"""What a client of the file store may have to do with: one class per way to react."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import httpx

from waybill.connection import ApiError


class FilesClientError(ApiError):
    """The file store refused, or broke its word.

    `code` is of the catalogue of errors, `status` is HTTP's; 0: there was no answer.
    """


class AuthorizationError(FilesClientError):
    """No key was sent, and one is needed (401)."""


class ForbiddenError(FilesClientError):
    """The key is unknown, or not for this (403)."""


class NotFoundError(FilesClientError):
    """There is no such file or upload (404)."""


class TooLargeError(FilesClientError):
    """The file is larger than what is taken (413)."""


class InsufficientStorageClientError(FilesClientError):
    """The store has no room for it (507)."""


class BusyError(FilesClientError):
    """Still too busy after all patience (429, 503); `retry_after` is in seconds."""

    def __init__(
        self, code: str, detail: str, status: int, retry_after: float = 0.0
    ) -> None:
        """As the answer tells it."""
        super().__init__(code, detail, status)
        self.retry_after = retry_after


class MismatchError(FilesClientError):
    """The bytes are not those that they should be."""

    def __init__(self, detail: str) -> None:
        """`detail` tells what was compared."""
        super().__init__("file.mismatch", detail, 0)


class UnreachableError(FilesClientError):
    """No file server answers."""

    def __init__(self, url: str, why: str = "") -> None:
        """`url` is where we looked."""
        said = f"no file server answers at {url}" + (f": {why}" if why else "")
        super().__init__("plane.unreachable", said, 0)


_BY_STATUS: Final[Mapping[int, type[FilesClientError]]] = {
    HTTPStatus.UNAUTHORIZED: AuthorizationError,
    HTTPStatus.FORBIDDEN: ForbiddenError,
    HTTPStatus.NOT_FOUND: NotFoundError,
    HTTPStatus.GONE: NotFoundError,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: TooLargeError,
    HTTPStatus.INSUFFICIENT_STORAGE: InsufficientStorageClientError,
}
# An answer to HEAD has no body that would tell; it is asked of files only.
_OF_HEAD: Final[Mapping[int, tuple[str, str]]] = {
    HTTPStatus.UNAUTHORIZED: ("access.key-missing", "a key is needed"),
    HTTPStatus.FORBIDDEN: ("access.key-invalid", "the key is not for this"),
    HTTPStatus.NOT_FOUND: ("file.unknown", "there is no such file"),
    HTTPStatus.GONE: ("file.unknown", "the file is gone"),
}
BUSY: Final = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


def refusal(
    response: httpx.Response, retry_after: float = 0.0, *, of_head: bool = False
) -> FilesClientError:
    """The error of an answer whose body has been read; `of_head`: there is none."""
    try:
        problem = response.json()
    except ValueError:
        problem = None
    told = problem if isinstance(problem, dict) else {}
    status = response.status_code
    usual = ("plane.internal", f"HTTP {status}")
    if of_head:
        usual = _OF_HEAD.get(status, usual)
    code = str(told.get("code", usual[0]))
    detail = str(told.get("detail", usual[1]))
    if status in BUSY:
        return BusyError(code, detail, status, retry_after)
    return _BY_STATUS.get(status, FilesClientError)(code, detail, status)
