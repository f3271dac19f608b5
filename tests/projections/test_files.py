"""Which files are there, who brought them, and how far each upload is."""

from tests import controls
from tests.controls import FILE
from tests.projections.story import Story


async def test_a_file_is_there_until_it_is_deleted_and_again_after(
    story: Story,
) -> None:
    await story.happened(controls.file_stored(), controls.file_uploaded_again())
    await story.project()
    row = await story.row("files")
    assert (row["file_id"], row["times_uploaded"]) == (FILE, 2)
    assert row["deleted_at"] is None

    await story.happened(controls.file_deleted(user_id="bob"))
    await story.project()
    row = await story.row("files")
    assert row["deleted_by"] == "bob"
    assert row["deleted_at"] is not None

    await story.happened(controls.file_stored(user_id="carol"))
    await story.project()
    row = await story.row("files")
    assert (row["deleted_at"], row["deleted_by"]) == (None, None)
    assert (row["user_id"], row["times_uploaded"]) == ("carol", 1)


async def test_an_upload_is_followed_from_its_beginning_to_its_file(
    story: Story,
) -> None:
    one = {"upload_id": "one"}
    await story.happened(
        controls.filing_begun(**one, size_bytes=8, chunk_size_bytes=4),
        controls.chunk_stored(**one, index=0, offset=0, size_bytes=4),
        controls.filing_begun(upload_id="two"),
        controls.filing_aborted(upload_id="two", reason="expired", code=""),
    )
    await story.project()
    rows = {row["upload_id"]: row for row in await story.rows("uploads")}
    first, second = rows["one"], rows["two"]
    assert (first["state"], first["chunks"], first["received_bytes"]) == ("open", 1, 4)
    assert (second["state"], second["reason"]) == ("aborted", "expired")
    assert second["code"] is None
    await story.happened(
        controls.chunk_stored(**one, index=1, offset=4, size_bytes=4),
        controls.filing_sealed(**one, file_id=FILE, size_bytes=8),
    )
    await story.project()
    rows = {row["upload_id"]: row for row in await story.rows("uploads")}
    assert (rows["one"]["state"], rows["one"]["file_id"]) == ("sealed", FILE)
    assert rows["one"]["ended_at"] is None
    await story.happened(controls.filing_completed(**one, file_id=FILE, size_bytes=8))
    await story.project()
    rows = {row["upload_id"]: row for row in await story.rows("uploads")}
    assert (rows["one"]["state"], rows["one"]["received_bytes"]) == ("completed", 8)
    assert rows["one"]["ended_at"] is not None
