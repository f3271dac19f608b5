"""An export that was edited is found out, by our verifier and by the small one."""

import json
from hashlib import sha256
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.notary.encoding import entries, entry
from domain.notary.export_lines import (
    closing,
    key_line,
    read_event,
    read_line,
    read_seal,
    receipt_digest,
    receipt_line,
    seal_line,
)
from domain.notary.statements import ExportStatement, digest_of
from projections.notary.keys import Signer
from tests.domain.sealed_export import agreed, checked, export_of_some, receipt_of
from tests.domain.sealed_log import SIGNER, key, renewed, sealed_log, statement

LINES = export_of_some()
BODIES: list[dict[str, Any]] = [json.loads(line) for line in LINES]
EVENTS = [index for index, each in enumerate(BODIES) if "event" in each]
POSITIONS = {index: BODIES[index]["event"]["position"] for index in EVENTS}
UNSEALED = set(EVENTS[-3:])
LAST_OF_FIRST = statement(sealed_log().seals[0]).last
MALLORY = Signer(b"m" * 32)

events = st.sampled_from(EVENTS)


def edited(index: int, **changes: Any) -> list[bytes]:
    """The lines, with one event's fields changed."""
    body = {"event": BODIES[index]["event"] | changes}
    lines = list(LINES)
    lines[index] = json.dumps(body).encode()
    return lines


def test_an_honest_export_is_as_it_was_signed() -> None:
    assert agreed(LINES) is None
    assert agreed(LINES, SIGNER.key_id) is None
    verdict = checked(LINES, SIGNER.key_id)
    assert (verdict.events, verdict.unsealed, verdict.seals) == (50, 3, 2)
    assert (verdict.key, verdict.trusted) == (SIGNER.key_id, True)
    assert agreed(LINES, MALLORY.key_id) is not None


@settings(max_examples=150, deadline=None)
@given(events, st.sampled_from(["state", "topic", "version", "stream"]), st.data())
def test_an_event_that_was_edited_is_named(
    index: int, field: str, data: st.DataObject
) -> None:
    changed: dict[str, st.SearchStrategy[Any]] = {
        "state": st.text(max_size=20),
        "topic": st.text(max_size=20),
        "version": st.integers(1000, 2000),
        "stream": st.uuids().map(str),
    }
    value = data.draw(changed[field])
    # What is not sealed is vouched for by the last line alone.
    wrong = (
        (POSITIONS[EVENTS[-3]], "forged-export")
        if index in UNSEALED
        else (POSITIONS[index], "altered")
    )
    assert agreed(edited(index, **{field: value})) == wrong


@settings(max_examples=60, deadline=None)
@given(events)
def test_an_event_that_was_taken_out_is_named(index: int) -> None:
    lines = [line for at, line in enumerate(LINES) if at != index]
    assert agreed(lines) == (POSITIONS[index], "removed")


@settings(max_examples=80, deadline=None)
@given(events, st.integers(1, 2000))
def test_an_event_that_was_put_elsewhere_is_found(index: int, to: int) -> None:
    found = agreed(edited(index, position=to))
    if to == POSITIONS[index]:
        assert found is None
        return
    assert found is not None
    assert found[0] == min(to, POSITIONS[index])


@settings(max_examples=50, deadline=None)
@given(events, events)
def test_two_events_in_exchange_are_found(one: int, other: int) -> None:
    lines = list(LINES)
    for index, source in ((one, other), (other, one)):
        body = BODIES[source]["event"] | {"position": POSITIONS[index]}
        lines[index] = json.dumps({"event": body}).encode()
    found = agreed(lines)
    if one == other:
        assert found is None
        return
    assert found is not None
    first = min(one, other)
    assert found[0] == POSITIONS[first if first not in UNSEALED else EVENTS[-3]]


@settings(max_examples=50, deadline=None)
@given(events, st.integers(1, 2000))
def test_an_event_that_was_put_in_is_named(index: int, position: int) -> None:
    if position in POSITIONS.values():
        return
    body = {"event": BODIES[index]["event"] | {"position": position}}
    before = [at for at in EVENTS if POSITIONS[at] < position]
    place = before[-1] + 1 if before else EVENTS[0]
    lines = [*LINES[:place], json.dumps(body).encode(), *LINES[place:]]
    found = agreed(lines)
    assert found is not None
    assert found[0] == position


@given(st.integers(1, len(LINES) - 1))
def test_an_export_that_was_cut_off_is_found(end: int) -> None:
    found = agreed(LINES[:end])
    last = max((POSITIONS[each] for each in EVENTS if each < end), default=0)
    assert found == (last + 1, "truncated")


def test_lines_that_are_missing_or_not_in_their_place_are_found() -> None:
    opening, its_key, first, second, *rest = LINES
    for lines, wrong in (
        ([its_key, first, second, *rest], (1, "unreadable")),
        ([opening, first, its_key, second, *rest], (1, "unreadable")),
        ([opening, first, second, *rest], (1, "forged-seal")),
        ([opening, its_key, second, *rest], (1, "inserted")),
        ([opening, its_key, first, *rest], (556, "missing-seal")),
        ([opening, its_key, second, first, *rest], (1, "inserted")),
        ([opening, its_key, first, second, *rest, rest[-1]], (1124, "unreadable")),
        ([opening, its_key, *rest], (1, "missing-seal")),
    ):
        assert agreed(lines) == wrong


@settings(max_examples=50, deadline=None)
@given(events.filter(lambda index: index not in UNSEALED))
def test_seals_made_anew_without_the_key_are_found(index: int) -> None:
    lines = anew(index)
    page = 0 if POSITIONS[index] <= LAST_OF_FIRST else 1
    begin = (1, LAST_OF_FIRST + 1)[page]
    assert agreed(lines) == (begin, "forged-seal")
    assert agreed(lines, SIGNER.key_id) == (begin, "forged-seal")


@given(events.filter(lambda index: index not in UNSEALED))
def test_everything_made_anew_with_another_key_is_not_believed(index: int) -> None:
    lines = anew(index, key_too=True)
    # It is in itself without a fault: only who knows the notary's key can tell.
    assert agreed(lines) is None
    assert agreed(lines, MALLORY.key_id) is None
    assert agreed(lines, SIGNER.key_id) == (1, "forged-seal")


def anew(index: int, *, key_too: bool = False) -> list[bytes]:
    """The export with one event changed, and all that vouches for it made anew."""
    lines = edited(index, state="{}")
    old, new = (
        entry(read_event(json.loads(line)["event"]))
        for line in (LINES[index], lines[index])
    )
    seals = [read_seal(BODIES[at]["seal"])[0] for at in (2, 3)]
    first = 0 if old in seals[0].entries else 1
    contents = {first: seals[first].entries.replace(old, new)}
    chosen = MALLORY.key_id if key_too else SIGNER.key_id
    begin = 0 if key_too else first
    made = renewed(seals, begin, contents, MALLORY, chosen)
    if key_too:
        lines[1] = key_line(key(MALLORY, MALLORY))
        lines[-2] = receipt_line(receipt_of(MALLORY))
    lines[2:4] = [seal_line(each, with_entries=True) for each in made]
    inside = [read_event(json.loads(lines[at])["event"]) for at in EVENTS]
    said = ExportStatement.model_validate_json(BODIES[-1]["export"]["statement"])
    text = said.model_copy(
        update={
            "key": chosen,
            "events": sha256(entries(inside)).hexdigest(),
            "last_seal": digest_of(made[-1].statement),
            "receipt": receipt_digest(json.loads(lines[-2])["receipt"]),
        }
    ).to_bytes()
    lines[-1] = closing(text, MALLORY.sign(text).value)
    return lines


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_byte_that_was_changed_anywhere_is_found(data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(LINES) - 1))
    line = bytearray(LINES[index])
    place = data.draw(st.integers(0, len(line) - 2))
    line[place] ^= 1 << data.draw(st.integers(0, 7))
    lines = [*LINES[:index], bytes(line), *LINES[index + 1 :]]
    if agreed(lines) is None:
        # The same content in other letters: a UUID, the last bits of base64.
        assert _same(bytes(line), LINES[index])


def _same(one: bytes, other: bytes) -> bool:
    (kind, first), (_, second) = read_line(one), read_line(other)
    if kind == "event":
        first["stream"] = first["stream"].lower().replace("-", "")
        second["stream"] = second["stream"].replace("-", "")
        return first == second
    return all(first.get(name) == second.get(name) for name in ("statement", "receipt"))
