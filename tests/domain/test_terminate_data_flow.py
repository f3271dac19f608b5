"""What follows when a data flow is to be terminated."""

import pytest

from domain.data_flow import DataFlowEvent
from domain.data_flow.state import Answer, State
from domain.errors import IllegalTransitionError, UnknownFlowError
from tests.controls import (
    completed,
    errored,
    prepared,
    start_confirmed,
    started,
    suspended,
    terminate,
    terminated,
)
from tests.domain.spec import given

OTHER = "m-other"


@pytest.mark.parametrize(
    "events",
    [
        (prepared(),),
        (prepared(), start_confirmed()),
        (started(),),
        (started(), suspended()),
        (started(), errored()),
    ],
)
def test_a_flow_that_is_not_final_is_terminated(
    events: tuple[DataFlowEvent, ...],
) -> None:
    given(*events).when(terminate()).then(terminated())


def test_a_flow_is_terminated_without_a_reason() -> None:
    given(started()).when(terminate(reason=None)).then(terminated(reason=None))


def test_a_terminated_flow_is_final() -> None:
    assert given(started(), terminated()).state.final


def test_the_same_message_again_is_ignored() -> None:
    given(started(), terminated()).when(terminate()).then_nothing()


def test_the_same_message_gets_the_answer_that_it_got_before() -> None:
    flow = given(started(), terminated()).state
    assert flow.answers["m-terminate"] == Answer(State.TERMINATED)


def test_a_terminated_flow_ignores_another_termination() -> None:
    given(started(), terminated()).when(terminate(message_id=OTHER)).then_nothing()


def test_an_unknown_flow_is_refused() -> None:
    given().when(terminate()).then_raises(UnknownFlowError, "no data flow")


def test_a_completed_flow_is_refused() -> None:
    given(started(), completed()).when(terminate()).then_raises(
        IllegalTransitionError, "COMPLETED cannot become TERMINATED"
    )
