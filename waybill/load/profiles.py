"""How a load is put together: files, their chunks, and how many at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

MIB: Final = 1 << 20


class Profile(StrEnum):
    """What is asked: short answers, the usual, or as much as goes."""

    FAST = "fast"
    BALANCED = "balanced"
    MAX_THROUGHPUT = "max-throughput"


# Files at once, and chunks of each at once.
PROFILES: Final[Mapping[Profile, tuple[int, int]]] = MappingProxyType(
    {
        Profile.FAST: (2, 2),
        Profile.BALANCED: (4, 4),
        Profile.MAX_THROUGHPUT: (16, 8),
    }
)


@dataclass(frozen=True)
class Load:
    """One run; sizes in bytes. What is None, the profile says."""

    profile: Profile = Profile.BALANCED
    files: int = 10
    file_size_bytes: int = 5 * MIB
    chunk_size_bytes: int = MIB
    concurrent_files: int | None = None
    per_file_chunk_workers: int | None = None
    keep: bool = False

    @property
    def files_at_once(self) -> int:
        """How many files are on their way at a time."""
        return self.concurrent_files or PROFILES[self.profile][0]

    @property
    def chunks_at_once(self) -> int:
        """How many chunks of each are."""
        return self.per_file_chunk_workers or PROFILES[self.profile][1]
