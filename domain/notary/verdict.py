"""What a verification has come to."""

from domain.message import Message
from domain.notary.findings import Finding


class Verdict(Message):
    """Of a log, a stretch of it, or an export. Without a finding all is as signed."""

    finding: Finding | None
    events: int
    """How many events were found to be as they were sealed."""
    seals: int
    unsealed: int
    """How many more are not sealed yet: of them nothing is said."""
    key: str
    """The id of the key that signed last; empty without any seal."""
    trusted: bool
    """Whether the keys lead to one that the verifier was told to trust."""
    archived: int = 0
    """How many were sealed, and are kept in archives of their own."""
    witness: int | None = None
    """How many pages the witness was asked about; None: it was not asked."""
    unwitnessed: int = 0
    """How many pages it should know of by now, and was not told of."""

    @property
    def sound(self) -> bool:
        """Whether nothing was found."""
        return self.finding is None
