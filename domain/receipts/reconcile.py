"""What the two sides of one process contradict each other in."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from domain.receipts.statement import ObjectOutcome, ReceiptLine, ReceiptStatement

# Clocks of two organisations: more than this apart is no matter of clocks.
CLOCKS: Final = timedelta(minutes=5)

Lines = tuple[ReceiptLine, ...]
Side = tuple[ReceiptStatement, Lines]


@dataclass(frozen=True)
class Difference:
    """One contradiction. `key` is empty where it is of no object.

    `what` is a word: the name of a term, or `missing`, `size`, `checksum`, `verdict`,
    `outcome`, `time`, `objects`, `failed`.
    """

    what: str
    key: str
    one: str
    other: str


def reconcile(one: Side, other: Side, clocks: timedelta = CLOCKS) -> list[Difference]:
    """All that two receipts contradict in, in their order; nothing: they agree.

    What only one side can know is not compared: without lines of both, only totals
    that both have; a checksum or size only where both tell it.
    """
    said, answered = one[0], other[0]
    found = [*_terms(said, answered), *_times(one, other, clocks)]
    if not (said.moved and answered.moved):
        return found
    if _complete(one) and _complete(other):
        return [*found, *_objects(one[1], other[1])]
    return [*found, *_totals(said, answered)]


def _totals(one: ReceiptStatement, other: ReceiptStatement) -> Iterator[Difference]:
    """What stands in for the objects where one side has left them at home."""
    compared: list[tuple[str, object, object]] = [
        ("objects", one.objects, other.objects)
    ]
    if _knows_content(one) and _knows_content(other):
        compared += [
            ("size", one.size_bytes, other.size_bytes),
            ("failed", one.failed, other.failed),
        ]
    if one.verdicts and other.verdicts:
        compared.append(("verdict", _counts(one), _counts(other)))
    for what, mine, theirs in compared:
        if mine != theirs:
            yield Difference(what, "", str(mine), str(theirs))


def _knows_content(said: ReceiptStatement) -> bool:
    """A side that was read at its door knows neither sizes nor what failed."""
    return bool(said.verdicts or said.size_bytes or said.failed)


def _counts(said: ReceiptStatement) -> str:
    told = sorted(said.verdicts.items())
    return ", ".join(f"{count} {verdict}" for verdict, count in told)


def _complete(side: Side) -> bool:
    return len(side[1]) == side[0].lines


def _terms(one: ReceiptStatement, other: ReceiptStatement) -> Iterator[Difference]:
    for name in ("agreement_id", "dataset_id", "direction", "dataspace_context"):
        mine, theirs = getattr(one, name), getattr(other, name)
        if mine != theirs:
            yield Difference(name, "", mine, theirs)
    if one.role == other.role:
        yield Difference("role", "", one.role, other.role)
    crossed = (
        ("participant", one.participant_id, other.counter_party_id),
        ("counter party", one.counter_party_id, other.participant_id),
    )
    for name, mine, theirs in crossed:
        if mine != theirs:
            yield Difference(name, "", mine, theirs)


def _times(one: Side, other: Side, clocks: timedelta) -> Iterator[Difference]:
    """Neither may have ended before the other began, nor an object be of then."""
    for mine, theirs in ((one, other), (other, one)):
        begun = theirs[0].begun_at
        if mine[0].completed_at + clocks < begun:
            times = f"ended {mine[0].completed_at}", f"began {begun}"
            yield Difference("time", "", *_in_order(times, swapped=mine is other))
        ended = theirs[0].completed_at
        for line in mine[1]:
            if not begun - clocks <= line.at <= ended + clocks:
                times = f"at {line.at}", f"from {begun} to {ended}"
                told = _in_order(times, swapped=mine is other)
                yield Difference("time", line.key, *told)


def _in_order(pair: tuple[str, str], *, swapped: bool) -> tuple[str, str]:
    return (pair[1], pair[0]) if swapped else pair


def _objects(one: Lines, other: Lines) -> Iterator[Difference]:
    mine, theirs = _by_key(one), _by_key(other)
    for key in sorted(mine.keys() | theirs.keys()):
        here, there = mine.get(key), theirs.get(key)
        if here is None or there is None:
            known = "-" if here is None else here.outcome
            yield Difference(
                "missing", key, known, "-" if there is None else there.outcome
            )
        else:
            yield from _differences(here, there)


def _by_key(lines: Lines) -> dict[str, ReceiptLine]:
    """Of several lines of one object, the last that arrived is what is there."""
    found: dict[str, ReceiptLine] = {}
    for each in sorted(lines, key=lambda line: line.at):
        if each.key not in found or each.outcome is not ObjectOutcome.FAILED:
            found[each.key] = each
    return found


def _differences(here: ReceiptLine, there: ReceiptLine) -> Iterator[Difference]:
    failed = ObjectOutcome.FAILED
    if (here.outcome is failed) != (there.outcome is failed):
        yield Difference("outcome", here.key, here.outcome, there.outcome)
        return
    compared = (
        ("size", here.size_bytes, there.size_bytes),
        ("checksum", here.crc64nvme or None, there.crc64nvme or None),
        ("verdict", here.verdict, there.verdict),
    )
    for what, mine, theirs in compared:
        if mine is not None and theirs is not None and mine != theirs:
            yield Difference(what, here.key, str(mine), str(theirs))
