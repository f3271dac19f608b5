"""How an upload is cut: pure arithmetic of sizes, in bytes."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

MIB = 1 << 20
# What a multipart upload may have; for a journal, too, enough is enough.
MOST_CHUNKS = 10_000


@dataclass(frozen=True)
class Run:
    """Chunks that follow one another, both ends included."""

    first: int
    last: int

    def __str__(self) -> str:
        """As one would say it."""
        return (
            str(self.first) if self.first == self.last else f"{self.first}-{self.last}"
        )


def chunk_count(size_bytes: int, chunk_size_bytes: int) -> int:
    """How many chunks there are; none of nothing."""
    return -(-size_bytes // chunk_size_bytes)


def chunk_length(size_bytes: int, chunk_size_bytes: int, index: int) -> int:
    """The length of one chunk: the last is what is left."""
    return min(chunk_size_bytes, size_bytes - index * chunk_size_bytes)


def fitting(size_bytes: int, wanted_bytes: int, least_bytes: int | None) -> int:
    """The chunk size nearest to the wanted one that store and journal can do."""
    most_even = -(-size_bytes // MOST_CHUNKS)
    if most_even > max(wanted_bytes, least_bytes or 1):
        return most_even if most_even < MIB else -(-most_even // MIB) * MIB
    return max(wanted_bytes, least_bytes or 1)


def missing(count: int, there: Collection[int]) -> Iterator[Run]:
    """The runs of chunks that are not there, in their order."""
    before = -1
    for index in sorted({index for index in there if 0 <= index < count} | {count}):
        if index > before + 1:
            yield Run(before + 1, index - 1)
        before = index
