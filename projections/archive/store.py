# pyright: basic
# botocore tells nothing of its types.
"""The bucket of the archive: whole objects, written, read and deleted."""

import asyncio
from dataclasses import dataclass
from typing import Any, Protocol, cast
from urllib.parse import urlsplit

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session

from domain.errors import ArchiveError
from projections.settings import Settings


class _Client(Protocol):
    def put_object(self, **asked: Any) -> dict[str, Any]: ...
    def get_object(self, **asked: Any) -> dict[str, Any]: ...
    def delete_object(self, **asked: Any) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Store:
    """Objects below `s3://bucket/prefix`; each call is in a thread of its own."""

    bucket: str
    prefix: str
    client: _Client

    @classmethod
    def of(cls, settings: Settings) -> "Store":
        """The one that the settings name. Raises ArchiveError where they name none."""
        parts = urlsplit(settings.archive_url or "")
        if parts.scheme != "s3" or not parts.netloc:
            raise ArchiveError("WAYBILL_ARCHIVE_URL is not of the form s3://bucket/a/")
        key, secret = (
            settings.archive_access_key_id,
            settings.archive_secret_access_key,
        )
        style = "path" if settings.archive_endpoint_url else "auto"
        client = Session().create_client(
            "s3",
            endpoint_url=settings.archive_endpoint_url,
            region_name=settings.archive_region,
            aws_access_key_id=key and key.get_secret_value(),
            aws_secret_access_key=secret and secret.get_secret_value(),
            config=Config(s3={"addressing_style": style}, retries={"mode": "standard"}),
        )
        prefix = parts.path.lstrip("/")
        return cls(parts.netloc, prefix, cast("_Client", client))

    def place(self, name: str) -> str:
        """The address of an object of this name."""
        return f"s3://{self.bucket}/{self.prefix}{name}"

    async def put(self, place: str, body: bytes) -> None:
        """Write it."""
        await self._do(self.client.put_object, place, Body=body)

    async def get(self, place: str) -> bytes:
        """All of it."""
        found: bytes = await self._do(self._read, place)
        return found

    async def delete(self, place: str) -> None:
        """Safe to repeat."""
        await self._do(self.client.delete_object, place)

    def _read(self, **asked: Any) -> bytes:
        body: bytes = self.client.get_object(**asked)["Body"].read()
        return body

    async def _do(self, call: Any, place: str, **more: Any) -> Any:  # noqa: ANN401
        parts = urlsplit(place)
        try:
            return await asyncio.to_thread(
                call, Bucket=parts.netloc, Key=parts.path.lstrip("/"), **more
            )
        except (ClientError, BotoCoreError) as error:
            told = getattr(error, "response", {}).get("Error", {}).get("Code")
            raise ArchiveError(f"{place}: {told or type(error).__name__}") from None
