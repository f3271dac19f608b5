"""One side of a copy, opened: its client, its credentials, where its bucket is.

The one file that touches aioboto3's and botocore's untyped surface for set-up.
"""

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import aioboto3  # pyright: ignore[reportMissingTypeStubs]
from aiobotocore.config import (  # pyright: ignore[reportMissingTypeStubs]
    AioConfig,
)
from botocore.credentials import (  # pyright: ignore[reportMissingTypeStubs]
    ReadOnlyCredentials,
)
from botocore.utils import (  # pyright: ignore[reportMissingTypeStubs]
    parse_timestamp,  # pyright: ignore[reportUnknownVariableType]
)

from domain.errors import Side, StorageError
from domain.mechanisms.s3 import S3Address
from handlers.mechanisms.s3.errors import translated
from handlers.mechanisms.s3.redirects import NotFollowing, stay
from handlers.mechanisms.s3.settings import S3Settings
from handlers.mechanisms.s3.signing import Keys
from handlers.ports import Access

if TYPE_CHECKING:
    from types_aiobotocore_s3 import S3Client

_DEFAULT_REGION = "us-east-1"


@dataclass(frozen=True)
class Connection:
    """What the stores and the data path need of one side.

    `keys` gives the credentials of this moment: those of the default chain are
    refreshed behind it. `bucket_url` is where botocore itself would send requests.
    """

    side: Side
    address: S3Address
    client: "S3Client"
    keys: Callable[[], Awaitable[Keys]]
    region: str
    bucket_url: str
    access_key: str

    @property
    def endpoint(self) -> str:
        """What tells one endpoint from another."""
        meta: Any = self.client.meta
        return str(meta.endpoint_url)

    @property
    def bucket(self) -> str:
        """The bucket's name."""
        return self.address.bucket


class Connections:
    """Opens connections. One session, so that models and the chain load once."""

    def __init__(self, settings: S3Settings) -> None:
        """No request and no file is read before the first connection."""
        self._settings = settings
        self._session: Any = None

    @asynccontextmanager
    async def open(
        self, side: Side, address: S3Address, access: Access
    ) -> AsyncGenerator[Connection]:
        """Credentials as given, else from the default chain; never anonymous."""
        if self._session is None:
            _keep_signatures_out_of_logs()
            self._session = aioboto3.Session()
            _read_times_quickly(self._session)
        keys, given = await self._keys(side, access)
        region = address.region or self._session.region_name or _DEFAULT_REGION
        with translated(side, "connecting"):
            made = self._session.client(
                "s3",
                region_name=region,
                endpoint_url=address.endpoint_url,
                config=self._config(address),
                **given,
            )
        async with made as client:
            client.meta.events.register("before-call.s3", stay)
            client.meta.events.register("before-call.s3", _while_good(keys))
            with translated(side, "connecting"):
                yielded = Connection(
                    side=side,
                    address=address,
                    client=client,
                    keys=keys,
                    region=region,
                    bucket_url=await _bucket_url(client, address.bucket),
                    access_key=(await keys()).access_key,
                )
            yield yielded

    async def _keys(
        self, side: Side, access: Access
    ) -> tuple[Callable[[], Awaitable[Keys]], dict[str, str | None]]:
        plain = {name: each.get_secret_value() for name, each in access.secrets.items()}
        if not plain.get("access_key_id"):
            if not access.own:
                raise StorageError(
                    "no credentials given, and our own are not for the other side's",
                    code="storage.denied",
                    side=side,
                )
            with translated(side, "finding credentials"):
                found = await self._session.get_credentials()
            if found is None:
                raise StorageError(
                    "no credentials given, and none in the default chain",
                    code="storage.denied",
                    side=side,
                )
            return found.get_frozen_credentials, {}
        expiration = plain.get("expiration")
        key_id, secret = plain["access_key_id"], plain.get("secret_access_key", "")
        token = plain.get("session_token")
        frozen = cast("Keys", ReadOnlyCredentials(key_id, secret, token))

        async def keys() -> Keys:
            # At each request: they may expire on the way.
            if _expired(expiration):
                raise StorageError(
                    "the credentials have expired",
                    code="storage.credentials-expired",
                    side=side,
                )
            return frozen

        await keys()
        return keys, {
            "aws_access_key_id": key_id,
            "aws_secret_access_key": secret,
            "aws_session_token": token,
        }

    def _config(self, address: S3Address) -> AioConfig:
        # Not "auto": presigning would then name AWS's global endpoint.
        auto = "virtual" if address.endpoint_url is None else "auto"
        styles = {None: auto, True: "path", False: "virtual"}
        return AioConfig(
            http_session_cls=NotFollowing,
            signature_version="s3v4",
            connect_timeout=self._settings.connect_seconds,
            read_timeout=self._settings.control_read_seconds,
            max_pool_connections=64,
            retries={
                "mode": "standard",
                "total_max_attempts": self._settings.control_attempts,
            },
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            s3={
                "addressing_style": styles[address.force_path_style],
                "payload_signing_enabled": False,
            },
        )


async def _bucket_url(client: "S3Client", bucket: str) -> str:
    """Ask botocore how it would address the bucket, so that both paths agree."""
    signed = await client.generate_presigned_url(
        "get_object", Params={"Bucket": bucket, "Key": "k"}
    )
    return signed.partition("?")[0].removesuffix("/k")


def _while_good(
    keys: Callable[[], Awaitable[Keys]],
) -> Callable[..., Awaitable[None]]:
    """Handler of `before-call.s3`: no request is sent with expired credentials."""

    async def check(**_: object) -> None:
        await keys()

    return check


def _expired(expiration: str | None) -> bool:
    """Whether the time, ISO 8601 or EDC's milliseconds, is past; unreadable is not."""
    if not expiration:
        return False
    try:
        if expiration.isdecimal():
            until = datetime.fromtimestamp(int(expiration) / 1000, UTC)
        else:
            until = datetime.fromisoformat(expiration)
    except (ValueError, OverflowError, OSError):
        return False
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return until <= datetime.now(UTC)


def _read_times_quickly(session: Any) -> None:  # noqa: ANN401 (untyped)
    """Three quarters of what parsing a listing costs is botocore's reading of times."""
    factory = session._session.get_component("response_parser_factory")  # noqa: SLF001
    factory.set_parser_defaults(timestamp_parser=_time)


def _time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError):
        # Not of a listing: those of headers, among others.
        told: datetime = parse_timestamp(text)
        return told


def _keep_signatures_out_of_logs() -> None:
    """At DEBUG these libraries log request heads, tokens included."""
    for name in ("botocore", "aiobotocore", "boto3", "aioboto3"):
        logger = logging.getLogger(name)
        if logger.getEffectiveLevel() < logging.INFO:
            logger.setLevel(logging.INFO)
