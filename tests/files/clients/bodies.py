"""Files to send and to compare."""

import hashlib
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True)
class Body:
    """A file on this side; its SHA-256, in hex, is its id at the server."""

    path: Path
    size_bytes: int
    file_id: str

    @classmethod
    def make(cls, path: Path, size_bytes: int, seed: str = "") -> Self:
        """The same bytes for the same seed and size."""
        block = random.Random(seed).randbytes(_BLOCK_BYTES)  # noqa: S311 (data)
        sha256, left, number = hashlib.sha256(), size_bytes, 0
        with path.open("wb") as file:
            while left > 0:
                # No two blocks are the same: one that is twice there, or not, is seen.
                part = (number.to_bytes(8, "big") + block[8:])[:left]
                sha256.update(part)
                file.write(part)
                left, number = left - len(part), number + 1
        return cls(path, size_bytes, sha256.hexdigest())


def digest(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
