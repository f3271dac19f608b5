"""What every mechanism's executor says of an endpoint that gave no answer."""

import re

from domain.errors import Side, StorageError

# Credentials and signatures are long unbroken words, and an endpoint may echo them.
_LONG_WORD = re.compile(r"[A-Za-z0-9+/=_%-]{16,}")


def unreachable(side: Side, operation: str, error: BaseException) -> StorageError:
    """The error of no answer, or of half of one."""
    said = f"{side.value} failed during {operation}: {type(error).__name__}"
    if text := redacted(str(error)):
        said += f": {text}"
    return StorageError(said, code="storage.unavailable", side=side)


def redacted(text: str) -> str:
    """One short line without any word long enough to be a credential."""
    return _LONG_WORD.sub("…", " ".join(text.split()))[:200]
