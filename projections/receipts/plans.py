"""What the segments were to copy, kept small until they have done it. Pure."""

import json
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from domain.segment.events import (
    CompletionWork,
    PackWork,
    PartsWork,
    SegmentPlanned,
)
from domain.transfer.events import PlannedObject


class Named(NamedTuple):
    """An object of a plan: its key at the destination, and its size in bytes."""

    key: str
    size_bytes: int


class Plans:
    """The objects of each segment. Packs wait compressed: there may be many."""

    def __init__(self) -> None:
        """Nothing is planned."""
        self._packed: dict[str, bytes] = {}
        self._open: dict[str, dict[str, Named]] = {}
        self._large: dict[str, Named] = {}
        self._object_of: dict[str, str] = {}

    def plan(self, event: SegmentPlanned) -> None:
        """Remember a segment's objects until it is over."""
        match event.work:
            case PackWork(objects=objects):
                table = [(e.object_id, *_named(e)) for e in objects]
                self._packed[event.segment_id] = zlib.compress(
                    json.dumps(table).encode(), 1
                )
            case PartsWork(object=one) | CompletionWork(object=one):
                self._large[one.object_id] = _named(one)
                self._object_of[event.segment_id] = one.object_id
            case _:
                pass

    def take(self, segment_id: str, object_id: str) -> Named | None:
        """An object that has its outcome now; None where that was known already."""
        if segment_id in self._object_of:
            return self._large.pop(object_id, None)
        return self._pack(segment_id).pop(object_id, None)

    def left(self, segment_id: str) -> Iterator[Named]:
        """The objects of a segment that have no outcome yet; they are taken."""
        object_id = self._object_of.get(segment_id)
        if object_id is None:
            yield from self._pack(segment_id).values()
        elif (known := self._large.pop(object_id, None)) is not None:
            yield known
        self.forget(segment_id)

    def forget(self, segment_id: str) -> None:
        """It is over."""
        self._open.pop(segment_id, None)
        self._packed.pop(segment_id, None)
        self._object_of.pop(segment_id, None)

    def _pack(self, segment_id: str) -> dict[str, Named]:
        packed = self._packed.pop(segment_id, None)
        if packed is not None:
            table = json.loads(zlib.decompress(packed))
            self._open[segment_id] = {name: Named(*each) for name, *each in table}
        return self._open.get(segment_id, {})


def _named(planned: PlannedObject) -> Named:
    return Named(planned.destination_key, planned.size_bytes)
