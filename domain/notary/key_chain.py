"""Which key signs which seals: each key is introduced by the one before."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from domain.notary.signing import Verify, key_id_of
from domain.notary.statements import NOTHING, KeyStatement


@dataclass(frozen=True)
class SignedKey:
    """A key statement as it was signed."""

    statement: bytes
    signature: bytes


@dataclass(frozen=True)
class KeyChain:
    """The keys that are vouched for, the first one first.

    `problem` tells why others are not among them, and is empty where all are.
    """

    keys: tuple[KeyStatement, ...] = ()
    problem: str = ""

    @classmethod
    def of(
        cls, signed: Iterable[SignedKey], verify: Verify, trusted: Collection[str] = ()
    ) -> "KeyChain":
        """Those up to the first that is not vouched for by the key before it.

        Where key ids are `trusted`, a chain without any of them has no keys: it may be
        anybody's. One is enough: what came before it, its seals hold by their hashes.
        """
        keys: list[KeyStatement] = []
        problem = ""
        for each in signed:
            statement = KeyStatement.read(each.statement)
            problem = _problem(keys[-1] if keys else None, statement, each, verify)
            if problem or statement is None:
                break
            keys.append(statement)
        if trusted and not any(each.new_key in trusted for each in keys):
            return cls((), problem or "no key of it is one that is trusted")
        return cls(tuple(keys), problem)

    def continues(self, other: "KeyChain") -> bool:
        """Whether it is the other chain, with perhaps more keys behind it."""
        return self.keys[: len(other.keys)] == other.keys

    def of_seal(self, number: int) -> KeyStatement | None:
        """The key that must have signed a seal."""
        found = None
        for each in self.keys:
            if each.from_seal <= number:
                found = each
        return found

    def signed(
        self, key_id: str, signature: bytes, data: bytes, verify: Verify
    ) -> bool:
        """Whether one of these keys, the one that is named, has signed the data."""
        for each in self.keys:
            if each.new_key == key_id:
                return verify(bytes.fromhex(each.public_key), signature, data)
        return False


def _problem(
    before: KeyStatement | None,
    statement: KeyStatement | None,
    signed: SignedKey,
    verify: Verify,
) -> str:
    if statement is None:
        return "a key statement is none"
    public_key = bytes.fromhex(statement.public_key)
    if key_id_of(public_key) != statement.new_key:
        return "a key is not the one that its id names"
    if before is None:
        signer, earliest = public_key, 1
        well = statement.key == statement.new_key and statement.previous == NOTHING
    else:
        signer, earliest = bytes.fromhex(before.public_key), before.from_seal
        well = statement.key == before.new_key
    if not well or statement.from_seal < earliest:
        return "a key is not introduced by the one before it"
    if not verify(signer, signed.signature, signed.statement):
        return "a key statement is not signed by the key before it"
    return ""
