"""What follows when a data flow is to be suspended."""

from dataclasses import replace

import pytest

from domain.data_flow import DataFlowEvent
from domain.data_flow.state import Answer, State
from domain.errors import IllegalTransitionError, UnknownFlowError
from tests.controls import (
    address,
    completed,
    prepared,
    resume,
    resumed,
    signal_ignored,
    start_confirmed,
    started,
    suspend,
    suspended,
    terminated,
)
from tests.domain.spec import given

OTHER = "m-other"
IGNORED = signal_ignored(message_id=OTHER, verb="suspend")


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
    flow = given(started(reply_address=address()), suspended(), resumed()).state
    assert flow.answers["suspend", "m-suspend"] == Answer(State.SUSPENDED)


def test_another_suspension_is_recorded_and_changes_nothing() -> None:
    given(started(), suspended()).when(suspend(message_id=OTHER)).then(IGNORED)
    before = given(started(), suspended()).state
    after = given(started(), suspended(), IGNORED).state
    answers = {**before.answers, ("suspend", OTHER): Answer(State.SUSPENDED)}
    assert after == replace(before, answers=answers)


def test_another_suspension_without_a_message_id_is_not_recorded() -> None:
    given(started(), suspended()).when(suspend(message_id=None)).then_nothing()


def test_another_suspension_is_recorded_once() -> None:
    given(started(), suspended(), IGNORED).when(
        suspend(message_id=OTHER)
    ).then_nothing()


@pytest.mark.parametrize("last", [resumed(), terminated()])
def test_an_ignored_suspension_keeps_its_answer_when_the_flow_has_moved_on(
    last: DataFlowEvent,
) -> None:
    moved_on = given(started(), suspended(), IGNORED, last)
    moved_on.when(suspend(message_id=OTHER)).then_nothing()
    assert moved_on.state.answers["suspend", OTHER] == Answer(State.SUSPENDED)
    assert moved_on.state.state is not State.SUSPENDED


def test_an_ignored_suspension_is_answered_without_an_address() -> None:
    flow = given(started(reply_address=address()), suspended(), IGNORED).state
    assert flow.answers["suspend", OTHER] == Answer(State.SUSPENDED)


def test_the_id_of_another_signal_is_no_repetition() -> None:
    shared = {"message_id": "m-start"}
    given(started()).when(suspend(**shared)).then(suspended(**shared))
    flow = given(started(), suspended(**shared)).state
    assert flow.answers == {
        ("start", "m-start"): Answer(State.STARTED),
        ("suspend", "m-start"): Answer(State.SUSPENDED),
    }


def test_the_id_of_an_ignored_signal_is_free_for_another() -> None:
    shared = {"message_id": OTHER}
    given(started(), suspended(), IGNORED).when(resume(**shared)).then(
        resumed(**shared)
    )


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
