"""Cuts a page of a listing into objects with a part plan and packs of small ones.

Segments are small enough that one large object spreads over every worker slot, and
large enough that messages cost nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from domain.location import CopyOptions
from domain.segment.events import DeletionWork, PackWork, PartsWork
from domain.transfer.deletions import Doomed
from domain.transfer.events import PlannedObject, Route
from domain.transfer.parts import (
    DEFAULT_THRESHOLD_BYTES,
    MAXIMUM_COPY_OBJECT_BYTES,
    MIB,
    part_count,
    part_size,
)

# The storage copies these by itself, so that large parts cost us nothing.
_COPIED_PART_BYTES = 128 * MIB
_PACK_OBJECTS = 100
_PACK_BYTES = 128 * MIB
# List the key's uploads, head, create, complete, head.
_UPLOAD_REQUESTS = 5
_FEWEST_PARTS, _MOST_PARTS = 4, 64


@dataclass(frozen=True)
class Listed:
    """An object of the source, as it is to be pinned, and where it goes."""

    key: str
    destination_key: str
    size_bytes: int
    etag: str
    version_id: str | None = None
    ranges: bool = True


@dataclass(frozen=True)
class PagePlan:
    """Large objects, each with its parts; and packs of those that go in one piece."""

    large: tuple[PlannedObject, ...]
    packs: tuple[tuple[PlannedObject, ...], ...]


@dataclass(frozen=True)
class Policy:
    """What decides between one piece and parts, for all objects of a transfer."""

    options: CopyOptions
    same_endpoint: bool
    takes_parts: bool = True
    copies_at_once: bool | None = False
    """Whether the endpoint copies a large object by one request as fast as by many.

    None: nobody knows yet, so that one object of each page is copied so, to find out.
    """

    @property
    def part_route(self) -> Route:
        """How parts travel."""
        return Route.COPY_PARTS if self.same_endpoint else Route.STREAM

    @property
    def whole_route(self) -> Route:
        """How objects travel that go in one piece."""
        return Route.COPY_OBJECT if self.same_endpoint else Route.STREAM

    @property
    def reason(self) -> str:
        """Why these routes."""
        if self.same_endpoint:
            return "one endpoint: the storage copies by itself"
        if not self.takes_parts:
            return "the destination takes no parts: each object goes in one piece"
        return "two endpoints: the bytes pass through a worker"

    def part_bytes(self, size_bytes: int, *, ranges: bool = True) -> int | None:
        """The part size of an object; None when it goes in one piece.

        `ranges` says whether the source gives parts of it.
        """
        if not self.takes_parts or not ranges:
            return None
        threshold = self.options.multipart_threshold_bytes or DEFAULT_THRESHOLD_BYTES
        threshold = min(threshold, MAXIMUM_COPY_OBJECT_BYTES)
        if size_bytes <= threshold and not (
            self.options.force_multipart and size_bytes
        ):
            return None
        default = _COPIED_PART_BYTES if self.same_endpoint else None
        return part_size(size_bytes, self.options.part_size_bytes or default)

    def may_copy_at_once(self, size_bytes: int) -> bool:
        """Whether one request may do, and nobody has said how it is to be cut."""
        said = self.options
        told = (said.part_size_bytes, said.multipart_threshold_bytes)
        free = told == (None, None) and not said.force_multipart
        fits = size_bytes <= MAXIMUM_COPY_OBJECT_BYTES
        return self.same_endpoint and free and fits


def plan_page(
    page: int,
    listed: Sequence[Listed],
    policy: Policy,
    decided: Sequence[PlannedObject] = (),
) -> PagePlan:
    """The plan of one page; object ids are their places in the listing.

    What was decided of the page before stays so, whatever is listed now: keys may have
    come and gone since. No two objects of a page have one destination.
    Raises PlanError for an object beyond the limits.
    """
    taken = {each.object_id for each in decided}
    known = {each.destination_key for each in decided}
    fresh = (name for n in count() if (name := f"{page}-{n}") not in taken)
    new = (each for each in listed if each.destination_key not in known)
    planned = [
        PlannedObject(
            object_id=object_id,
            source_key=each.key,
            destination_key=each.destination_key,
            size_bytes=each.size_bytes,
            etag=each.etag,
            version_id=each.version_id,
            part_size_bytes=part_bytes,
        )
        for (each, part_bytes), object_id in zip(_cut(new, policy), fresh, strict=False)
    ]
    small = [each for each in planned if each.part_size_bytes is None]
    return PagePlan(
        large=(*decided, *(e for e in planned if e.part_size_bytes is not None)),
        packs=tuple(_packs(small)),
    )


def parts_work(
    planned: PlannedObject, upload_id: str
) -> Iterator[tuple[str, PartsWork]]:
    """The segments of a large object: (segment id, work), covering all its parts."""
    count = parts_of(planned)
    run = min(_MOST_PARTS, max(_FEWEST_PARTS, count // 16))
    for index, first in enumerate(range(1, count + 1, run)):
        last = min(first + run - 1, count)
        yield (
            f"{planned.object_id}-p{index}",
            PartsWork(object=planned, upload_id=upload_id, first=first, last=last),
        )


def pack_work(
    page: int, packs: Sequence[tuple[PlannedObject, ...]]
) -> Iterator[tuple[str, PackWork]]:
    """The segments of a page's small objects: (segment id, work)."""
    for index, pack in enumerate(packs):
        yield f"{page}-k{index}", PackWork(objects=pack)


def requests_of(plan: PagePlan, policy: Policy) -> int:
    """How many requests the plan costs both storages, if none has to be repeated.

    Without the listing. A part or object is read and written, or copied by one request;
    a large object is looked at, and its upload begun, completed and looked at.
    """
    each = 1 if policy.same_endpoint else 2
    whole = sum(len(pack) for pack in plan.packs)
    parts = sum(parts_of(large) for large in plan.large)
    return each * (whole + parts) + _UPLOAD_REQUESTS * len(plan.large)


def deletion_work(
    page: int, doomed: Sequence[Doomed]
) -> Iterator[tuple[str, DeletionWork]]:
    """The segments of a page of deletions: (segment id, work)."""
    for index, start in enumerate(range(0, len(doomed), _PACK_OBJECTS)):
        objects = tuple(doomed[start : start + _PACK_OBJECTS])
        yield f"x{page}-{index}", DeletionWork(objects=objects)


def completion_segment(object_id: str) -> str:
    """The id of the segment that finishes an object's upload."""
    return f"{object_id}-c"


def parts_of(planned: PlannedObject) -> int:
    """How many parts the object is cut into; none when it goes in one piece."""
    if planned.part_size_bytes is None:
        return 0
    return part_count(planned.size_bytes, planned.part_size_bytes)


def _cut(
    listed: Iterable[Listed], policy: Policy
) -> Iterator[tuple[Listed, int | None]]:
    """Each with its part size; None: in one piece."""
    at_once = policy.copies_at_once is not False
    for each in listed:
        part_bytes = policy.part_bytes(each.size_bytes, ranges=each.ranges)
        if part_bytes and at_once and policy.may_copy_at_once(each.size_bytes):
            at_once, part_bytes = bool(policy.copies_at_once), None
        yield each, part_bytes


def _packs(objects: Sequence[PlannedObject]) -> Iterator[tuple[PlannedObject, ...]]:
    pack: list[PlannedObject] = []
    size = 0
    for each in objects:
        full = len(pack) >= _PACK_OBJECTS or size + each.size_bytes > _PACK_BYTES
        if pack and full:
            yield tuple(pack)
            pack, size = [], 0
        pack.append(each)
        size += each.size_bytes
    if pack:
        yield tuple(pack)
