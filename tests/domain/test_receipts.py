"""Receipts: what is signed, what is wrong with a forged one, what two contradict in."""

import json
from base64 import b64encode
from itertools import permutations
from typing import Any

import pytest

from domain.notary.export_lines import signed
from domain.notary.key_chain import SignedKey
from domain.notary.statements import NOTHING, KeyStatement
from domain.receipts import (
    Leaves,
    ObjectOutcome,
    ReceiptFile,
    ReceiptLine,
    ReceiptStatement,
    problems,
)
from domain.receipts.file import SignedKeyText
from projections.notary.keys import Signer, introduction, verify_with
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
                statement=key.to_bytes().decode(),
                signature=b64encode(
                    introduction(key.to_bytes(), SIGNER, SIGNER).value
                ).decode(),
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


def test_who_has_stolen_an_old_key_forges_no_receipt_for_who_trusts_a_later() -> None:
    new = Signer(b"\x08" * 32)
    keys = [
        SignedKey(text, introduction(text, signer, each).value)
        for signer, each, previous, number in (
            (SIGNER, SIGNER, NOTHING, 1),
            (SIGNER, new, "1" * 64, 4),
        )
        for text in [
            KeyStatement(
                key=signer.key_id,
                at=NOW,
                public_key=each.public_key.hex(),
                new_key=each.key_id,
                from_seal=number,
                previous=previous,
            ).to_bytes()
        ]
    ]
    document = file(line()) | {
        "keys": [signed(each.statement, each.signature) for each in keys]
    }
    assert wrong(document) == wrong(document, SIGNER.key_id) == []
    assert wrong(document, SIGNER.key_id, new.key_id) == []
    assert wrong(document, new.key_id)
