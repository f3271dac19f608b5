"""Many flows at once: enough events for several pages, deterministic."""

from collections.abc import Iterator

from domain.message import Event
from domain.task import Status
from tests import controls
from tests.projections.events import (
    completed,
    errored,
    failed,
    leased,
    objects,
    outcome,
    pack_work,
    page,
    part,
    parts_work,
    planned,
    planning,
    resumed,
    segment_planned,
    started,
    suspended,
    terminated,
    transfer_completed,
)
from tests.projections.events import done as segment_done


def life(number: int, parts: int = 60) -> Iterator[Event]:
    """The events of one flow, from its start to one of four ends."""
    flow = f"flow-{number}"
    if number % 3 == 0:
        yield controls.task_submitted(task_id=flow, service="sync", data_flow_id=flow)
    yield started(flow)
    yield planning(flow)
    yield page(flow)
    yield segment_planned("s1", parts_work("big", 1, parts), flow)
    yield segment_planned("s2", pack_work("a", "b"), flow)
    yield controls.upload_created(data_flow_id=flow, object_id="s1")
    yield planned(flow)
    yield leased("s1", flow)
    yield from _seen(number, flow)
    for part_number in range(1, parts + 1):
        yield part("s1", part_number, flow)
    yield segment_done("s1", flow)
    yield leased("s2", flow)
    yield leased("s2", flow, 2)
    yield objects(
        "s2", outcome("a", "storage.denied" if number % 2 else None), flow=flow
    )
    yield from _end(number % 4, flow)


def _elsewhere(number: int) -> Iterator[Event]:
    """A task that no flow carries out."""
    task = {"task_id": f"task-{number}"}
    yield controls.task_submitted(user_id=f"user-{number % 4}", **task)
    yield controls.task_reported(**task)
    if number % 2:
        yield controls.task_cancel_requested(**task)
        yield controls.task_reported(status=Status.CANCELLED, **task)
    if number % 5 == 1:
        yield controls.task_deleted(**task)


def _filed(number: int) -> Iterator[Event]:
    """A file, and an upload of one."""
    file = {"file_id": f"{number:064x}", "upload_id": f"upload-{number}"}
    upload = {"upload_id": file["upload_id"]}
    yield controls.filing_begun(**upload)
    yield controls.chunk_stored(**upload)
    if number % 4 == 1:
        yield controls.filing_aborted(**upload)
    elif number % 4:
        yield controls.filing_sealed(**file)
        yield controls.filing_completed(**file)
        yield controls.file_stored(user_id=f"user-{number % 4}", **file)
        yield controls.file_uploaded_again(**file)
    if number % 4 == 3:
        yield controls.file_deleted(file_id=file["file_id"])


def _seen(number: int, flow: str) -> Iterator[Event]:
    here = {"data_flow_id": flow, "segment_id": "s1"}
    yield controls.circuit_opened(endpoint=f"s3-{number % 3}", **here)
    if number % 2:
        yield controls.circuit_closed(endpoint=f"s3-{number % 3}", **here)
    yield controls.paced(endpoint=f"s3-{number % 3}", **here)
    yield controls.concurrency_tuned(source=f"s3-{number % 3}", **here)


def _end(kind: int, flow: str) -> Iterator[Event]:
    match kind:
        case 0:
            yield transfer_completed(flow)
            yield completed(flow)
        case 1:
            yield failed("s2", flow)
            yield errored(flow)
            yield terminated(flow)
        case 2:
            yield suspended(flow)
        case _:
            yield suspended(flow)
            yield resumed(flow)
            yield errored(flow)


def interleaved(flows: int) -> Iterator[Event]:
    """The lives of several flows, an event of each in turn; and what is of none."""
    running = [life(number) for number in range(flows)]
    while running:
        for each in tuple(running):
            event = next(each, None)
            if event is None:
                running.remove(each)
            else:
                yield event
    for number in range(flows):
        yield from _elsewhere(number)
        yield from _filed(number)
        yield controls.endpoint_learned(
            endpoint=f"s3-{number % 5}", capabilities={"checksum-trailers": number < 9}
        )
