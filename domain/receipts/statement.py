"""What a receipt says: the flow, its totals, and a digest of its objects."""

import json
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from domain.message import Message
from domain.notary.statements import Hex, Position, Statement

Count = Annotated[int, Field(ge=0, lt=1 << 63)]


class ObjectOutcome(StrEnum):
    """What became of an object at this side.

    `received`: it came through our data door; `served`: it was read there.
    """

    COPIED = "copied"
    RECEIVED = "received"
    SERVED = "served"
    FAILED = "failed"


class ReceiptLine(Message):
    """One object. `key` is below the prefix of the side that the receipt is of.

    `size_bytes` and `verdict` are None where this side cannot tell: of what was read at
    our door. `etag` is the destination's, or that of what was read; `at` is when it
    was recorded, by the clock of whoever did.
    """

    key: str
    outcome: ObjectOutcome
    size_bytes: Count | None
    crc64nvme: str
    etag: str
    verdict: str | None
    error: str | None
    at: AwareDatetime

    def to_bytes(self) -> bytes:
        """As it is hashed, and as a line of a file: canonical JSON."""
        return canonical(self.model_dump(mode="json"))


class ReceiptStatement(Statement):
    """What was moved by one data flow, as this side knows it (sizes in bytes).

    `at` is when its end was recorded; `first` and `last` are the positions of the log
    that it rests on, of `events` events. `moved` tells whether the bytes passed by this
    side at all. `objects` are those that arrived; `lines` counts all lines, `digest` is
    over all of them (`Leaves`).
    """

    kind: Literal["waybill.receipt.v1"] = "waybill.receipt.v1"
    data_flow_id: str
    role: str
    direction: str
    profile: str
    participant_id: str
    counter_party_id: str
    dataspace_context: str
    agreement_id: str
    dataset_id: str
    completed_by: str
    begun_at: datetime
    completed_at: datetime
    first: Position
    last: Position
    events: Count
    moved: bool
    objects: Count
    size_bytes: Count
    failed: Count
    deleted: Count
    skipped: dict[str, Count]
    verdicts: dict[str, Count]
    lines: Count
    digest: Hex


class Leaves:
    """The digest of any number of lines, whatever their order: 32 bytes of memory each.

    It is the SHA-256 of the SHA-256s of all lines, one after the other, in their order
    as bytes.
    """

    def __init__(self) -> None:
        """No lines: the digest of nothing."""
        self._hashes: list[bytes] = []

    def add(self, line: bytes) -> None:
        """One more, without its line break."""
        self._hashes.append(sha256(line).digest())

    def __len__(self) -> int:
        """How many."""
        return len(self._hashes)

    def digest(self) -> str:
        """In hex."""
        return sha256(b"".join(sorted(self._hashes))).hexdigest()


def canonical(document: object) -> bytes:
    """The bytes of a JSON document that are signed or hashed."""
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
