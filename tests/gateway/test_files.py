"""The file store at the gateway: the way there, and the operators' lists."""

import httpx

from tests import controls
from tests.controls import FILE
from tests.gateway.test_refusals import assert_problem
from tests.projections.story import Story


async def test_files_and_uploads_are_listed_for_operators(
    reader: httpx.AsyncClient, story: Story
) -> None:
    await story.happened(
        controls.file_stored(),
        controls.file_stored(file_id="0" * 64, user_id="carol", size_bytes=6),
        controls.filing_begun(upload_id="one"),
        controls.filing_begun(upload_id="two"),
        controls.filing_aborted(upload_id="two"),
    )
    await story.project()
    shown = (await reader.get("/management/files", params={"limit": 1})).json()
    assert [each["fileId"] for each in shown["files"]] == ["0" * 64]
    assert (shown["count"], shown["sizeBytes"]) == (2, 10)
    rest = {"before": shown["next"], "userId": "alice"}
    (line,) = (await reader.get("/management/files", params=rest)).json()["files"]
    assert (line["fileId"], line["deletedAt"]) == (FILE, None)

    await story.happened(controls.file_deleted())
    await story.project()
    there = (await reader.get("/management/files")).json()["files"]
    assert [each["userId"] for each in there] == ["carol"]
    asked = {"deleted": "true", "userId": "alice"}
    (line,) = (await reader.get("/management/files", params=asked)).json()["files"]
    assert line["deletedBy"] == "bob"

    uploads = (await reader.get("/management/file-uploads")).json()
    assert [each["uploadId"] for each in uploads["uploads"]] == ["two", "one"]
    assert uploads["open"] == 1
    ended = {"state": "aborted"}
    found = (await reader.get("/management/file-uploads", params=ended)).json()
    assert [each["uploadId"] for each in found["uploads"]] == ["two"]
    refused = await reader.get("/management/file-uploads?state=lost")
    assert_problem(refused, 400, "message.invalid")


async def test_whoever_asks_the_gateway_for_a_file_is_sent_on(
    client: httpx.AsyncClient,
) -> None:
    for method, path in (
        ("POST", "/files"),
        ("GET", f"/files/{FILE}?a=b%20c"),
        ("PUT", "/v1/uploads/some%2Fid/chunks/0"),
        ("OPTIONS", "/tus"),
        ("PATCH", "/tus/some"),
    ):
        answer = await client.request(method, path, follow_redirects=False)
        assert answer.status_code == 308
        assert answer.headers["location"] == f"http://127.0.0.1:8082{path}"
