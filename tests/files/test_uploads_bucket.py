"""Uploads whose bytes go to a bucket: equal pieces, and nothing left beside files."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from handlers.files.bucket import BucketStore
from handlers.files.opened import OpenedBucket, opened
from handlers.files.settings import FilesSettings
from tests.files.upload_server import (
    ANN,
    MIB,
    Server,
    serving,
    sha256,
    some_bytes,
)
from tests.services import S3Endpoint, fresh_bucket

PIECE = 5 * MIB
DATA = some_bytes(2 * PIECE + 1000, seed=3)
TUS = {
    "Tus-Resumable": "1.0.0",
    "Content-Type": "application/offset+octet-stream",
    **ANN,
}


@pytest.fixture(scope="module")
async def bucket(s3_destination: S3Endpoint) -> AsyncIterator[OpenedBucket]:
    async with fresh_bucket(s3_destination) as name:
        settings = FilesSettings.model_validate(
            {
                "files_store": "s3",
                "files_bucket": f"{name}/store/",
                "files_bucket_endpoint_url": s3_destination.endpoint,
                "files_bucket_region": s3_destination.region,
                "files_bucket_access_key_id": s3_destination.access_key,
                "files_bucket_secret_access_key": s3_destination.secret_key,
            }
        )
        async with opened(settings) as made:
            yield made


@pytest.fixture(scope="module")
async def server(
    migrated: str, bucket: OpenedBucket, tmp_path_factory: Any
) -> AsyncIterator[Server]:
    home: Path = tmp_path_factory.mktemp("bucket")
    store = BucketStore(bucket, PIECE)
    async with serving(migrated, home, lambda _: store, chunk_bytes=MIB) as made:
        yield made


async def test_chunks_become_an_object(server: Server) -> None:
    told = await server.begin(len(DATA), MIB)
    upload, size = told["uploadId"], told["chunkSizeBytes"]
    assert (size, told["chunkCount"]) == (PIECE, 3)
    for index in (2, 0, 1):
        piece = DATA[index * size : (index + 1) * size]
        assert (await server.put(upload, index, piece)).status_code == 200
    url = f"/v1/uploads/{upload}"
    done = await server.client.post(f"{url}/complete", headers=ANN)
    assert done.json()["fileId"] == sha256(DATA)
    assert (await server.client.get(f"{url}/download", headers=ANN)).content == DATA


async def test_tus_goes_on_after_whole_pieces(server: Server) -> None:
    body = DATA[:-1]
    made = await server.client.post(
        "/tus", headers={**TUS, "Upload-Length": str(len(body))}
    )
    url = made.headers["Location"]

    async def patched(offset: int, data: bytes) -> Any:
        headers = {**TUS, "Upload-Offset": str(offset)}
        return await server.client.patch(url, content=data, headers=headers)

    short = await patched(0, body[: PIECE - 1])
    assert (short.status_code, short.json()["code"]) == (400, "upload.chunk-invalid")
    some = await patched(0, body[: PIECE + MIB])
    assert (some.status_code, some.headers["Upload-Offset"]) == (204, str(PIECE))
    rest = await patched(PIECE, body[PIECE:])
    assert rest.headers["Waybill-File-Id"] == sha256(body)
    file = await server.client.get(f"/files/{sha256(body)}", headers=ANN)
    assert file.content == body


async def test_an_upload_of_nothing_is_a_file(server: Server) -> None:
    made = await server.client.post("/tus", headers={**TUS, "Upload-Length": "0"})
    assert made.headers["Waybill-File-Id"] == sha256(b"")


async def test_what_comes_to_nothing_leaves_nothing(
    server: Server, bucket: OpenedBucket
) -> None:
    wrong = (await server.begin(PIECE + 1, PIECE, sha256="00" * 32))["uploadId"]
    for index, piece in enumerate((DATA[:PIECE], b"?")):
        await server.put(wrong, index, piece)
    answer = await server.client.post(f"/v1/uploads/{wrong}/complete", headers=ANN)
    assert answer.json()["code"] == "file.mismatch"
    ended = (await server.begin(PIECE + 1, PIECE))["uploadId"]
    await server.put(ended, 1, b"?")
    await server.client.delete(f"/v1/uploads/{ended}", headers=ANN)
    assert await bucket.unfinished("store/", 0) == []
    for upload in (wrong, ended):
        assert await bucket.found(f"store/uploads/{upload}") is None
