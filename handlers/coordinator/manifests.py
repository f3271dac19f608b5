"""Reads a manifest from the source's endpoint: a window at a time, from any place."""

from collections.abc import Sequence
from dataclasses import replace

from domain.data_flow import DataFlow
from domain.errors import DataPlaneError, InvalidAddressError, ManifestError, Side
from domain.location import Location
from domain.transfer import manifest as manifests
from domain.transfer.manifest import LONGEST_RECORD_BYTES, Manifest, Position, Row
from handlers.ports import Pin, Range, SourceEnd
from handlers.worker.retry import retried

_WINDOW_BYTES = 256 * 1024
# Each is asked for before the first of them is copied.
_PAGE_OBJECTS = 500
_ATTEMPTS = 6


def flow_to_manifest(flow: DataFlow, manifest: Manifest) -> DataFlow:
    """The flow as it would be if its source were the manifest.

    With the source's credentials, whichever bucket it is in. Raises
    InvalidAddressError where the source has no buckets.
    """
    source = flow.source
    if source is None or manifest.bucket is None:
        return flow
    if "bucket" not in source.fields:
        raise InvalidAddressError("manifest must be a key: the source has no buckets")
    fields = {**source.fields, "bucket": manifest.bucket, "key": manifest.key}
    there = source.model_copy(update={"fields": {**fields, "prefix": None}})
    return replace(flow, source=there)


class ManifestNames:
    """The rows of a manifest, as long as it stays what it was when it was begun."""

    def __init__(
        self, end: SourceEnd, manifest: Manifest, source: Location | None
    ) -> None:
        """`end` is where the manifest is; `source` what it speaks of."""
        self._end = end
        self._manifest = manifest
        bucket = source.fields.get("bucket") if source else None
        self._bucket = bucket if isinstance(bucket, str) else None
        self._window = b""
        self._window_at = 0

    def wrong(self, row: Row, how: str) -> DataPlaneError:
        """The error that names the row's line."""
        return ManifestError(f"line {row.line} of the manifest {how}")

    async def read(self, cursor: str | None) -> tuple[Sequence[Row], str | None]:
        """The next page of rows."""
        at = await self._begun() if cursor is None else _position(cursor)
        rows: list[Row] = []
        while len(rows) < _PAGE_OBJECTS and not at.at_the_end:
            self._forget_until(at.offset_bytes)
            found, after = manifests.read(
                self._window,
                at,
                self._manifest,
                self._bucket,
                _PAGE_OBJECTS - len(rows),
            )
            if after == at:
                await self._read_on(at)
            rows += found
            at = after
        return rows, None if at.at_the_end else at.model_dump_json()

    async def _begun(self) -> Position:
        found = await retried(
            _ATTEMPTS, lambda: self._end.store.head(self._manifest.key)
        )
        return Position(
            etag=found.etag, version_id=found.version_id, size_bytes=found.size_bytes
        )

    def _forget_until(self, offset: int) -> None:
        passed = offset - self._window_at
        kept = 0 <= passed <= len(self._window)
        self._window = self._window[passed:] if kept else b""
        self._window_at = offset

    async def _read_on(self, at: Position) -> None:
        """One more piece behind what the window holds."""
        if len(self._window) > LONGEST_RECORD_BYTES:
            row = Row(at.line, "")
            raise self.wrong(row, f"is longer than {LONGEST_RECORD_BYTES} bytes")
        begin = self._window_at + len(self._window)
        length = min(_WINDOW_BYTES, at.size_bytes - begin)
        self._window += await retried(
            _ATTEMPTS, lambda: self._piece(at, Range(begin, length))
        )

    async def _piece(self, at: Position, span: Range) -> bytes:
        pin = Pin(at.etag, at.version_id)
        try:
            async with self._end.read(self._manifest.key, pin, span) as found:
                return b"".join([chunk async for chunk in found.chunks])
        except DataPlaneError as error:
            if error.code != "storage.source-changed":
                raise
            raise ManifestError(
                "the manifest has changed since it was begun",
                code=error.code,
                side=Side.SOURCE,
            ) from None


def _position(cursor: str) -> Position:
    return Position.model_validate_json(cursor)
