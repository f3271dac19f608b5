"""Follows a chain of seals beside the log, page by page, and tells where it breaks."""

from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import NamedTuple

from domain.notary.encoding import ENTRY_BYTES, count, in_order
from domain.notary.findings import Finding, Wrong, difference
from domain.notary.key_chain import KeyChain
from domain.notary.seals import Seal
from domain.notary.signing import Verify
from domain.notary.statements import NOTHING, SealStatement, digest_of

_EVERYTHING = (1 << 63) - 1


class Told(NamedTuple):
    """What the witness was told of a page, at one time: so many events, their hash."""

    size: int
    events: str


@dataclass
class Checker:
    """Takes the seals in order, each with the entries of the events behind the last.

    `head` is the position of the log's last event: what is sealed behind it was cut
    off. Events at `absent` positions may be missing, because they are archived.
    A checker that begins inside a chain is told the seal `number` and position `last`
    that it begins after, and believes the first seal what it says of its predecessor.
    """

    keys: KeyChain
    verify: Verify
    head: int = _EVERYTHING
    absent: Container[int] = ()
    number: int = 0
    last: int = 0
    previous: str | None = NOTHING
    sealed: int = field(default=0, init=False)
    """How many events were found to be as they were sealed."""
    archived: int = field(default=0, init=False)
    """How many were not there, and may be missing."""

    def follows(self, seal: Seal) -> SealStatement | Finding:
        """What a seal states, if it is the next of the chain."""
        statement = SealStatement.read(seal.statement)
        if statement is None:
            return self.fault(Wrong.FORGED_SEAL, "the seal's statement is none")
        if fault := self._unsigned(statement, seal):
            return self.fault(Wrong.FORGED_SEAL, fault, statement.last)
        if statement.number > self.number + 1:
            detail = f"seal {self.number + 1} is missing"
            return self.fault(Wrong.MISSING_SEAL, detail, statement.after)
        if self._severed(statement):
            detail = "the seal does not follow the one before it"
            return self.fault(Wrong.FORGED_SEAL, detail, statement.last)
        return statement

    def take(
        self, seal: Seal, found: bytes, told: Sequence[Told] = ()
    ) -> Finding | None:
        """What is wrong up to the end of this page; None means that nothing is.

        `found` are the entries of the log behind the last seal, up to this one's end;
        `told` is what the witness was told of this page. Nothing may be taken after a
        finding.
        """
        statement = self.follows(seal)
        if isinstance(statement, Finding):
            return statement
        finding = self._compare(statement, seal.entries, found, told)
        if finding is None:
            self.sealed += count(found)
            self.archived += statement.count - count(found)
            self.passed(statement, seal)
        return finding

    def passed(self, statement: SealStatement, seal: Seal) -> None:
        """The seal is good: the next one must follow it."""
        self.number, self.last = statement.number, statement.last
        self.previous = digest_of(seal.statement)

    def unreached(self) -> Finding | None:
        """After the last seal of a log: whether the last key has come to its turn.

        It was introduced behind a seal: where that one is not there, it was cut off.
        """
        last = self.keys.keys[-1] if self.keys.keys else None
        number = self.number + 1
        if last is None or number > last.from_seal:
            return None
        if number == last.from_seal and self.previous in (None, last.previous):
            return None
        detail = f"the key in use was introduced for seal {last.from_seal}"
        return self.fault(Wrong.MISSING_SEAL, f"{detail}, behind another seal")

    def fault(self, wrong: Wrong, detail: str, until: int = 0) -> Finding:
        """Something about what comes after the last good seal."""
        return Finding(
            position=self.last + 1,
            until=max(until, self.last + 1),
            wrong=wrong,
            seal=self.number + 1,
            detail=detail,
        )

    def _unsigned(self, statement: SealStatement, seal: Seal) -> str:
        key = self.keys.of_seal(statement.number)
        if key is None:
            return f"the key of the seal is not vouched for: {self.keys.problem}"
        if statement.key != key.new_key:
            return "the seal is not of the key that was in use"
        public_key = bytes.fromhex(key.public_key)
        if not self.verify(public_key, seal.signature, seal.statement):
            return "the seal's signature is not that of its key"
        if statement.number == key.from_seal and statement.previous != key.previous:
            return "the key was introduced after another seal than this one's"
        return ""

    def _severed(self, statement: SealStatement) -> bool:
        if self.previous is None:
            return False
        return (
            statement.number != self.number + 1
            or statement.previous != self.previous
            or statement.after != self.last
        )

    def _compare(
        self,
        statement: SealStatement,
        entries: bytes,
        found: bytes,
        told: Sequence[Told],
    ) -> Finding | None:
        if not as_signed(statement, entries):
            return self._digests_changed(statement, entries, found)
        if any(
            _hash(entries[: each.size * ENTRY_BYTES]) != each.events for each in told
        ):
            detail = "the witness was told of other events"
            return self.fault(Wrong.FORGED_SEAL, detail, statement.last)
        return self.compared(entries, found)

    def compared(self, sealed: bytes, found: bytes) -> Finding | None:
        """The first event that is not as these entries of the next page say."""
        first = difference(sealed, found, self.absent)
        if first is None:
            return None
        cut = first.wrong is Wrong.REMOVED and first.position > self.head
        return Finding(
            position=first.position,
            until=first.position,
            wrong=Wrong.TRUNCATED if cut else first.wrong,
            seal=self.number + 1,
            detail="the log ends before its seals" if cut else _DETAILS[first.wrong],
        )

    def _digests_changed(
        self, statement: SealStatement, entries: bytes, found: bytes
    ) -> Finding:
        detail = "the digests beside the seal are not those that were signed"
        # Where the log is as it was signed, it tells which of them was changed.
        if _hash(found) == statement.events and (first := difference(found, entries)):
            return self.fault(
                Wrong.FORGED_SEAL, f"{detail}; the log itself is", first.position
            ).model_copy(update={"position": first.position})
        return self.fault(Wrong.FORGED_SEAL, detail, statement.last)


_DETAILS = {
    Wrong.ALTERED: "the event here is not the one that was sealed",
    Wrong.REMOVED: "the event that was sealed here is gone",
    Wrong.INSERTED: "no event was sealed here",
    Wrong.REORDERED: "an event was moved",
}


def _hash(entries: bytes) -> str:
    return sha256(entries).hexdigest()


def as_signed(statement: SealStatement, entries: bytes) -> bool:
    """Whether these are the entries of the page that was signed."""
    return (
        _hash(entries) == statement.events
        and count(entries) == statement.count
        and in_order(entries, statement.after)
    )
