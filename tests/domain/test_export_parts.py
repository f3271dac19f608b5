"""Parts of an export that are not the notary's, or not the ones of this export."""

import json
from typing import Any

from domain.notary.export_lines import closing, key_line, receipt_digest, receipt_line
from domain.notary.key_chain import SignedKey
from domain.notary.statements import ExportStatement, digest_of
from projections.notary.keys import Signer
from tests.domain.sealed_export import agreed, export_of_some, receipt_of
from tests.domain.sealed_log import SIGNER, key, sealed_log

LINES = export_of_some()
BODIES: list[dict[str, Any]] = [json.loads(line) for line in LINES]
EVENTS = [each["event"]["position"] for each in BODIES if "event" in each]
MALLORY = Signer(b"m" * 32)
FORGED = (EVENTS[0], "forged-export")
BAD = "unreadable"


def concluded(lines: list[bytes], signer: Signer = SIGNER, **said: Any) -> list[bytes]:
    """The lines, with a last one that says other things, signed."""
    old = ExportStatement.model_validate_json(BODIES[-1]["export"]["statement"])
    text = old.model_copy(update=said).to_bytes()
    return [*lines[:-1], closing(text, signer.sign(text).value)]


def with_receipt(body: dict[str, Any], *, own: bool = False) -> list[bytes]:
    """The export with another receipt; one of its `own` belongs to it."""
    lines = [*LINES[:-2], receipt_line(body), LINES[-1]]
    return concluded(lines, receipt=receipt_digest(body)) if own else lines


def test_a_receipt_that_does_not_belong_to_the_export_is_found() -> None:
    genuine = BODIES[-2]["receipt"]
    assert agreed([*LINES[:-2], LINES[-1]]) == FORGED
    for body in (
        receipt_of(data_flow_id="flow-2"),
        receipt_of(kind="waybill.archive.v1"),
        receipt_of(lines=3),
        receipt_of(digest="0" * 64),
        genuine | {"objects": genuine["objects"][:1]},
        receipt_of(MALLORY),
    ):
        assert agreed(with_receipt(body)) == FORGED
        assert agreed(with_receipt(body, own=True)) == FORGED
    # Genuine, of this flow, and not the one that the export was made with.
    other = receipt_of(again=True)
    assert agreed(with_receipt(other)) == FORGED
    assert agreed(with_receipt(other, own=True)) is None
    without = genuine | {"objects": None}
    assert agreed(with_receipt(without)) == FORGED
    assert agreed(with_receipt(without, own=True)) is None
    large = genuine | {"more": 1}
    assert agreed(with_receipt(large, own=True)) == (EVENTS[-1] + 1, BAD)


def test_a_line_that_could_be_read_in_two_ways_is_refused() -> None:
    opening, its_key, seal, _, one, *_ = LINES
    for at, line, position in (
        (0, opening.replace(b"{", b'{"more":1,', 1), 1),
        (0, opening.replace(b"{", b'{"data_flow_id":"flow-2",', 1), 1),
        (1, its_key.replace(b'"statement"', b'"more":1,"statement"', 1), 1),
        (2, seal.replace(b'"entries"', b'"entries":null,"entries"', 1), 1),
        (2, seal.replace(b'"entries"', b'"other"', 1), 1),
        (4, one.replace(b'"state"', b'"state_base64":"","state"', 1), 1),
        (4, one.replace(b'"state"', b'"state":"","state"', 1), 1),
        (4, one.replace(b'"topic"', b'"more":1,"topic"', 1), 1),
        (len(LINES) - 1, LINES[-1].replace(b"{", b'{"export":{},', 1), 0),
    ):
        assert line != LINES[at]
        lines = [*LINES[:at], line, *LINES[at + 1 :]]
        assert agreed(lines) == (position or EVENTS[-1] + 1, BAD), at


def test_keys_that_do_not_agree_or_come_twice_are_no_chain() -> None:
    forged = key(MALLORY, SIGNER, 10**9)
    once = MALLORY.sign(forged.statement).value
    stolen = [
        LINES[0],
        key_line(key(MALLORY, MALLORY)),
        key_line(SignedKey(forged.statement, once + once)),
        *LINES[2:],
    ]
    assert agreed(stolen, SIGNER.key_id) == (1, "forged-seal")
    again = [*LINES[:2], LINES[1], *LINES[2:]]
    assert agreed(again) == FORGED


def test_an_old_key_signs_no_receipt_for_who_trusts_a_later_one() -> None:
    second = Signer(b"2" * 32)
    last = digest_of(sealed_log().seals[1].statement)
    lines = [*LINES[:2], key_line(key(SIGNER, second, 3, last)), *LINES[2:]]
    lines = concluded(lines, second, key=second.key_id)
    assert agreed(lines) is None
    assert agreed(lines, SIGNER.key_id) is None
    assert agreed(lines, second.key_id) == FORGED
