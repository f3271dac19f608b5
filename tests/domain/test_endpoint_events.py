"""What a worker saw of an endpoint stands in the journal, and changes nothing in it."""

from collections.abc import Callable

import pytest

from domain import segment
from domain.errors import FencedError
from domain.message import Event
from domain.segment.commands import SegmentCommand
from tests import controls

SEEN: list[tuple[Callable[..., SegmentCommand], Callable[..., Event]]] = [
    (controls.record_pace, controls.paced),
    (controls.record_concurrency, controls.concurrency_tuned),
    (controls.record_circuit_opened, controls.circuit_opened),
    (controls.record_circuit_closed, controls.circuit_closed),
]


@pytest.mark.parametrize(("command", "event"), SEEN)
def test_the_lease_holder_records_what_it_saw(
    command: Callable[..., SegmentCommand], event: Callable[..., Event]
) -> None:
    leased = segment.INITIAL
    for each in (controls.segment_planned(), controls.leased()):
        leased = segment.evolve(leased, each)
    (made,) = segment.decide(command(), leased)
    assert made == event()
    assert segment.evolve(leased, made) == leased
    with pytest.raises(FencedError):
        segment.decide(command(worker="worker-2"), leased)
