"""Downloads: to a `.part` file, on from where it stopped, proven before it is named."""

import asyncio
import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO, Final
from urllib.parse import quote

import httpx

from waybill.files_client.errors import (
    FilesClientError,
    MismatchError,
    UnreachableError,
)
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

    @property
    def part(self) -> Path:
        """Where the bytes are until they are whole."""
        return self.path.with_name(f"{self.path.name}.part")

    async def run(self, *, resume: bool) -> None:
        """To the end. Raises FilesClientError; what has come stays for the next run.

        What is whole and wrong is deleted: it is worth nothing to anybody.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if not resume:
            self.part.unlink(missing_ok=True)
        with self.part.open("ab") as file:
            self.moved(file.tell())
            await self._all(file)
            await asyncio.to_thread(_settle, file)
        if self.verify:
            await self._verified()
        self.part.replace(self.path)

    async def _all(self, file: BinaryIO) -> None:
        failures = 0
        while True:
            begun = file.tell()
            try:
                await self._rest(file)
            except _BROKEN as error:
                # As often as it takes, as long as something comes each time.
                failures = 1 if file.tell() > begun else failures + 1
                if failures >= self.wire.patience.attempts:
                    why = type(error).__name__
                    raise UnreachableError(self.wire.base_url, why) from None
                await asyncio.sleep(self.wire.delay(failures))
            else:
                return

    async def _rest(self, file: BinaryIO) -> None:
        headers = {"Accept-Encoding": "identity"}
        if offset := file.tell():
            # The id is the hash of the bytes: whatever has it is this file.
            headers |= {"Range": f"bytes={offset}-", "If-Range": f'"{self.file_id}"'}
        ask = Ask("GET", path_of(self.file_id), headers)
        try:
            async with self.wire.opened(ask, streamed=True) as response:
                if offset and response.status_code != HTTPStatus.PARTIAL_CONTENT:
                    self._anew(file)
                # As it comes: what waited for more of a block would be lost with it.
                async for block in response.aiter_raw():
                    file.write(block)
                    self.moved(len(block))
        except FilesClientError as error:
            if error.status != HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                raise
            # Nothing follows: what is there is the whole file, or none of it, and the
            # hash tells which.
            if not self.verify:
                self._anew(file)
                await self._rest(file)

    def _anew(self, file: BinaryIO) -> None:
        self.moved(-file.tell())
        file.truncate(0)
        file.seek(0)

    async def _verified(self) -> None:
        found = await asyncio.to_thread(_sha256, self.part)
        if found != self.file_id.lower():
            self.part.unlink(missing_ok=True)
            raise MismatchError(
                f"what came is {found}, and {self.file_id} was asked for"
            )


def _settle(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
