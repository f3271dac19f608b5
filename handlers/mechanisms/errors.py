"""What every mechanism's executor says of an endpoint that gave no answer."""

import re
import ssl
from typing import Any

from domain.errors import Side, StorageError

# Credentials and signatures are long unbroken words, and an endpoint may echo them.
_LONG_WORD = re.compile(r"[A-Za-z0-9+/=_%-]{16,}")


def unreachable(side: Side, operation: str, error: BaseException) -> StorageError:
    """The error of no answer, or of half of one; or of whom we would not ask.

    A certificate that does not verify does not get better by trying again.
    """
    refused = _refused_certificate(error)
    if refused is not None:
        why = redacted(getattr(refused, "verify_message", "") or type(refused).__name__)
        said = f"{side.value}'s certificate does not verify: {why}"
        return StorageError(said, code="storage.untrusted", side=side)
    said = f"{side.value} failed during {operation}: {type(error).__name__}"
    if text := redacted(str(error)):
        said += f": {text}"
    return StorageError(said, code="storage.unavailable", side=side)


def redacted(text: str) -> str:
    """One short line without any word long enough to be a credential."""
    return _LONG_WORD.sub("…", " ".join(text.split()))[:200]


def _refused_certificate(error: BaseException) -> ssl.SSLCertVerificationError | None:
    """What OpenSSL said, from whatever aiohttp and botocore have wrapped it in."""
    inner: Any = error
    found = None
    while isinstance(inner, BaseException):
        if isinstance(inner, ssl.SSLCertVerificationError):
            found = inner
        inner = getattr(inner, "certificate_error", None) or getattr(
            inner, "kwargs", {}
        ).get("error")
    return found
