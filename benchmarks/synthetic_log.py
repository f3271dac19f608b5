"""A log of transfers that nobody made: the events of many flows, interleaved.

A flow copies large objects of some dozen parts and packs of small ones, about as the
planner cuts them: seven events in ten are parts.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from domain import names
from domain.data_flow.events import DataFlowCompleted, DataFlowStarted
from domain.data_flow.terms import Terms
from domain.location import CopyOptions, Direction, Location
from domain.message import Cause, Event
from domain.segment.events import (
    CompletionWork,
    ObjectCopied,
    ObjectOutcome,
    ObjectsCopied,
    PackWork,
    PartCopied,
    PartsWork,
    SegmentDone,
    SegmentLeased,
    SegmentPlanned,
    Verdict,
    Work,
)
from domain.transfer.events import (
    MultipartUploadCreated,
    PagePlanned,
    PlannedObject,
    Route,
    TransferCompleted,
    TransferPlanned,
    TransferPlanningStarted,
)
from eventlog import Append, EventLog

_MIB = 1 << 20
_LARGE, _PARTS, _PER_SEGMENT = 12, 48, 16
_PACKS, _IN_PACK, _IN_SLICE = 12, 32, 8
_AT_ONCE, _RUN, _BATCH = 24, 20, 2000
_START = datetime(2026, 11, 1, tzinfo=UTC)
_PART_FIELDS: dict[str, Any] = {
    "etag": "0123456789abcdef0123456789abcdef",
    "crc64nvme": "AAAAAAAAAAA=",
    "proven": True,
    "adopted": False,
}


async def fill(log: EventLog, events: int) -> int:
    """Append about so many; returns how many."""
    versions: dict[UUID, int] = defaultdict(int)
    clock, made = _START, 0
    stream_of = _interleaved()
    while made < events:
        appends: list[Append] = []
        for stream, event in islice(stream_of, _BATCH):
            appends.append(Append(stream, versions[stream], (event,)))
            versions[stream] += 1
        clock += timedelta(seconds=2)
        cause = Cause(
            causation_id="m", correlation_id="c", actor="bench", occurred_at=clock
        )
        await log.append(cause, *appends)
        made += len(appends)
    return made


_Placed = tuple[UUID, Event]


def _interleaved() -> Iterator[_Placed]:
    """Some flows at a time, a few events of each in turn, for ever."""
    running = [_life(number) for number in range(_AT_ONCE)]
    following = _AT_ONCE
    while True:
        for place, each in enumerate(running):
            some = list(islice(each, _RUN))
            yield from some
            if len(some) < _RUN:
                running[place] = _life(following)
                following += 1


def _life(number: int) -> Iterator[_Placed]:
    flow = f"flow-{number:06}"
    ours, transfer = names.data_flow_stream(flow), names.transfer_stream(flow)
    yield ours, _started(flow, number)
    yield transfer, TransferPlanningStarted(data_flow_id=flow, route_reason="two")
    yield transfer, _page(flow)
    for place in range(_LARGE):
        yield from _large(flow, f"0-o{place}")
    for place in range(_PACKS):
        yield from _pack(flow, f"0-k{place}")
    totals = _totals()
    segments = _LARGE * (_PARTS // _PER_SEGMENT) + _PACKS
    yield (
        transfer,
        TransferPlanned(
            data_flow_id=flow, parts=_LARGE * _PARTS, segments=segments, **totals
        ),
    )
    yield transfer, TransferCompleted(data_flow_id=flow, failed_objects=0, **totals)
    yield (
        ours,
        DataFlowCompleted(data_flow_id=flow, message_id=None, by="plane", **totals),
    )


def _totals() -> dict[str, Any]:
    small = _PACKS * _IN_PACK
    return {
        "objects": _LARGE + small,
        "size_bytes": (_LARGE * _PARTS * 16 + small) * _MIB,
    }


def _started(flow: str, number: int) -> DataFlowStarted:
    return DataFlowStarted(
        data_flow_id=flow,
        message_id="m",
        terms=Terms(
            participant_id="did:web:us",
            counter_party_id=f"did:web:them-{number % 7}",
            dataspace_context="context",
            agreement_id=f"agreement-{number % 20}",
            dataset_id="dataset",
            profile="AmazonS3-PUSH",
            callback_address="https://control.example/signaling",
        ),
        direction=Direction.PUSH,
        source=Location(mechanism="s3", fields={"bucket": "from"}),
        destination=Location(mechanism="s3", fields={"bucket": "to"}),
        options=CopyOptions(),
        reply_address=None,
    )


def _page(flow: str) -> PagePlanned:
    segments = (
        *(f"0-o{n}-p{m}" for n in range(_LARGE) for m in range(_PARTS // 16)),
        *(f"0-k{n}" for n in range(_PACKS)),
    )
    return PagePlanned(
        data_flow_id=flow,
        page=0,
        cursor=None,
        parts=_LARGE * _PARTS,
        segments=segments,
        **_totals(),
    )


def _object(name: str, parts: int | None) -> PlannedObject:
    return PlannedObject(
        object_id=name,
        source_key=f"data/2026/{name}.bin",
        destination_key=f"in/data/2026/{name}.bin",
        size_bytes=(parts * 16 if parts else 1) * _MIB,
        etag="0123456789abcdef0123456789abcdef",
        part_size_bytes=16 * _MIB if parts else None,
    )


def _outcome(name: str, size_bytes: int) -> ObjectOutcome:
    return ObjectOutcome(
        object_id=name,
        size_bytes=size_bytes,
        etag="0123456789abcdef0123456789abcdef",
        crc64nvme="AAAAAAAAAAA=",
        verdict=Verdict.VERIFIED,
    )


def _large(flow: str, name: str) -> Iterator[_Placed]:
    one, upload = _object(name, _PARTS), f"upload-{flow}-{name}"
    yield (
        names.transfer_stream(flow),
        MultipartUploadCreated(
            data_flow_id=flow,
            object_id=name,
            destination_key=one.destination_key,
            upload_id=upload,
        ),
    )
    segments: list[str] = []
    for first in range(1, _PARTS + 1, _PER_SEGMENT):
        segment, last = f"{name}-p{first // _PER_SEGMENT}", first + _PER_SEGMENT - 1
        work = PartsWork(object=one, upload_id=upload, first=first, last=last)
        copied = (
            PartCopied(
                data_flow_id=flow,
                segment_id=segment,
                part_number=part,
                offset_bytes=(part - 1) * 16 * _MIB,
                length_bytes=16 * _MIB,
                **_PART_FIELDS,
            )
            for part in range(first, last + 1)
        )
        yield from _journal(flow, segment, work, copied)
        segments.append(segment)
    done = CompletionWork(object=one, upload_id=upload, segments=tuple(segments))
    outcome = _outcome(name, one.size_bytes)
    whole = ObjectCopied(data_flow_id=flow, segment_id=f"{name}-c", object=outcome)
    yield from _journal(flow, f"{name}-c", done, iter((whole,)))


def _pack(flow: str, name: str) -> Iterator[_Placed]:
    objects = tuple(_object(f"{name}-{n}", None) for n in range(_IN_PACK))
    slices = (
        ObjectsCopied(
            data_flow_id=flow,
            segment_id=name,
            objects=tuple(
                _outcome(each.object_id, each.size_bytes)
                for each in objects[first : first + _IN_SLICE]
            ),
        )
        for first in range(0, _IN_PACK, _IN_SLICE)
    )
    yield from _journal(flow, name, PackWork(objects=objects), slices)


def _journal(
    flow: str, segment: str, work: Work, results: Iterator[Event]
) -> Iterator[_Placed]:
    stream = names.segment_stream(flow, segment)
    here = {"data_flow_id": flow, "segment_id": segment}
    yield stream, SegmentPlanned(**here, route=Route.STREAM, work=work)
    yield stream, SegmentLeased(**here, worker="w1", epoch=1, delivery=1)
    for each in results:
        yield stream, each
    yield stream, SegmentDone(**here)
