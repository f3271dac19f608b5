"""Whatever is done to a sealed log is found, at the right position."""

from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.notary.check import Checker
from domain.notary.encoding import (
    ENTRY_BYTES,
    POSITION_BYTES,
    Stored,
    encode,
    entries,
    entry,
    split,
)
from domain.notary.findings import Wrong
from domain.notary.key_chain import KeyChain
from domain.notary.pieces import first_fault
from domain.notary.seals import PAGE_EVENTS, Seal
from domain.notary.statements import (
    NOTHING,
    ExportStatement,
    positions_of,
    positions_text,
)
from projections.notary.keys import Signer, verify_with
from tests.domain.sealed_log import (
    NOW,
    SIGNER,
    event,
    found_in,
    renewed,
    seal_all,
    sealed_log,
    statement,
)

LOG = sealed_log()
POSITIONS = sorted(LOG.events)
HOLES = sorted(set(range(1, POSITIONS[-1])) - set(POSITIONS))
MALLORY = Signer(b"m" * 32)

Events = dict[int, Stored]
positions = st.sampled_from(POSITIONS)


def altered(events: Events, position: int, field: str) -> None:
    if position in events:
        changed: dict[str, Any] = {
            "state": events[position].state + b" ",
            "topic": events[position].topic + " ",
            "version": events[position].version + 1000,
            "stream": event(position + 1, 0).stream,
        }
        events[position] = events[position]._replace(**{field: changed[field]})


def moved(events: Events, position: int, to: int) -> None:
    """To a hole; or in exchange for the event that is there."""
    there, here = events.pop(to, None), events.pop(position, None)
    if here:
        events[to] = here._replace(position=to)
    if there:
        events[position] = there._replace(position=position)


def cut(events: Events, position: int) -> None:
    for each in [each for each in events if each >= position]:
        del events[each]


tamperings: st.SearchStrategy[Callable[[Events], object]] = st.one_of(
    st.builds(
        lambda position, field: lambda it: altered(it, position, field),
        positions,
        st.sampled_from(["state", "topic", "version", "stream"]),
    ),
    positions.map(lambda position: lambda it: it.pop(position, None)),
    st.builds(
        lambda position, to: lambda it: moved(it, position, to),
        positions,
        st.one_of(positions, st.sampled_from(HOLES)),
    ),
    st.sampled_from(HOLES).map(
        lambda hole: lambda it: it.update({hole: event(5000 + hole, hole)})
    ),
    positions.map(lambda position: lambda it: cut(it, position)),
)


@settings(max_examples=1000, deadline=None)
@given(st.lists(tamperings, min_size=1, max_size=3))
def test_every_tampering_is_found_where_it_begins(
    done: list[Callable[[Events], object]],
) -> None:
    events = dict(LOG.events)
    for tamper in done:
        tamper(events)
    # The oracle: what is not as it was, by looking at both.
    changed = [
        position
        for position in sorted(events.keys() | LOG.events.keys())
        if events.get(position) != LOG.events.get(position)
    ]
    finding = found_in(events, LOG.seals, LOG.keys)
    assert (finding and finding.position) == (changed[0] if changed else None)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_seal_with_one_bit_changed_is_found(data: st.DataObject) -> None:
    seals = list(LOG.seals)
    index = data.draw(st.integers(0, len(seals) - 1))
    what = data.draw(st.sampled_from(["statement", "signature", "entries"]))
    body = bytearray(getattr(seals[index], what))
    place = data.draw(st.integers(0, len(body) - 1))
    body[place] ^= 1 << data.draw(st.integers(0, 7))
    seal, seals[index] = seals[index], Seal(**{**vars(seals[index]), what: bytes(body)})
    finding = found_in(LOG.events, seals, LOG.keys)
    assert finding is not None
    assert finding.wrong is Wrong.FORGED_SEAL
    begin = statement(seal).after + 1
    if what != "entries":
        assert finding.position == begin
    elif place % ENTRY_BYTES >= POSITION_BYTES:
        # The log itself tells which digest it was.
        known = [position for position, _ in split(seal.entries)]
        assert finding.position == known[place // ENTRY_BYTES]


@given(st.sampled_from(POSITIONS))
def test_seals_made_anew_without_the_key_are_found(position: int) -> None:
    forged = LOG.events[position]._replace(state=b"{}")
    index = next(
        index for index, it in enumerate(LOG.seals) if position <= statement(it).last
    )
    before, after = entry(LOG.events[position]), entry(forged)
    other = LOG.seals[index].entries.replace(before, after)
    seals = renewed(LOG.seals, index, {index: other}, MALLORY)
    finding = found_in({**LOG.events, position: forged}, seals, LOG.keys)
    assert finding is not None
    # Which of the page's events it was, nobody can tell who has no other copy.
    said = statement(LOG.seals[index])
    assert (finding.position, finding.until) == (said.after + 1, said.last)
    assert finding.wrong is Wrong.FORGED_SEAL


def test_a_seal_that_is_missing_is_found() -> None:
    for index, seal in enumerate(LOG.seals[:-1]):
        seals = [each for each in LOG.seals if each is not seal]
        finding = found_in(LOG.events, seals, LOG.keys)
        assert finding is not None
        assert finding.wrong is Wrong.MISSING_SEAL
        assert (finding.position, finding.seal) == (
            statement(seal).after + 1,
            index + 1,
        )


@pytest.mark.parametrize("at_once", [1, 7, 499, 500, 501, 1100])
def test_a_chain_has_a_page_for_so_many_events_however_they_come(at_once: int) -> None:
    there = [LOG.events[each] for each in POSITIONS]
    seals: dict[int, Seal] = {}
    head = None
    for begin in range(0, len(there), at_once):
        for seal in seal_all(head, entries(there[begin : begin + at_once])):
            seals[statement(seal).number] = head = seal
    assert list(seals) == [1, 2, 3]
    assert [statement(each).count for each in seals.values()] == [500, 500, 100]
    assert found_in(LOG.events, list(seals.values()), LOG.keys) is None


@settings(deadline=None)
@given(positions, positions, st.sampled_from([1, -1]))
def test_an_event_beside_another_at_its_position_is_found(
    position: int, other: int, order: int
) -> None:
    forged = LOG.events[position]._replace(state=b"{}")
    both = [LOG.events[position], forged]
    there = {each: [LOG.events[each]] for each in POSITIONS}
    there[position] = both[::order]
    there[other] = [each._replace(state=b"[]") for each in there[other]]
    checker = Checker(KeyChain.of(LOG.keys, verify_with), verify_with)
    log = entries(each for at in POSITIONS for each in there[at])
    finding = first_fault(checker, LOG.seals, log)
    assert finding is not None
    altered = other < position
    assert finding.position == min(position, other)
    assert finding.wrong is (Wrong.ALTERED if altered else Wrong.INSERTED)


def test_a_large_exports_statement_is_one() -> None:
    said = ExportStatement(
        key=SIGNER.key_id,
        at=NOW,
        data_flow_id="flow-1",
        positions="1," * (1 << 23),
        events=NOTHING,
        first_seal=0,
        after=0,
        seals=0,
        last_seal=NOTHING,
        receipt=NOTHING,
    )
    assert ExportStatement.read(said.to_bytes()) == said


def test_the_encoding_is_the_one_that_is_documented() -> None:
    one = Stored(7, event(1, 1).stream, 2, "a.b.v1", b"{}")
    assert encode(one).hex() == (
        "00000010" + one.stream.hex + "00000008" + "0000000000000002"
        "00000006" + b"a.b.v1".hex() + "00000002" + b"{}".hex()
    )
    assert len(LOG.seals[0].entries) == PAGE_EVENTS * ENTRY_BYTES


@given(st.sets(st.integers(0, 300)))
def test_positions_are_written_as_runs(some: set[int]) -> None:
    assert positions_of(positions_text(sorted(some))) == sorted(some)


def test_the_documented_vector_is_what_is_made() -> None:
    page = (Path(__file__).parents[2] / "docs" / "proof.md").read_text("utf-8")
    stream = UUID("00112233-4455-6677-8899-aabbccddeeff")
    one = Stored(7, stream, 2, "a.b.v1", b"{}")
    (seal,) = seal_all(None, entry(one))
    signature = b64encode(seal.signature).decode()
    for text in (
        f"`{SIGNER.public_key.hex()}`",
        f"`{SIGNER.key_id}`",
        f"`{encode(one).hex()}`",
        f"`{entry(one).hex()}`",
        f"\n{seal.statement.decode()}\n{signature}\n",
    ):
        assert text in page
