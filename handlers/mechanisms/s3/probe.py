"""Finds out, once per endpoint, whether a wrong checksum trailer is refused.

An endpoint that returns no checksum may still verify the one it is sent (Swift does),
and one that takes any (old Ceph) must not be believed. The only proof is to lie to it:
one byte, as a part, with a checksum of another.

Neither the object's key nor its upload is lied to: what is accepted would be visible,
or could not be taken back (rclone's server wants each part once, and none that is not
named at the end). An upload of another name is begun for that, and aborted. Such names
are only ever given here, so that whatever has one may be aborted: `sweep` ends what a
probe has left that was killed; a probe, what is older than any probe can be; and what
one may not end any more, since its credentials have expired, whoever writes there next.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import uuid4

from domain.errors import StorageError
from handlers.mechanisms.hashes import CRC32C_HEADER
from handlers.mechanisms.s3.framing import framed_headers
from handlers.mechanisms.s3.integrity import EndpointMemory
from handlers.mechanisms.s3.settings import Integrity
from handlers.mechanisms.s3.uploads import Uploads
from handlers.mechanisms.s3.wire import Head, Wire
from handlers.mechanisms.unaided import Kind
from handlers.objects import ObjectInfo
from handlers.worker.retry import retried

_log = logging.getLogger(__name__)

_LIE = f"1\r\nx\r\n0\r\n{CRC32C_HEADER}:AAAAAA==\r\n\r\n".encode()
_ATTEMPTS = 4
_MAX_KEY_BYTES = 1024
# Longer than a probe can take, and than clocks are apart that still sign.
_LONG_OVER = timedelta(minutes=20)
_EXPIRED = "storage.credentials-expired"
# Whether a code means that lies are refused. Of others nothing is learnt: the part or
# object itself will meet the same fate.
_MEANS = {
    "storage.mismatch": True,
    "": False,
    # It does not know trailers.
    "storage.refused": False,
    "storage.unsupported": False,
}


async def learn_of_trailers(
    destination: Wire, put: Head, memory: EndpointMemory, integrity: Integrity
) -> None:
    """Probe before this put, where that is wanted and not known.

    Who may do without (`auto`) does not wait for somebody else's probe.
    """
    if memory.left_probes:
        await _end_left(destination, memory)
    kind = Kind.PART if "uploadId" in put.query else Kind.OBJECT
    always = integrity is Integrity.TRAILER
    wanted = always or (
        integrity is Integrity.AUTO and memory.returns_crc.get(kind) is False
    )
    if not wanted or (memory.probing.locked() and not always):
        return
    if not memory.lets_probe:
        return
    async with memory.probing:
        if not memory.lets_probe:
            return
        memory.probes_left -= 1
        memory.refuses_wrong_trailer = await _refuses(destination, memory)


async def sweep(destination: Wire) -> None:
    """Abort all probes' uploads there. Who is at one now has to try again."""
    stem = _stem(destination)
    uploads = Uploads(destination, EndpointMemory())

    async def clean() -> None:
        for key, upload_id, _ in await uploads.below(stem):
            if key.startswith(stem):
                await uploads.abort(key, upload_id)

    await _done(clean, stem)


def _stem(destination: Wire) -> str:
    return f"{destination.connection.address.path}.waybill-probe-"


async def _refuses(destination: Wire, memory: EndpointMemory) -> bool | None:
    """Whether a lie is refused; None where nothing was learnt."""
    key = f"{_stem(destination)}{uuid4().hex}"
    if len(key.encode()) > _MAX_KEY_BYTES:
        return None
    uploads = Uploads(destination, EndpointMemory())
    creating = asyncio.create_task(uploads.create(key, ObjectInfo(key, 1, "")))
    try:
        upload_id = await asyncio.shield(creating)
        return _MEANS.get(await _answer_to_a_lie(destination, key, upload_id))
    except StorageError:
        return None
    finally:
        # Also when we are cancelled: else nobody would know what to abort.
        await asyncio.wait({creating})
        own = "" if creating.exception() else creating.result()
        stays = await _leave_nothing(uploads, _stem(destination), (key, own))
        if stays == _EXPIRED and own:
            memory.left_probes.add((destination.connection.bucket, key, own))


async def _leave_nothing(uploads: Uploads, stem: str, own: tuple[str, str]) -> str:
    """Nothing of this probe, also where the answer to its creation was lost.

    Nor of another one that is long over: those under way are their owners'. The code of
    the error that something stays with; empty where nothing does.
    """

    async def clean() -> None:
        if own[1]:
            await uploads.abort(*own)
        begun_before = datetime.now(UTC) - _LONG_OVER
        for key, upload_id, began in await uploads.below(stem):
            long_over = key.startswith(stem) and began < begun_before
            if key == own[0] or long_over:
                await uploads.abort(key, upload_id)

    return await _done(clean, stem)


async def _end_left(destination: Wire, memory: EndpointMemory) -> None:
    """Those of this bucket; by credentials that are good again, or others."""
    bucket = destination.connection.bucket
    uploads = Uploads(destination, EndpointMemory())
    for left in [each for each in memory.left_probes if each[0] == bucket]:
        # Taken before anything is awaited: nobody else is at it then.
        memory.left_probes.discard(left)
        _, key, upload_id = left
        if await _done(partial(uploads.abort, key, upload_id), key) == _EXPIRED:
            memory.left_probes.add(left)
            return


async def _done(clean: Callable[[], Awaitable[None]], stem: str) -> str:
    """The code of the error that it ended with; empty where it did not."""
    try:
        await retried(_ATTEMPTS, clean)
    except StorageError as error:
        # It has one byte at most; the object that is about to be put is not to blame.
        fields = {"stem": stem, "code": error.code}
        _log.warning("a probe's upload may be left", extra={"fields": fields})
        return error.code
    return ""


async def _answer_to_a_lie(destination: Wire, key: str, upload_id: str) -> str:
    """The code of the refusal; empty where the lie was accepted."""
    query = {"partNumber": "1", "uploadId": upload_id}
    said = {**framed_headers(1, None), "content-length": str(len(_LIE))}
    try:
        put = Head("PUT", key, query, said, trailer=True)
        async with destination.answer(put, _LIE) as answer:
            await answer.read()
    except StorageError as refused:
        return refused.code
    return ""
