"""Checksums that a sender gives with its bytes, and what the bytes must have."""

import base64
import binascii
import hashlib
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from awscrt.checksums import (  # pyright: ignore[reportMissingTypeStubs]
    crc64nvme,
)

from domain.errors import DataPlaneError, InvalidMessageError, Side
from handlers.mechanisms.hashes import CRC_HEADER

# As tus names them; in the order in which clients should prefer them.
ALGORITHMS = ("sha256", "sha1", "md5", "crc32")
_REPR = re.compile(r"([a-z0-9-]+)=:([A-Za-z0-9+/=]*):")
_REPR_NAMES = {"sha-256": "sha256", "md5": "md5", "sha": "sha1"}
_LENGTHS = {"sha256": 32, "sha1": 20, "md5": 16, "crc32": 4}


class Running(Protocol):
    """A checksum of the bytes that pass."""

    def update(self, data: bytes, /) -> object: ...
    def digest(self) -> bytes: ...


class _Crc32:
    def __init__(self) -> None:
        self._value = 0

    def update(self, data: bytes, /) -> None:
        self._value = zlib.crc32(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(4, "big")


class Crc64:
    """The one that the data door speaks of too, by its header."""

    def __init__(self) -> None:
        """Of nothing."""
        self._value = 0
        self.has_some = False

    def update(self, data: bytes, /) -> None:
        """Take the next bytes: 0.02 s of CPU for a GiB."""
        self._value = crc64nvme(data, self._value)
        self.has_some = True

    def digest(self) -> bytes:
        """Eight bytes."""
        return self._value.to_bytes(8, "big")

    @property
    def header(self) -> str:
        """As its header spells it."""
        return base64.b64encode(self.digest()).decode()


_MAKERS: Mapping[str, Callable[[], Running]] = {
    "sha256": hashlib.sha256,
    "sha1": lambda: hashlib.sha1(usedforsecurity=False),
    "md5": lambda: hashlib.md5(usedforsecurity=False),
    "crc32": _Crc32,
    "crc64nvme": Crc64,
}


@dataclass(frozen=True)
class Promised:
    """What the sender says that its bytes have."""

    algorithm: str
    digest: bytes

    def running(self) -> Running:
        """A new checksum of this algorithm."""
        return _MAKERS[self.algorithm]()

    def require(self, running: Running) -> None:
        """Raise `file.mismatch` where other bytes came."""
        if running.digest() != self.digest:
            raise DataPlaneError(
                f"the bytes have another {self.algorithm} than was said",
                code="file.mismatch",
                side=Side.CALLER,
            )


def promised(headers: Mapping[str, str]) -> Promised | None:
    """Of a chunk: X-Checksum-Sha256, Repr-Digest, Content-MD5, or our CRC64NVME.

    Raises InvalidMessageError for one that cannot be read. The strongest counts.
    """
    said = headers.get("X-Checksum-Sha256")
    if said is not None:
        return Promised("sha256", _sha256(said.strip()))
    for name, digest in _REPR.findall(headers.get("Repr-Digest", "")):
        if name in _REPR_NAMES:
            return _of(_REPR_NAMES[name], digest)
    for header, algorithm in (("Content-MD5", "md5"), (CRC_HEADER, "crc64nvme")):
        if header in headers:
            return _of(algorithm, headers[header].strip())
    return None


def promised_by_tus(header: str) -> Promised:
    """`Upload-Checksum: sha1 <base64>`. Raises InvalidMessageError."""
    algorithm, _, digest = header.strip().partition(" ")
    if algorithm not in ALGORITHMS:
        known = ", ".join(ALGORITHMS)
        raise InvalidMessageError(f"the checksum's algorithm must be one of {known}")
    return _of(algorithm, digest.strip())


def _of(algorithm: str, encoded: str) -> Promised:
    try:
        digest = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidMessageError(f"the {algorithm} is not Base64") from None
    if len(digest) != _LENGTHS.get(algorithm, len(digest)):
        raise InvalidMessageError(f"the {algorithm} has a wrong length")
    return Promised(algorithm, digest)


def _sha256(said: str) -> bytes:
    """In hex or in Base64."""
    if re.fullmatch(r"[0-9a-fA-F]{64}", said):
        return bytes.fromhex(said)
    return _of("sha256", said).digest
