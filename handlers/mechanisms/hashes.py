"""Checksums of the bytes that pass, and what a destination's must be compared with."""

import base64
import hashlib
from typing import cast

from awscrt.checksums import (  # pyright: ignore[reportMissingTypeStubs]
    crc32c,
    crc64nvme,
)

from domain.errors import Side, StorageError

CRC_HEADER = "x-amz-checksum-crc64nvme"
CRC32C_HEADER = "x-amz-checksum-crc32c"


class Hashes:
    """Running checksums of the bytes that pass."""

    def __init__(self, *, md5: bool) -> None:
        """Both CRCs always: each costs 0.02 s of CPU per GiB."""
        self.size_bytes = 0
        self._crc = self._crc32c = 0
        self._md5 = hashlib.md5(usedforsecurity=False) if md5 else None

    def update(self, chunk: bytes | memoryview) -> None:
        """Take the next bytes."""
        self.size_bytes += len(chunk)
        # Declared for bytes only; they take any buffer.
        self._crc = crc64nvme(cast("bytes", chunk), self._crc)
        self._crc32c = crc32c(cast("bytes", chunk), self._crc32c)
        if self._md5 is not None:
            self._md5.update(chunk)

    @property
    def crc64nvme(self) -> str:
        """As S3 writes it."""
        return base64.b64encode(self._crc.to_bytes(8, "big")).decode()

    @property
    def crc32c(self) -> str:
        """As S3 writes it."""
        return base64.b64encode(self._crc32c.to_bytes(4, "big")).decode()

    @property
    def md5(self) -> str | None:
        """Hexadecimal, or None where it was not asked for."""
        return None if self._md5 is None else self._md5.hexdigest()


def must_equal(name: str, theirs: str, ours: str) -> None:
    """Raise `storage.mismatch` unless the destination computed what we did."""
    if theirs != ours:
        raise StorageError(
            f"the {name} of what the destination holds is not that of what we sent",
            code="storage.mismatch",
            side=Side.DESTINATION,
        )
