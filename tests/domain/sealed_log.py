"""A sealed log in memory, as the notary would have sealed it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import NamedTuple
from uuid import UUID, uuid5

from domain.notary.check import Checker
from domain.notary.encoding import Stored, entries
from domain.notary.findings import Finding
from domain.notary.key_chain import KeyChain, SignedKey
from domain.notary.pieces import first_fault
from domain.notary.seals import Seal, pages
from domain.notary.statements import NOTHING, KeyStatement, SealStatement, digest_of
from projections.notary.keys import Signer, introduction, verify_with

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
EVENTS = 1100
NAMESPACE = UUID("7c1f4e5a-6c0d-5a7e-9d61-0a9be0c1d2f3")
SIGNER = Signer(bytes(range(32)))


class SealedLog(NamedTuple):
    """Events by position, and what vouches for them."""

    events: Mapping[int, Stored]
    seals: Sequence[Seal]
    keys: Sequence[SignedKey]


def event(number: int, position: int) -> Stored:
    stream = uuid5(NAMESPACE, str(number % 7))
    state = b'{"event":{"number":%d}}' % number
    return Stored(position, stream, number // 7 + 1, "a.thing-happened.v1", state)


def key(
    signer: Signer, new: Signer, from_seal: int = 1, previous: str = NOTHING
) -> SignedKey:
    statement = KeyStatement(
        key=signer.key_id,
        at=NOW,
        public_key=new.public_key.hex(),
        new_key=new.key_id,
        from_seal=from_seal,
        previous=previous,
    ).to_bytes()
    return SignedKey(statement, introduction(statement, signer, new).value)


def seal_all(head: Seal | None, entries_: bytes, signer: Signer = SIGNER) -> list[Seal]:
    return [
        Seal(text := each.statement.to_bytes(), signer.sign(text).value, each.entries)
        for each in pages(head, entries_, signer.key_id, NOW)
    ]


@cache
def sealed_log() -> SealedLog:
    """Positions with holes, as failed transactions leave them."""
    events = [event(number, number + 1 + number // 9) for number in range(EVENTS)]
    seals = seal_all(None, entries(events))
    by_position = {each.position: each for each in events}
    return SealedLog(by_position, seals, [key(SIGNER, SIGNER)])


def found_in(
    events: Mapping[int, Stored], seals: Sequence[Seal], keys: Sequence[SignedKey]
) -> Finding | None:
    """What the checker says of a log."""
    there = [events[each] for each in sorted(events)]
    head = max(events, default=0)
    checker = Checker(KeyChain.of(keys, verify_with), verify_with, head=head)
    return first_fault(checker, seals, entries(there))


def statement(seal: Seal) -> SealStatement:
    return SealStatement.model_validate_json(seal.statement)


def renewed(
    seals: Sequence[Seal],
    first: int,
    contents: Mapping[int, bytes],
    signer: Signer,
    key_id: str = "",
) -> list[Seal]:
    """The chain as somebody makes it anew from an index on, with other entries.

    It says that the same keys sign it as before, or another one.
    """
    made = list(seals[:first])
    for index in range(first, len(seals)):
        entries_ = contents.get(index, seals[index].entries)
        previous = digest_of(made[-1].statement) if made else NOTHING
        said = statement(seals[index])
        fresh = seal_all(None, entries_, signer)[0]
        changed = statement(fresh).model_copy(
            update={
                "number": said.number,
                "previous": previous,
                "after": said.after,
                "key": key_id or said.key,
            }
        )
        text = changed.to_bytes()
        made.append(Seal(text, signer.sign(text).value, entries_))
    return made
