"""What the receipts of two sides contradict each other in."""

from datetime import timedelta
from typing import Any

import pytest

from domain.receipts import ObjectOutcome, ReceiptLine, reconcile
from domain.receipts.reconcile import Side
from tests.controls import LATER
from tests.domain.test_receipts import line, statement


def theirs(*lines: ReceiptLine, **changes: Any) -> Side:
    crossed = {"participant_id": "did:web:them", "counter_party_id": "did:web:us"}
    return statement(*lines, **{"role": "consumer", **crossed, **changes}), lines


def differences(one: Side, other: Side) -> list[tuple[str, str]]:
    return [(each.what, each.key) for each in reconcile(one, other)]


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
    assert differences((unlisted, ()), theirs(line("a"), size_bytes=14)) == [
        ("objects", "")
    ]


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"size_bytes": 8}, ["size"]),
        ({"failed": 1}, ["failed"]),
        ({"verdicts": {"size-only": 1}}, ["verdict"]),
        # A door that was read at knows nothing of these.
        ({"size_bytes": 0, "verdicts": {}}, []),
    ],
)
def test_without_the_objects_of_both_their_totals_are_compared(
    change: dict[str, Any], what: list[str]
) -> None:
    unlisted = statement(line("a"), verdicts={"verified": 1})
    answered = theirs(line("a"), **{"verdicts": {"verified": 1}, **change})
    assert [each for each, _ in differences((unlisted, ()), answered)] == what


def test_of_an_object_that_came_twice_the_later_one_counts() -> None:
    old, new = line("a", size_bytes=3), line("a", at=LATER)
    failed = line("a", outcome=ObjectOutcome.FAILED, at=LATER)
    for mine in ((old, new), (new, old), (line("a"), failed), (failed, line("a"))):
        assert differences((statement(*mine), mine), theirs(line("a"))) == []
    mine = (line("a"), line("a", size_bytes=3, at=LATER))
    assert differences((statement(*mine), mine), theirs(line("a"))) == [("size", "a")]
