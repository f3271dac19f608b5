"""Decides what may be added to an upload's journal.

Pure, and safe to repeat: what is recorded already decides nothing.
"""

from typing import assert_never

from domain.errors import DataPlaneError, Side
from domain.upload.commands import (
    AbortUpload,
    BeginUpload,
    CompleteUpload,
    SealUpload,
    StoreChunk,
    UploadCommand,
)
from domain.upload.events import (
    ChunkStored,
    Protocol,
    UploadAborted,
    UploadBegun,
    UploadCompleted,
    UploadEvent,
    UploadSealed,
)
from domain.upload.plan import MOST_CHUNKS, Run, chunk_length
from domain.upload.state import Phase, Upload

_MOST_NAMED = 20


def decide(command: UploadCommand, upload: Upload) -> tuple[UploadEvent, ...]:
    """The events to append; none where the journal holds them already.

    Raises DataPlaneError with an `upload.` code: unknown, over, incomplete,
    chunk-invalid (not as the upload was cut), offset-conflict (tus).
    """
    if isinstance(command, BeginUpload):
        return _begin(command, upload)
    begun = require_known(upload)
    match command:
        case StoreChunk():
            return _store(command, upload, begun)
        case SealUpload():
            return _seal(command, upload, begun)
        case CompleteUpload():
            return _complete(upload)
        case AbortUpload():
            return _abort(command, upload)
        case _:
            assert_never(command)


def require_known(upload: Upload) -> UploadBegun:
    """How it was begun. Raises `upload.unknown`."""
    if upload.begun is None:
        raise _refused("upload.unknown", "there is no such upload")
    return upload.begun


def require_open(upload: Upload) -> UploadBegun:
    """How it was begun, where chunks may still come. Raises DataPlaneError."""
    begun = require_known(upload)
    if upload.phase is not Phase.OPEN:
        why = upload.aborted.reason if upload.aborted else upload.phase
        raise _refused("upload.over", f"the upload is over: {why}")
    return begun


def require_whole(upload: Upload) -> None:
    """Raise `upload.incomplete`, naming what is missing, unless every byte is there."""
    if upload.is_whole:
        return
    there, size = upload.received_bytes, upload.size_bytes
    runs = upload.missing()
    named = f"; missing chunks: {_named(runs)}" if runs else ""
    raise _refused("upload.incomplete", f"{there} of {size} bytes are there{named}")


def require_chunk(upload: Upload, index: int, size_bytes: int) -> None:
    """Raise `upload.chunk-invalid` unless the upload is cut so (numbered chunks)."""
    begun = require_known(upload)
    chunk_size = begun.chunk_size_bytes or 0
    if not 0 <= index < upload.chunk_count:
        detail = f"there is no chunk {index}: they are 0 to {upload.chunk_count - 1}"
        raise _refused("upload.chunk-invalid", detail)
    length = chunk_length(begun.size_bytes, chunk_size, index)
    if size_bytes != length:
        detail = f"chunk {index} has {length} bytes, not {size_bytes}"
        raise _refused("upload.chunk-invalid", detail)


def require_offset(upload: Upload, offset: int) -> None:
    """Raise `upload.offset-conflict` unless the upload goes on there (tus)."""
    if offset != upload.received_bytes:
        detail = f"the upload goes on at {upload.received_bytes}, not at {offset}"
        raise _refused("upload.offset-conflict", detail)


def require_protocol(upload: Upload, protocol: Protocol) -> None:
    """Raise `upload.chunk-invalid` where the upload was begun with the other one."""
    begun = require_known(upload)
    if begun.protocol != protocol:
        detail = f"the upload was begun with {begun.protocol}: go on with that"
        raise _refused("upload.chunk-invalid", detail)


def require_fits(upload: Upload, length: int | None) -> None:
    """Raise `upload.chunk-invalid` where a body of this length cannot be (tus).

    None is a body whose length nobody knows.
    """
    begun = require_known(upload)
    if length is None:
        return
    end, piece = upload.received_bytes + length, begun.chunk_size_bytes
    if end > begun.size_bytes:
        detail = f"the upload has only {begun.size_bytes} bytes"
        raise _refused("upload.chunk-invalid", detail)
    if piece is not None and 0 < length < piece and end != begun.size_bytes:
        detail = f"this store takes at least {piece} bytes at a time"
        raise _refused("upload.chunk-invalid", detail)
    if len(upload.chunks) >= MOST_CHUNKS and length and end != begun.size_bytes:
        detail = f"an upload may have {MOST_CHUNKS} chunks: send all the rest"
        raise _refused("upload.chunk-invalid", detail)


def _begin(command: BeginUpload, upload: Upload) -> tuple[UploadEvent, ...]:
    begun = UploadBegun(**dict(command))
    if upload.begun is None:
        return (begun,)
    if upload.begun == begun:
        return ()
    raise _refused("upload.over", "there is another upload of this id")


def _store(
    command: StoreChunk, upload: Upload, begun: UploadBegun
) -> tuple[UploadEvent, ...]:
    known = upload.chunks.get(command.index)
    place = (command.offset, command.size_bytes)
    if known is not None and (known.offset, known.size_bytes) == place:
        return ()
    require_open(upload)
    if begun.protocol == "chunks":
        require_chunk(upload, command.index, command.size_bytes)
        if command.offset != command.index * (begun.chunk_size_bytes or 0):
            raise _refused("upload.chunk-invalid", "the chunk has another place")
    else:
        require_offset(upload, command.offset)
        _require_next(command, upload, begun)
    return (ChunkStored(**dict(command)),)


def _require_next(command: StoreChunk, upload: Upload, begun: UploadBegun) -> None:
    """Raise `upload.chunk-invalid` where an offset's chunk cannot be."""
    end = command.offset + command.size_bytes
    last = end == begun.size_bytes
    piece = begun.chunk_size_bytes
    wrong = ""
    if command.index != len(upload.chunks) or command.size_bytes < 1:
        wrong = "chunks follow one another, and hold something"
    elif end > begun.size_bytes:
        wrong = f"the upload has only {begun.size_bytes} bytes"
    elif piece is not None and command.size_bytes != piece and not last:
        wrong = f"this store takes pieces of {piece} bytes"
    elif command.index >= MOST_CHUNKS and not last:
        wrong = f"an upload may have {MOST_CHUNKS} chunks: send longer ones"
    if wrong:
        raise _refused("upload.chunk-invalid", wrong)


def _seal(
    command: SealUpload, upload: Upload, begun: UploadBegun
) -> tuple[UploadEvent, ...]:
    if upload.file_id == command.file_id:
        return ()
    require_open(upload)
    require_whole(upload)
    if begun.sha256 and begun.sha256 != command.file_id:
        code = "file.mismatch"
        return (UploadAborted(upload_id=begun.upload_id, reason="failed", code=code),)
    return (UploadSealed(**dict(command), size_bytes=begun.size_bytes),)


def _complete(upload: Upload) -> tuple[UploadEvent, ...]:
    begun = require_known(upload)
    if upload.phase is Phase.COMPLETED:
        return ()
    if upload.phase is not Phase.SEALED:
        require_open(upload)
        raise _refused("upload.incomplete", "the upload is not sealed")
    completed = UploadCompleted(
        upload_id=begun.upload_id,
        file_id=upload.file_id,
        size_bytes=begun.size_bytes,
    )
    return (completed,)


def _abort(command: AbortUpload, upload: Upload) -> tuple[UploadEvent, ...]:
    if upload.phase is Phase.ABORTED:
        return ()
    # Sealed, it may be a file already, unless whoever was to make it says otherwise.
    if upload.phase is not Phase.SEALED or command.reason != "failed":
        require_open(upload)
    return (UploadAborted(**dict(command)),)


def _named(runs: tuple[Run, ...]) -> str:
    more = ", …" if len(runs) > _MOST_NAMED else ""
    return ", ".join(str(run) for run in runs[:_MOST_NAMED]) + more


def _refused(code: str, detail: str) -> DataPlaneError:
    return DataPlaneError(detail, code=code, side=Side.CALLER)
