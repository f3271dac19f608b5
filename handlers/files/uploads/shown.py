"""An upload as its sender is told of it."""

from typing import Any

from domain.upload.decide import require_known
from domain.upload.plan import Run
from handlers.files.house import House
from handlers.files.uploads.journals import Entry

# Of what is missing; whoever wants more asks again when he has sent these.
_MOST_NAMED = 1000


def address(house: House, path: str) -> str:
    """Where others find it: as configured, else on the server that was asked."""
    return house.settings.url + path if house.settings.files_url else path


def state(entry: Entry) -> dict[str, Any]:
    """All but its chunks. Raises `upload.unknown`."""
    upload, begun = entry.state, require_known(entry.state)
    shown: dict[str, Any] = {
        "uploadId": begun.upload_id,
        "state": upload.phase.value,
        "protocol": begun.protocol,
        "filename": begun.filename,
        "contentType": begun.content_type,
        "metadata": dict(begun.metadata),
        "sizeBytes": begun.size_bytes,
        "receivedBytes": upload.received_bytes,
        "chunkSizeBytes": begun.chunk_size_bytes,
        "chunkCount": upload.chunk_count,
        "expiresAt": entry.expires_at.isoformat(),
    }
    if upload.file_id:
        shown["fileId"] = upload.file_id
    if upload.aborted is not None:
        shown["reason"], shown["code"] = upload.aborted.reason, upload.aborted.code
    return shown


def chunks(entry: Entry) -> list[dict[str, Any]]:
    """What is there."""
    return [
        {
            "index": index,
            "offset": chunk.offset,
            "sizeBytes": chunk.size_bytes,
            "etag": chunk.etag,
        }
        for index, chunk in sorted(entry.state.chunks.items())
    ]


def missing(entry: Entry) -> dict[str, Any]:
    """What is not there: in runs, and one by one, as many as fit."""
    begun, runs = require_known(entry.state), entry.state.missing()
    count = sum(run.last - run.first + 1 for run in runs)
    return {
        "uploadId": begun.upload_id,
        "chunkCount": entry.state.chunk_count,
        "missingCount": count,
        "missingChunks": _indexes(runs),
        "missingRuns": [[run.first, run.last] for run in runs[:_MOST_NAMED]],
        "truncated": count > _MOST_NAMED or len(runs) > _MOST_NAMED,
    }


def _indexes(runs: tuple[Run, ...]) -> list[int]:
    found: list[int] = []
    for run in runs:
        room = _MOST_NAMED - len(found)
        found += range(run.first, min(run.last + 1, run.first + room))
    return found
