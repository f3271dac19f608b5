"""What the witness was told of the pages, whether or not the database says the same."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from hashlib import sha256

from domain.notary.check import Told
from domain.notary.encoding import ENTRY_BYTES, count
from domain.notary.key_chain import KeyChain, SignedKey
from domain.notary.seals import Seal
from domain.notary.signing import Verify
from domain.notary.statements import SealStatement


@dataclass
class Witness:
    """The testimonies of the stream, in the order in which they were given.

    Only those that a key of ours has signed count: whoever may publish there could
    publish anything.
    """

    keys: KeyChain
    verify: Verify
    last: SealStatement | None = None
    """The statement that reaches furthest."""
    unsigned: int = 0
    told: dict[int, list[Told]] = field(default_factory=dict[int, list[Told]])

    def hear(self, statement: bytes, signature: bytes) -> None:
        """One testimony; a repeated one changes nothing."""
        said = SealStatement.read(statement)
        if said is None or not self.vouches(statement, signature):
            self.unsigned += 1
            return
        one = Told(said.count, said.events)
        told = self.told.setdefault(said.number, [])
        if one not in told:
            told.append(one)
        if self.last is None or said.last > self.last.last:
            self.last = said

    def vouches(self, statement: bytes, signature: bytes) -> bool:
        """Whether the key that signs such seals has signed this one."""
        said = SealStatement.read(statement)
        key = self.keys.of_seal(said.number) if said else None
        return (
            said is not None
            and key is not None
            and key.new_key == said.key
            and self.verify(bytes.fromhex(key.public_key), signature, statement)
        )


def keys_told(
    signed: Iterable[SignedKey], verify: Verify, trusted: Collection[str] = ()
) -> KeyChain:
    """The chain of keys that the witness was told first; what does not fit is no key.

    Whoever may publish there must not be able to put an end to the chain.
    """
    kept: list[SignedKey] = []
    for each in signed:
        if not KeyChain.of([*kept, each], verify).problem:
            kept.append(each)
    return KeyChain.of(kept, verify, trusted)


def entries_of(testimonies: Iterable[tuple[Seal, int]]) -> bytes:
    """The entries of one page, as its first testimonies tell them, joined.

    Each is a signed seal with the entries from an index on. What does not continue, or
    does not add up to what was signed, is left out.
    """
    known = b""
    for seal, begin in testimonies:
        said = SealStatement.read(seal.statement)
        if said is None or begin > count(known):
            continue
        joined = known[: begin * ENTRY_BYTES] + seal.entries
        fits = sha256(joined).hexdigest() == said.events
        if fits and joined.startswith(known):
            known = joined
    return known
