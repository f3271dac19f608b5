"""What a part map is made of: plans, and steps of segments."""

from projections.views import Moment, View


class MappedObject(View):
    """A large object, cut into `parts` of `part_size_bytes` (the last may be less)."""

    object_id: str
    key: str
    size_bytes: int
    part_size_bytes: int
    parts: int
    route: str
    position: int


class MappedSegment(View):
    """A piece of work. `kind`: parts, pack, completion or deletion.

    Of `parts` the numbers `first` to `last` of `object_id`; of a pack or deletion so
    many `objects`.
    """

    segment_id: str
    kind: str
    object_id: str | None = None
    first: int | None = None
    last: int | None = None
    objects: int | None = None
    size_bytes: int
    position: int


class MapStep(View):
    """What a segment's journal says.

    `what`: leased, part, objects, object, deleted, done, parked or failed.
    `part` is the number of a part; `objects` and `failed` count those with an outcome.
    `code` says why it failed or was put down.
    """

    segment_id: str
    what: str
    worker: str
    at: Moment
    position: int
    part: int | None = None
    objects: int | None = None
    failed: int | None = None
    size_bytes: int | None = None
    adopted: bool = False
    code: str | None = None


Mapped = MappedObject | MappedSegment | MapStep


class PartMapPage(View):
    """What the log says after a position, in its order.

    `next` is the `after` of the following page, null where there is none for now;
    `position` is the `after` with which to ask later for what is new.
    """

    objects: tuple[MappedObject, ...]
    segments: tuple[MappedSegment, ...]
    steps: tuple[MapStep, ...]
    next: int | None
    position: int
