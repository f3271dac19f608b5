"""Looks at destinations, object by object: is there what the ledger says?

Size, ETag and, where the storage tells it, the CRC64NVME of the whole object; no byte
of it is read. The credentials are those of `waybill copy` for a destination: a flow's
own are gone when it has ended.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from typing import Any, Final, Protocol, cast

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session

from projections.destinations import Expected
from projections.views import View
from waybill.s3_side import S3Side, SideError

_AT_ONCE: Final = 16
_SECONDS: Final = 20
_MISSING: Final = frozenset({"404", "NoSuchKey", "NotFound", "NoSuchBucket"})


class _Client(Protocol):
    def head_object(self, **asked: Any) -> dict[str, Any]: ...


class Finding(View):
    """An object that is not as the ledger has it; `what`: missing, different, unknown.

    `unknown`: the storage did not tell; `detail` says why, or what differs.
    """

    data_flow_id: str
    bucket: str
    key: str
    what: str
    detail: str


class DestinationCheck:
    """Counts what it has looked at, in `looked`: ok, missing, different, unknown."""

    def __init__(self, profile: str | None = None) -> None:
        """`profile` is of the AWS configuration files; None: from the environment."""
        self.looked: Counter[str] = Counter()
        self._profile = profile
        self._clients: dict[tuple[str, str | None], _Client] = {}

    async def findings(
        self, wanted: AsyncIterator[Expected]
    ) -> AsyncGenerator[Finding]:
        """Those that are not as expected, in the order in which they are found."""
        running: set[asyncio.Task[Finding | None]] = set()
        async for each in wanted:
            running.add(asyncio.create_task(asyncio.to_thread(self._look, each)))
            if len(running) >= _AT_ONCE:
                for found in await self._some(running):
                    yield found
        while running:
            for found in await self._some(running):
                yield found

    async def _some(self, running: set[asyncio.Task[Finding | None]]) -> list[Finding]:
        done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        running -= done
        found = [each.result() for each in done]
        self.looked.update(each.what if each else "ok" for each in found)
        return [each for each in found if each]

    def _look(self, wanted: Expected) -> Finding | None:
        what, detail = self._compared(wanted)
        if not what:
            return None
        return Finding(
            data_flow_id=wanted.data_flow_id,
            bucket=wanted.bucket or "",
            key=wanted.key,
            what=what,
            detail=detail,
        )

    def _client_of(self, wanted: Expected) -> _Client:
        place = wanted.bucket or "", wanted.endpoint_url
        if place not in self._clients:
            # Two threads may make it at once: either will do.
            self._clients[place] = _client(*place, self._profile)
        return self._clients[place]

    def _compared(self, wanted: Expected) -> tuple[str, str]:
        try:
            there = self._client_of(wanted).head_object(
                Bucket=wanted.bucket, Key=wanted.key, ChecksumMode="ENABLED"
            )
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            return ("missing", "") if code in _MISSING else ("unknown", code)
        except (BotoCoreError, SideError, ValueError) as error:
            # Its message may quote an address, and never a key.
            return "unknown", type(error).__name__
        differing = "; ".join(_differences(wanted, there))
        return ("different", differing) if differing else ("", "")


def _differences(wanted: Expected, there: Mapping[str, Any]) -> list[str]:
    facts: list[tuple[str, object, object]] = [
        ("size", wanted.size_bytes, there.get("ContentLength"))
    ]
    if wanted.etag:
        facts.append(("etag", wanted.etag.strip('"'), there["ETag"].strip('"')))
    told = there.get("ChecksumCRC64NVME")
    if wanted.crc64nvme and told and there.get("ChecksumType") != "COMPOSITE":
        facts.append(("crc64nvme", wanted.crc64nvme, told))
    return [
        f"{name}: {found}, in the ledger {known}"
        for name, known, found in facts
        if known != found
    ]


def _client(bucket: str, endpoint_url: str | None, profile: str | None) -> _Client:
    side = S3Side.parse("destination", f"s3://{bucket}/", endpoint_url, profile)
    style = "path" if side.endpoint_url else "auto"
    client = Session().create_client(
        "s3",
        endpoint_url=side.endpoint_url,
        region_name=side.region,
        aws_access_key_id=side.access_key_id,
        aws_secret_access_key=side.secret_access_key,
        aws_session_token=side.session_token,
        config=Config(
            s3={"addressing_style": style},
            max_pool_connections=_AT_ONCE,
            connect_timeout=_SECONDS,
            read_timeout=_SECONDS,
            retries={"mode": "standard", "max_attempts": 3},
        ),
    )
    return cast("_Client", client)
