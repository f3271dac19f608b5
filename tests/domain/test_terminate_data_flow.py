"""What follows when a data flow is to be terminated."""

from dataclasses import replace

import pytest

from domain.data_flow import DataFlowEvent
from domain.data_flow.state import Answer, State
from domain.errors import IllegalTransitionError, UnknownFlowError
from tests.controls import (
    completed,
    errored,
    prepared,
    signal_ignored,
    start_confirmed,
    started,
    suspended,
    terminate,
    terminated,
)
from tests.domain.spec import given

OTHER = "m-other"
IGNORED = signal_ignored(message_id=OTHER, verb="terminate")


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
    assert flow.answers["terminate", "m-terminate"] == Answer(State.TERMINATED)


def test_another_termination_is_recorded_and_changes_nothing() -> None:
    given(started(), terminated()).when(terminate(message_id=OTHER)).then(IGNORED)
    before = given(started(), terminated()).state
    after = given(started(), terminated(), IGNORED).state
    answers = {**before.answers, ("terminate", OTHER): Answer(State.TERMINATED)}
    assert after == replace(before, answers=answers)


def test_another_termination_without_a_message_id_is_not_recorded() -> None:
    given(started(), terminated()).when(terminate(message_id=None)).then_nothing()


def test_another_termination_is_recorded_once() -> None:
    given(started(), terminated(), IGNORED).when(
        terminate(message_id=OTHER)
    ).then_nothing()


def test_the_id_of_another_signal_is_no_repetition() -> None:
    shared = {"message_id": "m-start"}
    given(started()).when(terminate(**shared)).then(terminated(**shared))
    flow = given(started(), terminated(**shared)).state
    assert flow.answers == {
        ("start", "m-start"): Answer(State.STARTED),
        ("terminate", "m-start"): Answer(State.TERMINATED),
    }


def test_an_unknown_flow_is_refused() -> None:
    given().when(terminate()).then_raises(UnknownFlowError, "no data flow")


def test_a_completed_flow_is_refused() -> None:
    given(started(), completed()).when(terminate()).then_raises(
        IllegalTransitionError, "COMPLETED cannot become TERMINATED"
    )
