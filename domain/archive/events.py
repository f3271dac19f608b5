"""The record that stays in the log when a flow's events go."""

from datetime import datetime
from typing import ClassVar, Literal, Self

from domain.message import Event
from domain.notary.statements import Hex, Statement


class ArchiveStatement(Statement):
    """What may be missing from the log, because it stands elsewhere."""

    kind: Literal["waybill.archive.v1"] = "waybill.archive.v1"
    data_flow_id: str
    place: str
    digest: Hex
    removed: str


class FlowArchived(Event):
    """All events of the flow stand in the archive; those at `removed` only there.

    `digest` is the SHA-256 (hex) of the object at `place`, `removed` are positions as
    an export's statement has them: `3-5,9`. That it may be so is signed with the
    notary's `key`: who can only write to the database cannot excuse a deletion.
    """

    TOPIC: ClassVar[str] = "archive.flow-archived.v1"
    data_flow_id: str
    place: str
    size_bytes: int
    digest: str
    events: int
    removed: str
    key: str
    signed_at: datetime
    signature: str

    @classmethod
    def of(
        cls, said: ArchiveStatement, signature: bytes, *, size_bytes: int, events: int
    ) -> Self:
        """The record of what was signed."""
        return cls(
            data_flow_id=said.data_flow_id,
            place=said.place,
            size_bytes=size_bytes,
            digest=said.digest,
            events=events,
            removed=said.removed,
            key=said.key,
            signed_at=said.at,
            signature=signature.hex(),
        )

    def statement(self) -> ArchiveStatement:
        """What must have been signed. ValidationError where it cannot be."""
        return ArchiveStatement(
            key=self.key,
            at=self.signed_at,
            data_flow_id=self.data_flow_id,
            place=self.place,
            digest=self.digest,
            removed=self.removed,
        )


class FlowShredded(Event):
    """The archive's key is destroyed: nobody can read what was only there."""

    TOPIC: ClassVar[str] = "archive.flow-shredded.v1"
    data_flow_id: str
