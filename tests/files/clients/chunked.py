"""Uploads in chunks, as a client of the tests sends them."""

import asyncio
import io
from collections.abc import Sequence
from dataclasses import dataclass

import aiohttp

BUSY = 429
_TRIES = 200


@dataclass
class Sender:
    """One upload of one user. `refusals` counts the answers 429."""

    session: aiohttp.ClientSession
    url: str
    key: str = ""
    upload_id: str = ""
    refusals: int = 0

    @property
    def _headers(self) -> dict[str, str]:
        return {"X-API-Key": self.key} if self.key else {}

    @property
    def _base(self) -> str:
        return f"{self.url}/v1/uploads/{self.upload_id}"

    async def begin(self, size_bytes: int, chunk_bytes: int) -> None:
        """Raises aiohttp.ClientError where it is refused."""
        said = {"sizeBytes": size_bytes, "chunkSizeBytes": chunk_bytes}
        url = f"{self.url}/v1/uploads/init"
        async with self.session.post(url, json=said, headers=self._headers) as answer:
            await _require_good(answer)
            self.upload_id = (await answer.json())["uploadId"]

    async def put(self, index: int, chunk: bytes) -> int:
        """Returns the status; one that is busy says for how long."""
        url = f"{self._base}/chunks/{index}"
        # Who is to be refused is told so before it sends.
        async with self.session.put(
            url, data=io.BytesIO(chunk), headers=self._headers, expect100=True
        ) as answer:
            if answer.status == BUSY:
                self.refusals += 1
                assert int(answer.headers["Retry-After"]) >= 1
            return answer.status

    async def put_until_taken(
        self, index: int, chunk: bytes, pause_seconds: float
    ) -> None:
        """Come again until it is. Raises AssertionError for any other answer."""
        for _ in range(_TRIES):
            status = await self.put(index, chunk)
            if status != BUSY:
                assert status < 300, status
                return
            await asyncio.sleep(pause_seconds)
        raise AssertionError("never taken")

    async def missing(self) -> Sequence[int]:
        """The numbers of the chunks that are not there."""
        url = f"{self._base}/missing-chunks"
        async with self.session.get(url, headers=self._headers) as answer:
            await _require_good(answer)
            return list((await answer.json())["missingChunks"])

    async def complete(self) -> str:
        """Returns the file's id."""
        url = f"{self._base}/complete"
        async with self.session.post(url, headers=self._headers) as answer:
            await _require_good(answer)
            return str((await answer.json())["fileId"])


async def _require_good(answer: aiohttp.ClientResponse) -> None:
    """Raise aiohttp.ClientError, with what is said, unless it is a success."""
    if not answer.ok:
        raise aiohttp.ClientError(f"{answer.status} {await answer.text()}")
