"""What is copied."""

from dataclasses import dataclass

MIB = 1 << 20
PART_BYTES = 16 * MIB


@dataclass(frozen=True)
class Workload:
    """One object, or `objects` of them below a prefix: then `path` ends in a slash."""

    name: str
    path: str
    objects: int
    object_bytes: int

    @property
    def total_bytes(self) -> int:
        """Of all objects."""
        return self.objects * self.object_bytes

    @property
    def keys(self) -> list[str]:
        """The objects' keys, in order, relative to the path; the object's is empty."""
        if not self.path.endswith("/"):
            return [""]
        return [f"{number:06}.bin" for number in range(self.objects)]


FULL = (
    Workload("stream", "large.bin", 1, 4096 * MIB),
    Workload("small", "small/", 2000, 64 * 1024),
)
QUICK = (
    Workload("stream", "large.bin", 1, 256 * MIB),
    Workload("small", "small/", 200, 64 * 1024),
)
