"""Each multipart upload that was begun, where, and what became of it."""

from typing import Any

from domain.location import Location
from tests import controls
from tests.projections.events import (
    FLOW,
    MIB,
    object_copied,
    part,
    started,
)
from tests.projections.story import Story

THERE = Location(
    mechanism="s3",
    fields={"bucket": "partner", "endpoint_url": "https://s3.example:9000"},
)


def created(upload: str, object_id: str = "o") -> Any:
    return controls.upload_created(
        data_flow_id=FLOW,
        object_id=object_id,
        upload_id=upload,
        destination_key=f"in/{object_id}",
    )


async def test_an_upload_is_open_until_its_object_is_there(story: Story) -> None:
    await story.happened(started(destination=THERE), created("u1"), part("o-p0", 1))
    await story.project()
    await story.happened(part("o-p1", 2))
    await story.project()
    row = await story.row("multipart_ledger")
    assert (row["endpoint"], row["bucket"]) == ("s3.example:9000", "partner")
    assert (row["destination_key"], row["storage_upload_id"]) == ("in/o", "u1")
    assert (row["state"], row["parts"], row["size_bytes"]) == ("open", 2, 32 * MIB)
    await story.happened(object_copied("o"))
    await story.project()
    row = await story.row("multipart_ledger")
    assert (row["state"], row["code"], row["ended_at"] is None) == (
        "completed",
        None,
        False,
    )


async def test_an_object_that_is_begun_anew_has_two(story: Story) -> None:
    await story.happened(started(destination=THERE), created("u1"), part("o-p0", 1))
    await story.happened(
        object_copied("o", "storage.changed"),
        controls.upload_aborted(data_flow_id=FLOW, object_id="o", upload_id="u1"),
        created("u2"),
        part("o-p0", 1),
        part("o-p0", 2),
        controls.upload_left(data_flow_id=FLOW, object_id="o", upload_id="u2"),
    )
    await story.project()
    rows = {row["upload_id"]: row for row in await story.rows("multipart_ledger")}
    assert {name: (row["state"], row["parts"]) for name, row in rows.items()} == {
        "u1": ("aborted", 1),
        "u2": ("left", 2),
    }
    assert rows["u2"]["code"] == controls.upload_left().code


async def test_an_upload_through_the_door_is_in_it_too(story: Story) -> None:
    here = {"data_flow_id": FLOW, "upload_id": "mine"}
    await story.happened(
        started(destination=THERE), controls.upload_planned(key="k", **here)
    )
    await story.project()
    row = await story.row("multipart_ledger")
    assert (row["by"], row["storage_upload_id"]) == ("reception", "")
    await story.happened(
        controls.upload_opened(storage_upload_id="theirs", **here),
        controls.part_received(size_bytes=7, **here),
        controls.object_received(**here),
    )
    await story.project()
    row = await story.row("multipart_ledger")
    assert (row["state"], row["storage_upload_id"]) == ("completed", "theirs")
    assert (row["parts"], row["size_bytes"]) == (1, 7)
