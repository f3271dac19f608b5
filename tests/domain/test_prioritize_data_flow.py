"""A flow is told how urgent it is, while it runs."""

import pytest

from domain.data_flow import DataFlowEvent
from domain.errors import IllegalTransitionError, UnknownFlowError
from domain.location import CopyOptions
from tests.controls import (
    completed,
    prepared,
    prioritize,
    prioritized,
    signal_ignored,
    started,
    suspended,
    terminated,
)
from tests.domain.spec import given


@pytest.mark.parametrize(
    "events", [(started(),), (prepared(),), (started(), suspended())]
)
def test_a_flow_that_has_not_ended_gets_another_priority(
    events: tuple[DataFlowEvent, ...],
) -> None:
    given(*events).when(prioritize()).then(prioritized())


def test_what_it_has_already_is_only_noted() -> None:
    noted = signal_ignored(message_id="m-prioritize", verb="prioritize")
    urgent = started(options=CopyOptions(priority=5))
    given(urgent).when(prioritize()).then(noted)
    given(urgent).when(prioritize(message_id=None)).then_nothing()


def test_the_same_message_again_is_ignored() -> None:
    given(started(), prioritized()).when(prioritize(priority=1)).then_nothing()


@pytest.mark.parametrize("end", [completed(), terminated()])
def test_what_has_ended_is_refused(end: DataFlowEvent) -> None:
    given(started(), end).when(prioritize()).then_raises(
        IllegalTransitionError, "cannot be prioritized"
    )


def test_an_unknown_flow_is_refused() -> None:
    given().when(prioritize()).then_raises(UnknownFlowError, "no data flow")
