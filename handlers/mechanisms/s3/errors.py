"""From what an endpoint answered, or did not, to a code of the catalogue."""

import re
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, cast
from xml.etree import ElementTree as ET

import aiohttp
from botocore import exceptions as boto  # pyright: ignore[reportMissingTypeStubs]
from botocore.parsers import (  # pyright: ignore[reportMissingTypeStubs]
    ResponseParserError,
)

from domain.errors import Side, StorageError
from handlers.mechanisms.errors import redacted, unreachable

# A status says less than S3's own code, so the code is asked first.
_BY_CODE = {
    code: ours
    for ours, codes in {
        "storage.not-found": "NoSuchKey NoSuchBucket NotFound 404",
        "storage.upload-lost": "NoSuchUpload InvalidPart InvalidPartOrder",
        "storage.source-changed": "PreconditionFailed InvalidRange NoSuchVersion",
        "storage.credentials-expired": (
            "ExpiredToken ExpiredTokenException TokenRefreshRequired RequestExpired "
            # MinIO's, of a session that it has forgotten.
            "InvalidTokenId"
        ),
        "storage.throttled": (
            "SlowDown ServiceUnavailable Throttling ThrottlingException "
            "TooManyRequests RequestLimitExceeded BandwidthLimitExceeded"
        ),
        "storage.unavailable": (
            "InternalError RequestTimeout IncompleteBody OperationAborted "
            "ConditionalRequestConflict"
        ),
        "storage.mismatch": (
            "BadDigest XAmzContentSHA256Mismatch XAmzContentChecksumMismatch"
        ),
        "storage.unsupported": (
            "NotImplemented InvalidStorageClass AccessControlListNotSupported "
            "KMS.NotFoundException KMS.DisabledException"
        ),
        "storage.exhausted": ("QuotaExceeded InsufficientStorage XMinioStorageFull"),
        "storage.clock-skewed": "RequestTimeTooSkewed",
        "storage.denied": "AccessDenied InvalidAccessKeyId SignatureDoesNotMatch",
    }.items()
    for code in codes.split()
}
_BY_STATUS = {
    401: "storage.denied",
    403: "storage.denied",
    404: "storage.not-found",
    408: "storage.unavailable",
    412: "storage.source-changed",
    416: "storage.source-changed",
    429: "storage.throttled",
    501: "storage.unsupported",
    503: "storage.throttled",
    507: "storage.exhausted",
}
_CODE = re.compile(r"[A-Za-z0-9._-]{1,64}")
_NO_CREDENTIALS = (
    boto.NoCredentialsError,
    boto.PartialCredentialsError,
    boto.CredentialRetrievalError,
    boto.TokenRetrievalError,
)


def refusal(
    side: Side, operation: str, status: int, code: str = "", message: str = ""
) -> StorageError:
    """The error of an answer that was not a success."""
    code = code if _CODE.fullmatch(code) else ""
    said = f"{side.value} answered {status} {code}".strip() + f" to {operation}"
    if message:
        said += f": {redacted(message)}"
    return StorageError(said, code=_classify(status, code), side=side)


def refusal_of_body(
    side: Side, operation: str, status: int, body: bytes
) -> StorageError:
    """The same, from the XML that S3 answers errors with."""
    code, message = text_in(body, "Code"), text_in(body, "Message")
    return refusal(side, operation, status, code, message)


def text_in(body: bytes, name: str) -> str:
    """The text of the root's element of this name; empty where there is none."""
    return (children_of(body) or {}).get(name, "")


def children_of(body: bytes) -> dict[str, str] | None:
    """The texts of the root's elements, by name; None where it is no XML."""
    try:
        # Some begin to answer, with blanks, before they know what to say.
        root = ET.fromstring(body.lstrip())  # noqa: S314 - expat expands no file
    except (ET.ParseError, ValueError):
        return None
    return {each.tag.rpartition("}")[2]: each.text or "" for each in root}


@contextmanager
def translated(side: Side, operation: str) -> Generator[None]:
    """Turns what botocore and aiohttp raise into StorageError, and drops the cause.

    Dropped, not chained: a cause may hold request heads or an answer's full text.
    """
    try:
        yield
    except boto.ClientError as error:
        raise _of_client_error(side, operation, error) from None
    except _NO_CREDENTIALS:
        raise StorageError(
            f"no usable credentials for {operation}", code="storage.denied", side=side
        ) from None
    except (boto.HTTPClientError, boto.ConnectionError, ResponseParserError) as error:
        raise unreachable(side, operation, error) from None
    except boto.BotoCoreError as error:
        name = type(error).__name__
        raise StorageError(
            f"{operation} could not be sent: {name}", code="storage.refused", side=side
        ) from None
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise unreachable(side, operation, error) from None


def _of_client_error(
    side: Side, operation: str, error: boto.ClientError
) -> StorageError:
    answer = cast("dict[str, dict[str, Any]]", error.response)
    told = answer.get("Error", {})
    status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return refusal(
        side, operation, status, told.get("Code", ""), told.get("Message", "")
    )


def _classify(status: int, code: str) -> str:
    # A redirect is no answer: whom it names, nobody has allowed.
    if 300 <= status < 400:  # noqa: PLR2004 - HTTP's own
        return "storage.refused"
    if ours := _BY_CODE.get(code) or _BY_STATUS.get(status):
        return ours
    return "storage.unavailable" if status >= 500 else "storage.refused"  # noqa: PLR2004
