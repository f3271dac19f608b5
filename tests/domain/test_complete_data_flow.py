"""What follows when the control plane says that all data has moved."""

from dataclasses import replace

import pytest

from domain.data_flow import DataFlowEvent
from domain.data_flow.state import Answer, State
from domain.errors import IllegalTransitionError, UnknownFlowError
from tests.controls import (
    complete,
    completed,
    finished,
    prepared,
    signal_ignored,
    start_confirmed,
    started,
    suspended,
    terminated,
)
from tests.domain.spec import given

OTHER = "m-other"
IGNORED = signal_ignored(message_id=OTHER, verb="completed")


@pytest.mark.parametrize("events", [(started(),), (prepared(), start_confirmed())])
def test_a_started_flow_is_completed(events: tuple[DataFlowEvent, ...]) -> None:
    given(*events).when(complete()).then(completed())


def test_a_completed_flow_is_final() -> None:
    assert given(started(), completed()).state.final


def test_the_same_message_again_is_ignored() -> None:
    given(started(), completed()).when(complete()).then_nothing()


def test_the_same_message_gets_the_answer_that_it_got_before() -> None:
    flow = given(started(), completed()).state
    assert flow.answers["completed", "m-complete"] == Answer(State.COMPLETED)


def test_another_completion_is_recorded_and_changes_nothing() -> None:
    given(started(), completed()).when(complete(message_id=OTHER)).then(IGNORED)
    before = given(started(), completed()).state
    after = given(started(), completed(), IGNORED).state
    answers = {**before.answers, ("completed", OTHER): Answer(State.COMPLETED)}
    assert after == replace(before, answers=answers)


def test_another_completion_without_a_message_id_is_not_recorded() -> None:
    given(started(), completed()).when(complete(message_id=None)).then_nothing()


def test_another_completion_is_recorded_once() -> None:
    given(started(), completed(), IGNORED).when(
        complete(message_id=OTHER)
    ).then_nothing()


def test_a_completion_that_the_plane_was_ahead_of_is_recorded_and_changes_nothing() -> (
    None
):
    ignored = signal_ignored(message_id="m-complete", verb="completed")
    given(started(), finished()).when(complete()).then(ignored)
    given(started(), finished(), ignored).when(complete()).then_nothing()
    flow = given(started(), finished(), ignored).state
    assert flow.answers["completed", "m-complete"] == Answer(State.COMPLETED)


def test_the_id_of_another_signal_is_no_repetition() -> None:
    shared = {"message_id": "m-start"}
    given(started()).when(complete(**shared)).then(completed(**shared))
    flow = given(started(), completed(**shared)).state
    assert flow.answers == {
        ("start", "m-start"): Answer(State.STARTED),
        ("completed", "m-start"): Answer(State.COMPLETED),
    }


def test_an_unknown_flow_is_refused() -> None:
    given().when(complete()).then_raises(UnknownFlowError, "no data flow")


@pytest.mark.parametrize(
    "events",
    [(prepared(),), (started(), suspended()), (started(), terminated())],
)
def test_a_flow_that_moves_no_data_is_refused(
    events: tuple[DataFlowEvent, ...],
) -> None:
    given(*events).when(complete()).then_raises(
        IllegalTransitionError, "cannot become COMPLETED"
    )
