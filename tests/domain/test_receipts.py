"""Receipts: what is signed, what is wrong with a forged one, what two contradict in."""

import json
from base64 import b64encode
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from domain.notary.statements import NOTHING, KeyStatement
from domain.receipts import (
    Leaves,
    ObjectOutcome,
    ReceiptFile,
    ReceiptLine,
    ReceiptStatement,
    problems,
    reconcile,
)
from domain.receipts.file import SignedKeyText
from domain.receipts.reconcile import Side
from projections.notary.keys import Signer, verify_with
from tests.controls import LATER, NOW

SIGNER = Signer(b"\x07" * 32)


def line(key: str = "a", **changes: Any) -> ReceiptLine:
    usual: dict[str, Any] = {
        "outcome": ObjectOutcome.COPIED,
        "size_bytes": 7,
        "crc64nvme": "4O9ZmMJAbCs=",
        "etag": "77aa",
        "verdict": "verified",
        "error": None,
        "at": NOW,
    }
    return ReceiptLine(key=key, **{**usual, **changes})


def statement(*lines: ReceiptLine, **changes: Any) -> ReceiptStatement:
    leaves = Leaves()
    for each in lines:
        leaves.add(each.to_bytes())
    usual: dict[str, Any] = {
        "key": SIGNER.key_id,
        "at": LATER,
        "data_flow_id": "flow-1",
        "role": "provider",
        "direction": "push",
        "profile": "http-push",
        "participant_id": "did:web:us",
        "counter_party_id": "did:web:them",
        "dataspace_context": "dsp",
        "agreement_id": "agreement-1",
        "dataset_id": "dataset-1",
        "completed_by": "plane",
        "begun_at": NOW,
        "completed_at": LATER,
        "first": 1,
        "last": 9,
        "events": 9,
        "moved": True,
        "objects": len(lines),
        "size_bytes": 7 * len(lines),
        "failed": 0,
        "deleted": 0,
        "skipped": {},
        "verdicts": {},
        "lines": len(lines),
        "digest": leaves.digest(),
    }
    return ReceiptStatement(**{**usual, **changes})


def file(*lines: ReceiptLine, **changes: Any) -> dict[str, Any]:
    said = statement(*lines, **changes)
    key = KeyStatement(
        key=SIGNER.key_id,
        at=NOW,
        public_key=SIGNER.public_key.hex(),
        new_key=SIGNER.key_id,
        from_seal=1,
        previous=NOTHING,
    )
    made = ReceiptFile(
        receipt=said.model_dump(mode="json"),
        signature=_signed(said.to_bytes()),
        keys=(
            SignedKeyText(
                statement=key.to_bytes().decode(), signature=_signed(key.to_bytes())
            ),
        ),
        objects=tuple(each.model_dump(mode="json") for each in lines),
    )
    return json.loads(made.model_dump_json())  # type: ignore[no-any-return]


def _signed(data: bytes) -> str:
    return b64encode(SIGNER.sign(data).value).decode()


def wrong(document: dict[str, Any], *trusted: str) -> list[str]:
    # As it comes out of a file.
    read = ReceiptFile.model_validate_json(json.dumps(document))
    return problems(read, verify_with, trusted)


def theirs(*lines: ReceiptLine, **changes: Any) -> Side:
    crossed = {"participant_id": "did:web:them", "counter_party_id": "did:web:us"}
    return statement(*lines, **{"role": "consumer", **crossed, **changes}), lines


def differences(one: Side, other: Side) -> list[tuple[str, str]]:
    return [(each.what, each.key) for each in reconcile(one, other)]


def test_an_honest_receipt_has_nothing_wrong() -> None:
    assert wrong(file(line("a"), line("ü [b]"))) == []
    assert wrong(file(line()), SIGNER.key_id) == []
    without = file(line()) | {"objects": None}
    assert wrong(without) == []


def test_objects_may_be_beside_it() -> None:
    read = ReceiptFile.model_validate(file(line()) | {"objects": None})
    assert problems(read, verify_with, lines=[line().to_bytes()]) == []
    (found,) = problems(read, verify_with, lines=[line("b").to_bytes()])
    assert "objects" in found


@pytest.mark.parametrize("field", sorted(ReceiptStatement.model_fields))
def test_every_altered_field_is_found(field: str) -> None:
    forged = file(line())
    before = forged["receipt"][field]
    forged["receipt"][field] = (
        before + 1 if isinstance(before, int) else "x" + str(before)
    )
    assert wrong(forged)


def test_an_altered_missing_or_added_object_is_found() -> None:
    honest = file(line("a"), line("b"))
    altered, fewer, more = (json.loads(json.dumps(honest)) for _ in range(3))
    altered["objects"][1]["size_bytes"] = 8
    del fewer["objects"][0]
    more["objects"].append(line("c").model_dump(mode="json"))
    assert [bool(wrong(each)) for each in (altered, fewer, more)] == [True] * 3


def test_somebody_elses_key_is_found_by_who_knows_ours() -> None:
    assert wrong(file(line()), "0" * 64) == [
        "no key of it is one that is trusted",
        f"the signature is not of the key {SIGNER.key_id[:16]}…",
    ]
    unsigned = file(line()) | {"signature": b64encode(b"\0" * 64).decode()}
    assert wrong(unsigned)
    assert wrong(file(line()) | {"keys": []})
    assert wrong(file(line()) | {"receipt": {}}) == ["it is not a receipt of ours"]


def test_the_digest_does_not_depend_on_the_order() -> None:
    found: set[str] = set()
    for order in permutations([b"a", b"b", b"c"]):
        leaves = Leaves()
        for each in order:
            leaves.add(each)
        found.add(leaves.digest())
    assert len(found) == 1


def test_two_sides_that_tell_the_same_agree() -> None:
    received = line(outcome=ObjectOutcome.RECEIVED, etag="other", at=LATER)
    assert reconcile((statement(line()), (line(),)), theirs(received)) == []
    # A door that was read at knows neither sizes nor what became of the bytes.
    served = line(
        outcome=ObjectOutcome.SERVED, size_bytes=None, crc64nvme="", verdict=None
    )
    assert reconcile((statement(line()), (line(),)), theirs(served)) == []


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"size_bytes": 8}, "size"),
        ({"crc64nvme": "AAAAAAAAAAA="}, "checksum"),
        ({"verdict": "size-only"}, "verdict"),
        ({"outcome": ObjectOutcome.FAILED, "error": "storage.denied"}, "outcome"),
        ({"at": LATER + timedelta(hours=1)}, "time"),
    ],
)
def test_an_object_that_differs_is_named(change: dict[str, Any], what: str) -> None:
    mine = (line("a"), line("b"))
    found = differences(
        (statement(*mine), mine), theirs(line("a"), line("b", **change))
    )
    assert found == [(what, "b")]


def test_an_object_that_one_side_has_not_is_named() -> None:
    mine = (line("a"), line("b"))
    assert differences((statement(*mine), mine), theirs(line("b"), line("c"))) == [
        ("missing", "a"),
        ("missing", "c"),
    ]


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"agreement_id": "agreement-2"}, "agreement_id"),
        ({"dataset_id": "dataset-2"}, "dataset_id"),
        ({"role": "provider"}, "role"),
        ({"participant_id": "did:web:somebody"}, "counter party"),
        ({"counter_party_id": "did:web:somebody"}, "participant"),
    ],
)
def test_terms_that_differ_are_named(change: dict[str, Any], what: str) -> None:
    assert differences((statement(), ()), theirs(**change)) == [(what, "")]


def test_times_that_contradict_are_named() -> None:
    hours = {"begun_at": LATER + timedelta(hours=1)}
    late = theirs(**hours, completed_at=LATER + timedelta(hours=2))
    (found,) = reconcile((statement(), ()), late)
    assert (found.what, found.one[:5], found.other[:5]) == ("time", "ended", "began")


def test_a_side_that_moved_nothing_has_nothing_to_contradict() -> None:
    mine = (line("a"),)
    assert differences((statement(*mine), mine), theirs(moved=False)) == []
    # Without the lines of both, only their number is compared.
    unlisted = statement(line("a"), line("b"))
    assert differences((unlisted, ()), theirs(line("a"))) == [("objects", "")]
