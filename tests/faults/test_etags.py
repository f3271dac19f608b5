"""A part whose answer names a wrong ETag, proven by its trailer all the same."""

import pytest

from domain.errors import StorageError
from handlers.completing import Completing, UploadPart, reread, unproven
from handlers.mechanisms.pair import Pair
from handlers.ports import Pin, Range
from tests.faults.proxy import FaultProxy
from tests.faults.weather import Fault, Weather
from tests.handlers.s3_sides import MIB, copier, destination_at, put
from tests.services import BucketPair

_SPANS = ((0, 5 * MIB), (5 * MIB, 5 * MIB), (10 * MIB, MIB))
_WRONG = "0" * 32


async def uploaded(made: Pair, weather: Weather) -> Completing:
    """Three parts, as the answers told them; that to the last one was wrong."""
    like = await made.source.head("k")
    pin = Pin(like.etag)
    upload = await made.destination.create_upload("k", like)
    parts: list[UploadPart] = []
    for number, (offset, length) in enumerate(_SPANS, 1):
        # By now the endpoint is known to refuse wrong trailers.
        if number == len(_SPANS):
            weather.once["UploadPart"] = Fault.WRONG_ETAG
        span = Range(offset, length)
        done = await made.relay_part("k", pin, span, "k", upload, number)
        part = UploadPart(
            number, length, done.etag, done.crc64nvme, done.proven, offset
        )
        parts.append(part)
    assert (parts[-1].etag, parts[-1].proven) == (_WRONG, True)
    proof = reread(made, "k", pin)
    return Completing(made.destination, "k", upload, parts, proof)


async def test_the_object_is_made_of_what_the_storage_holds(
    bucket_pair: BucketPair,
) -> None:
    await put(bucket_pair, "k", b"x" * 11 * MIB)
    weather = Weather()
    async with (
        FaultProxy.open(bucket_pair.destination.endpoint, weather) as proxy,
        copier(destination_at(bucket_pair, proxy.url)) as made,
    ):
        completing = await uploaded(made, weather)
        weather.once["CompleteMultipartUpload"] = Fault.REPLY_LOST
        there = await completing.run()
        assert there.size_bytes == 11 * MIB
        assert all(part.proven for part in completing.parts)
        # Again, as after an answer that was lost: the same object is recognised.
        assert (await completing.run()).etag == there.etag


async def test_what_cannot_be_proven_is_not_taken(bucket_pair: BucketPair) -> None:
    await put(bucket_pair, "k", b"x" * 11 * MIB)
    weather = Weather()
    async with (
        FaultProxy.open(bucket_pair.destination.endpoint, weather) as proxy,
        copier(destination_at(bucket_pair, proxy.url)) as made,
    ):
        completing = await uploaded(made, weather)
        completing.proof = unproven
        with pytest.raises(StorageError) as lost:
            await completing.run()
        assert lost.value.code == "storage.upload-lost"
        assert await made.destination.list_uploads("k") == [completing.upload_id]
