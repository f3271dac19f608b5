"""The part plan: pure arithmetic of sizes, limits and ranges (all in bytes).

Limits are those of the S3 API (2026): parts of 5 MiB to 5 GiB, the last one of any
size; at most 10,000; objects to 50 TB; CopyObject to 5 GB.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from domain.errors import PlanError

MIB = 1 << 20
GIB = 1 << 30

MINIMUM_PART_BYTES = 5 * MIB
MAXIMUM_PART_BYTES = 5 * GIB
MAXIMUM_PARTS = 10_000
MAXIMUM_OBJECT_BYTES = 50 * 10**12
MAXIMUM_COPY_OBJECT_BYTES = 5 * 10**9

DEFAULT_PART_BYTES = 16 * MIB
DEFAULT_THRESHOLD_BYTES = 32 * MIB


@dataclass(frozen=True)
class Part:
    """A range of an object; numbers begin at 1."""

    number: int
    offset_bytes: int
    length_bytes: int


def part_size(object_bytes: int, wanted_bytes: int | None = None) -> int:
    """The size of the equal parts of an object, the last one perhaps smaller.

    What was wanted is raised to the minimum and to what 10,000 parts ask for, in whole
    MiB. Raises PlanError where no part size can do it.
    """
    if object_bytes > MAXIMUM_OBJECT_BYTES:
        raise PlanError(f"{object_bytes} bytes are more than an object may have")
    least = -(-object_bytes // MAXIMUM_PARTS)
    size = max(wanted_bytes or DEFAULT_PART_BYTES, MINIMUM_PART_BYTES, least)
    size = min(-(-size // MIB) * MIB, MAXIMUM_PART_BYTES)
    if part_count(object_bytes, size) > MAXIMUM_PARTS:
        raise PlanError(f"{object_bytes} bytes do not fit into {MAXIMUM_PARTS} parts")
    return size


def part_count(object_bytes: int, part_bytes: int) -> int:
    """How many parts an object has; an empty one has a single empty part."""
    return max(1, -(-object_bytes // part_bytes))


def parts(
    object_bytes: int, part_bytes: int, first: int = 1, last: int | None = None
) -> Iterator[Part]:
    """The parts: they cover the object exactly once, in order; or a run of them."""
    count = part_count(object_bytes, part_bytes)
    for index in range(first - 1, count if last is None else min(last, count)):
        offset = index * part_bytes
        yield Part(index + 1, offset, min(part_bytes, object_bytes - offset))
