"""What follows when the plane finds that all data has moved."""

import pytest

from domain.data_flow import DataFlowEvent
from domain.data_flow.state import State
from domain.errors import UnknownFlowError
from tests.controls import (
    completed,
    finish,
    finished,
    prepared,
    resumed,
    start_confirmed,
    started,
    suspended,
    terminated,
)
from tests.domain.spec import given


@pytest.mark.parametrize("events", [(started(),), (prepared(), start_confirmed())])
def test_a_started_flow_is_completed_by_the_plane(
    events: tuple[DataFlowEvent, ...],
) -> None:
    given(*events).when(finish()).then(finished())


def test_a_finished_flow_is_completed() -> None:
    assert given(started(), finished()).state.state is State.COMPLETED


def test_the_plane_finds_an_empty_transfer_finished() -> None:
    nothing = {"objects": 0, "size_bytes": 0}
    given(started()).when(finish(**nothing)).then(finished(**nothing))


def test_a_finished_flow_ignores_a_second_finish() -> None:
    given(started(), finished()).when(finish()).then_nothing()


@pytest.mark.parametrize("last", [completed(), terminated()])
def test_a_flow_that_the_control_plane_has_ended_is_ignored(
    last: DataFlowEvent,
) -> None:
    given(started(), last).when(finish()).then_nothing()


def test_a_flow_that_was_suspended_meanwhile_is_finished_after_its_resumption() -> None:
    given(started(), suspended()).when(finish()).then_nothing()
    given(started(), suspended(), resumed()).when(finish()).then(finished())


def test_a_flow_that_has_not_started_is_ignored() -> None:
    given(prepared()).when(finish()).then_nothing()


def test_the_plane_has_no_message_to_answer() -> None:
    assert given(started(), finished()).state.answers.keys() == {("start", "m-start")}


def test_an_unknown_flow_is_refused() -> None:
    given().when(finish()).then_raises(UnknownFlowError, "no data flow")
