"""One transfer through faults: started, waited for, ended, judged."""

import hashlib
import random
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from domain.data_flow import State
from domain.errors import CATALOGUE
from domain.message import Recorded
from domain.segment.events import (
    DeletionWork,
    ObjectCopied,
    ObjectsCopied,
    PackWork,
    SegmentFailed,
    SegmentPlanned,
)
from domain.transfer.events import PlannedObject, TransferFailed
from tests.faults.outcomes import Result
from tests.faults.weather import Weather
from tests.scenarios import history, storage
from tests.scenarios.flows import SMALL_PARTS, Copy, told
from tests.scenarios.plane import Plane
from tests.scenarios.storage import MIB
from tests.services import BucketPair, S3Endpoint

_LARGE = {"big": 12 * MIB, "empty": 0}
_SMALL = {f"{n:02}": 1 + n * 2311 for n in range(24)} | {
    "empty": 0,
    "a b+c%20ü/ö//..": 5000,
    "folder/": 0,
}
_BOTH = {"big": 11 * MIB + 1, **{f"{n}": 70_000 * n for n in range(10)}}
# By name: what is copied, and whether the storage copies it by itself.
MIXES: dict[str, tuple[Mapping[str, int], bool]] = {
    "large": (_LARGE, False),
    "small": (_SMALL, False),
    "both": (_BOTH, False),
    "beside": (_BOTH, True),
}
# What trying again could not mend in the tries that there are.
RIGHT_CODES = frozenset(
    {"storage.unavailable", "storage.throttled", "storage.mismatch"}
)
OPEN = "an upload is open"


@dataclass(frozen=True)
class Scene:
    """The plane; `pair` is the storage itself, `through` leads through the proxies."""

    plane: Plane
    weather: Weather
    pair: BucketPair
    through: BucketPair

    async def seed(self) -> None:
        """Put what all transfers copy into the source."""
        async with self.pair.source.client() as s3:
            for mix, (sizes, _) in MIXES.items():
                for name, size in sizes.items():
                    await s3.put_object(
                        Bucket=self.pair.source_bucket,
                        Key=f"{mix}/{name}",
                        Body=_body(name, size),
                    )

    async def transfer(
        self,
        flow: str,
        mix: str,
        right: frozenset[str] = RIGHT_CODES,
    ) -> Result:
        """From the start to the end, with all that was wrong about it."""
        began = time.monotonic()
        try:
            code = await self._run(flow, mix)
            complaints = await self._complaints(flow, mix, code, right)
        except AssertionError as error:
            code, complaints = "hangs", [str(error)]
        seconds = time.monotonic() - began
        return Result(flow, mix, seconds, code, tuple(complaints))

    async def ended(self, flow: str) -> str | None:
        """Wait for its end, or its error, whose code is returned."""

        async def there() -> tuple[str | None] | None:
            state = await self.plane.flow(flow)
            over = state.final or state.error
            return (state.error,) if over else None

        return (await self.plane.until(f"{flow} to end", there, flow))[0]

    async def terminate(self, flow: str) -> None:
        """End it, and wait until the plane has nothing left to do for it."""
        await self.plane.request("terminate", told(flow, "terminate"))
        await self.plane.reaches(flow, State.TERMINATED)

    async def forgotten(self, flow: str) -> None:
        """Wait until the plane has cleaned up behind it."""
        asked = f"SELECT 1 FROM work.flow WHERE data_flow_id = '{flow}'"  # noqa: S608

        async def gone() -> bool:
            return not await self.plane.rows(asked)

        await self.plane.until(f"{flow} to be cleaned up", gone, flow)

    def copy(self, flow: str, mix: str) -> Copy:
        """The messages of one transfer."""
        beside = storage.beside_itself(self.through)
        pair = beside if MIXES[mix][1] else self.through
        return Copy(pair, f"{mix}/", f"{flow}/", SMALL_PARTS)

    async def stored(self, flow: str, mix: str) -> dict[str, str]:
        """The MD5 of each object that arrived, by its name."""
        endpoint, bucket = self._destination(mix)
        return await _md5s(endpoint, bucket, f"{flow}/")

    async def left_open(self, flow: str, mix: str) -> list[str]:
        """The keys of the multipart uploads that are still there."""
        endpoint, bucket = self._destination(mix)
        async with endpoint.client() as s3:
            page = await s3.list_multipart_uploads(Bucket=bucket, Prefix=f"{flow}/")
        return [each.get("Key", "") for each in page.get("Uploads", [])]

    def _destination(self, mix: str) -> tuple[S3Endpoint, str]:
        if MIXES[mix][1]:
            return self.pair.source, self.pair.source_bucket
        return self.pair.destination, self.pair.destination_bucket

    async def _run(self, flow: str, mix: str) -> str | None:
        reply = await self.plane.request("start", self.copy(flow, mix).start(flow))
        assert reply.problem is None, reply
        code = await self.ended(flow)
        if code is not None:
            await self.terminate(flow)
        await self.forgotten(flow)
        return code

    async def _complaints(
        self, flow: str, mix: str, code: str | None, right: frozenset[str]
    ) -> list[str]:
        expected = {name: _md5(name, size) for name, size in MIXES[mix][0].items()}
        stored = await self.stored(flow, mix)
        events = await self.plane.events(flow)
        found = [
            f"{name} has other bytes"
            for name, md5 in stored.items()
            if expected.get(name) != md5
        ]
        missing = expected.keys() - stored.keys()
        found += [
            f"{name} is missing"
            for name in missing
            if code is None or name in _told_copied(events)
        ]
        found += [f"{OPEN}: {key}" for key in await self.left_open(flow, mix)]
        if code is not None and code not in right:
            found.append(f"errored with {code}")
        if code is not None and not _failures(events):
            found.append(f"{code}, and nothing tells what failed")
        return [*found, *_failures(events)] if found else []


def _told_copied(events: list[Recorded]) -> set[str]:
    """The names of those objects that the log says are there."""
    outcomes = [o for e in history.of_kind(events, ObjectsCopied) for o in e.objects]
    whole = [e.object for e in history.of_kind(events, ObjectCopied)]
    good = {o.object_id for o in (*outcomes, *whole) if o.error is None}
    return {
        planned.destination_key.partition("/")[2]
        for planned in _planned(events)
        if planned.object_id in good
    }


def _planned(events: list[Recorded]) -> Iterator[PlannedObject]:
    for event in history.of_kind(events, SegmentPlanned):
        if isinstance(event.work, PackWork):
            yield from event.work.objects
        elif not isinstance(event.work, DeletionWork):
            yield event.work.object


def _failures(events: list[Recorded]) -> list[str]:
    """What the log says has failed, and why; only codes of the catalogue count."""
    outcomes = [o for e in history.of_kind(events, ObjectsCopied) for o in e.objects]
    failed = [(o.object_id, o.error, o.detail) for o in outcomes if o.error]
    failed += [
        (e.segment_id, e.code, e.detail) for e in history.of_kind(events, SegmentFailed)
    ]
    failed += [
        ("transfer", e.code, e.detail) for e in history.of_kind(events, TransferFailed)
    ]
    return [f"{who}: {code}: {why}" for who, code, why in failed if code in CATALOGUE]


def _body(name: str, size: int) -> bytes:
    return random.Random(name).randbytes(size)  # noqa: S311 (data, no secret)


def _md5(name: str, size: int) -> str:
    return hashlib.md5(_body(name, size), usedforsecurity=False).hexdigest()


async def _md5s(endpoint: S3Endpoint, bucket: str, prefix: str) -> dict[str, str]:
    """An object in one piece has its MD5 as ETag; others are read."""
    found: dict[str, str] = {}
    async with endpoint.client() as s3:
        pages = s3.get_paginator("list_objects_v2")
        async for page in pages.paginate(Bucket=bucket, Prefix=prefix):
            for each in page.get("Contents", []):
                key, etag = each.get("Key", ""), each.get("ETag", "").strip('"')
                if "-" in etag:
                    answer = await s3.get_object(Bucket=bucket, Key=key)
                    body = await answer["Body"].read()
                    etag = hashlib.md5(body, usedforsecurity=False).hexdigest()
                found[key.removeprefix(prefix)] = etag
    return found
