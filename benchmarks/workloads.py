"""What is copied."""

from dataclasses import dataclass, replace

MIB = 1 << 20
GIB = 1 << 30
PART_BYTES = 16 * MIB


@dataclass(frozen=True)
class Workload:
    """One object, or `objects` of them below a prefix: then `path` ends in a slash."""

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

    @property
    def in_parts(self) -> bool:
        """Whether its objects are put in parts: then no ETag is an MD5."""
        return self.object_bytes > 2 * PART_BYTES

    @property
    def text(self) -> str:
        """For people."""
        return f"{self.objects:,} x {self.object_bytes // 1024:,} KiB"

    def quick(self) -> "Workload":
        """Hardly anything, but of the same kind."""
        objects = max(1, self.objects // 50) if self.objects > 10 else self.objects
        size = min(self.object_bytes, 64 * MIB)
        return replace(self, objects=objects, object_bytes=size)


LARGE = Workload("large.bin", 1, 4 * GIB)
TEN = Workload("ten/", 10, GIB)
SMALL = Workload("small/", 20_000, 16 * 1024)
# Ceph copies the bytes of such objects; of larger ones it shares all but the first.
MIDDLING = Workload("middling/", 1000, 4 * MIB)
# Copied before anything counts, by those that are always on.
WARM_UP = Workload("warm-up/", 800, 1024)
