"""What tus says of a file beside its bytes: `key base64, key base64, …`."""

import base64
from collections.abc import Mapping

from domain.errors import InvalidMessageError


def decoded(header: str) -> dict[str, str]:
    """By key. Raises InvalidMessageError."""
    found: dict[str, str] = {}
    for pair in filter(None, map(str.strip, header.split(","))):
        key, _, value = pair.partition(" ")
        if not key.isascii() or not key.isprintable() or key in found:
            raise InvalidMessageError("Upload-Metadata: keys are ASCII, each once")
        try:
            found[key] = base64.b64decode(value.strip(), validate=True).decode()
        except ValueError:
            raise InvalidMessageError(
                f"Upload-Metadata: the value of {key} must be Base64 of UTF-8"
            ) from None
    return found


def encoded(metadata: Mapping[str, str]) -> str:
    """As the header spells it."""
    return ",".join(
        f"{key} {base64.b64encode(value.encode()).decode()}".strip()
        for key, value in metadata.items()
    )
