"""The CRC64NVME of a file as it stands, for who has those of its parts.

It is computed from the bytes that are there, each time: what was kept beside them would
only say what they once were.
"""

import asyncio
from typing import BinaryIO

from aiohttp import web

from domain.access.api_keys import Permission
from handlers.files.house import House
from handlers.files.service import FileInfo
from handlers.mechanisms.hashes import Hashes

_BLOCK_BYTES = 1 << 20
# Threads that read whole files are not to be all that there are.
_MOST_AT_ONCE = 2


def routes(house: House) -> list[web.RouteDef]:
    """The one of `/files/{file_id}/checksum`."""
    turns = asyncio.Semaphore(_MOST_AT_ONCE)

    async def checksum(request: web.Request) -> web.Response:
        house.user(request, Permission.READ)
        info = await house.files.info(request.match_info["file_id"])
        said = {
            "fileId": info.file_id,
            "sizeBytes": info.size_bytes,
            "crc64nvme": await _summed(house, info, turns),
        }
        return web.json_response(said, headers={"Cache-Control": "no-store"})

    return [web.get("/files/{file_id}/checksum", checksum)]


async def _summed(house: House, info: FileInfo, turns: asyncio.Semaphore) -> str:
    hashes = Hashes(md5=False)
    async with house.files.open(info, None) as reading:
        if reading.file is not None:
            async with turns:
                await asyncio.to_thread(_read, reading.file, hashes)
        elif reading.body is not None:
            async for chunk in reading.body:
                hashes.update(chunk)
    return hashes.crc64nvme


def _read(file: BinaryIO, hashes: Hashes) -> None:
    while block := file.read(_BLOCK_BYTES):
        hashes.update(block)
