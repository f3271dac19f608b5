"""What a client of the file server does, over as many servers as it takes."""

import asyncio
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

import aiohttp

from tests.files.clients.bodies import Body
from tests.files.clients.chunked import Sender

MIB: Final = 1 << 20
CHUNK_BYTES: Final = MIB
_TUS: Final = {"Tus-Resumable": "1.0.0"}
_OCTETS: Final = "application/offset+octet-stream"
_TRIES, _PAUSE_SECONDS = 400, 0.05
_AWAY: Final = (aiohttp.ClientError, TimeoutError, ConnectionError)


class Work(Protocol):
    """A file on its way; nothing of it is lost when the server dies."""

    body: Body

    async def begin(self) -> None:
        """What comes before anything is killed."""
        ...

    async def go_on(self) -> None:
        """All that is left to do. Raises aiohttp.ClientError; then once more."""
        ...


async def to_the_end(work: Work) -> None:
    """Until the server says that it is done."""
    for _ in range(_TRIES):
        try:
            await work.go_on()
        except _AWAY:
            await asyncio.sleep(_PAUSE_SECONDS)
        else:
            return
    raise AssertionError(f"{type(work).__name__} never came to its end")


@dataclass
class Whole:
    """One POST; after a kill, the same again."""

    session: aiohttp.ClientSession
    url: str
    body: Body

    async def begin(self) -> None:
        """Nothing."""

    async def go_on(self) -> None:
        """It is the file that it is, or refused."""
        data = io.BytesIO(self.body.path.read_bytes())
        async with self.session.post(f"{self.url}/files", data=data) as answer:
            answer.raise_for_status()
            assert self.body.file_id in await answer.text()


@dataclass
class Chunks:
    """Numbered chunks; what was acknowledged is never asked for again."""

    session: aiohttp.ClientSession
    url: str
    body: Body
    acknowledged: set[int] = field(default_factory=set[int])

    def __post_init__(self) -> None:
        """Nothing is begun."""
        self._sender = Sender(self.session, self.url)

    async def begin(self) -> None:
        """The first chunk is there."""
        await self._sender.begin(self.body.size_bytes, CHUNK_BYTES)
        await self._put([0])

    async def go_on(self) -> None:
        """What is missing, and then the end."""
        missing = await self._sender.missing()
        assert not self.acknowledged & set(missing), "an acknowledged chunk was lost"
        await self._put(missing)
        assert await self._sender.complete() == self.body.file_id

    async def _put(self, indexes: Sequence[int]) -> None:
        data = self.body.path.read_bytes()
        for index in indexes:
            place = index * CHUNK_BYTES
            chunk = data[place : place + CHUNK_BYTES]
            status = await self._sender.put(index, chunk)
            if status >= 400:
                raise aiohttp.ClientError(str(status))
            self.acknowledged.add(index)


@dataclass
class Tus:
    """An upload at an offset, which never goes back behind what was acknowledged."""

    session: aiohttp.ClientSession
    url: str
    body: Body
    acknowledged: int = 0
    place: str = ""

    async def begin(self) -> None:
        """It is created, and its first bytes are there."""
        length = {"Upload-Length": str(self.body.size_bytes)}
        async with self.session.post(
            f"{self.url}/tus", headers={**_TUS, **length}
        ) as answer:
            answer.raise_for_status()
            place = answer.headers["Location"]
        self.place = place if "://" in place else f"{self.url}{place}"
        await self._patch(0, CHUNK_BYTES)

    async def go_on(self) -> None:
        """From the offset that it says, to the end."""
        async with self.session.head(self.place, headers=_TUS) as answer:
            answer.raise_for_status()
            offset = int(answer.headers["Upload-Offset"])
        assert offset >= self.acknowledged, "acknowledged bytes were lost"
        if offset < self.body.size_bytes:
            await self._patch(offset, self.body.size_bytes - offset)
        url = f"{self.url}/files/{self.body.file_id}"
        async with self.session.head(url) as answer:
            answer.raise_for_status()

    async def _patch(self, offset: int, size_bytes: int) -> None:
        data = self.body.path.read_bytes()[offset : offset + size_bytes]
        said = {"Upload-Offset": str(offset), "Content-Type": _OCTETS}
        async with self.session.patch(
            self.place, data=io.BytesIO(data), headers={**_TUS, **said}
        ) as answer:
            answer.raise_for_status()
            self.acknowledged = int(answer.headers["Upload-Offset"])


KINDS: Final = {"whole": Whole, "chunks": Chunks, "tus": Tus}
