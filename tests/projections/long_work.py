"""What workers do with the objects of a long life, by dice that always fall alike."""

from collections import defaultdict
from collections.abc import Iterator
from random import Random
from typing import Any, Final

from domain.message import Event
from domain.segment.events import Fate
from domain.transfer.events import PlannedObject
from domain.transfer.plan import completion_segment, parts_of
from tests import controls
from tests.controls import MIB

FLOW: Final = "flow-of-a-thousand"
HERE: Final = {"data_flow_id": FLOW}
_WORKERS = ("worker-1", "worker-2", "worker-3")

Told = tuple[Event, str]


class Life:
    """What is planned and not done yet, and dice that always fall alike."""

    def __init__(self, seed: int) -> None:
        self.dice = Random(seed)  # noqa: S311
        self.left: dict[str, list[Any]] = {}
        self.parts_of: dict[str, set[str]] = {}
        self.holder: dict[str, str] = {}
        self.epochs: dict[str, int] = defaultdict(int)
        self.objects = self.bytes = self.parts = self.segments = 0

    def page(self, number: int) -> Iterator[Told]:
        """Two large objects and a pack, and the page that they are of."""
        planned: list[Event] = []
        names_: list[str] = []
        for index in range(2):
            yield from self._large(number, index, planned)
            names_ += self.parts_of[f"{number}-{index}"]
        pack = [_object(f"{number}-{n}", 7 + n, None) for n in range(2, 8)]
        segment_id = f"{number}-k0"
        self.left[segment_id] = list(pack)
        work = controls.pack_work(objects=tuple(pack))
        planned.append(of_segment(segment_id, controls.segment_planned, work=work))
        self.segments += len(names_) + 1
        size = sum(each.size_bytes for each in pack)
        large = 2 * 80 * MIB
        self.objects, self.bytes = self.objects + 8, self.bytes + size + large
        self.parts += 10
        yield (
            controls.page_planned(
                **HERE,
                page=number,
                cursor=f"cursor-{number}",
                objects=8,
                size_bytes=size + large,
                parts=10,
                segments=(*sorted(names_), segment_id),
                skipped={"excluded": number} if number else {},
                requests=30,
            ),
            "dispatcher",
        )
        yield from ((each, "dispatcher") for each in planned)

    def _large(self, page: int, index: int, planned: list[Event]) -> Iterator[Told]:
        one = _object(f"{page}-{index}", 80 * MIB, 16 * MIB)
        yield controls.object_planned(**HERE, object=one), "dispatcher"
        upload = {"object_id": one.object_id, "upload_id": f"u-{one.object_id}"}
        yield controls.upload_created(**HERE, **upload), "dispatcher"
        self.parts_of[one.object_id] = set()
        for number, (first, last) in enumerate(((1, 3), (4, 5))):
            segment_id = f"{one.object_id}-p{number}"
            work = controls.parts_work(
                object=one, upload_id=upload["upload_id"], first=first, last=last
            )
            planned.append(of_segment(segment_id, controls.segment_planned, work=work))
            self.left[segment_id] = list(range(first, last + 1))
            self.parts_of[one.object_id].add(segment_id)

    def step(self) -> Iterator[Told]:
        """Something that a worker does with some segment."""
        if not self.left:
            return
        name = self.dice.choice(sorted(self.left)[:6])
        worker = self.holder.get(name)
        if worker is None or self.dice.random() < 0.04:
            worker = self.dice.choice(_WORKERS)
            self.epochs[name] += 1
            self.holder[name] = worker
            said = {"worker": worker, "epoch": self.epochs[name], "delivery": 1}
            yield of_segment(name, controls.leased, **said), worker
            return
        yield from ((each, worker) for each in self._worked(name))

    def _worked(self, name: str) -> Iterator[Event]:
        chance = self.dice.random()
        seen = {0: controls.paced, 1: controls.concurrency_tuned}
        seen |= {2: controls.circuit_opened, 3: controls.circuit_closed}
        if chance < 0.06:
            yield of_segment(name, seen[self.dice.randrange(4)])
        elif chance < 0.09:
            yield of_segment(name, controls.parked)
            del self.holder[name]
        elif chance < 0.1 and name.endswith("k0"):
            yield of_segment(name, controls.failed)
            yield from self._end(name)
        elif self.left[name]:
            yield self._copied(name)
        else:
            yield of_segment(name, controls.done)
            yield from self._end(name)

    def _copied(self, name: str) -> Event:
        if name.endswith("-c"):
            self.left[name].clear()
            error = "storage.mismatch" if self.dice.random() < 0.1 else None
            one = controls.outcome(object_id=name.removesuffix("-c"), error=error)
            return of_segment(name, controls.object_copied, object=one)
        if name.startswith("x"):
            gone = [
                controls.deletion_outcome(object_id=each, fate=fate)
                for each, fate in zip(self.left[name], Fate, strict=False)
            ]
            self.left[name].clear()
            return of_segment(name, controls.objects_deleted, objects=tuple(gone))
        first = self.left[name].pop(0)
        if isinstance(first, PlannedObject):
            error = "storage.denied" if self.dice.random() < 0.2 else None
            one = controls.outcome(
                object_id=first.object_id, size_bytes=first.size_bytes, error=error
            )
            return of_segment(name, controls.objects_copied, objects=(one,))
        return of_segment(name, controls.part_copied, part_number=first)

    def _end(self, name: str) -> Iterator[Event]:
        del self.left[name]
        del self.holder[name]
        for object_id, segments in self.parts_of.items():
            if name in segments:
                segments.discard(name)
                if not segments:
                    yield self._completion(object_id)

    def _completion(self, object_id: str) -> Event:
        segment_id = completion_segment(object_id)
        self.left[segment_id] = ["object"]
        one = _object(object_id, 80 * MIB, 16 * MIB)
        assert parts_of(one) == 5
        upload, work_of = f"u-{object_id}", (f"{object_id}-p0", f"{object_id}-p1")
        work = controls.completion_work(object=one, upload_id=upload, segments=work_of)
        return of_segment(segment_id, controls.segment_planned, work=work)


def _object(object_id: str, size: int, part_size: int | None) -> PlannedObject:
    return controls.planned_object(
        object_id=object_id,
        source_key=f"2026/{object_id}",
        destination_key=f"in/{object_id}",
        size_bytes=size,
        part_size_bytes=part_size,
    )


def of_segment(segment_id: str, control: Any, **changes: Any) -> Event:
    event: Event = control(data_flow_id=FLOW, segment_id=segment_id, **changes)
    return event
