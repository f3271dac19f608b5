"""Objects around 5 GiB, where one request ends being enough; WAYBILL_MATRIX_LARGE=1.

Made by the storage itself of one piece, copied, read once, and deleted at once.
"""

import hashlib
import os
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from domain.transfer.parts import GIB, MAXIMUM_COPY_OBJECT_BYTES, MIB, parts
from handlers.mechanisms.s3 import RelayKind
from tests.matrix.carrying import carried_all
from tests.matrix.comparing import Case, Table
from tests.matrix.ground import Ground
from tests.matrix.sides import Bucket, Held
from tests.matrix.ways import Role, Shape, Way

_PIECE = 256 * MIB
_SIZES = {
    Shape.WHOLE: (MAXIMUM_COPY_OBJECT_BYTES,),
    Shape.PLANNED: (5 * GIB, 5 * GIB + 1, 6 * GIB),
}
_CASES = [
    (Way(role, shape, RelayKind.FAST), size)
    for role in Role
    for shape, sizes in _SIZES.items()
    for size in sizes
]


@pytest.mark.skipif(
    os.environ.get("WAYBILL_MATRIX_LARGE") != "1",
    reason="WAYBILL_MATRIX_LARGE is not 1",
)
@pytest.mark.parametrize(("way", "size"), _CASES, ids=str)
async def test_a_large_object_arrives(
    ground: Ground, table: Table, way: Way, size: int
) -> None:
    if not ground.server.facts.large:
        pytest.skip(f"{ground.server.name} holds objects in memory")
    source_at, destination_at = ground.sides(way.role)
    async with (
        Bucket.open(source_at) as source,
        Bucket.open(destination_at) as destination,
        _made(source, size) as sent,
        _deleted_after(destination, "large"),
    ):
        async with way.open(source, destination) as made:
            said = await carried_all(made, ["large"], way.options)
        case = Case({"large": sent}, said, await destination.get_all(["large"]))
        table.add(ground.server.name, f"large {way} {size}", case)
        ground.require(way, case)
    ground.server.running.tidy()


@asynccontextmanager
async def _made(bucket: Bucket, size: int) -> AsyncIterator[Held]:
    """An object of this size, put together by the storage."""
    # In two halves: `randbytes` counts its bits with an int.
    drawn = random.Random(size)  # noqa: S311 (data, no secret)
    piece = drawn.randbytes(_PIECE // 2) + drawn.randbytes(_PIECE // 2)
    async with _deleted_after(bucket, "piece", "large"):
        assert await bucket.put("piece", piece)
        await _put_together(bucket, size)
        yield Held(_sha256(piece, size), size)


async def _put_together(bucket: Bucket, size: int) -> None:
    which = {"Bucket": bucket.name, "Key": "large"}
    client: Any = bucket.client
    made = await client.create_multipart_upload(**which)
    which["UploadId"] = made["UploadId"]
    listed: list[dict[str, Any]] = []
    for part in parts(size, _PIECE):
        copied = await client.upload_part_copy(
            **which,
            PartNumber=part.number,
            CopySource={"Bucket": bucket.name, "Key": "piece"},
            CopySourceRange=f"bytes=0-{part.length_bytes - 1}",
        )
        etag = copied["CopyPartResult"]["ETag"]
        listed.append({"PartNumber": part.number, "ETag": etag})
    await client.complete_multipart_upload(**which, MultipartUpload={"Parts": listed})


@asynccontextmanager
async def _deleted_after(bucket: Bucket, *keys: str) -> AsyncIterator[None]:
    try:
        yield
    finally:
        for key in keys:
            await bucket.client.delete_object(Bucket=bucket.name, Key=key)


def _sha256(piece: bytes, size: int) -> str:
    sha256 = hashlib.sha256()
    for length in _lengths(size):
        sha256.update(memoryview(piece)[:length])
    return sha256.hexdigest()


def _lengths(size: int) -> Iterator[int]:
    return (part.length_bytes for part in parts(size, _PIECE))
