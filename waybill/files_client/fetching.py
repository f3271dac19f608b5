"""Downloads: on from where they stopped, and proven."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import quote

import httpx

from waybill.files_client.errors import FilesClientError, UnreachableError
from waybill.files_client.places import PartFile, Place, place_of
from waybill.files_client.wire import Ask, Wire

Moved = Callable[[int], None]
_BROKEN: Final = (httpx.TransportError, httpx.StreamError)


def path_of(file_id: str, what: str = "") -> str:
    """Where a file is asked for."""
    return f"/files/{quote(file_id, safe='')}{what}"


@dataclass
class Fetch:
    """One file on its way to one path."""

    wire: Wire
    file_id: str
    path: Path
    moved: Moved
    verify: bool = True

    async def run(self, *, resume: bool) -> None:
        """To the end. Raises FilesClientError; what has come stays for the next run."""
        place = await place_of(self.path, self.file_id, resume=resume)
        try:
            self.moved(place.offset)
            await self._all(place)
            await place.finish(self.file_id if self.verify else None)
        finally:
            place.close()

    async def _all(self, place: Place) -> None:
        failures = 0
        while True:
            begun = place.offset
            try:
                await self._rest(place)
            except _BROKEN as error:
                # As often as it takes, as long as something comes each time.
                failures = 1 if place.offset > begun else failures + 1
                if failures >= self.wire.patience.attempts:
                    why = type(error).__name__
                    raise UnreachableError(self.wire.base_url, why) from None
                await asyncio.sleep(self.wire.delay(failures))
            else:
                return

    async def _rest(self, place: Place) -> None:
        headers = {"Accept-Encoding": "identity"}
        if offset := place.offset:
            # The id is the hash of the bytes: whatever has it is this file.
            headers |= {"Range": f"bytes={offset}-", "If-Range": f'"{self.file_id}"'}
        ask = Ask("GET", path_of(self.file_id), headers)
        try:
            async with self.wire.opened(ask, streamed=True) as response:
                partial = response.status_code == HTTPStatus.PARTIAL_CONTENT
                self._go_on(place, offset if partial else 0)
                # As it comes: what waited for more of a block would be lost with it.
                async for block in response.aiter_raw():
                    await place.take(block)
                    self.moved(len(block))
        except FilesClientError as error:
            if error.status != HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                raise
            # Nothing follows: what is there is the whole file, or none of it, and the
            # hash tells which.
            if not self.verify and isinstance(place, PartFile):
                self._go_on(place, 0)
                await self._rest(place)

    def _go_on(self, place: Place, offset: int) -> None:
        if offset < place.offset:
            self.moved(offset - place.offset)
        place.go_on_at(offset)
