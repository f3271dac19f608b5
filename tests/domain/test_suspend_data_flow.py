"""What follows when a data flow is to be suspended."""

import pytest

from domain.data_flow import DataFlowEvent
from domain.data_flow.state import Answer, State
from domain.errors import IllegalTransitionError, UnknownFlowError
from tests.controls import (
    completed,
    prepared,
    resumed,
    start_confirmed,
    started,
    suspend,
    suspended,
    terminated,
)
from tests.domain.spec import given

OTHER = "m-other"


@pytest.mark.parametrize("events", [(started(),), (prepared(), start_confirmed())])
def test_a_started_flow_is_suspended(events: tuple[DataFlowEvent, ...]) -> None:
    given(*events).when(suspend()).then(suspended())


def test_a_flow_is_suspended_without_a_reason() -> None:
    given(started()).when(suspend(reason=None)).then(suspended(reason=None))


def test_a_resumed_flow_is_suspended_by_another_message() -> None:
    given(started(), suspended(), resumed()).when(suspend(message_id=OTHER)).then(
        suspended(message_id=OTHER)
    )


def test_the_same_message_again_is_ignored() -> None:
    given(started(), suspended()).when(suspend()).then_nothing()


def test_the_same_message_is_ignored_when_the_flow_has_moved_on() -> None:
    given(started(), suspended(), resumed()).when(suspend()).then_nothing()
    given(started(), suspended(), terminated()).when(suspend()).then_nothing()


def test_the_same_message_gets_the_answer_that_it_got_before() -> None:
    flow = given(started(), suspended(), resumed()).state
    assert flow.answers["m-suspend"] == Answer(State.SUSPENDED)


def test_a_suspended_flow_ignores_another_suspension() -> None:
    given(started(), suspended()).when(suspend(message_id=OTHER)).then_nothing()


def test_an_unknown_flow_is_refused() -> None:
    given().when(suspend()).then_raises(UnknownFlowError, "no data flow")


@pytest.mark.parametrize(
    "events",
    [(prepared(),), (started(), completed()), (started(), terminated())],
)
def test_a_flow_that_moves_no_data_is_refused(
    events: tuple[DataFlowEvent, ...],
) -> None:
    given(*events).when(suspend(message_id=OTHER)).then_raises(
        IllegalTransitionError, "cannot become SUSPENDED"
    )
