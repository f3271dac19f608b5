"""Headers, metadata and other properties of objects: equal by every route, or named."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager

import pytest

from domain.errors import Side, StorageError
from domain.transfer.properties import NONE, Acl, Encryption, Properties
from handlers.furnishing import furnished, telling
from handlers.mechanisms.pair import Pair
from handlers.mechanisms.s3 import RelayKind, S3Executor, S3Settings
from handlers.ports import Incoming, ObjectInfo, Pin, Range
from handlers.worker.sweeping import swept
from tests.handlers.lying import lying, reply
from tests.handlers.s3_sides import (
    MIB,
    access,
    beside_itself,
    copier,
    destination_address,
    destination_at,
    source_address,
    source_at,
)
from tests.scenarios.front import Front
from tests.services import BucketPair

MD5 = hashlib.md5(b"x", usedforsecurity=False).hexdigest()
TAGS = (
    b"<Tagging><TagSet><Tag><Key>a b</Key><Value>c+d</Value></Tag>"
    b"<Tag><Key>e</Key><Value></Value></Tag></TagSet></Tagging>"
)
ALL = Properties(
    tags=True,
    website_redirect=True,
    storage_class="keep",
    acl=Acl.BUCKET_OWNER_READ,
    encryption=Encryption.KMS,
    encryption_key="key-1",
)
TOLD = {
    "x-amz-website-redirect-location": "/there",
    "x-amz-storage-class": "GLACIER_IR",
}
ASKED = {
    **TOLD,
    "x-amz-tagging": "a+b=c%2Bd&e=",
    "x-amz-acl": "bucket-owner-read",
    "x-amz-server-side-encryption": "aws:kms",
    "x-amz-server-side-encryption-aws-kms-key-id": "key-1",
}
# Of which S3 would otherwise make another form, or nothing.
HEADERS = {
    "content-type": "text/x; charset=utf-8",
    "content-encoding": "gzip",
    "content-language": "ga",
    "content-disposition": "attachment; filename*=UTF-8''gr%C3%BC%C3%9F.txt",
    "cache-control": "max-age=60, private",
    "expires": "0",
    "x-amz-meta-plain": "as it is",
    "x-amz-meta-name": "=?utf-8?q?gr=C3=BC=C3=9F?=",
}


@asynccontextmanager
async def wanting(
    pair: BucketPair, wanted: Properties, executor: S3Executor
) -> AsyncGenerator[Pair]:
    source, destination = source_address(pair), destination_address(pair)
    async with (
        executor.open_source(source.location(), access(pair.source)) as reads,
        executor.open_destination(
            destination.location(), access(pair.destination)
        ) as writes,
    ):
        yield Pair(telling(reads, wanted), furnished(writes, wanted))


async def answer(head: str, writer: asyncio.StreamWriter) -> None:
    """Both sides: what a storage with all of it would say."""
    first, body = head.partition("\r\n")[0], b""
    told = {"ETag": f'"{MD5}"', "Connection": "close"}
    if "tagging" in first:
        body = TAGS
    elif first.startswith("POST"):
        body = b"<R><UploadId>u-1</UploadId></R>"
    elif "x-amz-copy-source" in head:
        body = f"<R><ETag>{MD5}</ETag></R>".encode()
    elif not first.startswith("PUT"):
        told |= {name.replace("-", "_"): value for name, value in TOLD.items()}
        body = b"" if first.startswith("HEAD") else b"x"
    writer.write(reply("200 OK", body, **told))
    writer.close()


def asked_for(head: str) -> dict[str, str]:
    """What the head asks of the object's properties."""
    lines = (line.partition(": ") for line in head.split("\r\n")[1:])
    found = {name.lower(): value for name, _, value in lines}
    return {name: found[name] for name in sorted(ASKED) if name in found} | {
        name: found[name] for name in ("x-amz-tagging-directive",) if name in found
    }


async def by(route: str, made: Pair) -> None:
    like = ObjectInfo("k", 1, MD5)
    if route == "upload":
        like = await made.source.head("k")
        await made.destination.create_upload("k", like)
    elif route == "copy":
        await made.copy_object(like, "k2")
    else:
        await made.relay_object(like, "k")


@pytest.mark.parametrize("wanted", [ALL, NONE], ids=["all", "none"])
@pytest.mark.parametrize("route", ["plain", "fast", "upload", "copy"])
async def test_what_is_asked_for_is_asked_for_on_every_route(
    bucket_pair: BucketPair, route: str, wanted: Properties
) -> None:
    relay = RelayKind.FAST if route == "fast" else RelayKind.PLAIN
    executor = S3Executor(S3Settings(relay=relay))
    async with lying(answer) as source, lying(answer) as destination:
        to = source if route == "copy" else destination
        pair = source_at(destination_at(bucket_pair, to.url), source.url)
        if route == "copy":
            pair = beside_itself(pair)
        async with wanting(pair, wanted, executor) as made:
            await by(route, made)
    said = [head for head in to.heads if head.startswith(("PUT", "POST"))]
    expected = ASKED if wanted is ALL else {}
    if route == "copy":
        # The storage has the tags, and copies them, or not, by itself.
        expected = {k: v for k, v in expected.items() if k != "x-amz-tagging"}
        directive = "COPY" if wanted.tags else "REPLACE"
        expected = {**expected, "x-amz-tagging-directive": directive}
    assert [asked_for(head) for head in said] == [expected]


async def one(body: bytes) -> AsyncIterator[bytes]:
    yield body


def incoming(headers: Mapping[str, str], traits: Mapping[str, str]) -> Incoming:
    return Incoming(1, headers, one(b"x"), traits)


TAGGED = {"x-amz-tagging": "a=b"}
REDIRECTED = {"x-amz-website-redirect-location": "/there"}


@pytest.mark.parametrize(
    ("wanted", "traits", "named"),
    [
        (Properties(tags=True), TAGGED, "tagging"),
        (Properties(website_redirect=True), REDIRECTED, "redirection"),
        (Properties(storage_class="GLACIER"), {}, "InvalidStorageClass"),
        (Properties(encryption=Encryption.AES256), {}, "encryption"),
    ],
    ids=["tags", "redirect", "class", "encryption"],
)
async def test_what_the_storage_has_not_is_named(
    bucket_pair: BucketPair,
    wanted: Properties,
    traits: Mapping[str, str],
    named: str,
) -> None:
    async with wanting(bucket_pair, wanted, S3Executor()) as made:
        for refused in (
            made.writes.put_object("k", incoming({}, traits)),
            made.destination.create_upload("k", ObjectInfo("k", 1, "", traits=traits)),
        ):
            with pytest.raises(StorageError) as error:
                await refused
            assert error.value.code == "storage.unsupported"
            assert error.value.side is Side.DESTINATION
            assert named in error.value.detail


async def test_metadata_that_is_too_large_is_named(bucket_pair: BucketPair) -> None:
    headers = {"x-amz-meta-long": "x" * 5000}
    async with copier(bucket_pair) as made:
        with pytest.raises(StorageError) as error:
            await made.writes.put_object("k", incoming(headers, {}))
    assert error.value.code == "storage.refused"
    assert "etadata" in error.value.detail


async def in_parts(made: Pair, like: ObjectInfo, key: str, *, by_itself: bool) -> None:
    upload = await made.destination.create_upload(key, like)
    move = made.copy_part if by_itself else made.relay_part
    pin, etags = Pin(like.etag), dict[int, str]()
    for number, span in enumerate((Range(0, 5 * MIB), Range(5 * MIB, MIB)), 1):
        done = await move(like.key, pin, span, key, upload, number)
        etags[number] = done.etag
    await made.destination.complete_upload(key, upload, etags)


async def test_headers_are_equal_by_every_route(bucket_pair: BucketPair) -> None:
    body = b"x" * 6 * MIB
    beside = beside_itself(bucket_pair)
    async with copier(beside) as here, copier(bucket_pair) as there:
        await here.writes.put_object("k", Incoming(len(body), HEADERS, one(body)))
        like = await here.source.head("k")
        assert like.headers == HEADERS
        await here.copy_object(like, "copied")
        await in_parts(here, like, "copied in parts", by_itself=True)
        await there.relay_object(like, "streamed")
        await in_parts(there, like, "streamed in parts", by_itself=False)
        for made, key in (
            (here, "copied"),
            (here, "copied in parts"),
            (there, "streamed"),
            (there, "streamed in parts"),
        ):
            assert (await made.destination.head(key)).headers == HEADERS, key


async def test_small_objects_find_out_about_trailers(bucket_pair: BucketPair) -> None:
    """So that a worker that sees no other ones computes no MD5 for them."""
    executor = S3Executor()
    async with copier(bucket_pair, executor) as made:
        for number in range(3):
            done = await made.writes.put_object(f"in/{number}", incoming({}, {}))
            assert done.proven
        assert (await made.destination.head("in/0")).size_bytes == 1
    (memory,) = executor._memories.values()
    assert memory.refuses_wrong_trailer
    async with bucket_pair.destination.client() as s3:
        bucket = bucket_pair.destination_bucket
        assert (await s3.list_multipart_uploads(Bucket=bucket)).get("Uploads", []) == []


async def test_what_a_killed_probe_left_is_ended_and_nothing_else(
    bucket_pair: BucketPair,
) -> None:
    like = ObjectInfo("k", 1, "")
    async with copier(bucket_pair) as made:
        ours = await made.destination.create_upload("k", like)
        await made.destination.create_upload(".waybill-probe-1", like)
        await swept(made.destination, leases=1)
        assert len(await made.destination.list_uploads(".waybill-probe-1")) == 1
        await swept(made.destination, leases=2)
        assert await made.destination.list_uploads(".waybill-probe-1") == []
        assert await made.destination.list_uploads("k") == [ours]


async def test_what_a_probe_may_not_end_the_next_put_does(
    bucket_pair: BucketPair,
) -> None:
    """And no probe ends what another one, of another worker, has under way."""
    live = ".waybill-probe-of-another-worker"

    async def probes() -> list[str]:
        async with bucket_pair.destination.client() as s3:
            bucket = bucket_pair.destination_bucket
            listed = await s3.list_multipart_uploads(Bucket=bucket)
        return [each.get("Key", "") for each in listed.get("Uploads", [])]

    async with Front.open(bucket_pair.destination.endpoint) as front:
        front.refusal = (400, "ExpiredToken")
        front.refuses = lambda seen: seen.method == "DELETE"
        async with copier(destination_at(bucket_pair, front.url)) as made:
            await made.destination.create_upload(live, ObjectInfo(live, 1, ""))
            for number in range(3):
                await made.writes.put_object(f"in/{number}", incoming({}, {}))
            assert len(await probes()) == 2
            front.refuses = lambda _: False
            await made.writes.put_object("in/3", incoming({}, {}))
            assert await probes() == [live]
