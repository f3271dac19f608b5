"""A thousand flows of all fates, one of them with an object of ten thousand parts."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product
from math import sin

from domain.location import Location
from domain.message import Cause, Event
from domain.segment.events import PartCopied, PartsWork, SegmentLeased
from domain.transfer.events import ObjectPlanned, PlannedObject, Route
from tests import controls
from tests.projections import events as told
from tests.projections.events import MIB
from tests.projections.story import Story

FLOWS = 1000
HUGE = "archive-2026-satellite"
PARTS, DONE, RUN = 10_000, 6_400, 64
PART_BYTES = 64 * MIB
WORKERS = ("worker-a", "worker-b", "worker-c", "worker-d")
_LANES, _CHUNKS = len(WORKERS), 4
_TURNS = DONE // RUN // _LANES
_IN_HAND_FROM = DONE // RUN - len(WORKERS)
COPIED = _IN_HAND_FROM * RUN + sum(
    number % 3 > 0 for number in range(_IN_HAND_FROM * RUN + 1, DONE + 1)
)
MARKUP = '<img src=x onerror="alert(1)">&amp;'
_AT_ONCE, _UNFINISHED = 20, 5
_PLACES = ("genomes", "telemetry", "invoices", "imagery", "ledger-2026", "models")


async def crowd(story: Story) -> None:
    """Append them all; the last that began is the newest."""
    began = datetime.now(UTC) - timedelta(hours=3)
    for first in range(0, FLOWS - 1, _AT_ONCE):
        at = began + timedelta(seconds=8 * first)
        numbers = range(first, min(first + _AT_ONCE, FLOWS - 1))
        events = [event for number in numbers for event in _life(number)]
        await story.happened(*events, why=_cause(at, "control-plane"))
    await _huge(story)
    await story.happened(*_seen())


def _cause(at: datetime, actor: str) -> Cause:
    return told.cause(occurred_at=at, actor=actor)


def _life(number: int) -> Iterator[Event]:
    flow = f"flow-{number:04}"
    place = _PLACES[number % len(_PLACES)]
    source = {"fields": {"bucket": "lake", "prefix": f"{place}/"}}
    yield told.started(
        flow, source=told.SOURCE.model_copy(update=source), destination=_to(place)
    )
    total, fate = 20 + number % 90, number % 20
    totals = {"objects": total, "size_bytes": total * MIB, "segments": 1}
    yield told.planning(flow)
    yield told.page(flow, **{**totals, "segments": ("s1",)})
    yield told.planned(flow, **totals)
    copied = total if fate > _UNFINISHED else 3 + number % 17
    outcomes = [told.outcome(f"o{n}", size=MIB) for n in range(copied)]
    yield told.objects("s1", *outcomes, flow=flow)
    yield from _end(fate, flow)


def _end(fate: int, flow: str) -> Iterator[Event]:
    match fate:
        case 0:
            yield told.suspended(flow)
        case 1:
            yield told.errored(flow)
        case 2:
            yield told.terminated(flow)
        case 3 | 4:
            return
        case 5:
            yield told.errored(flow, "storage.source-changed")
        case _:
            yield told.transfer_completed(flow)
            yield told.completed(flow)


def _to(place: str) -> Location:
    return Location(
        mechanism="s3", fields={"bucket": "partner", "prefix": f"in/{place}/"}
    )


async def _huge(story: Story) -> None:
    began = datetime.now(UTC) - timedelta(seconds=105)
    planned = PlannedObject(
        object_id="0-0",
        source_key=f"sentinel/{MARKUP}.tar",
        destination_key="in/sentinel.tar",
        size_bytes=PARTS * PART_BYTES,
        etag="e",
        part_size_bytes=PART_BYTES,
    )
    lake = told.SOURCE.model_copy(
        update={"fields": {"bucket": "lake", "prefix": "sentinel/"}}
    )
    segments = tuple(f"0-0-p{n}" for n in range(-(-PARTS // RUN)))
    totals = {"objects": 1, "size_bytes": PARTS * PART_BYTES, "parts": PARTS}
    listing = [
        told.planning(HUGE),
        ObjectPlanned(
            data_flow_id=HUGE, object=planned, route=Route.STREAM, uploads_before=()
        ),
        told.page(HUGE, segments=segments, **totals),
        told.planned(HUGE, segments=len(segments), **totals),
        *(_work(planned, segment, n) for n, segment in enumerate(segments)),
    ]
    beginning = told.started(HUGE, source=lake, destination=_to("sentinel"))
    soon = began + timedelta(seconds=2)
    await story.happened(beginning, why=_cause(began, "control-plane"))
    await story.happened(*listing, why=_cause(soon, "coordinator"))
    # Each worker has a segment at a time, and goes now faster, now slower.
    at = soon
    for turn, chunk, lane in product(range(_TURNS), range(_CHUNKS), range(_LANES)):
        slower = 1 + 0.3 * sin(turn / 3) + 0.1 * sin(turn * 1.7 + chunk)
        at += timedelta(seconds=100 / (_TURNS * _CHUNKS * _LANES) * slower)
        steps = _steps(turn * _LANES + lane, chunk)
        await story.happened(*steps, why=_cause(at, WORKERS[lane]))


def _work(planned: PlannedObject, segment: str, n: int) -> Event:
    first, last = n * RUN + 1, min((n + 1) * RUN, PARTS)
    work = PartsWork(object=planned, upload_id="u", first=first, last=last)
    return told.segment_planned(segment, work, HUGE)


def _steps(n: int, chunk: int) -> Iterator[Event]:
    segment, of_chunk = f"0-0-p{n}", RUN // _CHUNKS
    if chunk == 0:
        yield SegmentLeased(
            data_flow_id=HUGE,
            segment_id=segment,
            worker=WORKERS[n % _LANES],
            epoch=1,
            delivery=1,
        )
    first = n * RUN + chunk * of_chunk + 1
    for number in range(first, first + of_chunk):
        # The newest segments are still in hand.
        if n < _IN_HAND_FROM or number % 3:
            yield PartCopied(
                data_flow_id=HUGE,
                segment_id=segment,
                part_number=number,
                offset_bytes=(number - 1) * PART_BYTES,
                length_bytes=PART_BYTES,
                etag="e",
                crc64nvme="AAAAAAAAAAA=",
                proven=True,
                adopted=False,
            )
    if chunk == _CHUNKS - 1 and n < _IN_HAND_FROM:
        yield told.done(segment, HUGE)


def _seen() -> Iterator[Event]:
    here = {"data_flow_id": HUGE, "segment_id": "0-0-p0"}
    for endpoint in ("https://s3.lake.example", "https://objects.partner.example"):
        yield controls.endpoint_learned(
            endpoint=endpoint,
            capabilities={
                "checksum-trailers": True,
                "conditional-writes": endpoint[8] == "s",
                "upload-part-copy": True,
            },
        )
    yield controls.circuit_opened(endpoint="https://cold.partner.example", **here)
    yield controls.concurrency_tuned(
        source="https://s3.lake.example",
        destination="https://objects.partner.example",
        **here,
    )
