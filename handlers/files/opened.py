"""The bucket of a store, opened by our own S3 mechanism."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import SecretStr

from domain.errors import Side, StorageError
from domain.mechanisms.s3 import S3Address
from handlers.files.settings import FilesSettings
from handlers.mechanisms.s3.client import Connection, Connections
from handlers.mechanisms.s3.errors import translated
from handlers.mechanisms.s3.integrity import EndpointMemory
from handlers.mechanisms.s3.reading import S3SourceEnd
from handlers.mechanisms.s3.sending import S3DestinationEnd
from handlers.mechanisms.s3.settings import S3Settings
from handlers.mechanisms.s3.uploads import Uploads
from handlers.mechanisms.s3.wire import Wire, data_session
from handlers.objects import ObjectInfo

_log = logging.getLogger(__name__)

_PAGE = 1000


@dataclass(frozen=True)
class OwnAccess:
    """The file server's own credentials; without any, those of the machine."""

    secrets: Mapping[str, SecretStr]
    counter_party_id: str = ""
    own: bool = True

    async def again(self) -> Mapping[str, SecretStr]:
        """They stay as they are."""
        return self.secrets

    async def keep(self, secrets: Mapping[str, SecretStr]) -> None:
        """Nobody renews them."""


@dataclass(frozen=True)
class OpenedBucket:
    """Both ends of one bucket, and its uploads. Keys are below `prefix`."""

    prefix: str
    connection: Connection
    source: S3SourceEnd
    end: S3DestinationEnd
    uploads: Uploads
    _tasks: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])

    async def found(self, key: str) -> ObjectInfo | None:
        """An object; None where there is none. Raises StorageError."""
        try:
            return await self.end.store.head(key)
        except StorageError as error:
            if error.code != "storage.not-found":
                raise
            return None

    async def remove(self, key: str) -> None:
        """Delete an object, where there is one. No name is ever used for two."""
        with translated(Side.DESTINATION, "DeleteObject"):
            await self.connection.client.delete_object(
                Bucket=self.connection.bucket, Key=key
            )

    async def unfinished(
        self, stem: str, older_than_seconds: float
    ) -> list[tuple[str, str]]:
        """The first uploads that were begun so long ago: their keys and ids."""
        limit = datetime.now(UTC) - timedelta(seconds=older_than_seconds)
        below = await self.uploads.below(stem)
        return [(key, each) for key, each, began in below if began <= limit]

    async def keys(self, older_than_seconds: float) -> AsyncIterator[str]:
        """All objects that have been there for so long."""
        limit = datetime.now(UTC) - timedelta(seconds=older_than_seconds)
        cursor: str | None = None
        while True:
            page = await self.end.store.list_page(cursor, _PAGE)
            for each in page.objects:
                if each.modified_at is None or each.modified_at <= limit:
                    yield each.key
            cursor = page.cursor
            if cursor is None:
                return

    def later(self, cleaning: Coroutine[Any, Any, None]) -> None:
        """Have it done, without waiting: what fails, the reaper finds."""
        task = asyncio.create_task(_noted(cleaning))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def quiet(self) -> None:
        """Wait for what was to be done later."""
        if self._tasks:
            await asyncio.wait(self._tasks)


@asynccontextmanager
async def opened(settings: FilesSettings) -> AsyncGenerator[OpenedBucket]:
    """The bucket that the settings name. Raises DataPlaneError where they name none."""
    bucket, _, prefix = settings.files_bucket.partition("/")
    address = S3Address.make(
        bucket=bucket,
        prefix=prefix,
        endpoint_url=settings.files_bucket_endpoint_url,
        region=settings.files_bucket_region,
    )
    secrets = {
        "access_key_id": settings.files_bucket_access_key_id,
        "secret_access_key": settings.files_bucket_secret_access_key,
    }
    access = OwnAccess({name: each for name, each in secrets.items() if each})
    limits = S3Settings()
    async with (
        Connections(limits).open(Side.DESTINATION, address, access) as connection,
        data_session(limits) as session,
    ):
        wire, memory = Wire(connection, session), EndpointMemory()
        made = OpenedBucket(
            prefix=prefix,
            connection=connection,
            source=S3SourceEnd(connection, wire),
            end=S3DestinationEnd(connection, wire, memory, limits),
            uploads=Uploads(wire, memory),
        )
        try:
            yield made
        finally:
            await made.quiet()


async def _noted(cleaning: Coroutine[Any, Any, None]) -> None:
    try:
        await cleaning
    except Exception as error:  # noqa: BLE001 (nobody waits for it)
        fields = {"why": type(error).__name__}
        _log.warning("an upload may be left", extra={"fields": fields})
