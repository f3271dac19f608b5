"""Finds out, once per endpoint, whether a wrong checksum trailer is refused.

An endpoint that returns no checksum may still verify the one it is sent (Swift does),
and one that takes any (old Ceph) must not be believed. The only proof is to lie to it:
one byte, as the part that is about to be written, with a checksum of another. Refused,
it is not stored; accepted, it is overwritten by the part itself.
"""

from domain.errors import StorageError
from handlers.mechanisms.hashes import CRC_HEADER
from handlers.mechanisms.s3.framing import framed_headers
from handlers.mechanisms.s3.integrity import EndpointMemory, Kind
from handlers.mechanisms.s3.settings import Integrity
from handlers.mechanisms.s3.wire import Head, Wire

_LIE = f"1\r\nx\r\n0\r\n{CRC_HEADER}:AAAAAAAAAAA=\r\n\r\n".encode()


async def learn_of_trailers(
    destination: Wire, part: Head, memory: EndpointMemory, integrity: Integrity
) -> None:
    """Probe where that is wanted, not known, and nobody else is at it."""
    wanted = integrity is Integrity.TRAILER or (
        integrity is Integrity.AUTO and memory.returns_crc.get(Kind.PART) is False
    )
    if not wanted or memory.refuses_wrong_trailer is not None:
        return
    if memory.probing.locked():
        return
    async with memory.probing:
        memory.refuses_wrong_trailer = await _refuses(destination, part)


async def _refuses(destination: Wire, part: Head) -> bool | None:
    said = {**framed_headers(1, None), "content-length": str(len(_LIE))}
    head = Head(part.method, part.key, part.query, said, trailer=True)
    try:
        async with destination.answer(head, _LIE) as answer:
            await answer.read()
    except StorageError as refused:
        match refused.code:
            case "storage.mismatch":
                return True
            case "storage.refused":  # it does not know trailers
                return False
            case _:  # nothing learnt; the part itself will meet the same fate
                return None
    return False
