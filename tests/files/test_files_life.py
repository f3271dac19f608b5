"""What is told of uploads: on the bus, and by counting."""

from domain.names import EVENT_STREAM, EVENT_SUBJECTS
from handlers.files.job_events import FileJobEvent
from tests.files.house import FileHouse, sha256


async def test_an_upload_is_told_on_the_bus(house: FileHouse) -> None:
    jetstream = house.ground.client.jetstream()
    heard = await jetstream.subscribe(EVENT_SUBJECTS, ordered_consumer=True)
    file_id = await house.store(b"told on the bus")
    wrong = {"X-Checksum-Sha256": "0" * 64}
    await house.http.post("/files", content=b"wrong", headers=wrong)
    told: list[FileJobEvent] = []
    while file_id not in {each.data.file_id for each in told[:-2]}:
        message = await heard.next_msg(timeout=10)
        event = FileJobEvent.model_validate_json(message.data)
        assert message.headers is not None
        assert message.headers["Nats-Msg-Id"] == event.id
        assert message.subject == f"waybill.event.{event.type.removesuffix('.v1')}"
        told.append(event)
    await heard.unsubscribe()
    kinds = [each.type.split(".")[2] for each in told[-4:]]
    assert kinds == ["started", "completed", "started", "failed"]
    began, completed, _, failed = (each.data for each in told[-4:])
    assert (completed.file_id, completed.size_bytes) == (file_id, 15)
    assert (completed.user_id, completed.queue) == ("anonymous", "files")
    assert began.job_id == completed.job_id
    assert failed.code == "file.mismatch"


async def test_a_bus_that_lost_its_stream_fails_no_upload(house: FileHouse) -> None:
    await house.ground.client.jetstream().delete_stream(EVENT_STREAM)
    assert await house.store(b"nobody heard") == sha256(b"nobody heard")


async def test_metrics_count_what_came_and_went(house: FileHouse) -> None:
    file_id = await house.store(b"counted")
    await house.http.get(f"/files/{file_id}")
    text = (await house.http.get("/metrics")).text
    for line in ("stored_total{outcome=", "sent_bytes_total", "room_bytes"):
        assert f"waybill_files_{line}" in text
