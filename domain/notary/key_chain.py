"""Which key signs which seals: each key is introduced by the one before."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from domain.notary.signing import SIGNATURE_BYTES, Verify, key_id_of
from domain.notary.statements import NOTHING, KeyStatement


@dataclass(frozen=True)
class SignedKey:
    """A key statement, and two signatures of it: the old key's, then the new one's.

    Without the new key's consent anybody could put a key of his own before it.
    """

    statement: bytes
    signature: bytes


@dataclass(frozen=True)
class KeyChain:
    """The keys that are vouched for, the first one first.

    `problem` tells why others are not among them, and is empty where all are. `first`
    is the index of the first key that is trusted: those before it may be anybody's by
    now, and only their seals are held, by the hashes of those that follow.
    """

    keys: tuple[KeyStatement, ...] = ()
    problem: str = ""
    first: int = 0

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
            problem = _problem(keys, statement, each, verify)
            if problem or statement is None:
                break
            keys.append(statement)
        known = [at for at, each in enumerate(keys) if each.new_key in trusted]
        if trusted and not known:
            return cls((), problem or "no key of it is one that is trusted")
        return cls(tuple(keys), problem, known[0] if known else 0)

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

    def ended(self) -> dict[str, KeyStatement]:
        """By the id of each key from before the first trusted one: what came next."""
        pairs = zip(self.keys[: self.first], self.keys[1:], strict=False)
        return {each.new_key: after for each, after in pairs}

    def signed(
        self, key_id: str, signature: bytes, data: bytes, verify: Verify
    ) -> bool:
        """Whether the key that is named has signed the data, and may be believed.

        Not one from before the first trusted key: who has stolen an old key must not
        deceive those who trust a later one.
        """
        for each in self.keys[self.first :]:
            if each.new_key == key_id:
                return verify(bytes.fromhex(each.public_key), signature, data)
        return False


def _problem(
    keys: Sequence[KeyStatement],
    statement: KeyStatement | None,
    signed: SignedKey,
    verify: Verify,
) -> str:
    if statement is None:
        return "a key statement is none"
    public_key = bytes.fromhex(statement.public_key)
    if key_id_of(public_key) != statement.new_key:
        return "a key is not the one that its id names"
    if any(each.new_key == statement.new_key for each in keys):
        return "a key is introduced again"
    before = keys[-1] if keys else None
    if before is None:
        signer, earliest = public_key, 1
        well = statement.key == statement.new_key and statement.previous == NOTHING
    else:
        signer, earliest = bytes.fromhex(before.public_key), before.from_seal
        well = statement.key == before.new_key
    if not well or statement.from_seal < earliest:
        return "a key is not introduced by the one before it"
    return _unsigned(signed, signer, public_key, verify)


def _unsigned(
    signed: SignedKey, signer: bytes, public_key: bytes, verify: Verify
) -> str:
    old, new = signed.signature[:SIGNATURE_BYTES], signed.signature[SIGNATURE_BYTES:]
    if not verify(signer, old, signed.statement):
        return "a key statement is not signed by the key before it"
    if not verify(public_key, new, signed.statement):
        return "a key has not agreed to be introduced"
    return ""
