"""What is signed: small JSON documents, kept and checked as the very bytes signed."""

import json
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, StringConstraints, ValidationError

from domain.message import Message

Hex = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Position = Annotated[int, Field(ge=0, lt=1 << 63)]

NOTHING = "0" * 64
# In bytes, of what stands once per page. An export's names all its positions.
_LONGEST = 1 << 16


class Statement(Message):
    """Facts that are signed. `kind` says which, so that none passes for another."""

    LONGEST: ClassVar[int | None] = None
    """What is longer than so many bytes is none; None: there is no limit."""

    key: Hex
    """The id of the key that signs it."""
    at: datetime

    def to_bytes(self) -> bytes:
        """The bytes to sign: names in order, no spaces, ASCII only."""
        document = self.model_dump(mode="json")
        return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()

    @classmethod
    def read(cls, text: bytes) -> Self | None:
        """The statement of these bytes; None where they are not one of this kind."""
        if cls.LONGEST is not None and len(text) > cls.LONGEST:
            return None
        try:
            return cls.model_validate_json(text)
        except ValidationError:
            return None


class SealStatement(Statement):
    """A page: its events, where it stands, and the seal before it."""

    LONGEST: ClassVar[int | None] = _LONGEST
    kind: Literal["waybill.seal.v1"] = "waybill.seal.v1"
    number: Annotated[int, Field(ge=1, lt=1 << 63)]
    previous: Hex
    """The SHA-256 of the statement of the seal before; zeros before the first."""
    after: Position
    """The last position of the page before: the page is all that is behind it."""
    last: Position
    count: Annotated[int, Field(ge=1, lt=1 << 31)]
    events: Hex
    """The SHA-256 of the page's entries."""


class KeyStatement(Statement):
    """A key takes over from another. `key` is the old one; the first signs itself."""

    LONGEST: ClassVar[int | None] = _LONGEST
    kind: Literal["waybill.key.v1"] = "waybill.key.v1"
    public_key: Hex
    new_key: Hex
    from_seal: Annotated[int, Field(ge=1, lt=1 << 63)]
    """The first seal that the new key signs."""
    previous: Hex
    """The SHA-256 of the last statement that the old key sealed; zeros for none."""


class ExportStatement(Statement):
    """An export: the events of one flow, and the seals that they are held against."""

    kind: Literal["waybill.export.v1"] = "waybill.export.v1"
    data_flow_id: str
    positions: str
    """Those of the flow's events, as `positions_text` writes them."""
    events: Hex
    """The SHA-256 of the entries of these events, sealed or not."""
    first_seal: Position
    """The number of the first seal, 0 for none; they follow in one piece."""
    after: Position
    """The position that the first seal's page is behind."""
    seals: Position
    last_seal: Hex
    """The SHA-256 of the last seal's statement; zeros for none."""
    missing: str = ""
    """Positions that these seals name and the log did not hold any more."""
    receipt: Hex
    """The SHA-256 of the receipt's line (`receipt_digest`); zeros for none."""


def positions_text(positions: Iterable[int]) -> str:
    """Ascending positions, runs as `first-last`: `3-5,9`."""
    runs: list[list[int]] = []
    for each in positions:
        if runs and runs[-1][1] == each - 1:
            runs[-1][1] = each
        else:
            runs.append([each, each])
    return ",".join(f"{a}-{b}" if b > a else str(a) for a, b in runs)


def positions_of(text: str) -> list[int]:
    """The positions of such a text. Raises ValueError."""
    found: list[int] = []
    for run in filter(None, text.split(",")):
        first, _, last = run.partition("-")
        found.extend(range(int(first), int(last or first) + 1))
    return found


def digest_of(statement: bytes) -> str:
    """What the next statement names it by."""
    return sha256(statement).hexdigest()
