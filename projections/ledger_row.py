"""A row of `multipart_ledger`: one multipart upload, and what was recorded of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.message import Recorded


class UploadState(StrEnum):
    """What became of an upload.

    `open`: it is ours to complete or abort. `left`: the flow is over, and we may no
    longer abort it; it stays at the storage.
    """

    OPEN = "open"
    COMPLETED = "completed"
    ABORTED = "aborted"
    LEFT = "left"


@dataclass(slots=True)
class LedgerRow:
    """`by` is `transfer` for what we copy, `reception` for what was sent to a door."""

    data_flow_id: str
    object_id: str
    upload_id: str
    storage_upload_id: str
    by: str
    endpoint: str
    bucket: str
    destination_key: str
    created_at: datetime
    created_position: int
    position: int
    state: str = UploadState.OPEN
    code: str | None = None
    parts: int = 0
    size_bytes: int = 0
    ended_at: datetime | None = None

    def part(self, size_bytes: int) -> None:
        """A part of it was recorded."""
        self.parts += 1
        self.size_bytes += size_bytes

    def end(
        self, state: UploadState, recorded: Recorded, code: str | None = None
    ) -> None:
        """It is over. What was completed or aborted stays so."""
        if self.state in {UploadState.OPEN, UploadState.LEFT}:
            self.state, self.code = state, code
            self.ended_at = recorded.metadata.occurred_at
